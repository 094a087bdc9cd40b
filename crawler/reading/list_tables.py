"""A list file opened: its tables in order, or its JSON entries, whatever kind of list it is. What
the columns mean is for the reader of that kind of list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crawler.reading.html_tables import html_table
from crawler.reading.json_lists import Entry, json_entries
from crawler.reading.list_encoding import encoding_of
from crawler.reading.list_kinds import Kind, kind_of
from crawler.reading.list_rules import ListRules
from crawler.reading.tables import Table, text_table
from crawler.reading.workbooks import check_not_encrypted, check_zipped, workbook_tables


@dataclass(frozen=True, kw_only=True, slots=True)
class ListFile:
    """Either `tables` (one; for a workbook one a sheet) or, for JSON, `entries`; each can be walked
    once, in flat memory.
    """

    kind: Kind
    encoding: str  # empty for workbooks
    tables: Iterator[Table]
    entries: Iterator[Entry]


def open_list_file(path: Path, rules: ListRules) -> ListFile:
    """The file by what it really is; BadInput if it is nothing that lists are written in."""
    kind = kind_of(path, rules)
    if kind in (Kind.ZIPPED_WORKBOOK, Kind.OLD_WORKBOOK):
        return _workbook(path, kind, rules)
    encoding = encoding_of(path)
    if kind is Kind.JSON:
        entries = json_entries(path, encoding, rules)
        return ListFile(kind=kind, encoding=encoding, tables=iter(()), entries=entries)
    table = html_table(path, encoding) if kind is Kind.HTML else text_table(path, encoding)
    return ListFile(kind=kind, encoding=encoding, tables=iter((table,)), entries=iter(()))


def _workbook(path: Path, kind: Kind, rules: ListRules) -> ListFile:
    if kind is Kind.ZIPPED_WORKBOOK:
        check_zipped(path, rules)
    else:
        check_not_encrypted(path)
    tables = workbook_tables(path, rules)
    return ListFile(kind=kind, encoding="", tables=tables, entries=iter(()))
