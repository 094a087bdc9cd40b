"""The page 检索: questions, marks, filters, pages, export, and questions that watch."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from crawler.domain.assessment import Level
from crawler.domain.errors import TryLater
from crawler.domain.user import Role
from crawler.service import searching
from crawler.service.holding import rebuilding_alone
from crawler.service.searching import Indexer, engine_of
from tests.builders import NOON, a_text
from tests.integration.console_house import Served, Visitor, console
from tests.integration.search_house import SearchHouse
from tests.servers.elsewhere import SERVER
from tests.serving_house import told


@pytest.fixture(scope="module")
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    settings = 'region = "310000"\n'
    if SERVER in os.environ:  # a store without an engine of its own
        url = request.getfixturevalue("elasticsearch_url")
        settings += f'[search]\nelasticsearch = "{url}"\nindex = "console"\n'
    with console(tmp_path_factory.mktemp("console") / "home", settings=settings) as made:
        fill(made)
        yield made


def fill(served: Served) -> None:
    house = SearchHouse(served.house.database, engine_of(served.house))
    texts = [
        ("<b>保本</b>保息，年化18%", "a.example.cn", "310118", Level.RED, 18.0),
        ("保本的普通页", "b.example.cn", "310118", None, None),
        ("保本，别区的", "c.example.cn", "310115", Level.ORANGE, 9.0),
    ]
    for body, domain, region, level, rate in texts:
        house.shows(
            a_text(body, title=f"{domain} 的标题"), domain, region=region, level=level, rate=rate,
            categories=["yield_promise"] if level else [],
        )  # fmt: skip
    for number in range(45):
        house.shows(f"翻页用的第{number}份", f"p{number}.example.cn")
    house.index()


PEOPLE: dict[tuple[int, str], Visitor] = {}


def person(served: Served, name: str, region: str = "310118") -> Visitor:
    """Signed in once."""
    key = (served.port, name)
    if key not in PEOPLE:
        PEOPLE[key] = served.person(name, Role.OFFICER, region=region)
    return PEOPLE[key]


def quoted(path: str) -> str:
    return quote(path, safe="/?&=%*<>()+-.")


def ask(served: Served, path: str, region: str = "310118") -> str:
    answer = person(served, f"officer-{region}", region).get(quoted(path))
    assert answer.status == 200, answer.text[:500]
    return answer.text


def test_words_are_found_and_marked_and_foreign_marks_are_text(served: Served) -> None:
    page = ask(served, "/search?q=保本")

    assert "<mark>保本</mark>" in page
    assert "<b>保本" not in page
    assert "a.example.cn" in page
    assert "b.example.cn" in page


def test_another_region_is_not_seen_not_even_when_asked_for(served: Served) -> None:
    page = ask(served, "/search?q=保本&region=310115")

    assert "c.example.cn" not in page
    assert "c.example.cn" in ask(served, "/search?q=保本&region=310115", region="310000")


def test_filters_narrow_and_facets_lead_on(served: Served) -> None:
    page = ask(served, "/search?q=保本")
    assert "level=red" in page

    narrowed = ask(
        served, "/search?q=保本&level=red&rate_from=10&since=2026-05-01&until=2026-05-31"
    )
    assert "a.example.cn" in narrowed
    assert "b.example.cn" not in narrowed


def test_a_persons_name_is_hidden_in_their_pages_words_too(served: Served) -> None:
    house = SearchHouse(served.house.database, engine_of(served.house))
    house.shows("欧阳明月的随笔", "own.example.cn", kind="person", unit="欧阳明月")
    house.index()

    for path in ("/search?q=随笔", "/search/file?q=随笔"):
        page = ask(served, path)
        assert "own.example.cn" in page
        assert "欧***" in page
        assert "明月" not in page


def test_pages_follow_each_other(served: Served) -> None:
    seen, path = set(), "/search?q=翻页"
    for _ in range(3):
        page = ask(served, path)
        seen |= {number for number in range(45) if f">p{number}.example.cn<" in page}
        if 'rel="next"' not in page:
            break
        path = (
            page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        )

    assert len(seen) == 45


def test_an_export_is_a_harmless_table_and_is_noted(served: Served) -> None:
    answer = person(served, "exporter").get(quoted("/search/file?q=保本"))

    assert answer.status == 200
    rows = answer.body.decode("utf-8-sig").splitlines()
    assert len(rows) == 3
    with served.house.database.reading() as db:
        told = db.exec_driver_sql(
            "SELECT actor, region FROM audit WHERE action = 'search.export'"
        ).all()
    assert ("exporter", "310118") in [tuple(one) for one in told]


@pytest.mark.parametrize(
    "query",
    ["rate_from=x", "since=2026-13-45", "level=nonsense", "region=abc", "kind=x", "order=x",
     "rate_to=-1", "rate_to=nan", "since=0001-01-01&q=x"],
)  # fmt: skip
def test_bad_conditions_are_one_line(served: Served, query: str) -> None:
    answer = person(served, "clumsy").get(quoted(f"/search?{query}"))

    assert answer.status in (200, 400)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "words", ["%22", "*", "%00", "保" * 2_000, "<script>alert(1)</script>", "且"]
)
def test_any_words_are_answered_in_peace(served: Served, words: str) -> None:
    page = ask(served, f"/search?q={words}")

    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("words", "why"), [("保本 " * 200 + "非 银行", "至多 500 字"), ("非 银行", "没有可检索的字词")]
)
def test_a_question_that_cannot_be_asked_whole_is_said_and_not_kept(
    served: Served, words: str, why: str
) -> None:
    asker = person(served, "asker")

    assert why in ask(served, f"/search?q={words}")
    assert asker.get(quoted(f"/search/file?q={words}")).status == 400
    assert asker.post("/search/saved", {"name": "守", "query": f"q={words}"}).status == 400


def test_a_saved_search_lists_what_comes_for_its_owner_only(served: Served) -> None:
    owner = person(served, "owner")
    query = "q=守候&level=red&until=2020-01-01"  # it watches what comes, whatever was looked at
    went = owner.post("/search/saved", {"name": "守保本", "query": query})
    assert went.status == 303
    path = went.headers["location"]
    house = SearchHouse(served.house.database, engine_of(served.house))
    house.shows("守候的新页", "new.example.cn", level=Level.RED)
    house.shows("守候的白页", "white.example.cn")

    Indexer(served.house, lambda: 0.0).round(NOON)

    page = owner.get(path).text
    assert "new.example.cn" in page
    assert "white.example.cn" not in page
    assert person(served, "other").get(path).status == 404
    assert person(served, "other").post(f"{path}/drop").status == 404
    assert owner.post(f"{path}/drop").status == 303
    assert owner.get(path).status == 404


def test_a_watch_that_fails_holds_up_no_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> int:
        raise TryLater("数据库暂不可用")

    monkeypatch.setattr(searching, "watch", fails)
    with console(tmp_path / "home") as made:
        house = SearchHouse(made.house.database, engine_of(made.house))
        house.shows("守候的新页")

        assert Indexer(made.house, lambda: 0.0).round(NOON).indexed == 1


def test_of_two_rebuilds_the_second_is_refused(tmp_path: Path) -> None:
    with console(tmp_path / "home") as made:
        home, database = made.house.home, made.house.database
        with rebuilding_alone(home, database):
            with pytest.raises(TryLater, match="另一次索引重建"), rebuilding_alone(home, database):
                pass
            refused = told(home, "index", "rebuild")

    assert (refused.code, "另一次索引重建" in refused.err) == (3, True)


def test_an_engine_that_is_away_is_said_so(tmp_path: Path) -> None:
    settings = 'region = "310000"\n[search]\nelasticsearch = "http://127.0.0.1:1"\n'
    with console(tmp_path / "home", settings=settings) as made:
        page = (
            made.person("officer", Role.OFFICER, region="310000").get(quoted("/search?q=保本")).text
        )

    assert "现在查不了" in page
    assert "没有查到" not in page
