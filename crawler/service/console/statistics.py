"""统计: the tables that are reported, for a month or quarter, on the screen and as files."""

from starlette.responses import Response

from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.statistics import (
    DIMENSION_NAMES,
    Dimension,
    Period,
    month_of,
    period_from,
)
from crawler.service.console.access import READERS, get
from crawler.service.console.calls import Call
from crawler.service.reporting import (
    Facts,
    Sheet,
    all_sheets,
    as_csv,
    as_workbook,
    facts_of,
    sheets_by,
)

COUNTED_FOR_S = 60.0
_FILES = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def show(call: Call) -> Response:
    """The whole, and one cut of it: ?period=2026-05 &by=region."""
    asked, period = _period(call)
    by = _dimension(call)
    head, sheets = call.console.keeping.figure(
        ("statistics", asked, by, call.reach), call.now, COUNTED_FOR_S, lambda: _cut(call, by)
    )
    return call.page(
        "statistics.html",
        asked=asked,
        period=period,
        by=by,
        dimensions=DIMENSION_NAMES,
        earlier=_neighbours(call),
        summary=head,
        sheets=sheets,
    )


def _cut(call: Call, by: Dimension) -> tuple[Sheet, list[Sheet]]:
    """The whole and one cut. They say as of when they are, so they may stand for a minute."""
    facts = _facts(call, _period(call)[1])
    categories = call.console.desk().categories
    head, *cuts = sheets_by(facts, (by,), categories)
    return head, cuts


def download(call: Call) -> Response:
    """All cuts as one file: ?period= &format=csv|xlsx."""
    asked, period = _period(call)
    form = call.query.get("format", "xlsx")
    if form not in _FILES:
        raise BadInput("只有 csv 和 xlsx 两种文件")
    write, media_type = _FILES[form]
    sheets = list(all_sheets(_facts(call, period), call.console.desk().categories))
    name = f"xunwang-{asked.replace('..', '_')}.{form}"
    return Response(
        write(sheets),
        media_type=media_type,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


ROUTES = (
    get("/statistics", show, READERS),
    get("/statistics/file", download, READERS),
)


def _period(call: Call) -> tuple[str, Period]:
    """As it was asked for, in plain characters that may stand in a file's name."""
    asked = call.query.get("period", "").strip() or month_of(call.now)
    return asked, period_from(asked)


def _dimension(call: Call) -> Dimension:
    try:
        return Dimension(call.query.get("by", Dimension.REGION))
    except ValueError:
        raise BadInput("没有这种分法") from None


def _facts(call: Call, period: Period) -> Facts:
    with call.house.database.reading() as db:
        return facts_of(db, period, call.reach, call.now)


def _neighbours(call: Call) -> list[str]:
    """This month, the last three, this quarter, this year: one press each."""
    today = call.now.astimezone(CHINA)
    months = []
    year, month = today.year, today.month
    for _ in range(4):
        months.append(f"{year}-{month:02d}")
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return [*months, f"{today.year}Q{(today.month + 2) // 3}", str(today.year)]
