"""A filing list as it was handed over (CSV, workbook, JSON) becomes filings and refusals, one for
every row, in flat memory.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from crawler.domain.errors import BadInput
from crawler.domain.filing import Filing, Refusal
from crawler.reading.filing_rows import filing_from
from crawler.reading.headers import Columns
from crawler.reading.heads import Headed, headed
from crawler.reading.html_tables import html_table
from crawler.reading.json_lists import Entry, json_entries
from crawler.reading.list_encoding import encoding_of
from crawler.reading.list_kinds import Kind, kind_of
from crawler.reading.list_rules import ListRules
from crawler.reading.tables import Table, text_table
from crawler.reading.workbooks import check_not_encrypted, check_zipped, workbook_tables

_NO_ROWS = "只有表头，没有任何备案"


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedList:
    """A list whose head has been understood. `rows` can be walked once; close it if not to its
    end.
    """

    kind: Kind
    encoding: str  # empty for workbooks
    columns: Columns  # of the first table
    rows: Iterator[Filing | Refusal]


def read_filings(
    path: Path, region: str, rules: ListRules | None = None
) -> Iterator[Filing | Refusal]:
    """Every row of the list as exactly one Filing or one Refusal; BadInput if it is no list.
    `region` is for rows that name none.
    """
    return open_list(path, region, rules).rows


def open_list(path: Path, region: str, rules: ListRules | None = None) -> OpenedList:
    """The list with its first filing already read, so that what is no list is refused here."""
    rules = rules or ListRules()
    kind = kind_of(path, rules)
    opened = _OPENERS[kind](path, region, rules)
    first = next(opened.rows, None)
    if first is None:
        raise BadInput(_NO_ROWS)
    return replace(opened, rows=chain([first], opened.rows))


def _open_text(path: Path, region: str, rules: ListRules) -> OpenedList:
    encoding = encoding_of(path)
    return _opened(Kind.TEXT, encoding, headed(text_table(path, encoding)), region, rules)


def _open_html(path: Path, region: str, rules: ListRules) -> OpenedList:
    encoding = encoding_of(path)
    try:
        table = headed(html_table(path, encoding))
    except BadInput:
        raise BadInput("文件类型不对：这是网页，里面没有备案表格") from None
    return _opened(Kind.HTML, encoding, table, region, rules)


def _opened(kind: Kind, encoding: str, table: Headed, region: str, rules: ListRules) -> OpenedList:
    return OpenedList(
        kind=kind,
        encoding=encoding,
        columns=table.columns,
        rows=_read(table, region, rules),
    )


def _read(table: Headed, region: str, rules: ListRules) -> Iterator[Filing | Refusal]:
    for row in table.rows:
        yield filing_from(row.number, row.cells, table.columns, region, rules)


def _open_zipped(path: Path, region: str, rules: ListRules) -> OpenedList:
    check_zipped(path, rules)
    return _open_sheets(Kind.ZIPPED_WORKBOOK, path, region, rules)


def _open_old(path: Path, region: str, rules: ListRules) -> OpenedList:
    check_not_encrypted(path)
    return _open_sheets(Kind.OLD_WORKBOOK, path, region, rules)


def _open_sheets(kind: Kind, path: Path, region: str, rules: ListRules) -> OpenedList:
    """The sheets that are filing lists, one after the other; the others are passed over."""
    tables = workbook_tables(path, rules)
    first, refused = _first_headed(tables)
    if first is None:
        raise BadInput(refused)
    return OpenedList(
        kind=kind,
        encoding="",
        columns=first.columns,
        rows=_read_sheets(first, tables, region, rules),
    )


def _first_headed(tables: Iterator[Table]) -> tuple[Headed | None, str]:
    refused = ""
    for table in tables:
        try:
            return headed(table), ""
        except BadInput as why:
            refused = refused or str(why)
    return None, refused or "工作簿里没有工作表"


def _read_sheets(
    first: Headed, tables: Iterator[Table], region: str, rules: ListRules
) -> Iterator[Filing | Refusal]:
    yield from _read(first, region, rules)
    while (later := _first_headed(tables)[0]) is not None:
        for found in _read(later, region, rules):
            yield _on_sheet(later.name, found)


def _on_sheet(name: str, found: Filing | Refusal) -> Filing | Refusal:
    if isinstance(found, Refusal):
        return replace(found, column=f"{name}!{found.column}")
    return replace(found, given={**found.given, "工作表": name})


def _open_json(path: Path, region: str, rules: ListRules) -> OpenedList:
    encoding = encoding_of(path)
    entries = json_entries(path, encoding, rules)
    first = next(entries, None)
    if first is None:
        raise BadInput("JSON 里没有任何备案")
    _, columns, _ = first
    if not columns.point_somewhere():
        keys = "、".join(columns.headers[:12])
        raise BadInput(f"缺少“域名”（domain）或“网站首页网址”（homeUrl）；读到的字段是：{keys}")
    return OpenedList(
        kind=Kind.JSON,
        encoding=encoding,
        columns=columns,
        rows=_read_entries(chain([first], entries), region, rules),
    )


def _read_entries(
    entries: Iterator[Entry], region: str, rules: ListRules
) -> Iterator[Filing | Refusal]:
    for number, columns, cells in entries:
        yield filing_from(number, cells, columns, region, rules)


_OPENERS: dict[Kind, Callable[[Path, str, ListRules], OpenedList]] = {
    Kind.TEXT: _open_text,
    Kind.ZIPPED_WORKBOOK: _open_zipped,
    Kind.OLD_WORKBOOK: _open_old,
    Kind.JSON: _open_json,
    Kind.HTML: _open_html,
}
