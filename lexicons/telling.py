"""Whether a page tells of what is offered on it, or offers it. A report speaks of the scheme where
it names it, line after line; a slogan against fraud at the foot of an offer, a paragraph of news
under it, or what no visitor sees, does not.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from crawler.domain.capture import UNSEEN, Field, PageText
from lexicons.reading import ReadField
from lexicons.weighing import Purpose

Place = tuple[str, int]  # a field's name, a place in its normal form
Line = tuple[str, int]  # a field's name, which of its lines
_TITLE = "title"
_LINE_END = re.compile(r"\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """How much a page informs, and whether it does so where it offers."""

    points: float  # of its informing words, each line that offers nothing up to a bound
    share: float  # 0 to 1: how much of what is offered is told of
    asides: frozenset[Line]  # lines that inform and offer nothing


def telling_of(
    fields: Mapping[str, ReadField],
    offered: Iterable[Place],
    weights: Purpose,
    padding: frozenset[Line] = frozenset(),
) -> Telling:
    """By the informing words that are seen (groups `informs`) and where they stand; a slogan in a
    line of padding informs nobody.

    The share: of the lines that offer, those that inform as well; or of all lines that do either,
    those that inform, whichever is more. 1 where nothing is offered.
    """
    seen = {name: field for name, field in fields.items() if name != UNSEEN}
    lines = _Lines(fields)
    offering = {lines.at(name, place) for name, place in offered}
    informing: set[Line] = set()
    points: dict[Line, float] = {}
    for group, weight in weights.informs.items():
        skipped = padding if group in weights.slogans else frozenset()
        told = dict(_told(group, seen, lines, offering, informing, skipped))
        for number, line in enumerate(list(told.values())[: weights.most_of_group]):
            worth = weight * (1 - weights.chance) if number == 0 else weight
            points[line] = points.get(line, 0.0) + worth
    return Telling(
        points=sum(_bounded(line, worth, offering, weights) for line, worth in points.items()),
        share=_share(offering, informing),
        asides=frozenset((informing | padding) - offering),
    )


def slogans_of(
    fields: Mapping[str, ReadField], offered: Iterable[Place], weights: Purpose
) -> frozenset[Line]:
    """The lines over or under all that is offered that warn, report or cite the law. A report does
    so in between; the title is no slogan.
    """
    lines = _Lines(fields)
    offering = {lines.at(name, place) for name, place in offered}
    said = {
        lines.at(name, sign.start)
        for name, field in fields.items()
        if name not in (_TITLE, UNSEEN)
        for group in weights.slogans
        for sign in field.reading.signs.of_group(group)
    }
    return frozenset(line for line in said if not _amid(line, offering))


def _amid(line: Line, offering: Collection[Line]) -> bool:
    numbers = [number for name, number in offering if name == line[0]]
    return bool(numbers) and min(numbers) <= line[1] <= max(numbers)


def without(lines: Container[Line], fields: Mapping[str, ReadField]) -> PageText:
    """What is seen of a page but some of its lines."""
    kept = (
        Field(
            name=name,
            text="\n".join(
                line
                for number, line in enumerate(field.normal.text.split("\n"))
                if (name, number) not in lines
            ),
        )
        for name, field in fields.items()
        if name != UNSEEN
    )
    return PageText(fields=tuple(kept))


def _told(
    group: str,
    seen: Mapping[str, ReadField],
    lines: "_Lines",
    offering: set[Line],
    informing: set[Line],
    skipped: frozenset[Line],
) -> Iterator[tuple[str, Line]]:
    """The words of a group, each with its line: one that offers, if it stands in such a one."""
    best: dict[str, Line] = {}
    for name, field in seen.items():
        for sign in field.reading.signs.of_group(group):
            line = lines.at(name, sign.start)
            if line in skipped:
                continue
            informing.add(line)
            if sign.word not in best or (line in offering and best[sign.word] not in offering):
                best[sign.word] = line
    yield from best.items()


def _bounded(line: Line, points: float, offering: set[Line], weights: Purpose) -> float:
    if line in offering or line[0] == _TITLE:
        return points
    return min(points, weights.line_most)


def _share(offering: set[Line], informing: set[Line]) -> float:
    if not offering:
        return 1.0
    both = len(offering & informing) / len(offering)
    return max(both, len(informing) / (len(informing) + len(offering)))


class _Lines:
    """Where the lines of each field end."""

    def __init__(self, fields: Mapping[str, ReadField]) -> None:
        texts = ((name, field.normal.text) for name, field in fields.items())
        self._ends = {name: [end.start() for end in _LINE_END.finditer(t)] for name, t in texts}

    def at(self, name: str, place: int) -> Line:
        """The line of a place."""
        return name, bisect_right(self._ends[name], place)
