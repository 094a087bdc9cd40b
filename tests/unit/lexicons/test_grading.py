"""Hits are graded where they were seen: in the plain form, or behind the disguise."""

import pytest

from crawler.domain.lexicon import Grade
from lexicons.grading import grade_hits
from lexicons.matching import find_hits
from lexicons.patterns import Finder
from lexicons.segmenting import Segmenter
from tests.builders import a_text


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
