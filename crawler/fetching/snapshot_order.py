"""Words in the order in which they stand on the screen, where a page gives them one by one and lays
them out in another order than its source: by `order`, a reversed row, places of their own.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from crawler.domain.capture import Box, Field, Run

_SHORT = 4  # characters; longer runs are text of their own
_LEAST = 6  # runs; fewer are a page number, a menu
_BESIDE = 0.8  # of the height: nearer ones are one word
_LEVEL = 0.5  # of the height: nearer ones are one line


@dataclass(frozen=True, slots=True)
class _Scrap:
    text: str
    box: Box


def as_placed(field: Field) -> Field:
    """The field with every stretch of short runs as a reader sees it; the rest as it was."""
    stretches = [one for one in _stretches(field) if _is_shuffled(one)]
    if not stretches:
        return field
    made = _Made()
    at = done = 0
    for runs in stretches:
        upto = field.runs.index(runs[0], done)
        made.keep(field, at, runs[0].start, field.runs[done:upto])
        made.place(_lines(field, runs))
        at, done = runs[-1].end, upto + len(runs)
    made.keep(field, at, len(field.text), field.runs[done:])
    return replace(field, text="".join(made.parts), runs=tuple(made.runs))


class _Made:
    """A text and its runs while they grow."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.runs: list[Run] = []
        self._length = 0

    def keep(self, field: Field, start: int, end: int, runs: Sequence[Run]) -> None:
        moved = self._length - start
        self.runs += [replace(r, start=r.start + moved, end=r.end + moved) for r in runs]
        self._write(field.text[start:end])

    def place(self, lines: Sequence[Sequence[_Scrap]]) -> None:
        for number, line in enumerate(lines):
            self._write("\n" if number else "")
            last: Box | None = None
            for scrap in line:
                self._write("" if last is None or _touch(last, scrap.box) else " ")
                start = self._length
                self._write(scrap.text)
                self.runs.append(Run(start=start, end=self._length, box=scrap.box))
                last = scrap.box

    def _write(self, text: str) -> None:
        self.parts.append(text)
        self._length += len(text)


def _stretches(field: Field) -> Iterator[list[Run]]:
    for short, runs in itertools.groupby(field.runs, _is_short):
        found = list(runs)
        if short and len(found) >= _LEAST:
            yield found


def _is_short(run: Run) -> bool:
    return run.box is not None and not run.hidden and run.end - run.start <= _SHORT


def _is_shuffled(runs: Sequence[Run]) -> bool:
    """Whether one goes back on its own line: rows and columns that are read one after the other
    never do.
    """
    boxes = [run.box for run in runs if run.box is not None]
    return any(
        _is_level(one, other) and other.x + other.width <= one.x + one.width / 2
        for one, other in itertools.pairwise(boxes)
    )


def _lines(field: Field, runs: Sequence[Run]) -> list[list[_Scrap]]:
    scraps = [
        _Scrap(field.text[run.start : run.end].strip(), run.box)
        for run in runs
        if run.box is not None
    ]
    lines: list[list[_Scrap]] = []
    for scrap in sorted(scraps, key=lambda one: one.box.y + one.box.height / 2):
        if lines and _is_level(lines[-1][0].box, scrap.box):
            lines[-1].append(scrap)
        else:
            lines.append([scrap])
    return [sorted(line, key=lambda one: one.box.x) for line in lines]


def _is_level(one: Box, other: Box) -> bool:
    apart = abs(one.y + one.height / 2 - other.y - other.height / 2)
    return apart < _LEVEL * max(one.height, other.height)


def _touch(one: Box, other: Box) -> bool:
    return other.x - one.x - one.width < _BESIDE * max(one.height, other.height)
