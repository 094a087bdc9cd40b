"""The reported tables put together, and written for a spreadsheet as CSV or XLSX."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

from crawler.domain.assessment import LEVEL_NAMES
from crawler.domain.case import CHINA
from crawler.domain.lexicon import Category
from crawler.domain.recheck import RECHECK_NAMES
from crawler.domain.statistics import (
    DIMENSION_NAMES,
    OF_ALERTS,
    AlertFact,
    AlertRow,
    Dimension,
    Key,
    Period,
    TaskFact,
    TaskRow,
    alert_rows,
    in_order,
    month_of,
    region_shown,
    task_rows,
)
from crawler.domain.task import CONCLUSION_NAMES
from crawler.store.database import Connection
from crawler.store.statistics import Watched, alert_facts, task_facts, watched_in

Cell = str | int | float | None
_BEGINS_A_FORMULA = tuple("=+-@＝＋－＠")
ALERT_COLUMNS = (
    "预警", "待核实", "已核实", "核实后不属实", "误报", "观察", "已合并", "复燃次数", "准确率",
    "95%区间", "核实用时中位数（小时）",
)  # fmt: skip
TASK_COLUMNS = (
    "任务", "已派发", "已签收", "已反馈", "已办结", "按期办结", "按期率", "属实", "不属实",
    "其他结论", "移送", "撤销", "在办", "在办超期", "退回次数",
)  # fmt: skip
_OTHER = "其他"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One table, its last row the sum."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What all tables of a period are cut from, as of one moment."""

    period: Period
    region: str
    at: datetime
    alerts: Sequence[AlertFact]
    tasks: Sequence[TaskFact]
    watched: Watched


def facts_of(db: Connection, period: Period, region: str, at: datetime) -> Facts:
    """Everything of a period under a region prefix."""
    return Facts(
        period=period,
        region=region,
        at=at,
        alerts=tuple(alert_facts(db, period, region)),
        tasks=tuple(task_facts(db, period, region)),
        watched=watched_in(db, period, region),
    )


def summary(facts: Facts) -> Sheet:
    """The figures of the whole period, each with what it counts."""
    found, tasks = totals(facts)
    watched = facts.watched
    per_officer = round(watched.sites / watched.officers) if watched.officers else None
    per_hour = round(watched.sites / watched.officer_hours) if watched.officer_hours else None
    rows: list[tuple[str, Cell]] = [
        ("统计期间", facts.period.name),
        ("统计时点", f"{facts.at.astimezone(CHINA):%Y-%m-%d %H:%M}"),
        ("区划范围", facts.region or "全部"),
        ("在巡网站（统计时点）", watched.sites),
        ("巡查网站次", watched.visits),
        ("预警", found.opened),
        ("准确率", share(found.precision)),
        ("95%区间", _interval(found)),
        ("核实用时中位数（小时）", _hours(found.median_h)),
        ("处理人数", watched.officers),
        ("处理次数", watched.decisions),
        ("人均对应在巡网站", per_officer),
        ("处理工时（有处理记录的人·小时）", watched.officer_hours),
        ("每工时对应在巡网站", per_hour),
        ("督办任务", tasks.made),
        ("派发／签收／反馈", f"{tasks.sent}／{tasks.acknowledged}／{tasks.answered}"),
        ("已办结", tasks.closed),
        ("按期办结率", share(tasks.punctuality)),
        ("属实／不属实", f"{tasks.founded}／{tasks.unfounded}"),
        *((f"复查：{RECHECK_NAMES[one]}", count) for one, count in watched.rechecks.items()),
    ]
    return Sheet(title="总表", columns=("指标", "数值"), rows=rows)


def totals(facts: Facts) -> tuple[AlertRow, TaskRow]:
    """All alerts of a period and all its tasks, counted."""
    found = alert_rows(facts.alerts, _nothing)[1]
    return found, task_rows(facts.tasks, _nothing, facts.at)[1]


def alert_sheet(facts: Facts, by: Dimension, categories: Mapping[str, Category]) -> Sheet:
    """Alerts of the period cut by one thing."""
    rows, total = alert_rows(facts.alerts, key_of(by, categories))
    known = {row.name: row for row in rows}
    order = in_order(known, by, {name: row.opened for name, row in known.items()})
    return Sheet(
        title=f"预警按{DIMENSION_NAMES[by]}",
        columns=(DIMENSION_NAMES[by], *ALERT_COLUMNS),
        rows=[_alert_cells(row) for row in (*(known[name] for name in order), total)],
    )


def task_sheet(facts: Facts, by: Dimension, categories: Mapping[str, Category]) -> Sheet:
    """Tasks of the period cut by one thing."""
    rows, total = task_rows(facts.tasks, key_of(by, categories), facts.at)
    known = {row.name: row for row in rows}
    order = in_order(known, by, {name: row.made for name, row in known.items()})
    return Sheet(
        title=f"任务按{DIMENSION_NAMES[by]}",
        columns=(DIMENSION_NAMES[by], *TASK_COLUMNS),
        rows=[_task_cells(row) for row in (*(known[name] for name in order), total)],
    )


def all_sheets(facts: Facts, categories: Mapping[str, Category]) -> Iterator[Sheet]:
    """The summary, then every cut."""
    yield summary(facts)
    for by in Dimension:
        if by in OF_ALERTS:
            yield alert_sheet(facts, by, categories)
        yield task_sheet(facts, by, categories)


def sheets_by(
    facts: Facts, by: Sequence[Dimension], categories: Mapping[str, Category]
) -> Sequence[Sheet]:
    """The summary and the cuts that are wanted; none named: all of them."""
    if not by:
        return tuple(all_sheets(facts, categories))
    chosen = [summary(facts)]
    for one in dict.fromkeys(by):
        if one in OF_ALERTS:
            chosen.append(alert_sheet(facts, one, categories))
        chosen.append(task_sheet(facts, one, categories))
    return chosen


def as_csv(sheets: Sequence[Sheet]) -> bytes:
    """Tables one below the other, as a spreadsheet in China opens them: UTF-8 with its mark."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for number, sheet in enumerate(sheets):
        if number:
            writer.writerow([])
        writer.writerow([sheet.title])
        writer.writerow(sheet.columns)
        writer.writerows([harmless(cell) for cell in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def harmless(cell: Cell) -> Cell:
    """What a spreadsheet would take for a formula stays text. A Chinese one may take the full-width
    signs too.
    """
    if isinstance(cell, str) and cell.lstrip().startswith(_BEGINS_A_FORMULA):
        return f"'{cell}"
    return cell


def _nothing(_fact: AlertFact | TaskFact) -> str:
    return "合计"


def key_of(by: Dimension, categories: Mapping[str, Category]) -> Key:
    """What a fact is counted under when figures are cut by one thing."""

    def named(fact: AlertFact | TaskFact) -> str:
        category = categories.get(fact.category)
        match by:
            case Dimension.REGION:
                return region_shown(fact.region)
            case Dimension.LEVEL:
                return LEVEL_NAMES[fact.level]
            case Dimension.CATEGORY:
                return category.name if category else fact.category or _OTHER
            case Dimension.CLASS:
                return (category.report_class if category else "") or _OTHER
            case Dimension.MONTH:
                return month_of(fact.created_at if isinstance(fact, TaskFact) else fact.opened_at)
            case Dimension.DEPARTMENT | Dimension.CONCLUSION:
                return _of_task(fact, by)

    return named


def _of_task(fact: AlertFact | TaskFact, by: Dimension) -> str:
    if not isinstance(fact, TaskFact):
        return _OTHER
    if by is Dimension.DEPARTMENT:
        return fact.department
    return CONCLUSION_NAMES[fact.conclusion] if fact.conclusion else "尚无结论"


def _alert_cells(row: AlertRow) -> list[Cell]:
    return [
        row.name, row.opened, row.open, row.confirmed, row.needless, row.dismissed, row.watched,
        row.merged, row.relapsed, share(row.precision), _interval(row), _hours(row.median_h),
    ]  # fmt: skip


def _task_cells(row: TaskRow) -> list[Cell]:
    return [
        row.name, row.made, row.sent, row.acknowledged, row.answered, row.closed, row.in_time,
        share(row.punctuality), row.founded, row.unfounded, row.other, row.transferred,
        row.cancelled, row.under_way, row.late, row.returned,
    ]  # fmt: skip


def share(part: float | None) -> str:
    """A share as per cent; nothing where there is nothing to share."""
    return "" if part is None else f"{part:.1%}"


def _interval(row: AlertRow) -> str:
    if row.interval is None:
        return ""
    low, high = row.interval
    return f"{low:.0%}–{high:.0%}" + ("（样本少）" if row.few else "")


def _hours(hours: float | None) -> float | None:
    return None if hours is None else round(hours, 1)
