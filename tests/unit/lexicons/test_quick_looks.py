"""What is skipped to be fast could have found nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.capture import Field
from lexicons import matching
from lexicons.beginnings import Patterns
from lexicons.folding import fold
from lexicons.matching import find_hits
from lexicons.patterns import Finder
from lexicons.yield_patterns import SHAPES
from tests.builders import a_text
from tests.quality.corpora import own_texts
from tests.unit.lexicons.yield_rows import BAIT

_PIECES = ("保本", "保 本", "保·息", "夲金", "bao本", "薇信", "稳zhuan不赔", "理★财", "年化", "8%",
           "。", "\n", " ", "普通文字", "a", "1")  # fmt: skip


def test_a_shape_that_matches_is_never_skipped() -> None:
    patterns = Patterns(shape.pattern for shape in SHAPES)
    texts = [row[0] for row in BAIT] + [case.question.text or "" for case in own_texts()]
    skipped = [
        (shape.kind, text)
        for text in (fold(one).text for one in texts)
        for tried in (frozenset(patterns.over(text).numbers()),)
        for number, shape in enumerate(SHAPES)
        if number not in tried and shape.pattern.search(text)
    ]
    assert skipped == []


@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join))
def test_the_look_at_changed_places_loses_no_hit(finder: Finder, text: str) -> None:
    quick = find_hits(a_text(text), finder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(matching, "_may_hide", lambda *_: True)
        assert find_hits(a_text(text), finder) == quick


def test_a_disguise_far_from_any_change_is_found(finder: Finder) -> None:
    field = Field(name="body", text="理★财" + "普通文字" * 100 + "保 本 保 息")
    assert any(hit.obfuscated for hit in find_hits(a_text(field.text), finder))
