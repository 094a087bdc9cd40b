"""Words are found where they stand, whatever hides them, and shown in the page's own characters."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.lexicon import Category, Lexicon, Term, Zone
from lexicons.matching import MOST_OF_A_WORD, find, find_hits
from lexicons.normalising import normal_form, normalise
from lexicons.patterns import Finder
from lexicons.unmasking import Unmasked
from tests.builders import a_text


def a_lexicon(*terms: Term, variants: dict[str, str] | None = None) -> Lexicon:
    categories = {
        "page": Category(id="page", name="甲", severity=3),
        "other": Category(id="other", name="乙", severity=3),
        "name": Category(id="name", name="名", severity=3, zone=Zone.NAME),
    }
    return Lexicon(version="1", categories=categories, terms=terms, variants=variants or {})


def a_term(word: str, **given: object) -> Term:
    return Term(**({"word": word, "category": "page", "weight": 3.0} | given))  # type: ignore[arg-type]


def found(text: str, *terms: Term, variants: dict[str, str] | None = None) -> list[tuple[str, str]]:
    finder = Finder(a_lexicon(*terms, variants=variants))
    return [(hit.word, hit.raw) for hit in find_hits(a_text(text), finder)]


BAO = a_term("保本")


@pytest.mark.fault("L05")
def test_a_longer_word_of_the_category_swallows_those_inside_it() -> None:
    terms = (BAO, a_term("保本高息"), a_term("高息"))

    assert found("保本高息", *terms) == [("保本高息", "保本高息")]


@pytest.mark.fault("L05")
def test_words_that_only_overlap_and_words_of_other_categories_stay() -> None:
    terms = (a_term("保本高"), a_term("本高息"), a_term("高息", category="other"))

    assert found("保本高息", *terms) == [
        ("保本高", "保本高"),
        ("本高息", "本高息"),
        ("高息", "高息"),
    ]


def test_a_false_friend_takes_back_only_the_word_it_belongs_to() -> None:
    terms = (a_term("日化", false_friends=("日化用品",)), a_term("用品"))

    assert found("日化用品，日化1%", *terms) == [("用品", "用品"), ("日化", "日化")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ICO项目", 1), ("icon", 0), ("favicon.ico", 0), ("ＩＣＯ", 1), ("mexico", 0), ("炒ico吗", 1)],
)
def test_latin_words_stand_alone(text: str, expected: int) -> None:
    assert len(found(text, a_term("ico"))) == expected


def test_digits_at_a_words_end_do_not_go_on() -> None:
    assert found("7140高炮 1714高炮 714高炮", a_term("714高炮")) == [("714高炮", "714高炮")]


def test_a_word_asked_for_exactly_is_found_only_so() -> None:
    term = a_term("ico", exact="ICO")

    assert found("favicon.ico ICO Ico", term) == [("ico", "ICO")]


def test_words_for_names_count_in_titles_only() -> None:
    finder = Finder(a_lexicon(a_term("理财", category="name")))

    assert [hit.field for hit in find_hits(a_text("理财", title="某某理财"), finder)] == ["title"]


@pytest.mark.fault("L17")
def test_a_hit_says_in_which_field_it_stands() -> None:
    hits = find_hits(a_text("", alt="保本", description="x保本"), Finder(a_lexicon(BAO)))

    assert [(hit.field, hit.start) for hit in hits] == [("alt", 0), ("description", 1)]


PLAIN = ["保本", "保​本"]
HIDDEN = [
    ("保·本", "保·本"),
    ("保 本", "保 本"),
    ("保-本", "保-本"),
    ("保★本", "保★本"),
    ("保❤️本", "保❤️本"),
    ("保 / 本", "保 / 本"),
    ("保夲", "保夲"),
    ("保苯", "保苯"),
    ("bao本", "bao本"),
    ("保​·本", "保​·本"),
    ("保\n本", "保\n本"),
    ("保＊本", "保＊本"),
    ("保·苯", "保·苯"),
]
DISGUISES = {"夲": "本", "保苯": "保本", "bao本": "保本"}


@pytest.mark.fault("L06")
@pytest.mark.parametrize(("text", "raw"), HIDDEN, ids=[row[0].replace("\n", "⏎") for row in HIDDEN])
def test_a_hidden_word_is_found_as_written_and_marked(text: str, raw: str) -> None:
    finder = Finder(a_lexicon(BAO, variants=DISGUISES))

    (hit,) = find_hits(a_text(f"稳健，{text}，放心"), finder)

    assert (hit.word, hit.raw, hit.obfuscated) == ("保本", raw, True)


@pytest.mark.fault("L06")
@pytest.mark.parametrize("text", ["保本", "ＢＡＯ，保本", "保本。夲"])
def test_what_is_written_plainly_is_not_marked(text: str) -> None:
    (hit,) = find_hits(a_text(text), Finder(a_lexicon(BAO, variants=DISGUISES)))

    assert not hit.obfuscated


@pytest.mark.fault("L06")
def test_unseen_marks_inside_a_word_are_a_disguise() -> None:
    (hit,) = find_hits(a_text("保\u200b本"), Finder(a_lexicon(BAO)))

    assert (hit.raw, hit.obfuscated) == ("保\u200b本", True)


@pytest.mark.parametrize(
    "text",
    [
        "担保，本站", "确保。本店", "投保；本地", "环保\n本馆简介", "担保 本站所有",
        "人保 - 本地宝", "担保 | 本站", "环保、本草", "保：本", "保\t本地",
    ],
)  # fmt: skip
def test_words_are_not_made_across_punctuation_or_between_words(text: str) -> None:
    assert found(text, BAO) == []


@pytest.mark.parametrize("text", ["8.5%", "8 . 5", "3-5天", "2026-05-12", "714 高炮"])
def test_digits_are_never_moved_together(text: str) -> None:
    terms = [a_term(word) for word in ("85", "35", "202605", "0512", "714高炮")]

    assert found(text, *terms) == []


def test_a_latin_word_spread_out_is_found() -> None:
    assert found("做 p 2 p 的", a_term("p2p")) == [("p2p", "p 2 p")]
    assert found("做 P-2-P 的", a_term("p2p")) == [("p2p", "P-2-P")]
    assert found("收 u.s.d.t", a_term("usdt")) == [("usdt", "u.s.d.t")]


def test_a_word_turned_round_is_found_by_the_real_lists(finder: Finder) -> None:
    hits = find_hits(a_text("息保本保"), finder)

    assert ("保本保息", "息保本保", True) in {(h.word, h.raw, h.obfuscated) for h in hits}


TRICKS = st.lists(
    st.sampled_from(
        [*"保本息理财币夲苯p2PＰ２·★ -/\n，。a9\u200b…⑩㈱", "bao", "保本", "理财", "\ud800"]
    ),
    max_size=30,
).map("".join)


@given(TRICKS)
def test_every_span_shows_its_word(text: str) -> None:
    terms = (BAO, a_term("保本保息"), a_term("理财"), a_term("p2p"))
    finder = Finder(a_lexicon(*terms, variants=DISGUISES))

    for hit in find_hits(a_text(text), finder):
        assert text[hit.start : hit.end] == hit.raw
        assert shows(hit.raw, hit.word, finder)


def shows(raw: str, word: str, finder: Finder) -> bool:
    """Whether the stretch alone, its disguises undone, reads as the word."""
    normal = normalise(raw)
    if word in normal.text:
        return True
    form: Unmasked | None = finder.unmasker.unmask(normal)
    undone = form.text if form else normal.text
    for disguise, real in DISGUISES.items():
        undone = undone.replace(disguise, real)
    return word in undone


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_can_be_looked_through(finder: Finder, text: str) -> None:
    for hit in find_hits(a_text(text), finder):
        assert text[hit.start : hit.end] == hit.raw


@pytest.mark.fault("L14")
def test_a_word_ten_thousand_times_is_counted_and_capped() -> None:
    result = find(a_text("保本，" * 10_000), Finder(a_lexicon(BAO)))

    assert result.total == 10_000
    assert MOST_OF_A_WORD <= len(result.hits) < MOST_OF_A_WORD + 10  # the last have less beside
    assert not result.cut


@pytest.mark.fault("L14")
@pytest.mark.slow
def test_a_hundred_thousand_hits_take_bounded_time(finder: Finder) -> None:
    before = time.process_time()

    result = find(a_text("保本，理财，躺赚，USDT。" * 25_000), finder)

    assert result.total >= 50_000
    assert len(result.hits) <= 5_000
    assert time.process_time() - before < 10


@pytest.mark.fault("L04")
@pytest.mark.slow
def test_twenty_thousand_terms_go_through_five_megabytes() -> None:
    words = [f"第{number}号词" for number in range(20_000)]
    finder = Finder(a_lexicon(*(a_term(word) for word in words)))
    page = a_text("本公司专业生产各类阀门，欢迎来电咨询。" * 88_000 + words[77])
    before = time.process_time()

    hits = find_hits(page, finder)

    assert [hit.word for hit in hits] == [words[77]]
    assert time.process_time() - before < 10


@pytest.mark.slow
@pytest.mark.parametrize("text", ["保" * 10_000_000, "保 本 " * 500_000, "\u200b" * 10_000_000])
def test_ten_million_characters_are_looked_through_in_bounded_time(
    finder: Finder, text: str
) -> None:
    before = time.process_time()

    find(a_text(text), finder)

    assert time.process_time() - before < 30


def test_a_stretch_border_hides_no_word() -> None:
    finder = Finder(a_lexicon(BAO))
    for before in (99_998, 99_999, 100_000):
        (hit,) = find_hits(a_text("，" * before + "保本" + "，" * 100_000), finder)

        assert hit.start == before


def test_normal_form_of_a_raw_hit_is_its_word_where_nothing_was_hidden() -> None:
    (hit,) = find_hits(a_text("我們保證獲利！"), Finder(a_lexicon(a_term("保证获利"))))

    assert normal_form(hit.raw) == hit.word
    assert not hit.obfuscated
