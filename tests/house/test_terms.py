"""The word lists in the house: whole, in order, within reach of the people who edit them."""

from pathlib import Path

import pytest

import lexicons
from crawler.domain.lexicon import Boundary, Grade, Lexicon, Zone
from lexicons.loading import load_lexicon, read_lexicon
from lexicons.matching import find_hits
from lexicons.patterns import Finder
from lexicons.segmenting import Segmenter
from lexicons.vocabulary import load_vocabulary
from tests.builders import a_text
from tests.graded import grade_hits

FOLDER = Path(lexicons.__file__).parent
REPORT_CLASSES = {
    "", "民间投融资中介机构", "网络借贷", "虚拟理财", "房地产", "私募基金", "地方各类交易场所",
    "相互保险", "养老机构", "“消费返利”网站", "农民合作社",
}  # fmt: skip


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon(FOLDER)


def test_every_list_loads_without_a_problem() -> None:
    assert [str(problem) for problem in read_lexicon(FOLDER)[1]] == []


def test_every_list_bears_the_name_of_its_category(lexicon: Lexicon) -> None:
    assert {path.stem for path in (FOLDER / "terms").glob("*.yaml")} == set(lexicon.categories)


def test_every_list_begins_with_a_remark_that_says_what_it_is_for() -> None:
    for path in (FOLDER / "terms").glob("*.yaml"):
        assert path.read_text(encoding="utf-8").startswith("# "), path.name


def test_categories_report_by_the_ten_classes_of_the_regulators(lexicon: Lexicon) -> None:
    assert {one.report_class for one in lexicon.categories.values()} <= REPORT_CLASSES


def test_the_groups_that_categories_need_exist(lexicon: Lexicon) -> None:
    needed = {one.needs for one in lexicon.categories.values()} - {""}

    assert needed <= set(load_vocabulary(FOLDER).groups)


def test_every_term_is_found_in_its_own_word(lexicon: Lexicon) -> None:
    finder = Finder(lexicon)
    lost = [
        term.word
        for term in lexicon.terms
        if term.word
        not in {
            hit.word
            for hit in find_hits(a_text(term.exact or term.word, title=term.word), finder)
            if hit.category == term.category
        }
    ]

    assert lost == []


def test_every_aligned_term_is_a_word_to_jieba(lexicon: Lexicon, tmp_path: Path) -> None:
    finder, segmenter = Finder(lexicon), Segmenter(lexicon, tmp_path / "cache")
    aligned = [
        term
        for term in lexicon.terms
        if term.boundary is Boundary.ALIGNED and lexicon.categories[term.category].zone is Zone.PAGE
    ]

    for term in aligned:
        page = a_text(f"我们的{term.exact or term.word}。")
        grades = {
            hit.grade
            for hit in grade_hits(page, find_hits(page, finder), finder, segmenter)
            if hit.word == term.word
        }
        assert grades == {Grade.ALIGNED}, term.word


LIGHTER_ON_PURPOSE = {"学生贷款", "推荐奖励", "小额贷款"}


def test_a_longer_word_weighs_no_less_than_those_it_swallows(lexicon: Lexicon) -> None:
    weights = {(term.category, term.word): term.weight for term in lexicon.terms}
    lighter = {
        word
        for (category, word), weight in weights.items()
        for start in range(len(word))
        for end in range(start + 2, len(word) + 1)
        if weights.get((category, word[start:end]), 0) > weight
    }

    assert lighter == LIGHTER_ON_PURPOSE
