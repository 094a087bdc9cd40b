"""What officers type, and what is indexed of a text, mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.errors import BadInput
from indexer import querying
from indexer.matching import answers
from indexer.querying import Phrase, checked, question_from
from indexer.snippets import LONGEST, snippet_of
from indexer.wording import comparable, pairs_of, stretches_of
from tests.builders import a_text

HAN = "保本息年化收益理财"


def phrase(*parts: tuple[str, ...], excluded: bool = False) -> Phrase:
    return Phrase(parts, excluded)


def test_pairs_do_not_reach_over_what_stands_between() -> None:
    assert pairs_of(stretches_of("保本，息 P2P 8.5%")) == ["保本", "息", "p2p", "8.5"]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("保本 且 年化", ((phrase(("保本",)), phrase(("年化",))),)),
        ("保本 或 年化", ((phrase(("保本",)),), (phrase(("年化",)),))),
        ("保本 非 银行", ((phrase(("保本",)), phrase(("银行",), excluded=True)),)),
        ('"保本 保息"', ((phrase(("保本", "保息")),),)),
        ("年化8%", ((phrase(("年化", "8")),),)),
        ("息 8", ((phrase(("息",)), phrase(("8",))),)),
        ("Ｐ２Ｐ", ((phrase(("p2p",)),),)),
        ("且", ()),
        ("非 银行", ()),
        ('"', ()),
        ("", ()),
    ],
)
def test_questions_are_read_as_meant(words: str, meant: tuple[object, ...]) -> None:
    assert question_from(words).alternatives == meant


def test_only_no_words_at_all_ask_for_everything() -> None:
    assert question_from("  ").anything
    assert not question_from("且").anything


@given(st.text())
def test_no_question_is_an_error(words: str) -> None:
    question_from(words)


@given(st.text())
def test_the_comparable_form_keeps_every_place_and_is_a_fixed_point(text: str) -> None:
    folded = comparable(text)

    assert len(folded) == len(text)
    assert comparable(folded) == folded


@given(st.text(HAN, min_size=2), st.data())
def test_every_piece_of_a_text_answers_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    end = data.draw(st.integers(start + 2, len(text)))

    assert answers(a_text(text), question_from(text[start:end]))


@given(st.text(), st.text(max_size=20))
def test_marks_lie_apart_within_the_piece(text: str, words: str) -> None:
    snippet = snippet_of(text, question_from(words).phrases)

    at = 0
    for start, end in snippet.marks:
        assert at <= start < end <= len(snippet.text)
        at = end
    assert len(snippet.text) <= LONGEST


def test_what_nobody_sees_is_not_searched_for() -> None:
    assert question_from("保\u200b本\ufeff保息") == question_from("保本保息")


@pytest.mark.parametrize("words", ["", "  ", "保本 非 银行", "保" * querying.LONGEST])
def test_a_question_that_can_be_asked_stays_as_it_is(words: str) -> None:
    assert checked(words) == words


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("保本 " * 200 + "非 银行", "至多 500 字"),
        ("非 银行", "没有可检索的字词"),
        ("，。！*", "没有可检索的字词"),
    ],
)
def test_a_question_that_cannot_be_asked_whole_is_refused(words: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        checked(words)


def test_every_character_is_folded_by_itself() -> None:
    characters = [chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000]

    assert comparable("".join(characters)) == "".join(map(comparable, characters))
    assert comparable("ＡbＣ１％") == "abc1%"
    assert comparable("\ufa10") == "\u585a"  # a compatibility ideograph among those that are none
