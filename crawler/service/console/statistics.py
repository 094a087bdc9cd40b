"""统计: the tables that are reported, for a week, month or quarter, on the screen and as files."""

from datetime import timedelta

from starlette.responses import Response

from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.statistics import (
    DIMENSION_NAMES,
    Dimension,
    Period,
    month_of,
    period_from,
    week_of,
)
from crawler.service.console.access import READERS, get, post
from crawler.service.console.calls import Call
from crawler.service.console.packs import at_work
from crawler.service.report_files import MEDIA, Asked, Form, report_file
from crawler.service.reporting import Facts, Sheet, facts_of, sheets_by

COUNTED_FOR_S = 60.0


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
        offered=_offered(call),
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
    """The report as a file: period, and which file."""
    asked = call.field("period", 24) or month_of(call.now)
    period = period_from(asked)
    try:
        form = Form(call.field("file", 12))
    except ValueError:
        raise BadInput("没有这种文件") from None
    wanted = Asked(actor=call.actor, period=period, region=call.reach, at=call.now)
    with at_work(call):
        content = report_file(call.house, call.console.desk(), wanted, form)
    ending = form.rpartition(".")[2]
    lists = "-lists" if form in (Form.LISTS_CSV, Form.LISTS_XLSX) else ""
    name = f"xunwang-{asked.replace('..', '_')}{lists}.{ending}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=MEDIA[ending], headers=headers)


ROUTES = (
    get("/statistics", show, READERS),
    post("/statistics/file", download, READERS),
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


def _offered(call: Call) -> list[tuple[str, str]]:
    """Periods and what they are called: this week and the last, this month and the last three,
    this quarter, this year.
    """
    today = call.now.astimezone(CHINA)
    months = []
    year, month = today.year, today.month
    for _ in range(4):
        months.append(f"{year}-{month:02d}")
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return [
        (week_of(call.now), "本周"),
        (week_of(call.now - timedelta(days=7)), "上周"),
        (months[0], "本月"),
        *((one, one) for one in months[1:]),
        (f"{today.year}Q{(today.month + 2) // 3}", "本季"),
        (str(today.year), "今年"),
    ]
