"""`statistics`: the tables that are reported, by week, month or quarter; 周报 and 月报 as files."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from crawler.domain.errors import BadInput, reason_of
from crawler.domain.statistics import (
    Dimension,
    Period,
    Span,
    last_whole,
    month_of,
    period_from,
)
from crawler.service.desks import desk_of
from crawler.service.doors import Door, now
from crawler.service.periodicals import MOST_LISTED, list_sheets, periodical_of
from crawler.service.report_files import Asked, Form, report_file
from crawler.service.reporting import Sheet, facts_of, sheets_by
from crawler.service.showing import as_json, say, table


def statistics(
    context: typer.Context,
    named: Annotated[
        str,
        typer.Argument(
            metavar="[期间]", help="2026-W20、2026-05、2026Q2、2026 或 起..止；默认本月"
        ),
    ] = "",
    last: Annotated[
        Span | None, typer.Option("--period", help="上一个整周或整月，代替写期间")
    ] = None,
    by: Annotated[list[Dimension] | None, typer.Option(help="按什么分，可写多次；默认全部")] = None,
    region: Annotated[str, typer.Option(help="只算这个区划前缀的")] = "",
    lists: Annotated[bool, typer.Option("--lists", help="只要未采集和蓝级两份网站清单")] = False,
    pdf: Annotated[Path | None, typer.Option(help="写入 PDF 文件：周报、月报")] = None,
    csv: Annotated[Path | None, typer.Option(help="写入 CSV 文件")] = None,
    xlsx: Annotated[Path | None, typer.Option(help="写入 XLSX 文件，一表一页")] = None,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """统计报表：覆盖、预警、准确率、任务、按期率、处置结论；周报、月报、网站清单。

    例：xunwang statistics --period week --pdf 周报.pdf --xlsx 周报.xlsx
    """
    door: Door = context.obj
    at = now()
    wanted = _wanted(named, last, at)
    cuts = by or ()
    _check(lists=lists, cuts=cuts, pdf=pdf)
    files = (
        (pdf, Form.PDF),
        (csv, Form.LISTS_CSV if lists else Form.CSV),
        (xlsx, Form.LISTS_XLSX if lists else Form.XLSX),
    )
    with door.opened() as (house, words):
        asked = Asked(actor=door.actor, period=wanted, region=region, at=at, by=cuts)
        desk = desk_of(house)
        for path, form in files:
            if path is not None:
                _save(path, report_file(house, desk, asked, form))
        if not json and (pdf or csv or xlsx):
            return
        with house.database.reading() as db:
            sheets: Sequence[Sheet] = (
                list(list_sheets(periodical_of(db, wanted, region, at, MOST_LISTED), words))
                if lists
                else sheets_by(facts_of(db, wanted, region, at), cuts, desk.categories)
            )
    if json:
        as_json([{"title": s.title, "columns": s.columns, "rows": s.rows} for s in sheets])
        return
    for sheet in sheets:
        columns, rows = _narrowed(sheet)
        table(sheet.title, columns, rows)


def _wanted(named: str, last: Span | None, at: datetime) -> Period:
    if named and last:
        raise BadInput("期间和 --period 只写一个")
    return last_whole(last, at) if last else period_from(named or month_of(at))


def _check(*, lists: bool, cuts: Sequence[Dimension], pdf: Path | None) -> None:
    if cuts and (lists or pdf):
        raise BadInput("--by 只用于统计表，不用于 PDF 和网站清单")


def _save(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadInput(f"{path} 无法写入：{reason_of(error)}") from error
    say(f"报表已写入 {path}")


def _narrowed(sheet: Sheet) -> tuple[list[str], list[list[str]]]:
    """For a terminal: without the columns in which nothing stands. Files have all of them."""
    kept = [
        place
        for place, _ in enumerate(sheet.columns)
        if not place or any(row[place] not in (0, "", None) for row in sheet.rows)
    ]
    rows = [[_shown(row[place]) for place in kept] for row in sheet.rows]
    return [sheet.columns[place] for place in kept], rows


def _shown(cell: object) -> str:
    return "" if cell is None else str(cell)
