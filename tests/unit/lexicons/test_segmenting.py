"""jieba decides whether a found word is a word; cutting the neighbourhood equals cutting it all."""

import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.errors import BadInput
from crawler.domain.lexicon import Boundary, Grade, Hit, Lexicon, Term, Zone
from lexicons.contexts import Contexts, Cutting
from lexicons.matching import find_hits
from lexicons.normalising import normal_form
from lexicons.patterns import Finder
from lexicons.segmenting import LONGEST_RUN, Segmenter, counts
from lexicons.vocabulary import Vocabulary, load_vocabulary
from lexicons.weighing import Weights, load_weights
from tests.builders import a_text
from tests.graded import grade_hits
from tests.unit.conftest import FOLDER

CASES = yaml.safe_load(
    (Path(__file__).parents[2] / "quality" / "boundary_cases.yaml").read_text(encoding="utf-8")
)
BOUNDARY: list[dict[str, Any]] = CASES["boundary"]
NEGATION: list[dict[str, Any]] = CASES["negation"]


class Characters:
    """A stand-in for jieba that knows no words: every character is a token."""

    def tokens(self, text: str) -> list[str]:
        return list(text)


def of_the_word(case: dict[str, Any], finder: Finder) -> list[Hit]:
    return [hit for hit in find_hits(a_text(case["text"]), finder) if hit.word == case["word"]]


def stands(case: dict[str, Any], finder: Finder, segmenter: Segmenter) -> bool:
    terms = {t.word: t for t in finder.lexicon.terms if page_term(t, finder.lexicon)}
    hits = of_the_word(case, finder)
    graded = grade_hits(a_text(case["text"]), hits, finder, segmenter)
    return any(counts(terms[hit.word], hit.grade) for hit in graded)


def page_term(term: Term, lexicon: Lexicon) -> bool:
    return lexicon.categories[term.category].zone is Zone.PAGE


@cache
def the_vocabulary() -> Vocabulary:
    return load_vocabulary(FOLDER)


@cache
def the_weights() -> Weights:
    return load_weights(FOLDER)


def denied(case: dict[str, Any], cutting: Cutting) -> bool:
    text = normal_form(case["text"])
    vocabulary = the_vocabulary()
    start = text.index(case["word"])
    contexts = Contexts(
        text,
        vocabulary.signs(text),
        dict(vocabulary.groups),
        the_weights(),
        cutting,
    )
    return contexts.negated(start, start + len(case["word"]))


@pytest.mark.parametrize("case", BOUNDARY, ids=[c["text"] for c in BOUNDARY])
def test_a_word_counts_where_it_is_one(
    case: dict[str, Any], finder: Finder, segmenter: Segmenter
) -> None:
    assert stands(case, finder, segmenter) is case["counts"]


@pytest.mark.fault("L07")
@pytest.mark.parametrize("case", NEGATION, ids=[f"{c['text']}-{c['word']}" for c in NEGATION])
def test_a_word_is_denied_only_by_a_word(case: dict[str, Any], segmenter: Segmenter) -> None:
    assert denied(case, segmenter) is case["denied"]


def test_without_jieba_most_cases_go_wrong(finder: Finder) -> None:
    wrong = [case for case in BOUNDARY if bool(of_the_word(case, finder)) is not case["counts"]]
    wrong += [case for case in NEGATION if denied(case, Characters()) is not case["denied"]]

    assert len(BOUNDARY) + len(NEGATION) >= 60
    assert len(wrong) >= 50


@pytest.mark.parametrize(
    ("text", "word", "grade"),
    [
        ("稳健理财", "理财", Grade.ALIGNED),
        ("管理财务", "理财", Grade.STRADDLING),
        ("金融理财师年会", "理财", Grade.INSIDE),
        ("保·本·保·息", "保本保息", Grade.ALIGNED),
        ("管 理 财 务", "理财", Grade.STRADDLING),
        ("担 保 本 站", "保本", Grade.STRADDLING),
        ("买bao本产品", "保本", Grade.ALIGNED),
        ("我們⑩天理財", "理财", Grade.ALIGNED),
    ],
)
def test_a_hit_is_graded_where_it_was_seen(
    finder: Finder, segmenter: Segmenter, text: str, word: str, grade: Grade
) -> None:
    page = a_text(text)

    graded = grade_hits(page, find_hits(page, finder), finder, segmenter)

    assert {hit.grade for hit in graded if hit.word == word} == {grade}


def test_fields_are_graded_each_by_itself(finder: Finder, segmenter: Segmenter) -> None:
    page = a_text("管理财务", title="稳健理财")

    graded = grade_hits(page, find_hits(page, finder), finder, segmenter)

    grades = {hit.field: hit.grade for hit in graded if hit.category == "offline_wealth"}
    assert grades == {"title": Grade.ALIGNED, "body": Grade.STRADDLING}


@pytest.mark.parametrize(
    ("boundary", "word", "grade", "counted"),
    [
        (Boundary.ALIGNED, "理财", Grade.ALIGNED, True),
        (Boundary.ALIGNED, "理财", Grade.INSIDE, False),
        (Boundary.ALIGNED, "保本理财", Grade.STRADDLING, False),
        (Boundary.ANY, "理财", Grade.INSIDE, True),
        (Boundary.ANY, "高收益", Grade.STRADDLING, False),
        (Boundary.ANY, "投资理财", Grade.STRADDLING, True),
    ],
)
def test_the_policy_of_a_term_decides(
    boundary: Boundary, word: str, grade: Grade, counted: bool
) -> None:
    term = Term(word=word, category="a", weight=3, boundary=boundary)

    assert counts(term, grade) is counted


def all_cuts(segmenter: Segmenter, text: str) -> set[int]:
    """Where words end when all of the text is cut."""
    cuts = {0, len(text)}
    place = 0
    for token in segmenter.tokens(text):
        cuts |= {place, *(place + cut for cut in segmenter.parts(token))}
        place += len(token)
    return cuts


def by_definition(cuts: set[int], start: int, end: int) -> Grade:
    if start in cuts and end in cuts:
        return Grade.ALIGNED
    return Grade.STRADDLING if cuts & set(range(start + 1, end)) else Grade.INSIDE


PIECES = [c["text"] for c in (*BOUNDARY, *NEGATION)] + [
    "，", "。", " ", "\n", "·", "15.8%", "p2p", "usdt", "ab", "保", "本", "（", "年化", "·理财",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map("".join))
def test_the_neighbourhood_gives_what_the_whole_text_gives(
    finder: Finder, segmenter: Segmenter, text: str
) -> None:
    form = normal_form(text)
    cuts = all_cuts(segmenter, form)

    for _, start, end in finder.matches(form):
        assert segmenter.grade(form, start, end) is by_definition(cuts, start, end)


def test_it_does_so_in_runs_that_are_cut_at_fixed_points(
    finder: Finder, segmenter: Segmenter
) -> None:
    text = "".join(c["text"] for c in BOUNDARY).replace("，", "").replace("、", "") * 4
    assert len(text) > LONGEST_RUN

    cuts = all_cuts(segmenter, text)

    matches = finder.matches(text)

    assert len(matches) > 100
    for _, start, end in matches:
        assert segmenter.grade(text, start, end) is by_definition(cuts, start, end)


@given(st.text(st.characters(exclude_categories=()), max_size=300).map(normal_form))
def test_tokens_joined_are_the_text_again(segmenter: Segmenter, text: str) -> None:
    assert "".join(segmenter.tokens(text)) == text


@pytest.mark.fault("L03")
@pytest.mark.slow
@pytest.mark.parametrize("text", ["保" * 200_000, "保本理财产品年化收益率" * 18_000])
def test_text_without_a_stop_costs_what_its_length_costs(segmenter: Segmenter, text: str) -> None:
    before = time.process_time()

    assert sum(map(len, segmenter.tokens(text))) == len(text)
    assert time.process_time() - before < 10


def test_it_shares_no_words_with_another_one(tmp_path: Path) -> None:
    def a_segmenter(*words: str) -> Segmenter:
        terms = tuple(Term(word=word, category="a", weight=3) for word in words)
        return Segmenter(Lexicon(version="", categories={}, terms=terms), tmp_path / "cache")

    one, other = a_segmenter("云台会首"), a_segmenter()

    assert "云台会首" in one.tokens("云台会首")
    assert "云台会首" not in other.tokens("云台会首")


@pytest.mark.fault("L10")
def test_the_dictionary_cache_lies_in_the_given_folder_for_us_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "cache"

    Segmenter(Lexicon(version="", categories={}, terms=()), folder)

    assert folder.stat().st_mode & 0o077 == 0
    assert [path.name for path in folder.iterdir()] == ["jieba.cache"]


@pytest.mark.fault("L10")
def test_a_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)

    with pytest.raises(BadInput, match="可被他人写入"):
        Segmenter(Lexicon(version="", categories={}, terms=()), folder)


@pytest.mark.fault("L10")
def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(BadInput, match="不属于当前用户"):
        Segmenter(Lexicon(version="", categories={}, terms=()), tmp_path / "link")


def test_a_broken_cache_is_made_anew(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "jieba.cache").write_bytes(b"\x00broken")

    segmenter = Segmenter(Lexicon(version="", categories={}, terms=()), tmp_path)

    assert segmenter.tokens("管理财务") == ["管理", "财务"]
