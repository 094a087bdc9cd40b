"""A filing list as it was handed over (CSV, workbook, JSON) becomes filings and refusals, one for
every row, in flat memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from crawler.domain.errors import BadInput
from crawler.domain.filing import Filing, Refusal
from crawler.reading.filing_rows import filing_from
from crawler.reading.headers import Columns
from crawler.reading.heads import Headed, headed
from crawler.reading.json_lists import Entry
from crawler.reading.list_kinds import Kind
from crawler.reading.list_rules import ListRules
from crawler.reading.list_tables import ListFile, open_list_file
from crawler.reading.tables import Table

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
    there: int = 0  # about how many rows; 0: only reading them tells


def open_list(path: Path, region: str, rules: ListRules | None = None) -> OpenedList:
    """The list with its first filing already read, so that what is no list is refused here."""
    rules = rules or ListRules()
    file = open_list_file(path, rules)
    opened = (_open_json if file.kind is Kind.JSON else _open_tables)(file, region, rules)
    first = next(opened.rows, None)
    if first is None:
        raise BadInput(_NO_ROWS)
    return replace(opened, rows=chain([first], opened.rows))


def _open_tables(file: ListFile, region: str, rules: ListRules) -> OpenedList:
    """The tables that are filing lists, one after the other; the others are passed over."""
    first, refused = _first_of(file)
    if first is None:
        raise BadInput(refused)
    return OpenedList(
        kind=file.kind,
        encoding=file.encoding,
        columns=first.columns,
        rows=_read_tables(first, file.tables, region, rules),
        there=first.there,
    )


def _first_of(file: ListFile) -> tuple[Headed | None, str]:
    if file.kind is not Kind.HTML:
        return _first_headed(file.tables)
    no_table = "文件类型不对：这是网页，里面没有备案表格"
    try:
        return _first_headed(file.tables)[0], no_table
    except BadInput:
        raise BadInput(no_table) from None


def _read(table: Headed, region: str, rules: ListRules) -> Iterator[Filing | Refusal]:
    for row in table.rows:
        yield filing_from(row.number, row.cells, table.columns, region, rules)


def _first_headed(tables: Iterator[Table]) -> tuple[Headed | None, str]:
    refused = ""
    for table in tables:
        try:
            return headed(table), ""
        except BadInput as why:
            refused = refused or str(why)
    return None, refused or "工作簿里没有工作表"


def _read_tables(
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


def _open_json(file: ListFile, region: str, rules: ListRules) -> OpenedList:
    entries = file.entries
    first = next(entries, None)
    if first is None:
        raise BadInput("JSON 里没有任何备案")
    _, columns, _ = first
    if not columns.point_somewhere():
        keys = "、".join(columns.headers[:12])
        raise BadInput(
            f"缺少“域名”（domain）或“网站首页网址”（homeUrl）；读到的字段是：{keys or '无'}"
        )
    return OpenedList(
        kind=file.kind,
        encoding=file.encoding,
        columns=columns,
        rows=_read_entries(chain([first], entries), region, rules),
    )


def _read_entries(
    entries: Iterator[Entry], region: str, rules: ListRules
) -> Iterator[Filing | Refusal]:
    for number, columns, cells in entries:
        yield filing_from(number, cells, columns, region, rules)
