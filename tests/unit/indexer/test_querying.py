"""What officers type, and what is indexed of a text, mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.querying import Phrase, ends_alone, grams_of, question_from

HAN = "保本息年化收益理财"


def test_pairs_do_not_reach_over_what_stands_between() -> None:
    assert grams_of("保本，息 P2P") == ["保本", "本", "息", "p2p"]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("保本 且 年化", ((Phrase("保本"), Phrase("年化")),)),
        ("保本 或 年化", ((Phrase("保本"),), (Phrase("年化"),))),
        ("保本 非 银行", ((Phrase("保本"), Phrase("银行", excluded=True)),)),
        ('"保本 保息"', ((Phrase("保本 保息"),),)),
        ("Ｐ２Ｐ", ((Phrase("p2p"),),)),
        ("且", ()),
        ("非 银行", ()),
        ('"', ()),
        ("", ()),
    ],
)
def test_questions_are_read_as_meant(words: str, meant: tuple[object, ...]) -> None:
    assert question_from(words).alternatives == meant


@given(st.text())
def test_no_question_is_an_error(words: str) -> None:
    question_from(words)


@given(st.text(HAN, min_size=2), st.data())
def test_every_two_characters_of_a_text_are_in_its_index(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 2))

    pair = text[start : start + 2]

    assert pair in grams_of(text)
    assert not ends_alone(pair)
