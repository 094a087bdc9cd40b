"""Where a table begins: title rows, one or two header rows, or none at all; and where it ends."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from crawler.domain.errors import BadInput
from crawler.reading.cells import cleaned
from crawler.reading.headers import Column, Columns, columns_named, merged_headers
from crawler.reading.sniffing import columns_sniffed, looks_like_filing
from crawler.reading.tables import Row, Table

_HEAD_ROWS = 12
_SNIFFED_ROWS = 50
_REMARK = re.compile(
    r"(?:总?合计|总计|小计|共计|总数|备注|附注|注\s*\d*\s*[:：、.]|说明|制表|填表|填报|导出|打印|统计"
    r"|数据来源|数据截[至止]|以上|共\s*\d+|第\s*\d+\s*页|审核人|经办人|联系人|复核)"
)
_KEYED = re.compile(r"\s*([A-Za-z_\u4e00-\u9fff/]{2,20})\s*[:：]\s*(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Headed:
    """A table whose columns are known, and its rows below the header."""

    name: str
    columns: Columns
    rows: Iterator[Row]
    there: int  # see Table


def headed(table: Table) -> Headed:
    """The table with its header found; BadInput says which column is missing."""
    first = list(islice(table.rows, _SNIFFED_ROWS))
    filled = [row for row in first if any(cell.strip() for cell in row.cells)]
    if not filled:
        raise BadInput("文件是空的：没有任何行")
    rows = chain(first, table.rows)
    if keys := _keys_in(filled[0].cells):
        return _headed(table, columns_named(keys), _by_key(rows, keys))
    found = _named(filled[:_HEAD_ROWS]) or _sniffed(filled)
    if found is None:
        raise BadInput(_missing(filled[0].cells))
    columns, last_header = found
    below = (row for row in rows if row.number > last_header)
    return _headed(table, columns, _filings(below, columns))


def _headed(table: Table, columns: Columns, rows: Iterator[Row]) -> Headed:
    return Headed(name=table.name, columns=columns, rows=rows, there=table.there)


def _keys_in(cells: Sequence[str]) -> list[str]:
    """The keys of a log line (unitName:某某 ⇥ domain:a.cn); none if it is not one that names a
    site.
    """
    keyed = [_KEYED.fullmatch(cell) for cell in cells if cell.strip()]
    keys = [found[1] for found in keyed if found]
    whole = len(keys) == len(keyed) > 1
    return keys if whole and columns_named(keys).point_somewhere() else []


def _by_key(rows: Iterator[Row], keys: Sequence[str]) -> Iterator[Row]:
    """Every log line with its values in the order of the first line's keys."""
    for row in rows:
        keyed = (_KEYED.fullmatch(cell) for cell in row.cells)
        values = {found[1]: found[2] for found in keyed if found}
        if any(cell.strip() for cell in row.cells):
            yield Row(number=row.number, cells=[values.get(key, "") for key in keys])


def _named(rows: Sequence[Row]) -> tuple[Columns, int] | None:
    """The columns and the number of the last header row, where there is a header."""
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        single = columns_named(row.cells)
        if after and not looks_like_filing(after.cells):
            double = columns_named(merged_headers(row.cells, after.cells))
            if len(double.places) > len(single.places) and _is_header(double, after):
                known = len(columns_named(after.cells).places)
                if single.places or known < len(double.places):
                    return double, after.number
        if _is_header(single, after):
            return single, row.number
    return None


def _is_header(columns: Columns, after: Row | None) -> bool:
    """One known word in a wide row may be chance; a site below it is none."""
    if not columns.point_somewhere():
        return False
    narrow = len(columns.places) > 1 or len(columns.headers) < 3
    return narrow or (after is not None and _points_somewhere(after.cells, columns))


def _sniffed(rows: Sequence[Row]) -> tuple[Columns, int] | None:
    """The columns of a table that starts with its first filing."""
    if not looks_like_filing(rows[0].cells):
        return None
    columns = columns_sniffed([row.cells for row in rows])
    return (columns, rows[0].number - 1) if columns.point_somewhere() else None


def _missing(cells: Sequence[str]) -> str:
    names = "、".join(cleaned(cell)[:20] for cell in cells[:12] if cleaned(cell))
    if columns_named(cells).places:
        return f"缺少“域名”或“网站首页网址”列；读到的表头是：{names}"
    return f"不是备案清单：缺少“域名”或“网站首页网址”列；第一行是：{names or '空'}"


def _filings(rows: Iterator[Row], columns: Columns) -> Iterator[Row]:
    """Without blank rows, notes below the table and headers repeated in the middle."""
    headers = list(columns.headers)
    for row in rows:
        first = next((cell.strip() for cell in row.cells if cell.strip()), "")
        if not first or (_REMARK.match(first) and not _points_somewhere(row.cells, columns)):
            continue
        if first in headers and [cell.strip() for cell in row.cells] == headers:
            continue
        yield row


def _points_somewhere(cells: Sequence[str], columns: Columns) -> bool:
    """合计 128, 制表人：… name no site; 共青某某 does."""
    pointing = (columns.places.get(column) for column in (Column.DOMAIN, Column.HOME_URL))
    return any(place is not None and "." in "".join(cells[place : place + 1]) for place in pointing)
