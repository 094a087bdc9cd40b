"""Tasks: opened from what a person confirmed, with limits on working days, and moved by the closed
table of moves only.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.dispatching import Dispatch
from crawler.domain.alert import Alert, Review
from crawler.domain.assessment import Level, at_least
from crawler.domain.calendar import (
    Calendar,
    working_days_after,
    working_time_after,
    working_time_between,
)
from crawler.domain.case import Case
from crawler.domain.errors import NotAllowed
from crawler.domain.task import (
    MOST_JOINT,
    TASK_STATE_NAMES,
    Department,
    Move,
    SupervisionTask,
    TaskState,
    moved,
)

APPROVAL_FROM = Level.ORANGE  # from here on a supervisor sees a task before it leaves
_LONGEST_TITLE, _LONGEST_SUMMARY = 200, 300
_NOT_SENT = frozenset({TaskState.DRAFTED, TaskState.APPROVED, TaskState.RETURNED})


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeLimits:
    """How long a department has: office hours or working days to acknowledge, days for the rest."""

    acknowledge_hours: int = 0
    acknowledge_days: int = 0
    answer_days: int
    close_days: int


LIMITS: Mapping[Level, TimeLimits] = {
    Level.RED: TimeLimits(acknowledge_hours=4, answer_days=1, close_days=5),
    Level.ORANGE: TimeLimits(acknowledge_days=1, answer_days=3, close_days=10),
    Level.YELLOW: TimeLimits(acknowledge_days=2, answer_days=7, close_days=15),
}
_JOINT_SAID = re.compile(r" · 联合检查 1\+\d")
_OTHERWISE = LIMITS[Level.YELLOW]


def sla_profile(level: Level) -> str:
    """The name of a level's limits in messages: red-4h-1d-5d, acknowledged, answered, closed."""
    limits = LIMITS.get(level, _OTHERWISE)
    hours, days = limits.acknowledge_hours, limits.acknowledge_days
    first = f"{hours}h" if hours else f"{days}d"
    return f"{level}-{first}-{limits.answer_days}d-{limits.close_days}d"


def needs_approval(level: Level, approval_from: Level | None) -> bool:
    """Whether a supervisor sees a task of this level before it leaves (None: never needed)."""
    return approval_from is not None and at_least(level, approval_from)


def open_task(
    case: Case,
    alert: Alert,
    review: Review,
    dispatch: Dispatch,
    calendar: Calendar,
    approval_from: Level | None = APPROVAL_FROM,
    title: str = "",
) -> SupervisionTask:
    """The task behind a confirmed alert, not numbered yet: drafted where a supervisor must approve
    it, else approved by the setting (None: never needed). A contested one always needs a decision.
    Without a title of its own it is called as the case is, whose first site may be another's.
    """
    needed = needs_approval(alert.level, approval_from) or bool(dispatch.contested)
    task = SupervisionTask(
        case_id=case.id,
        state=TaskState.DRAFTED if needed else TaskState.APPROVED,
        level=alert.level,
        title=(title or case.title)[:_LONGEST_TITLE],
        summary=_summary(alert, review),
        region=dispatch.region or alert.region,
        lead=dispatch.lead,
        cooperating=dispatch.cooperating,
        contested=dispatch.contested,
        joint=dispatch.joint,
        rule=dispatch.rule,
        drafted_by=review.actor,
        needs_approval=needed,
        created_at=review.at,
        due_at=review.at,
    )
    return with_limits(task, review.at, calendar)


def sent(task: SupervisionTask, actor: str, at: datetime, calendar: Calendar) -> SupervisionTask:
    """The task on its way; its limits run from now."""
    return with_limits(moved(task, Move.SEND, actor, at), at, calendar)


def extended(
    task: SupervisionTask, actor: str, at: datetime, days: int, calendar: Calendar
) -> SupervisionTask:
    """The task with that many working days more to answer and to close."""
    if not 1 <= days <= 60:
        raise NotAllowed("延期须为 1 至 60 个工作日")
    later = moved(task, Move.EXTEND, actor, at)
    answer_by = working_days_after(task.answer_by or task.due_at, days, calendar)
    due_at = working_days_after(task.due_at, days, calendar)
    return replace(later, answer_by=answer_by, due_at=due_at)


def resumed(task: SupervisionTask, actor: str, at: datetime, calendar: Calendar) -> SupervisionTask:
    """The task going on; the office time that it stood still is added to its limits."""
    stood = working_time_between(task.suspended_at or at, at, calendar)
    going = moved(task, Move.RESUME, actor, at)
    answer_by = task.answer_by and working_time_after(task.answer_by, stood, calendar)
    due_at = working_time_after(task.due_at, stood, calendar)
    runs_from = task.runs_from and working_time_after(task.runs_from, stood, calendar)
    return replace(going, answer_by=answer_by, due_at=due_at, runs_from=runs_from)


def redirected(task: SupervisionTask, dispatch: Dispatch) -> SupervisionTask:
    """A returned or drafted task with other departments, before it is approved."""
    if task.state not in {TaskState.RETURNED, TaskState.DRAFTED}:
        raise NotAllowed(f"任务 {task.number} 已派发且未被退回，不能改派")
    partners = {one.code for one in dispatch.cooperating}
    return replace(
        task,
        region=dispatch.region,
        lead=dispatch.lead,
        cooperating=dispatch.cooperating,
        rule=dispatch.rule,
        contested=dispatch.contested,
        joint=dispatch.joint or tuple(one for one in task.joint if one in partners),
        seq=task.seq + 1,
    )


def graver(
    task: SupervisionTask, level: Level, at: datetime, calendar: Calendar
) -> SupervisionTask:
    """The task at a higher level: one that is under way has until what that leaves from now on, and
    never longer than it had.
    """
    urgent = with_limits(replace(task, level=level), at, calendar)
    if task.sent_at is None:
        return urgent
    return replace(
        urgent,
        acknowledge_by=_earlier(task.acknowledge_by, urgent.acknowledge_by),
        answer_by=_earlier(task.answer_by, urgent.answer_by),
        due_at=min(task.due_at, urgent.due_at),
    )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at), default=None)


def settled_claim(task: SupervisionTask, actor: str, remark: str) -> SupervisionTask:
    """A contested task after somebody said who leads; NotAllowed if they did not say."""
    if not task.contested:
        return task
    if not remark.strip():
        raise NotAllowed(f"{task.contested}；审核时须写明由谁主办及理由")
    lead = f"{task.lead.name}（{task.lead.code}）"
    rule = f"{task.rule} · 经{actor}确定由{lead}主办：{remark.strip()[:200]}"
    return replace(task, contested="", rule=rule)


def joined(task: SupervisionTask, partners: Sequence[Department]) -> SupervisionTask:
    """The task as a joint inspection with one or two departments beside the lead; none: alone."""
    if task.state not in _NOT_SENT:
        raise NotAllowed(
            f"任务 {task.number} 为“{TASK_STATE_NAMES[task.state]}”，派发前才能定联合检查"
        )
    codes = tuple(dict.fromkeys(one.code for one in partners))
    if len(codes) > MOST_JOINT or len(codes) != len(partners) or task.lead.code in codes:
        raise NotAllowed(f"联合检查为主办加 1 至 {MOST_JOINT} 个不同的部门")
    others = {one.code: one for one in (*task.cooperating, *partners)}
    said = f" · 联合检查 1+{len(codes)}" if codes else ""
    rule = f"{_JOINT_SAID.sub('', task.rule)}{said}"
    return replace(
        task, cooperating=tuple(others.values()), joint=codes, rule=rule, seq=task.seq + 1
    )


def with_limits(task: SupervisionTask, start: datetime, calendar: Calendar) -> SupervisionTask:
    """The task with its limits counted from a moment."""
    limits = LIMITS.get(task.level, _OTHERWISE)
    return replace(
        task,
        acknowledge_by=_acknowledge_by(limits, start, calendar),
        answer_by=working_days_after(start, limits.answer_days, calendar),
        due_at=working_days_after(start, limits.close_days, calendar),
    )


def _acknowledge_by(limits: TimeLimits, start: datetime, calendar: Calendar) -> datetime:
    if limits.acknowledge_hours:
        return working_time_after(start, timedelta(hours=limits.acknowledge_hours), calendar)
    return working_days_after(start, limits.acknowledge_days, calendar)


def _summary(alert: Alert, review: Review) -> str:
    again = f"再次出现或重新打开（第 {alert.reopened} 次）" if alert.reopened else ""
    remark = f"复核意见：{review.reason.strip()}" if review.reason.strip() else ""
    if not (again or remark):
        return alert.sentence[:_LONGEST_SUMMARY]
    said = (again, alert.sentence.rstrip("。"), remark)
    return "。".join(one for one in said if one)[:_LONGEST_SUMMARY]
