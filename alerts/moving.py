"""One move of a task inside the caller's transaction: the row, its history, the audit entry, the
message, and what follows for case, alerts and site.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.desk import MACHINE, Desk
from alerts.dispatching import Dispatch
from alerts.gathering import case_behind, findings_behind
from alerts.messages import as_told, covers, messages_of, task_told
from alerts.rechecking import plan
from alerts.supervising import graver, redirected, resumed, sent
from crawler.domain.alert import Alert, AlertState
from crawler.domain.assessment import rank
from crawler.domain.audit import Act
from crawler.domain.case import Case
from crawler.domain.delivery import EventType
from crawler.domain.errors import NotAllowed
from crawler.domain.recheck import follow_up
from crawler.domain.task import (
    CONCLUSION_NAMES,
    TASK_ENDS,
    TASK_STATE_NAMES,
    Conclusion,
    Move,
    SupervisionTask,
    TaskResult,
    TaskState,
    moved,
)
from crawler.store.alerts import alerts_of_case, change_alert
from crawler.store.audit import note
from crawler.store.cases import save_case
from crawler.store.database import Connection
from crawler.store.outbox import put, told_before
from crawler.store.sites import make_due
from crawler.store.task_alerts import alerts_of_task, link_alert, tasks_of_alert
from crawler.store.task_results import save_result, still_owed
from crawler.store.tasks import change_task, save_move, save_task, tasks_of_case

_STILL_ON = frozenset({AlertState.OPEN, AlertState.WATCHED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What is being done to a task, by whom, when, and what they say about it."""

    move: str  # of the table, or draft, add_site, redirect, join, result, remind, escalate
    actor: str
    at: datetime
    remark: str = ""
    since: datetime | None = None  # when it was so on the reporter's clock; of a suspension


def make_move(
    db: Connection,
    task: SupervisionTask,
    step: Step,
    desk: Desk,
    conclusion: Conclusion | None = None,
) -> SupervisionTask:
    """A move of the table, with all that follows from it."""
    after = _after(task, Move(step.move), step, desk)
    if conclusion is not None:
        after = replace(after, conclusion=conclusion)
    if after.state is TaskState.CLOSED and after.conclusion is None:
        raise NotAllowed("办结须有处置结论")
    owed = still_owed(db, task) if after.state is TaskState.CLOSED else ()
    if owed:
        raise NotAllowed(f"联合检查尚缺结果：{'、'.join(owed)}")
    write_move(db, task, after, step, desk)
    _follow(db, after, step.at)
    return after


def record_new(
    db: Connection, task: SupervisionTask, case: Case, alert: Alert, step: Step, desk: Desk
) -> SupervisionTask:
    """A new task about an alert gets its number; one that needs no approval is sent at once."""
    numbered = save_task(db, task, case.number)
    link_alert(db, numbered, alert)
    save_move(db, numbered, step.move, step.actor, step.at, step.remark)
    note(db, _act(step, None, numbered))
    if numbered.state is not TaskState.APPROVED:
        return numbered
    return make_move(db, numbered, Step(move=Move.SEND, actor=MACHINE, at=step.at), desk)


def add_site(
    db: Connection, task: SupervisionTask, alert: Alert, step: Step, desk: Desk
) -> SupervisionTask:
    """One more site of the same case joins its unfinished task, which gets as grave as the site,
    and as urgent.
    """
    link_alert(db, task, alert)
    with_it = replace(task, seq=task.seq + 1)
    if rank(alert.level) > rank(task.level):
        with_it = graver(with_it, alert.level, step.at, desk.calendar)
    return write_move(db, task, with_it, step, desk)


def add_result(
    db: Connection, task: SupervisionTask, result: TaskResult, now: datetime, desk: Desk
) -> SupervisionTask:
    """What one department of a joint inspection found; a second one corrects the first."""
    names = {one.code: one.name for one in task.cooperating if one.code in task.joint}
    if result.department not in names:
        raise NotAllowed(f"任务 {task.number} 的联合检查部门是：{'、'.join(names) or '（无）'}")
    if task.sent_at is None or task.state in TASK_ENDS:
        raise NotAllowed(f"任务 {task.number} 为“{TASK_STATE_NAMES[task.state]}”，不能登记结果")
    before = save_result(db, task, result)
    found = CONCLUSION_NAMES[result.conclusion]
    was = f"（更正，原为{CONCLUSION_NAMES[before.conclusion]}）" if before else ""
    remark = f"{names[result.department]}：{found}{was} {result.note}".strip()
    step = Step(move="result", actor=result.actor, at=now, remark=remark[:1_000])
    return write_move(db, task, replace(task, seq=task.seq + 1), step, desk)


def redirect_task(
    db: Connection, task: SupervisionTask, to: Dispatch, step: Step, desk: Desk
) -> SupervisionTask:
    """A returned task gets other departments. Where those are another district's, the one that had
    it is told that it is theirs no more, and the other hears of it once it is sent anew.
    """
    other = redirected(task, to)
    leaves = other.region != task.region
    if leaves and task.sent_at is not None:
        theirs = tuple(one for one in desk.endpoints if not covers(one, other.region))
        gone = replace(other, region=task.region)
        _tell(db, EventType.TASK_CANCELLED, gone, step, replace(desk, endpoints=theirs))
    fresh = replace(other, sent_at=None) if leaves else other
    return record_move(db, task, fresh, step)


def write_move(
    db: Connection, before: SupervisionTask, after: SupervisionTask, step: Step, desk: Desk
) -> SupervisionTask:
    """The change and all that tells of it; nobody outside hears of a task that is not sent, but
    who heard of it hears that it is cancelled.
    """
    record_move(db, before, after, step)
    if after.sent_at is not None or after.state is TaskState.CANCELLED:
        _tell(db, _event(before, step), after, step, desk)
    return after


def record_move(
    db: Connection, before: SupervisionTask, after: SupervisionTask, step: Step
) -> SupervisionTask:
    """The change, its history and its entry of the trail; nobody outside is told."""
    change_task(db, after, before)
    save_move(db, after, step.move, step.actor, step.at, step.remark)
    note(db, _act(step, before, after))
    return after


def end_if_done(db: Connection, case_id: int, now: datetime) -> None:
    """A case ends when none of its tasks is unfinished and no alert of it waits or is watched."""
    case = case_behind(db, case_id)
    waits = any(one.state in _STILL_ON for one in alerts_of_case(db, case_id))
    if case.closed_at is None and not waits and _all_ended(tasks_of_case(db, case_id)):
        save_case(db, replace(case, closed_at=now))


def _act(step: Step, before: SupervisionTask | None, after: SupervisionTask) -> Act:
    return Act(
        at=step.at,
        actor=step.actor,
        action=f"task.{step.move}",
        object=f"task:{after.number}",
        region=after.region,
        before=str(before.state) if before else "",
        after=str(after.state),
    )


def _after(task: SupervisionTask, move: Move, step: Step, desk: Desk) -> SupervisionTask:
    if move is Move.SEND:
        return sent(task, step.actor, step.at, desk.calendar)
    if move is Move.RESUME:
        return resumed(task, step.actor, step.at, desk.calendar)
    after = moved(task, move, step.actor, step.at)
    if after.state is TaskState.SUSPENDED and step.since is not None:
        return replace(after, suspended_at=step.since)
    return after


def _event(before: SupervisionTask, step: Step) -> EventType:
    if step.move == Move.CANCEL:
        return EventType.TASK_CANCELLED
    first = step.move == Move.SEND and before.sent_at is None
    return EventType.TASK_CREATED if first else EventType.TASK_CHANGED


def _tell(db: Connection, event: EventType, task: SupervisionTask, step: Step, desk: Desk) -> None:
    case, found = case_behind(db, task.case_id), findings_behind(db, task)
    occasion = task_told(
        event, task, case, found.shown, desk.categories, step.remark, total=found.total
    )
    last, ended = told_before(db, occasion.subject, occasion.seq), task.state in TASK_ENDS
    for endpoint in desk.endpoints:
        theirs = as_told(occasion, endpoint, last.get(endpoint.name), ended=ended)
        if theirs is not None:
            put(db, messages_of(theirs, (endpoint,), step.at, desk.chance))


def _follow(db: Connection, task: SupervisionTask, now: datetime) -> None:
    """An answer is checked against the page as it is now; an end settles its alerts, and the last
    end of a case the case.
    """
    mine = [one for one in alerts_of_task(db, task.id) if one.state is AlertState.CONFIRMED]
    if task.state is TaskState.ANSWERED:
        for alert in mine:
            make_due(db, alert.site_id, now)
    if task.state in TASK_ENDS:
        _settle(db, task, mine, now)
        end_if_done(db, task.case_id, now)


def _all_ended(tasks: Iterable[SupervisionTask]) -> bool:
    return all(one.state in TASK_ENDS for one in tasks)


def _settle(db: Connection, task: SupervisionTask, mine: Iterable[Alert], now: datetime) -> None:
    """Dealt with: found again, it is a relapse. Unfounded, licensed, handed over or cancelled: it
    stays known, so silent unless it gets worse. What another task is still about waits for that.
    """
    for alert in mine:
        if not _all_ended(tasks_of_alert(db, alert.id)):
            continue
        plan(db, task, alert, now)
        if follow_up(task).settles and alert.settled_at is None:
            change_alert(db, replace(alert, settled_at=now), AlertState.CONFIRMED)
