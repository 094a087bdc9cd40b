"""All strings that are looked for stand in one automaton."""

import pytest

from crawler.domain.lexicon import Category, Lexicon, Term
from lexicons.patterns import Finder, stands_alone
from lexicons.unmasking import Swap


def a_finder(*words: str, variants: dict[str, str] | None = None) -> Finder:
    terms = tuple(Term(word=word, category="a", weight=3) for word in words)
    categories = {"a": Category(id="a", name="甲", severity=3)}
    return Finder(Lexicon(version="", categories=categories, terms=terms, variants=variants or {}))


def test_every_place_of_every_word_is_told_overlapping_ones_too() -> None:
    finder = a_finder("保本", "本金", "保本金")

    places = sorted((start, end) for _, start, end in finder.matches("保本金"))

    assert places == [(0, 2), (0, 3), (1, 3)]


def test_a_lexicon_without_words_finds_nothing() -> None:
    assert a_finder().matches("保本") == []


def test_the_longer_disguise_is_put_right_first() -> None:
    finder = a_finder("保本", variants={"保苯": "保本", "保苯保息": "保本保息"})
    text = "保苯保息保苯"

    swaps = finder.swaps(text, finder.matches(text))

    assert swaps == [Swap(start=0, end=4, real="保本保息"), Swap(start=4, end=6, real="保本")]


@pytest.mark.parametrize(
    ("text", "alone"),
    [("ico", True), ("icon", False), ("xico", False), ("5ico", True), ("币ico币", True)],
)
def test_a_latin_word_stands_alone_where_no_letter_goes_on(text: str, alone: bool) -> None:
    start = text.index("ico")

    assert stands_alone(text, start, start + 3) is alone
