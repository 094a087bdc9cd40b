"""Many patterns over one text, each tried only where the first characters allow it, and only if
the characters that it cannot do without are there.

`re` tries every way a pattern goes on at every place; a few look-ups in tables, for all patterns
together, leave some places in a thousand. What is found is what `finditer` would find.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from re import _constants as codes  # type: ignore[attr-defined]  # what `re` itself parses with
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lexicons.normalising import codes_of

_LOOKED_AT = 3  # characters
_GROUP = 64  # patterns whose places are told by one number
_BASIC = 0x10000  # all characters beyond count as this one
_END = _BASIC + 1  # stands where the text is over
_EVERY = slice(None)
_FEW = 64  # characters; of more than that a text has one anyway

Bits = NDArray[np.uint64]
Characters = frozenset[str]


class Patterns:
    """Patterns that are looked for together; made once a process."""

    def __init__(self, patterns: Iterable[re.Pattern[str]]) -> None:
        self._patterns = tuple(patterns)
        self._needed = [_needed_of(pattern) for pattern in self._patterns]
        groups = range(0, len(self._patterns), _GROUP)
        self._tables = [np.zeros((_LOOKED_AT, _END + 1), np.uint64) for _ in groups]
        for number, pattern in enumerate(self._patterns):
            self._tables[number // _GROUP][_Beginning(pattern).allowed] |= _bit(number)

    def over(self, text: str) -> "Places":
        """Where each may begin in a text."""
        basic = np.full(len(text) + _LOOKED_AT - 1, _END, np.uint32)
        np.minimum(codes_of(text), _BASIC, out=basic[: len(text)])
        groups = [_Group(table, basic, len(text)) for table in self._tables]
        return Places(text, self._patterns, self._needed, groups)


class _Group:
    """The places where at least one pattern of a group may begin, and which may there."""

    def __init__(self, table: Bits, basic: NDArray[np.uint32], length: int) -> None:
        allowed = table[0][basic[:length]]
        for ahead in range(1, _LOOKED_AT):
            allowed &= table[ahead][basic[ahead : ahead + length]]
        self._places = allowed.nonzero()[0]
        self._allowed = allowed[self._places]
        self._any = int(np.bitwise_or.reduce(self._allowed)) if len(self._places) else 0

    def numbers(self) -> Iterator[int]:
        """The patterns that have a place, in order."""
        left = self._any
        while left:
            lowest = left & -left
            yield lowest.bit_length() - 1
            left ^= lowest

    def of(self, number: int) -> list[int]:
        """The places of one pattern, in order."""
        if not self._any >> number & 1:
            return []
        places: list[int] = self._places[self._allowed & _bit(number) != 0].tolist()
        return places


class Places:
    """The patterns over one text."""

    def __init__(
        self,
        text: str,
        patterns: Sequence[re.Pattern[str]],
        needed: Sequence[Sequence[Characters]],
        groups: Sequence[_Group],
    ) -> None:
        self._text = text
        self._patterns = patterns
        self._needed = needed
        self._groups = groups

    def numbers(self) -> Iterator[int]:
        """The patterns that may have a match, in order; the others have none."""
        there = frozenset(self._text)
        for nth, group in enumerate(self._groups):
            for number in (nth * _GROUP + lesser for lesser in group.numbers()):
                if not any(map(there.isdisjoint, self._needed[number])):
                    yield number

    def matches(
        self, number: int, stretches: Sequence[tuple[int, int]] = ()
    ) -> Iterator[re.Match[str]]:
        """What `finditer` of this pattern gives in each stretch (none: in all of the text)."""
        match = self._patterns[number].match
        places = self._groups[number // _GROUP].of(number % _GROUP)
        for begin, end in (stretches or ((0, len(self._text)),)) if places else ():
            reached = begin
            for place in places[bisect_left(places, begin) : bisect_left(places, end)]:
                if place >= reached and (found := match(self._text, place, end)):
                    yield found
                    reached = found.end()


def _bit(number: int) -> np.uint64:
    return np.uint64(1 << number % _GROUP)


def _needed_of(pattern: re.Pattern[str]) -> tuple[Characters, ...]:
    """Of each of these a text must hold one character, if the pattern matches in it."""
    if pattern.flags & re.IGNORECASE:
        return ()
    return tuple(dict.fromkeys(_needed_by(parser.parse(pattern.pattern, pattern.flags))))


def _needed_by(parts: Any) -> Iterator[Characters]:
    for kind, value in parts:
        repeated = kind in (codes.MAX_REPEAT, codes.MIN_REPEAT) and value[0] > 0
        if repeated or kind is codes.SUBPATTERN:
            yield from _needed_by(value[-1])
        elif kind is codes.LITERAL:
            yield frozenset(chr(value))
        elif kind is codes.IN and all(one is codes.LITERAL for one, _ in value):
            yield frozenset(chr(code) for _, code in value)
        elif kind is codes.BRANCH:
            ways = [min(_needed_by(way), key=len, default=frozenset()) for way in value[1]]
            if all(ways) and len(either := frozenset().union(*ways)) <= _FEW:
                yield either


class _Beginning:
    """Which characters may stand first, second, …: filled in along a parsed pattern."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.allowed = np.zeros((_LOOKED_AT, _END + 1), bool)
        over = self._along(parser.parse(pattern.pattern, pattern.flags), {0})
        for place in over:  # a match may end here: anything can stand beyond
            self.allowed[place:] = True
        if pattern.flags & re.IGNORECASE:
            self.allowed[:] = True

    def _along(self, parts: Any, places: set[int]) -> set[int]:
        """The places that may come next after what begins at one of these."""
        for kind, value in parts:
            places = self._after(kind, value, places) if places else places
        return places

    def _after(self, kind: Any, value: Any, places: set[int]) -> set[int]:
        if kind in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            return self._repeated(value, places)
        if kind is codes.BRANCH:
            return set().union(*(self._along(way, places) for way in value[1]))
        if kind is codes.SUBPATTERN:
            return self._along(value[-1], places)
        if kind in (codes.ASSERT, codes.ASSERT_NOT, codes.AT):
            return places
        for place in places:
            for characters in _CHARACTERS.get(kind, _some_length)(value):
                self.allowed[place, characters] = True
        return {place + 1 for place in places if place + 1 < _LOOKED_AT}

    def _repeated(self, value: tuple[int, int, Any], places: set[int]) -> set[int]:
        least, most, parts = value
        after = places if least == 0 else set()
        for times in range(1, min(most, max(least, _LOOKED_AT)) + 1):
            places = self._along(parts, places)
            if times >= least:
                after = after | places
        return after


def _one(value: int) -> list[Any]:
    return [min(value, _BASIC)]


def _span(value: tuple[int, int]) -> list[Any]:
    return [slice(min(value[0], _BASIC), min(value[1], _BASIC) + 1)]


def _kind(value: Any) -> list[Any]:
    return [_classes().get(value, _EVERY)]


@cache
def _classes() -> dict[Any, list[int]]:
    basic = [(code, chr(code)) for code in range(_BASIC)]
    return {
        codes.CATEGORY_DIGIT: [code for code, one in basic if one.isdecimal()] + [_BASIC],
        codes.CATEGORY_SPACE: [code for code, one in basic if one.isspace()],
    }


def _any(_value: Any) -> list[Any]:
    return [_EVERY]


def _members(values: Any) -> list[Any]:
    if values[0][0] is codes.NEGATE:
        return [_EVERY]
    return [place for kind, value in values for place in _CHARACTERS[kind](value)]


def _some_length(value: Any) -> list[Any]:
    raise ValueError(f"a pattern may not begin like this: {value}")


_CHARACTERS: dict[Any, Callable[[Any], list[Any]]] = {
    codes.LITERAL: _one,
    codes.RANGE: _span,
    codes.CATEGORY: _kind,
    codes.IN: _members,
    codes.ANY: _any,
    codes.NOT_LITERAL: _any,
}
