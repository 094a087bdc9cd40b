"""Search over every engine: the same promises on the embedded one and on Elasticsearch."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from crawler.config import Config
from crawler.domain.assessment import Level
from crawler.domain.capture import Fetcher, Field
from crawler.domain.errors import TryLater
from crawler.service import searching
from crawler.service.searching import Indexer
from crawler.service.wiring import House
from crawler.store.assessments import save_assessment
from crawler.store.captures import Kept, save_captures
from crawler.store.database import Database
from crawler.store.picture_texts import PictureWords, save_picture_words
from crawler.store.tables import captures, texts
from crawler.store.texts import ReadText, Waiting, index_counts, save_texts
from indexer import indexing
from indexer.documents import Document
from indexer.elastic import ElasticEngine, ElasticServer
from indexer.embedded import EmbeddedEngine
from indexer.engines import Engine, Order, SearchRequest, Taken
from indexer.indexing import expire, index_pending, missing_count, rebuild, take_in_again
from indexer.matching import answers
from indexer.querying import question_from
from indexer.searching import every_answer
from tests.builders import NOON, a_capture, a_text, an_assessment
from tests.integration.search_house import SearchHouse
from tests.stores import a_database

ENGINES = ["embedded", pytest.param("elastic", marks=pytest.mark.elastic)]
SAVING = "保本保息，年化收益8%"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = a_database(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=ENGINES)
def house(request: pytest.FixtureRequest, database: Database) -> Iterator[SearchHouse]:
    engine = engine_named(request, database)
    yield SearchHouse(database, engine)
    if request.param == "elastic":
        engine.drop()


@pytest.fixture(scope="module", params=ENGINES)
def asked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[SearchHouse, dict[str, str]]]:
    """Three texts that are only asked for, and the name of each."""
    opened = a_database(tmp_path_factory.mktemp("asked"))
    house = SearchHouse(opened, engine_named(request, opened))
    texts = {
        "A": a_text("保本保息，年化8%", alt="替代文字"),
        "B": a_text("银行存款保本，利率7.5%", ocr="图上字"),
        "C": a_text("旅游，远离P2P", title="标题词"),
    }
    names = {house.shows(text): name for name, text in texts.items()}
    house.index()
    yield house, names
    house.engine.drop()
    opened.close()


def engine_named(request: pytest.FixtureRequest, database: Database) -> Engine:
    if request.param == "embedded":
        if database.engine.dialect.name != "sqlite":
            pytest.skip("FTS5 is SQLite's own")
        return EmbeddedEngine(database)
    url = request.getfixturevalue("elasticsearch_url")
    return ElasticEngine(ElasticServer(url=url, alias=f"suite-{request.fixturename}"))


def test_a_two_character_word_finds_and_is_marked(house: SearchHouse) -> None:
    digest = house.shows("本公司承诺" + SAVING)
    house.shows("普通网站")
    house.index()

    result = house.search("保本")

    assert [one.digest for one in result.answers] == [digest]
    assert result.total == 1
    snippet = result.answers[0].snippet
    assert {snippet.text[start:end] for start, end in snippet.marks} == {"保本"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("保本", "AB"),
        ("保本 且 年化", "A"),
        ("保本 年化", "A"),
        ("保本 或 旅游", "ABC"),
        ("保本 非 银行", "A"),
        ("NOT 银行 保本", "A"),
        ('"保本 保息"', ""),
        ("保本保息", "A"),
        ("本保", "A"),  # as it stands in the text, over words
        ("息年", ""),  # a comma stands between
        ("Ｐ２Ｐ", "C"),
        ("p2p", "C"),
        ("2", ""),  # words and numbers are whole
        ("8%", "A"),
        ("7.5", "B"),
        ("7", ""),
        ("游", "C"),  # one character
        ("旅 且 游", "C"),
        ("旅 且 银", ""),
        ("保 非 年", "B"),
        ("", "ABC"),
        ("且", ""),
        ("非 保本", ""),
        ("*", ""),
        ("body:保本", ""),
        ("OR 旅游", "C"),
        ("标题词", "C"),
        ("图上字", "B"),
        ("替代", "A"),
        ("代文", "A"),
        ("字旅", ""),  # fields do not run into each other
    ],
)
def test_questions_find_what_they_mean(
    asked: tuple[SearchHouse, dict[str, str]], words: str, found: str
) -> None:
    house, names = asked

    assert "".join(sorted(names[one] for one in house.found(words))) == found


@pytest.mark.parametrize(
    "words",
    [
        "保" * 10_000, "a" * 10_000, "*", "?", '"', '""', '"保本', "且 或 非", "((((", "))",
        "/.*.*.*x/", "保本~2^9", "<script>alert(1)</script>", "' OR 1=1 --", "\x00",
        "NEAR(保本 年化)",
        "_exists_:body", "body:*", "{!x}", "\\", "\ud800", "🙂", "保本 AND AND 年化", "[1 TO *]",
    ],
)  # fmt: skip
def test_no_string_is_an_error(asked: tuple[SearchHouse, dict[str, str]], words: str) -> None:
    house, _ = asked

    assert house.search(words, facets=True).total <= 3


def test_regions_are_strangers(house: SearchHouse) -> None:
    mine = house.shows(SAVING, "a.example.cn", region="310118")
    both = house.shows("两区都有的" + SAVING, "b.example.cn", region="310118")
    house.shows("两区都有的" + SAVING, "c.example.cn", region="310115", level=Level.RED)
    house.shows("别区的" + SAVING, "d.example.cn", region="310115")
    house.index()

    answers = house.search("保本", region="310118").answers

    assert {one.digest for one in answers} == {mine, both}
    assert {one.region for one in answers} == {"310118"}
    assert {one.level for one in answers} == {"none"}  # what it is elsewhere is not told
    assert all(one.other_sites == 0 for one in answers)
    near = house.search("保本", region="310118", facets=True).facets
    assert (near["region"], near["level"]) == ({"310118": 2}, {"none": 2})
    assert house.search("保本", region="31").total == 3
    assert house.found("保本", region="31011800") == []


def test_an_index_that_lags_shows_no_region_what_it_lost(house: SearchHouse) -> None:
    house.shows(SAVING, region="310118", level=Level.RED)
    house.index()
    house.shows(SAVING, region="310115")  # the site moved; the index has not heard of it yet

    assert house.found("保本", region="310118") == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"levels": ("red",)}, "A"),
        ({"levels": ("red", "none")}, "AC"),
        ({"categories": ("yield_promise",)}, "AB"),
        ({"categories": ("pyramid",)}, "B"),
        ({"kinds": ("person",)}, "B"),
        ({"rate_from": 10.0}, "B"),
        ({"rate_from": 8.0, "rate_to": 8.0}, "A"),
        ({"rate_to": 100.0}, "AB"),
        ({"since": NOON}, "BC"),
        ({"until": NOON}, "A"),
        ({"since": NOON - timedelta(days=1), "until": NOON + timedelta(hours=1)}, "AB"),
        ({"since": datetime.min.replace(tzinfo=UTC)}, "ABC"),
        ({"since": datetime.max.replace(tzinfo=UTC)}, ""),
        ({"until": datetime.max.replace(tzinfo=UTC)}, "ABC"),
        ({"levels": ("red",), "kinds": ("person",)}, ""),
        ({"levels": ("nonsense",)}, ""),
    ],
)
def test_filters_narrow(house: SearchHouse, asked: dict[str, object], found: str) -> None:
    names = {
        house.shows(SAVING + "甲", "a.example.cn", level=Level.RED, rate=8.0,
                    categories=["yield_promise"], at=NOON - timedelta(days=1)): "A",
        house.shows(SAVING + "乙", "b.example.cn", level=Level.BLUE, rate=24.0, kind="person",
                    categories=["yield_promise", "pyramid"]): "B",
        house.shows(SAVING + "丙", "c.example.cn", at=NOON + timedelta(days=1)): "C",
    }  # fmt: skip
    house.index()

    for words in ("保本", ""):
        result = house.search(words, **asked)
        assert "".join(sorted(names[one.digest] for one in result.answers)) == found
        assert result.total == len(found)


def test_a_filter_holds_at_one_place_not_across_two(house: SearchHouse) -> None:
    house.shows(SAVING, "a.example.cn", region="310118", level=Level.RED)
    house.shows(SAVING, "b.example.cn", region="310115", level=Level.BLUE)
    house.index()

    assert house.found("保本", region="310118", levels=("blue",)) == []
    assert len(house.found("保本", region="310118", levels=("red",))) == 1


def test_a_page_of_many_sites_is_indexed_once_for_all_of_a_kind(house: SearchHouse) -> None:
    digest = house.shows("网站建设中", "a.example.cn")
    house.index()
    for number in range(5):
        house.shows("网站建设中", f"n{number}.example.cn")
    with house.database.reading() as db:
        assert index_counts(db) == {"indexed": 1}  # nothing that a search could tell is new

    house.shows("网站建设中", "p.example.cn", kind="person")
    with house.database.reading() as db:
        assert index_counts(db) == {"waiting": 1}
    house.index()

    [answer] = house.search("建设").answers
    assert (answer.digest, answer.domain, answer.other_sites) == (digest, "p.example.cn", 6)
    assert house.found("建设", kinds=("person",)) == [digest]


def test_a_family_narrows(house: SearchHouse) -> None:
    mine = house.shows(SAVING, "a.example.cn")
    house.shows("别家的" + SAVING, "b.example.cn")
    house.index()
    family = house.join_family("a.example.cn")
    house.index()

    assert house.found("保本", family=str(family)) == [mine]
    assert house.found("保本", family="0") == []


def test_facets_count_texts(house: SearchHouse) -> None:
    house.shows(SAVING, "a.example.cn", level=Level.RED, categories=["yield_promise"])
    house.shows(SAVING, "b.example.cn", level=Level.RED, categories=["yield_promise"])
    house.shows("另一份" + SAVING, "c.example.cn", region="310115", kind="person")
    house.shows("无关", "d.example.cn", level=Level.RED)
    house.index()

    facets = house.search("保本", facets=True).facets

    assert facets["level"] == {"red": 1, "none": 1}
    assert facets["category"] == {"yield_promise": 1}
    assert facets["kind"] == {"enterprise": 1, "person": 1}
    assert facets["region"] == {"310118": 1, "310115": 1}
    near = house.search("保本", region="310115", facets=True).facets
    assert near["level"] == {"none": 1}
    assert near["region"] == {"310115": 1}


def test_pages_follow_each_other_and_miss_nothing(house: SearchHouse) -> None:
    made = [
        house.shows(f"{SAVING} 第{number}号", at=NOON + timedelta(seconds=number // 3))
        for number in range(25)
    ]
    house.index()

    seen: list[str] = []
    after = ""
    while True:
        page = house.search("保本", limit=7, after=after)
        assert page.total == 25
        seen += [one.digest for one in page.answers]
        if not (after := page.next):
            break
        house.shows(f"{SAVING} 新来{after}", at=NOON + timedelta(days=1))  # it grows meanwhile
        house.index()
        page = house.search("保本", limit=1)
        assert page.answers[0].digest not in made
        break
    rest = house.search("保本", limit=100, after=after)

    assert sorted(seen + [one.digest for one in rest.answers]) == sorted(made)
    times = [made.index(one) // 3 for one in seen + [one.digest for one in rest.answers]]
    assert times == sorted(times, reverse=True)  # newest first


def test_a_key_that_no_page_gave_is_the_first_page(house: SearchHouse) -> None:
    house.shows(SAVING)
    house.index()

    assert len(house.found("保本", after="';drop table")) == 1


def test_an_export_holds_every_answer(house: SearchHouse) -> None:
    made = {house.shows(f"{SAVING} 第{number}号") for number in range(12)}
    house.index()

    request = SearchRequest(words="保本", limit=5)
    got = [one.digest for one in every_answer(house.database, house.engine, request, 10_000)]

    assert set(got) == made
    assert len(got) == 12


def test_relevance_brings_the_text_that_says_it_most(house: SearchHouse) -> None:
    much = house.shows("保本保本保本保本", at=NOON - timedelta(days=9))
    for number in range(5):
        house.shows(f"保本，以及许多别的话：第{number}号页面讲的是天气、旅游、交通和饮食" * 3)
    house.index()

    assert house.found("保本", order=Order.RELEVANCE)[0] == much
    assert house.found("保本", order=Order.NEWEST)[-1] == much


def test_what_is_judged_later_is_found_by_its_level(house: SearchHouse) -> None:
    digest = house.shows(SAVING)
    house.index()
    assert house.found("保本", levels=("red",)) == []

    house.shows(SAVING, level=Level.RED, rate=18.0)
    house.index()

    assert house.found("保本", levels=("red",), rate_from=18.0) == [digest]


@pytest.mark.fault("D05")
def test_repeats_are_harmless(house: SearchHouse) -> None:
    for _ in range(3):
        house.shows(SAVING)
        house.index()

    assert house.search("保本").total == 1
    assert house.engine.count() == 1


def test_hits_only_leaves_the_rest_out(house: SearchHouse) -> None:
    hit = house.shows(SAVING, "a.example.cn", level=Level.YELLOW)
    house.shows("保本的普通页", "b.example.cn")

    done = index_pending(house.database, house.engine, hits_only=True)
    house.engine.refresh()

    assert (done.indexed, done.left) == (1, 1)
    assert house.found("保本") == [hit]


def test_a_rebuild_keeps_everything_and_takes_what_comes_meanwhile(house: SearchHouse) -> None:
    old = house.shows(SAVING, level=Level.RED)
    house.index()
    meanwhile: list[str] = []

    def during(_: int) -> None:
        house.engine.refresh()
        assert old in house.found("保本")  # it answers while the new one is built
        meanwhile.append(house.shows("保本的新页", "b.example.cn"))
        index_pending(house.database, house.engine)

    done = rebuild(house.database, house.engine, on_progress=during)
    house.engine.refresh()

    assert done.indexed >= 1
    assert set(house.found("保本")) == {old, *meanwhile}
    assert house.found("保本", levels=("red",)) == [old]


def test_nothing_is_told_as_taken_by_an_index_that_nobody_builds(house: SearchHouse) -> None:
    old = house.shows(SAVING)
    house.index()

    with pytest.raises(TryLater, match="重建中的索引不见了"):
        house.engine.index([], beside=True)
    with pytest.raises(TryLater, match="重建中的索引不见了"):
        house.engine.finish_rebuild()

    assert house.found("保本") == [old]


def test_pages_go_on_though_the_clock_was_once_before_2020(house: SearchHouse) -> None:
    for number in range(5):
        house.shows(f"保本 {number}", at=NOON - timedelta(days=365 * 12 + number))
    house.index()

    first = house.search("保本", limit=3)
    second = house.search("保本", limit=3, after=first.next)

    assert len({one.digest for one in (*first.answers, *second.answers)}) == 5


class Beside(EmbeddedEngine):
    """Takes a bulk only when the next one is being read, or there is none."""

    def __init__(self, database: Database, reads: Event) -> None:
        super().__init__(database)
        self.reads, self.in_time = reads, list[bool]()

    def index(self, documents: Sequence[Document], *, beside: bool = False) -> Taken:
        self.in_time.append(self.reads.wait(10))
        self.reads.clear()
        return super().index(documents, beside=beside)


@pytest.mark.sqlite_only("PostgreSQL has no embedded search")
def test_while_a_bulk_is_taken_in_the_next_is_prepared(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Event()
    engine = Beside(database, reads)
    house = SearchHouse(database, engine)
    for number in range(6):
        house.shows(f"{SAVING} 第{number}号", at=NOON + timedelta(seconds=number))
    real = indexing.waiting_texts  # type: ignore[attr-defined]
    seen: list[int] = []

    def read(*asked: Any) -> list[Waiting]:
        found = real(*asked)
        seen.append(len(found))
        if len(seen) > 1:
            reads.set()
        return found

    monkeypatch.setattr(indexing, "waiting_texts", read)
    monkeypatch.setattr(indexing, "BULK", 2)

    done = index_pending(database, engine)

    assert engine.in_time == [True, True, True]
    assert seen == [2, 2, 2, 0]
    assert done.indexed == 6
    with database.reading() as db:
        assert index_counts(db) == {"indexed": 6}


@pytest.mark.fault("D14")
def test_a_lost_index_is_made_again_from_the_store(house: SearchHouse) -> None:
    digest = house.shows(SAVING)
    house.index()
    house.engine.drop()

    rebuild(house.database, house.engine)
    house.engine.refresh()

    assert house.found("保本") == [digest]


def test_old_texts_leave_the_index_and_stay_in_the_store(house: SearchHouse) -> None:
    house.shows(SAVING, at=NOON - timedelta(days=400))
    young = house.shows("年轻的" + SAVING)
    house.index()

    expire(house.database, house.engine, NOON - timedelta(days=365))
    house.engine.refresh()

    assert house.found("保本") == [young]
    with house.database.reading() as db:
        assert index_counts(db) == {"expired": 1, "indexed": 1}


def test_tomorrows_word_finds_yesterdays_page(house: SearchHouse) -> None:
    digest = house.shows("本店出售元宇宙康养通证", at=NOON - timedelta(days=30))
    house.index()

    assert house.found("康养通证") == [digest]


def test_a_huge_page_is_found(house: SearchHouse) -> None:
    digest = house.shows("普通文字，" * 350_000 + "末尾保本")  # 5 MB in UTF-8
    house.index()

    assert house.found("末尾保本") == [digest]


def test_a_word_longer_than_a_keyword_may_be_is_no_trouble(house: SearchHouse) -> None:
    digest = house.shows("x" * 40_000 + " 保本", tokens=["长" * 20_000])
    house.index()

    assert house.found("保本") == [digest]
    assert house.found("x" * 200) == [digest]


LETTERS = st.sampled_from('保本息年化收益a1. ，。Ａ\n"')
WORDS = st.sampled_from('保本息年化收 且或非"ab1.，')


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bodies=st.lists(st.text(LETTERS, max_size=14), min_size=1, max_size=6),
    asked=st.lists(st.text(WORDS, max_size=10), min_size=1, max_size=10),
)
def test_an_engine_finds_what_the_texts_hold(
    house: SearchHouse, bodies: list[str], asked: list[str]
) -> None:
    """One law for all engines: what one text answers by itself, the index finds, and no more."""
    texts = [a_text(body, description="z") for body in bodies]
    made = {house.shows(text): text for text in texts}
    house.index()

    for words in [*asked, *(re.sub(r"\s+", " ", one)[:6] for one in bodies)]:
        question = question_from(words)
        expected = {digest for digest, text in made.items() if answers(text, question)}
        assert set(house.found(words, limit=1_000)) & set(made) == expected, words


def test_an_index_that_lost_its_texts_is_known_and_filled_again(house: SearchHouse) -> None:
    digests = {house.shows(f"保本的第{number}号页面") for number in range(5)}
    house.index()
    assert missing_count(house.database, house.engine) == 0

    house.engine.drop()

    assert missing_count(house.database, house.engine) == 5
    take_in_again(house.database)
    house.index()
    assert missing_count(house.database, house.engine) == 0
    assert set(house.found("保本")) == digests


def test_whatever_was_indexed_waits_again_however_much_it_is(
    house: SearchHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        house.shows(f"保本的第{number}号页面")
    house.index()
    monkeypatch.setattr(indexing, "_AGAIN_AT_ONCE", 2)

    take_in_again(house.database)

    with house.database.reading() as db:
        assert index_counts(db) == {"waiting": 5}


def test_texts_that_an_index_lost_are_taken_in_by_the_loop_at_its_second_look(
    house: SearchHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(searching, "engine_of", lambda _: house.engine)
    indexer = Indexer(House(config=Config(), database=house.database), lambda: clock[0])
    house.shows(SAVING)
    indexer.round(NOON)
    found = []

    for _ in range(2):  # lost today, and again: the second time is for a person
        house.engine.drop()
        for _ in range(4):
            clock[0] += 301.0
            indexer.round(NOON)
            house.engine.refresh()
            found.append(len(house.found("保本")))

    assert found == [0, 1, 1, 1, 0, 0, 0, 0]


def test_a_text_that_goes_from_the_store_while_it_is_taken_in_is_not_found(
    house: SearchHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, kept = house.shows("保本的老页"), house.shows("保本的新页")
    take = house.engine.index

    def late(documents: Sequence[Document], *, beside: bool = False) -> Taken:
        with house.database.transaction() as db:
            db.execute(delete(texts).where(texts.c.digest == gone))
        return take(documents, beside=beside)

    monkeypatch.setattr(house.engine, "index", late)
    house.index()

    assert house.engine.count() == 1
    assert house.found("保本") == [kept]


def test_words_in_a_picture_are_found_and_stand_where_it_was_taken(house: SearchHouse) -> None:
    plain = house.shows("欢迎光临", level=Level.NONE)
    read = a_text("欢迎光临", ocr="到期还本送金条")
    with house.database.transaction() as db:
        shot = db.execute(select(captures).where(captures.c.text_digest == plain)).one()
        words = PictureWords(
            capture_id=shot.id, visit_id=shot.visit_id, region=shot.region,
            field=Field(name="ocr", text="到期还本送金条"),
        )  # fmt: skip
        save_picture_words(db, [words], NOON)
        save_texts(db, [ReadText(text=read)], NOON)
        judged = an_assessment(
            visit_id=shot.visit_id, level=Level.YELLOW, categories=("yield_promise",),
            text_digest=read.digest,
        )  # fmt: skip
        save_assessment(db, judged, shot.site_id, shot.region)
    house.index()

    (answer,) = house.search("还本送金条").answers

    assert (answer.digest, answer.level, answer.capture_id) == (read.digest, "yellow", shot.id)
    assert answer.url == shot.final_url
    assert set(house.found("欢迎光临", levels=("yellow",))) == {read.digest, plain}


def test_a_judgement_of_what_a_capture_bears_moves_nothing_to_its_picture(
    house: SearchHouse,
) -> None:
    plain = house.shows("欢迎光临")
    with house.database.transaction() as db:
        shot = db.execute(select(captures).where(captures.c.text_digest == plain)).one()
        beside = a_capture(
            id=shot.id[:-1] + ("0" if shot.id[-1] != "0" else "1"), visit_id=shot.visit_id,
            site_id=shot.site_id, text_digest="", fetcher=Fetcher.BROWSER,
        )  # fmt: skip
        save_captures(db, [Kept(capture=beside, region=shot.region)])
        words = PictureWords(
            capture_id=beside.id, visit_id=shot.visit_id, region=shot.region,
            field=Field(name="ocr", text="别的"),
        )  # fmt: skip
        save_picture_words(db, [words], NOON)
        judged = an_assessment(visit_id=shot.visit_id, level=Level.NONE, text_digest=plain)
        save_assessment(db, judged, shot.site_id, shot.region)
    house.index()

    (answer,) = house.search("欢迎光临").answers
    assert answer.capture_id == shot.id
