"""Tables as they lie in a file: numbered rows of text cells, wherever they came from."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

from crawler.domain.errors import BadInput

DELIMITERS = (",", "\t", ";", "|")
_PROBE_LINES = 40
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row with the number a person sees beside it."""

    number: int
    cells: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One table: a text file has one, a workbook one a sheet. `rows` can be walked once."""

    name: str
    rows: Iterator[Row]
    there: int = 0  # about how many, as far as the file tells without being read; 0: it does not


def text_table(path: Path, encoding: str) -> Table:
    """The table in a text file, its delimiter told by the first lines."""
    with path.open(encoding=encoding, newline="") as file:
        lines = [line for line in islice(file, _PROBE_LINES) if line.strip()]
    rows = _text_rows(path, encoding, delimiter_of(lines))
    return Table(name="", rows=rows, there=_line_ends(path))


def _line_ends(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(partial(file.read, _BLOCK_BYTES), b""))


def delimiter_of(lines: list[str]) -> str:
    """The delimiter that cuts the most lines into the same number of cells, more cells first."""
    return max(DELIMITERS, key=lambda delimiter: _evenness(lines, delimiter))


def _evenness(lines: list[str], delimiter: str) -> tuple[int, int]:
    widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
    wide = [width for width in widths if width > 1]
    if not wide:
        return 0, 0
    usual = max(set(wide), key=wide.count)
    return wide.count(usual), usual


class _Lines:
    """Hands lines on and remembers those of the record being read."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.held: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            self.held.append(line)
            yield line


def _text_rows(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    with path.open(encoding=encoding, newline="") as file:
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=delimiter)
        number = 0
        try:
            for number, cells in enumerate(reader, start=1):
                if len(lines.held) > 1:
                    _check_quotes(lines.held, number)
                lines.held.clear()
                yield Row(number=number, cells=cells)
        except csv.Error:
            raise BadInput(f"第 {number + 1} 行读不成表格：引号没有闭合，或单元格过长") from None


def _check_quotes(held: Iterable[str], number: int) -> None:
    """A quote that never closes would swallow all rows after it without a word."""
    if sum(line.count('"') for line in held) % 2:
        raise BadInput(f"第 {number} 行的引号没有闭合，其后的行无法辨认")
