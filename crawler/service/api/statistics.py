"""The reported figures, as the page and the spreadsheet give them, within the client's region."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from crawler.domain.statistics import Dimension, month_of, period_from
from crawler.service.api.access import Shared, TaskReader
from crawler.service.api.problems import responses
from crawler.service.api.shapes import SheetShown, StatisticsShown
from crawler.service.reporting import facts_of, sheets_by

routes = APIRouter()

Wanted = Annotated[
    str,
    Query(
        pattern=r"^(20[0-9]{2}(Q[1-4]|-(0[1-9]|1[0-2]))?)?$",
        description="2026-05、2026Q2 或 2026；不写为本月",
    ),
]
Cuts = Annotated[Sequence[Dimension], Query(alias="by", description="按什么分，可多个；不写为全部")]


@routes.get("/statistics", tags=["tasks"], responses=responses(401, 403, 422))
def statistics(
    client: TaskReader, api: Shared, period: Wanted = "", by: Cuts = ()
) -> StatisticsShown:
    """统计：预警、准确率、任务、按期率、处置结论，与页面和 XLSX 同一口径。"""
    at = api.clock()
    wanted = period_from(period or month_of(at))
    with api.house.database.reading() as db:
        facts = facts_of(db, wanted, client.reach, at)
    sheets = sheets_by(facts, by, api.desk().categories)
    return StatisticsShown(
        period=wanted.name,
        region=client.reach,
        sheets=[SheetShown(title=s.title, columns=s.columns, rows=s.rows) for s in sheets],
    )
