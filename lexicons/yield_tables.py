"""Rates in tables: a header row names the column, the rows below hold the figures."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from crawler.domain.assessment import Confidence
from lexicons.folding import BLOCK
from lexicons.numbers import DECIMAL

_HEADER = re.compile(
    r"年化|年利率|年息|年收益|年回报|年分红|(?:每年|年度)[^\s]{0,4}(?:分红|收益|返|回报|派息|"
    r"补贴|利息|福利)|[Aa][Pp][YyRr]|收益率|回报率|报酬率|[预参][期计考](?:收益|回报)|"
    r"(?P<month>月化|月收益|月息|月回报|月利率|月返|月产)|(?P<day>日产|日返|日释放|每日(?:收益|"
    r"产出|返)|日化|日收益|日息|日回报)"
)
_TERM = re.compile(r"(?:\d{1,2}|[一二三六九十]{1,2})个?月期?|\d{2,3}天期?|(?:\d|[一二三五半])年期?")
_NOT_OURS = re.compile(r"银行|同期|信托|存款|基准|增长|占比|进度")
_NO_HEADING = re.compile(r"[%,。;!]|\d{3}")  # prose and prices head no column
_LONGEST_HEADER = 20
_CELL = re.compile(r"[^\t]+")
_WORD = re.compile(r"\S+")
_FIGURE = re.compile(
    rf"(?<![\d.])(?P<n1>{DECIMAL})\s?(?:%?\s?-\s?(?P<n2>{DECIMAL}))?\s?%(?:\s?\+\s?(?P<bonus>{DECIMAL})\s?%)?"
)
_LONGEST_CELL = 40
_MOST_GAPS = 2  # rows in a row without a figure: the table has ended
_LONGEST_ROW = 120

Found = tuple[int, int, str, Confidence, float, float]


class Row(NamedTuple):
    """One line as cells, each with where it starts."""

    cells: list[tuple[int, str]]
    tabbed: bool


def has_column(text: str) -> bool:
    """Whether a table with a column of rates is possible at all."""
    return bool(_HEADER.search(text) or _TERM.search(text))


def column_rates(text: str) -> Iterator[Found]:
    """The rates in a column headed 年化收益率, of folded text; cells are divided by tabs, else by
    spaces. A column ends where it is headed again.
    """
    rows = _rows(text)
    heads = [dict(_headed(row)) for row in rows]
    for at in range(len(rows)):
        for column, factor in heads[at].items():
            yield from _below(_own_rows(rows, heads, at, column), column, factor)


def _own_rows(
    rows: Sequence[Row], heads: Sequence[Mapping[int, float]], at: int, column: int
) -> Iterator[Row]:
    """The rows of a header's table, as far as no row below heads the column again."""
    for below in range(at + 1, len(rows)):
        if column in heads[below] or not _alike(rows[at], rows[below]):
            return
        yield rows[below]


def _rows(text: str) -> list[Row]:
    rows: list[Row] = []
    start = 0
    for line in text.split(BLOCK):
        if line and len(line) <= _LONGEST_ROW:
            cell = _CELL if "\t" in line else _WORD
            cells = [(start + m.start(), m[0]) for m in cell.finditer(line)]
            rows.append(Row(cells, "\t" in line))
        start += len(line) + len(BLOCK)
    return rows


def _headed(row: Row) -> Iterator[tuple[int, float]]:
    """The columns of rates that a header row announces, each with its factor to a year."""
    if len(row.cells) < 3 or any(_NO_HEADING.search(cell) for _, cell in row.cells):
        return
    terms = [column for column, (_, cell) in enumerate(row.cells) if _TERM.fullmatch(cell.strip())]
    if len(terms) >= 2 and not any(_NOT_OURS.search(cell) for _, cell in row.cells):
        yield from ((column, 1.0) for column in terms)  # 12个月 | 24个月: tiers of a year's rate
    for column, (_, cell) in enumerate(row.cells):
        header = _HEADER.search(cell)
        if header and len(cell) <= _LONGEST_HEADER and not _NOT_OURS.search(cell):
            yield column, 12.0 if header["month"] else 365.0 if header["day"] else 1.0


def _alike(header: Row, row: Row) -> bool:
    """Whether a row belongs to the header's table: divided alike, with about as many cells."""
    return header.tabbed == row.tabbed and abs(len(header.cells) - len(row.cells)) <= 1 + (
        not header.tabbed
    )


def _below(rows: Iterable[Row], column: int, factor: float) -> Iterator[Found]:
    gaps = 0
    for row in rows:
        start, cell = row.cells[column] if len(row.cells) > column else (0, "")
        figures = list(_FIGURE.finditer(cell)) if len(cell) <= _LONGEST_CELL else []
        gaps = 0 if figures else gaps + 1
        if gaps > _MOST_GAPS:
            return
        for figure in figures:
            yield _found(start, figure, factor)


def _found(start: int, figure: re.Match[str], factor: float) -> Found:
    bonus = float(figure["bonus"] or 0)
    low, high = float(figure["n1"]) + bonus, float(figure["n2"] or figure["n1"]) + bonus
    at, until = start + figure.start(), start + figure.end()
    annual = (round(low * factor, 4), round(high * factor, 4))
    return (at, until, "annual_column", Confidence.MEDIUM, *annual)
