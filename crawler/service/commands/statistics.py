"""`statistics`: the tables that are reported, by month or quarter; CSV and XLSX."""

from pathlib import Path
from typing import Annotated

import typer

from crawler.domain.errors import BadInput, reason_of
from crawler.domain.statistics import Dimension, month_of, period_from
from crawler.service.desks import desk_of
from crawler.service.doors import Door, now
from crawler.service.reporting import (
    Sheet,
    as_csv,
    as_workbook,
    facts_of,
    sheets_by,
)
from crawler.service.showing import as_json, say, table


def statistics(
    context: typer.Context,
    period: Annotated[
        str, typer.Argument(metavar="[期间]", help="2026-05、2026Q2、2026 或 起..止；默认本月")
    ] = "",
    by: Annotated[list[Dimension] | None, typer.Option(help="按什么分，可写多次；默认全部")] = None,
    region: Annotated[str, typer.Option(help="只算这个区划前缀的")] = "",
    csv: Annotated[Path | None, typer.Option(help="写入 CSV 文件")] = None,
    xlsx: Annotated[Path | None, typer.Option(help="写入 XLSX 文件，一表一页")] = None,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """统计报表：预警、准确率、任务、按期率、处置结论。

    例：xunwang statistics 2026Q2 --by region --by category --xlsx 季报.xlsx
    """
    door: Door = context.obj
    at = now()
    wanted = period_from(period or month_of(at))
    with door.opened() as (house, _):
        with house.database.reading() as db:
            facts = facts_of(db, wanted, region, at)
        sheets = sheets_by(facts, by or (), desk_of(house).categories)
    for path, write in ((csv, as_csv), (xlsx, as_workbook)):
        if path is not None:
            _save(path, write(sheets))
    if json:
        as_json([{"title": s.title, "columns": s.columns, "rows": s.rows} for s in sheets])
    elif csv is None and xlsx is None:
        for sheet in sheets:
            columns, rows = _narrowed(sheet)
            table(sheet.title, columns, rows)


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
