"""Where the words of a lexicon stand in a page text: Aho-Corasick over the normal form, then what
cannot be meant is taken out. jieba grades what is found here (segmenting.py); it finds nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import ahocorasick_rs

from crawler.domain.capture import Field, PageText
from crawler.domain.lexicon import Hit, Lexicon, Term, Zone
from lexicons.normalising import Normalised, normalise

NAME_FIELDS = frozenset({"title", "site_name", "unit_name"})
MOST_HITS = 5_000  # of one page; a page with more says nothing more
_MOST_OF_A_WORD = 100
_STRETCH = 100_000  # characters looked through at a time, so that memory is bounded by hits kept


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The hits kept, in order of field and place, and how many there were."""

    hits: tuple[Hit, ...]
    total: int


class Match(NamedTuple):
    """A pattern at a place of a normal form."""

    pattern: int
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """One string that is looked for: a term of the page, of names, a false friend, or several."""

    page: Term | None = None
    name: Term | None = None
    friend_of: tuple[str, ...] = ()


class Finder:
    """A lexicon compiled for finding; made once a process and version."""

    def __init__(self, lexicon: Lexicon) -> None:
        patterns = _patterns_of(lexicon)
        self.lexicon = lexicon
        self._words = tuple(patterns)
        self._patterns = tuple(patterns.values())
        self._automaton = ahocorasick_rs.AhoCorasick(self._words)
        self._longest = max(map(len, self._words), default=1)

    def matches(self, text: str) -> Iterator[list[Match]]:
        """Every place of every pattern, overlapping ones too, a stretch at a time."""
        for begin in range(0, len(text), _STRETCH):
            part = text[begin : begin + _STRETCH + self._longest - 1]
            found = self._automaton.find_matches_as_indexes(part, overlapping=True)
            yield [
                Match(pattern, begin + start, begin + end)
                for pattern, start, end in found
                if start < _STRETCH
            ]

    def pattern(self, match: Match) -> Pattern:
        """What was looked for there."""
        return self._patterns[match.pattern]

    def word(self, match: Match) -> str:
        """The string that stands there."""
        return self._words[match.pattern]


def find_hits(page: PageText, finder: Finder) -> tuple[Hit, ...]:
    """Every term that counts, with its place in the field's own characters; capped."""
    return find(page, finder).hits


def find(page: PageText, finder: Finder) -> Found:
    """The hits of a page and their true number."""
    hits: list[Hit] = []
    total = 0
    of_a_word: dict[str, int] = defaultdict(int)
    for field in page.fields:
        for hit in _hits_in(field, finder):
            total += 1
            of_a_word[hit.word] += 1
            if len(hits) < MOST_HITS and of_a_word[hit.word] <= _MOST_OF_A_WORD:
                hits.append(hit)
    return Found(hits=tuple(hits), total=total)


def _hits_in(field: Field, finder: Finder) -> Iterator[Hit]:
    normal = normalise(field.text)
    zones = (Zone.PAGE, Zone.NAME) if field.name in NAME_FIELDS else (Zone.PAGE,)
    for matches in finder.matches(normal.text):
        if not matches:
            continue
        for zone in zones:
            meant = _meant(matches, zone, normal, field, finder)
            yield from (_hit(term, match, normal, field) for term, match in _outermost(meant))


def _meant(
    matches: Sequence[Match], zone: Zone, normal: Normalised, field: Field, finder: Finder
) -> Iterator[tuple[Term, Match]]:
    """Terms of a zone that stand by themselves, are no part of a false friend and are written as
    asked.
    """
    friends = _friends(matches, finder)
    for match in matches:
        pattern = finder.pattern(match)
        term = pattern.page if zone is Zone.PAGE else pattern.name
        if term is None or not stands_alone(normal.text, match.start, match.end):
            continue
        if term.false_friends and _touched(match, friends.get(term.word, ())):
            continue
        if term.exact:
            start, end = normal.span(match.start, match.end)
            if field.text[start:end] != term.exact:
                continue
        yield term, match


def _friends(matches: Iterable[Match], finder: Finder) -> dict[str, list[Match]]:
    friends: dict[str, list[Match]] = defaultdict(list)
    for match in matches:
        for word in finder.pattern(match).friend_of:
            friends[word].append(match)
    return friends


def _touched(match: Match, others: Iterable[Match]) -> bool:
    return any(other.start < match.end and match.start < other.end for other in others)


def _outermost(meant: Iterable[tuple[Term, Match]]) -> Iterator[tuple[Term, Match]]:
    """Without terms that lie wholly in a longer one of the same category; those that overlap stay
    (保本高息 is 保本 and 高息, where the longer word is not listed).
    """
    reached: dict[str, int] = {}
    for term, match in sorted(meant, key=lambda one: (one[1].start, -one[1].end)):
        if match.end > reached.get(term.category, -1):
            reached[term.category] = match.end
            yield term, match


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether Latin letters and digits at a word's ends do not go on beside it (ico in icon)."""
    return not (
        (start > 0 and _go_on(text[start - 1], text[start]))
        or (end < len(text) and _go_on(text[end - 1], text[end]))
    )


def _go_on(left: str, right: str) -> bool:
    if not (left.isascii() and right.isascii()):
        return False
    return (left.isalpha() and right.isalpha()) or (left.isdigit() and right.isdigit())


def _hit(term: Term, match: Match, normal: Normalised, field: Field) -> Hit:
    start, end = normal.span(match.start, match.end)
    return Hit(
        word=term.word,
        category=term.category,
        weight=term.weight,
        field=field.name,
        start=start,
        end=end,
        raw=field.text[start:end],
        obfuscated=end - start > match.end - match.start,  # unseen characters inside the word
    )


def _patterns_of(lexicon: Lexicon) -> dict[str, Pattern]:
    pages: dict[str, Term] = {}
    names: dict[str, Term] = {}
    friends: dict[str, list[str]] = defaultdict(list)
    for term in lexicon.terms:
        named = lexicon.categories[term.category].zone is Zone.NAME
        (names if named else pages)[term.word] = term
        for friend in term.false_friends:
            friends[friend].append(term.word)
    return {
        word: Pattern(page=pages.get(word), name=names.get(word), friend_of=tuple(friends[word]))
        for word in sorted({*pages, *names, *friends})
    }
