"""Rates in tables: a header row names the column, the rows below hold the figures."""

import re
from collections.abc import Iterator

from crawler.domain.assessment import Confidence
from lexicons.folding import BLOCK
from lexicons.numbers import DECIMAL

_HEADER = re.compile(
    r"(?:预期|历史|预计|参考)?(?:年化|年利率|年收益|年回报|收益率|回报率)[^\s\d%]{0,6}"
)
_CELL = re.compile(r"[^\t]+")
_WORD = re.compile(r"\S+")
_FIGURE = re.compile(rf"(?P<n1>{DECIMAL})(?:%?-(?P<n2>{DECIMAL}))?%(?:\+(?P<bonus>{DECIMAL})%)?")
_MOST_ROWS = 60
_LONGEST_ROW = 120

Found = tuple[int, int, str, Confidence, float, float]


def has_column(text: str) -> bool:
    """Whether a table with a column of rates is possible at all."""
    return bool(_HEADER.search(text))


def column_rates(text: str) -> Iterator[Found]:
    """The rates in a column headed 年化收益率, of folded text; cells are divided by
    tabs, else by spaces."""
    rows = _rows(text)
    for at, row in enumerate(rows):
        column = _headed(row)
        if column is not None:
            yield from _below(rows[at + 1 : at + 1 + _MOST_ROWS], column)


def _rows(text: str) -> list[list[tuple[int, str]]]:
    rows = []
    start = 0
    for line in text.split(BLOCK):
        if len(line) <= _LONGEST_ROW:
            cell = _CELL if "\t" in line else _WORD
            rows.append([(start + m.start(), m[0].strip()) for m in cell.finditer(line)])
        start += len(line) + len(BLOCK)
    return rows


def _headed(row: list[tuple[int, str]]) -> int | None:
    if len(row) < 3 or any("%" in cell for _, cell in row):
        return None
    return next((at for at, (_, cell) in enumerate(row) if _HEADER.fullmatch(cell)), None)


def _below(rows: list[list[tuple[int, str]]], column: int) -> Iterator[Found]:
    for row in rows:
        figure = _FIGURE.fullmatch(row[column][1]) if len(row) > column else None
        if figure is None:
            return
        bonus = float(figure["bonus"] or 0)
        low = float(figure["n1"]) + bonus
        high = float(figure["n2"] or figure["n1"]) + bonus
        start = row[column][0]
        yield (start, start + len(figure[0]), "annual_column", Confidence.MEDIUM, low, high)
