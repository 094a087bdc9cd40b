"""The tables that are reported: alerts opened in a period and what became of them, tasks made in a
period and how they went. Each column is a count, so a row's parts add up to its whole.
"""

import calendar
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from math import sqrt
from statistics import median

from crawler.domain.alert import AlertState
from crawler.domain.assessment import LEVEL_NAMES, Level, rank
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.region import region_name
from crawler.domain.task import NEEDLESS, TASK_ENDS, Conclusion, TaskState

_FEWEST = 30  # below that many decisions a share says little, and is marked
_Z = 1.96


class Dimension(StrEnum):
    """By what the figures are cut."""

    REGION = "region"
    LEVEL = "level"
    CATEGORY = "category"
    CLASS = "class"
    DEPARTMENT = "department"
    CONCLUSION = "conclusion"
    MONTH = "month"


DIMENSION_NAMES = {
    Dimension.REGION: "区域",
    Dimension.LEVEL: "级别",
    Dimension.CATEGORY: "类别",
    Dimension.CLASS: "报表十类",
    Dimension.DEPARTMENT: "主办部门",
    Dimension.CONCLUSION: "处置结论",
    Dimension.MONTH: "月份",
}
OF_ALERTS = (
    Dimension.REGION, Dimension.LEVEL, Dimension.CATEGORY, Dimension.CLASS, Dimension.MONTH,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """Whole days in China, the last one included."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.first, time(), CHINA)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), CHINA)

    @property
    def name(self) -> str:
        """As it stands on a report."""
        return f"{self.first} 至 {self.last}"

    @property
    def months(self) -> int:
        """How many whole months; 0 if it begins or ends within one."""
        if self.first.day != 1 or (self.last + timedelta(days=1)).day != 1:
            return 0
        return 12 * (self.last.year - self.first.year) + self.last.month - self.first.month + 1

    @property
    def report(self) -> str:
        """What a report of it is called."""
        if self.first.weekday() == 0 and self.last - self.first == timedelta(days=6):
            return "周报"
        return {1: "月报", 3: "季报", 12: "年报"}.get(self.months, "统计报告")

    @property
    def before(self) -> "Period":
        """The one that it is compared with: as many months, or as many days, just before it."""
        last = self.first - timedelta(days=1)
        if not self.months:
            return Period(first=last - (self.last - self.first), last=last)
        year, month = divmod(12 * last.year + last.month - self.months, 12)
        return Period(first=date(year, month + 1, 1), last=last)


class Span(StrEnum):
    """How often somebody reports."""

    WEEK = "week"
    MONTH = "month"


def last_whole(span: Span, at: datetime) -> Period:
    """The newest week or month that is over, in China."""
    today = at.astimezone(CHINA).date()
    if span is Span.WEEK:
        sunday = today - timedelta(days=today.weekday() + 1)
        return Period(first=sunday - timedelta(days=6), last=sunday)
    end = today.replace(day=1) - timedelta(days=1)
    return _months(end.year, end.month, end.month)


def week_of(at: datetime) -> str:
    """The week of a moment, in China: 2026-W20, Monday to Sunday (ISO 8601)."""
    year, week, _ = at.astimezone(CHINA).date().isocalendar()
    return f"{year}-W{week:02d}"


_WEEK, _MONTH, _QUARTER, _YEAR = (
    re.compile(r"(20\d\d)-?[Ww](\d\d)"),
    re.compile(r"(20\d\d)-(\d\d)"),
    re.compile(r"(20\d\d)-?[Qq]([1-4])"),
    re.compile(r"(20\d\d)"),
)


def period_from(text: str) -> Period:
    """2026-W20, 2026-05, 2026Q2, 2026 or 2026-05-01..2026-05-12; BadInput for anything else."""
    given = text.strip()
    if found := _WEEK.fullmatch(given):
        return _week(int(found[1]), int(found[2]))
    if found := _MONTH.fullmatch(given):
        year, month = int(found[1]), int(found[2])
        if 1 <= month <= 12:
            return _months(year, month, month)
    if found := _QUARTER.fullmatch(given):
        last = 3 * int(found[2])
        return _months(int(found[1]), last - 2, last)
    if found := _YEAR.fullmatch(given):
        return _months(int(found[1]), 1, 12)
    return _days(given)


def month_of(at: datetime) -> str:
    """The month of a moment, in China."""
    return f"{at.astimezone(CHINA):%Y-%m}"


_HOW = "期间写作 2026-W20、2026-05、2026Q2、2026 或 2026-05-01..2026-05-31"
_EARLIEST, _LATEST = date(2000, 1, 1), date(2099, 12, 31)


def _week(year: int, number: int) -> Period:
    try:
        monday = date.fromisocalendar(year, number, 1)
    except ValueError:
        raise BadInput(_HOW) from None
    return Period(first=monday, last=monday + timedelta(days=6))


def _months(year: int, first: int, last: int) -> Period:
    days = calendar.monthrange(year, last)[1]
    return Period(first=date(year, first, 1), last=date(year, last, days))


def _days(given: str) -> Period:
    first, _, last = given.partition("..")
    try:
        period = Period(first=date.fromisoformat(first), last=date.fromisoformat(last))
    except ValueError:
        raise BadInput(_HOW) from None
    if period.first < _EARLIEST or period.last > _LATEST:
        raise BadInput(_HOW)
    if not timedelta() <= period.last - period.first <= timedelta(days=3_700):
        raise BadInput("期间的止日不能早于起日，最长十年")
    return period


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertFact:
    """One alert as the tables see it."""

    region: str
    level: Level
    category: str
    opened_at: datetime
    state: AlertState
    concluded: Conclusion | None = None  # as what its newest task was closed
    reopened: int = 0
    decided_at: datetime | None = None  # first decision of a person


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskFact:
    """One task as the tables see it."""

    region: str
    level: Level
    category: str
    department: str
    state: TaskState
    conclusion: Conclusion | None
    created_at: datetime
    sent_at: datetime | None = None
    acknowledged: bool = False
    answered: bool = False
    due_at: datetime
    closed_at: datetime | None = None
    returns: int = 0


@dataclass(kw_only=True, slots=True)
class AlertRow:
    """opened = open + confirmed + dismissed + watched + merged."""

    name: str
    opened: int = 0
    open: int = 0
    confirmed: int = 0
    needless: int = 0  # of the confirmed: its task found that it was not so
    dismissed: int = 0
    watched: int = 0
    merged: int = 0
    relapsed: int = 0
    waits_h: list[float] = field(default_factory=list)  # hours until somebody decided

    @property
    def precision(self) -> float | None:
        """Confirmed, and not found needless since, among what was confirmed or dismissed."""
        return self._true / self._decided if self._decided else None

    @property
    def few(self) -> bool:
        """Whether the share rests on too little to be read as one."""
        return self._decided < _FEWEST

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the precision (Wilson)."""
        return wilson(self._true, self._decided)

    @property
    def _true(self) -> int:
        return self.confirmed - self.needless

    @property
    def _decided(self) -> int:
        return self.confirmed + self.dismissed

    @property
    def median_h(self) -> float | None:
        """Hours from opening to the first decision, nights included."""
        return median(self.waits_h) if self.waits_h else None


@dataclass(kw_only=True, slots=True)
class TaskRow:
    """made = under_way + closed + transferred + cancelled; closed = founded + unfounded + other."""

    name: str
    made: int = 0
    sent: int = 0
    acknowledged: int = 0
    answered: int = 0
    closed: int = 0
    in_time: int = 0  # closed within the limit
    founded: int = 0
    unfounded: int = 0
    other: int = 0  # 无法联系、已失效
    transferred: int = 0
    cancelled: int = 0
    under_way: int = 0
    late: int = 0  # under way, not standing still, and past the limit
    returned: int = 0  # how often

    @property
    def punctuality(self) -> float | None:
        """Closed in time among what was closed."""
        return self.in_time / self.closed if self.closed else None


_FOUNDED = frozenset(
    {Conclusion.RECTIFIED, Conclusion.FILED, Conclusion.REFERRED, Conclusion.SHUT_DOWN}
)
Key = Callable[[AlertFact | TaskFact], str]


def wilson(hits: int, of: int) -> tuple[float, float] | None:
    """95 % interval of a share; honest for few, where ± would leave 0 to 1."""
    if not of:
        return None
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def alert_rows(facts: Iterable[AlertFact], key: Key) -> tuple[list[AlertRow], AlertRow]:
    """One row a value, and the sum of all."""
    rows: dict[str, AlertRow] = {}
    total = AlertRow(name="合计")
    for fact in facts:
        if (row := rows.get(name := key(fact))) is None:
            row = rows[name] = AlertRow(name=name)
        _count_alert(row, fact)
        _count_alert(total, fact)
    return list(rows.values()), total


def task_rows(facts: Iterable[TaskFact], key: Key, now: datetime) -> tuple[list[TaskRow], TaskRow]:
    """One row a value, and the sum of all."""
    rows: dict[str, TaskRow] = {}
    total = TaskRow(name="合计")
    for fact in facts:
        if (row := rows.get(name := key(fact))) is None:
            row = rows[name] = TaskRow(name=name)
        _count_task(row, fact, now)
        _count_task(total, fact, now)
    return list(rows.values()), total


def _count_alert(row: AlertRow, fact: AlertFact) -> None:
    row.opened += 1
    row.relapsed += fact.reopened
    match fact.state:
        case AlertState.OPEN:
            row.open += 1
        case AlertState.CONFIRMED:
            row.confirmed += 1
            row.needless += fact.concluded in NEEDLESS
        case AlertState.DISMISSED:
            row.dismissed += 1
        case AlertState.WATCHED:
            row.watched += 1
        case AlertState.MERGED:
            row.merged += 1
    if fact.decided_at is not None:
        row.waits_h.append((fact.decided_at - fact.opened_at).total_seconds() / 3_600)


def _count_task(row: TaskRow, fact: TaskFact, now: datetime) -> None:
    row.made += 1
    row.sent += fact.sent_at is not None
    row.acknowledged += fact.acknowledged
    row.answered += fact.answered
    row.returned += fact.returns
    row.transferred += fact.state is TaskState.TRANSFERRED
    row.cancelled += fact.state is TaskState.CANCELLED
    if fact.state not in TASK_ENDS:
        row.under_way += 1
        row.late += fact.due_at < now and fact.state is not TaskState.SUSPENDED
    if fact.state is not TaskState.CLOSED:
        return
    row.closed += 1
    row.in_time += fact.closed_at is not None and fact.closed_at <= fact.due_at
    row.founded += fact.conclusion in _FOUNDED
    row.unfounded += fact.conclusion in NEEDLESS
    row.other += fact.conclusion not in _FOUNDED | NEEDLESS


def in_order(names: Iterable[str], by: Dimension, counts: dict[str, int]) -> Sequence[str]:
    """Levels from the gravest, months and regions as they follow, all else the most first."""
    if by is Dimension.LEVEL:
        worth = {LEVEL_NAMES[level]: rank(level) for level in Level}
        return sorted(names, key=lambda name: -worth.get(name, -1))
    if by in (Dimension.MONTH, Dimension.REGION):
        return sorted(names)
    return sorted(names, key=lambda name: (-counts.get(name, 0), name))


def region_shown(code: str) -> str:
    """A region with its code, so that rows sort as regions follow."""
    name = region_name(code)
    return f"{code} {name}" if name != code else code or "不明"
