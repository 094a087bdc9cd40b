"""The fields of a PageText while a snapshot is read into them: gaps between blocks and cells, runs
with their boxes.
"""

from collections.abc import Iterator
from enum import IntEnum

from crawler.domain.capture import Box, Field, Run
from crawler.domain.letters import as_shown, storable
from crawler.fetching.snapshot_order import as_placed

MOST_CHARACTERS = 8 * 1024 * 1024  # of one field
FIELDS = ("body", "alt", "placeholder", "description", "keywords", "hidden")


class Gap(IntEnum):
    """What keeps words apart; the stronger one wins."""

    NONE = 0
    BLOCK = 1
    CELL = 2  # a paragraph inside a cell does not break the row
    ROW = 3


_MARKS = {Gap.NONE: "", Gap.BLOCK: "\n", Gap.CELL: "\t", Gap.ROW: "\n"}


class Lines:
    """One field while it grows."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._runs: list[Run] = []
        self._length = 0
        self._gap = Gap.NONE

    def part(self, gap: Gap) -> None:
        """Keep the next words apart from the last."""
        self._gap = max(self._gap, gap)

    def add(self, text: str, box: Box | None, *, hidden: bool = False) -> None:
        """Append words; blanks at a line's start and beside blanks are dropped."""
        if not self._length or self._gap or self._parts[-1].endswith(" "):
            text = text.lstrip(" ")
        text = as_shown(storable(text))
        if not text or self._length > MOST_CHARACTERS:
            return
        self._close_gap()
        start = self._length
        self._write(text[:MOST_CHARACTERS])
        if not text.isspace():
            self._runs.append(Run(start=start, end=self._length, box=box, hidden=hidden))

    def line(self, text: str, box: Box | None, *, hidden: bool = False) -> None:
        """Append one line of its own, blanks collapsed."""
        self.part(Gap.ROW)
        self.add(" ".join(text.split()), box, hidden=hidden)
        self.part(Gap.ROW)

    def field(self, name: str) -> Field:
        """The field as it stands now."""
        return Field(name=name, text="".join(self._parts).rstrip(" "), runs=tuple(self._runs))

    def _close_gap(self) -> None:
        if self._gap and self._length:
            self._write(_MARKS[self._gap])
        self._gap = Gap.NONE

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


class Words:
    """All fields of a page while they grow."""

    def __init__(self) -> None:
        self._lines = {name: Lines() for name in FIELDS}

    def __getitem__(self, name: str) -> Lines:
        return self._lines[name]

    def fields(self) -> Iterator[Field]:
        """The fields in the order in which a PageText has them, the page's own as they stand on
        the screen.
        """
        for name, lines in self._lines.items():
            field = lines.field(name)
            yield as_placed(field) if name == "body" else field
