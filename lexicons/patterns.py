"""The strings that are looked for, all in one automaton: terms, the longer words they must not be
cut out of, and disguised words.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import ahocorasick_rs

from crawler.domain.lexicon import Lexicon, Term, Zone
from lexicons.unmasking import Swap, Unmasker

_STRETCH = 100_000  # characters looked through at a time
_MOST_MATCHES = 200_000  # of one field: memory is bounded whatever a page says

Match = tuple[int, int, int]  # number of the pattern, start, end


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """What one string may be, several at once."""

    page: Term | None = None
    name: Term | None = None
    friend_of: tuple[str, ...] = ()  # words that do not count inside it
    real: str = ""  # the word that it disguises


class Finder:
    """A lexicon compiled for finding; made once a process and version."""

    def __init__(self, lexicon: Lexicon) -> None:
        patterns = _patterns_of(lexicon)
        self.lexicon = lexicon
        self.unmasker = Unmasker(lexicon.variants)
        self.patterns = tuple(patterns.values())
        self.longest = max(map(len, patterns), default=1)
        self._automaton = ahocorasick_rs.AhoCorasick(tuple(patterns))

    def matches(self, text: str) -> list[Match]:
        """Every place of every pattern, overlapping ones too, as far as 200,000 of them."""
        if len(text) <= _STRETCH:
            found: list[Match] = self._automaton.find_matches_as_indexes(text, overlapping=True)
            return found[:_MOST_MATCHES]
        kept: list[Match] = []
        for begin in range(0, len(text), _STRETCH):
            part = text[begin : begin + _STRETCH + self.longest - 1]
            kept += (
                (pattern, begin + start, begin + end)
                for pattern, start, end in self._automaton.find_matches_as_indexes(
                    part, overlapping=True
                )
                if start < _STRETCH
            )
            if len(kept) >= _MOST_MATCHES:
                break
        return kept[:_MOST_MATCHES]

    def swaps(self, text: str, matches: Iterable[Match]) -> list[Swap]:
        """The disguised words among the matches, from the left, the longer first."""
        swaps: list[Swap] = []
        reached = 0
        disguised = (match for match in matches if self.patterns[match[0]].real)
        for pattern, start, end in sorted(disguised, key=lambda match: (match[1], -match[2])):
            if start >= reached and stands_alone(text, start, end):
                swaps.append(Swap(start=start, end=end, real=self.patterns[pattern].real))
                reached = end
        return swaps


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether Latin letters and digits at a word's ends do not go on beside it (ico in icon), nor
    is it the end of a file's name (favicon.ico).
    """
    if start > 1 and text[start - 1] == "." and text[start].isascii() and text[start - 2].isascii():
        return not text[start - 2].isalnum()
    return not (
        (start > 0 and _go_on(text[start - 1], text[start]))
        or (end < len(text) and _go_on(text[end - 1], text[end]))
    )


def _go_on(left: str, right: str) -> bool:
    if not (left.isascii() and right.isascii()):
        return False
    return (left.isalpha() and right.isalpha()) or (left.isdigit() and right.isdigit())


def _patterns_of(lexicon: Lexicon) -> dict[str, Pattern]:
    pages: dict[str, Term] = {}
    names: dict[str, Term] = {}
    friends: dict[str, list[str]] = defaultdict(list)
    for term in lexicon.terms:
        named = lexicon.categories[term.category].zone is Zone.NAME
        (names if named else pages)[term.word] = term
        for friend in term.false_friends:
            friends[friend].append(term.word)
    disguises = _disguises_of(lexicon.variants)
    return {
        word: Pattern(
            page=pages.get(word),
            name=names.get(word),
            friend_of=tuple(friends[word]),
            real=disguises.get(word, ""),
        )
        for word in sorted({*pages, *names, *friends, *disguises})
    }


def _disguises_of(variants: Mapping[str, str]) -> dict[str, str]:
    """Single look-alike characters are put right by the table of the unmasker."""
    return {disguise: real for disguise, real in variants.items() if len(disguise) > 1}
