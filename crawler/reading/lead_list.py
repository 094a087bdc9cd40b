"""A file of complaints (CSV, workbook, JSON, web page) becomes told addresses and refusals, one for
every row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.filing import Refusal
from crawler.reading.cells import BadCell, cleaned
from crawler.reading.domains import Place, parts_of_urls, place_in, with_url
from crawler.reading.headers import plain_header
from crawler.reading.list_rules import ListRules
from crawler.reading.list_tables import open_list_file
from crawler.reading.tables import Row, Table

_HEADERS: Mapping[str, str] = {
    "url": "网址 网站 域名 举报网址 被举报网址 链接 url website domain",
    "words": "内容 举报内容 说明 情况说明 描述 投诉内容 words content",
    "reporter": "举报人 投诉人 来信人 联系人 reporter",
    "channel": "渠道 来源 举报渠道 举报来源 channel source",
    "reference": "编号 来件编号 举报编号 工单号 受理号 reference id",
    "told_at": "时间 举报时间 日期 举报日期 来件时间 受理时间 time date",
}
_PLACE_OF = {plain_header(n): key for key, names in _HEADERS.items() for n in names.split()}
_TIMES = tuple(
    f"{day}{time}"
    for day in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")
    for time in (" %H:%M:%S", " %H:%M", "")
)
_EARLIEST = 1990  # a year before the web is a slip
_LONGEST = 8_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One row: an address, and what was said about it."""

    row: int
    place: Place
    words: str = ""
    reporter: str = ""
    channel: str = ""
    reference: str = ""
    told_at: datetime | None = None


def place_of(text: str, rules: ListRules) -> Place:
    """What an address that somebody typed points at; BadInput says why it cannot be visited."""
    parts = _addresses(text)
    if len(parts) > 1:
        raise BadInput(f"一次只收一个网址，这里有 {len(parts)} 个")
    return _place(parts[0], rules)


def read_leads(path: Path, rules: ListRules) -> Iterator[Told | Refusal]:
    """Row by row; BadInput if the file is no list, or has no column of addresses."""
    file = open_list_file(path, rules)
    found = False
    for table in file.tables:
        columns, rows = _headed(table)
        if columns:
            found = True
            yield from (one for row in rows if any(row.cells) for one in _told(row, columns, rules))
    if not found:
        raise BadInput(f"{path.name} 没有“网址”一列")


def _headed(table: Table) -> tuple[dict[str, int], Iterator[Row]]:
    for row in table.rows:
        columns = _columns(row.cells)
        if "url" in columns:
            return columns, table.rows
        if row.number > 12:
            break
    return {}, iter(())


def _columns(cells: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        key = _PLACE_OF.get(plain_header(cell))
        if key is not None:
            found.setdefault(key, place)
    return found


def _told(row: Row, columns: Mapping[str, int], rules: ListRules) -> Iterator[Told | Refusal]:
    """Every address of a row, each with the row's words."""
    cells = {key: _cell(row.cells, place) for key, place in columns.items()}
    for address in _addresses(cells["url"]):
        yield _one(row.number, address, cells, rules)


def _one(number: int, address: str, cells: Mapping[str, str], rules: ListRules) -> Told | Refusal:
    try:
        return Told(
            row=number,
            place=_place(address, rules),
            words=cells.get("words", ""),
            reporter=cells.get("reporter", ""),
            channel=cells.get("channel", ""),
            reference=cells.get("reference", ""),
            told_at=moment_of(cells.get("told_at", "")),
        )
    except BadInput as error:
        return Refusal(row=number, column="网址", value=address[:200], reason=str(error))


def _addresses(text: str) -> list[str]:
    """At least one, that may be empty."""
    try:
        return list(dict.fromkeys(parts_of_urls(text))) or [""]
    except BadCell:
        return [text]


def _place(address: str, rules: ListRules) -> Place:
    if not address:
        raise BadInput("没有网址")
    try:
        return with_url(place_in(address, rules))
    except BadCell as error:
        raise BadInput(f"网址不能使用：{error}") from None


def moment_of(text: str) -> datetime | None:
    """A time as people write it, in China; None for none. BadInput if it is no time."""
    if not text.strip():
        return None
    for form in _TIMES:
        try:
            told = datetime.strptime(text.strip(), form).replace(tzinfo=CHINA)
        except ValueError:
            continue
        if told.year >= _EARLIEST:
            return told
    raise BadInput(f"时间写法无法识别：{text.strip()[:40]}")


def _cell(cells: Sequence[str], place: int) -> str:
    return cleaned(cells[place])[:_LONGEST].strip() if place < len(cells) else ""
