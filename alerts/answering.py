"""What the responsible party reports back, taken once: repeats and late reports are harmless, what
cannot be taken is kept with the reason.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial

from alerts.desk import Desk
from alerts.messages import hears_of_tasks
from alerts.moving import Step, add_result, make_move, write_move
from alerts.reporting import read_feedback
from alerts.translating import read_report
from crawler.domain.assessment import Level
from crawler.domain.audit import Act
from crawler.domain.delivery import Endpoint
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.task import (
    NEEDS_REASON,
    TASK_ENDS,
    TASK_MOVES,
    TASK_STATE_NAMES,
    Conclusion,
    Feedback,
    Move,
    SupervisionTask,
    TaskResult,
    TaskState,
)
from crawler.store.attachments import attachments_of
from crawler.store.audit import note
from crawler.store.database import Connection, Database
from crawler.store.outbox import was_told
from crawler.store.task_results import results_of
from crawler.store.tasks import feedback_of, keep_feedback, locked_task, mark_feedback

LARGEST_BODY = 64 * 1024
_LONGEST_ID = 100
_AHEAD_S = 300.0  # a report from further in the future has a wrong clock

_ORDER = (
    TaskState.DRAFTED, TaskState.APPROVED, TaskState.SENT, TaskState.ACKNOWLEDGED,
    TaskState.WORKING, TaskState.EXTENDED, TaskState.SUSPENDED, TaskState.ANSWERED,
    TaskState.CHECKING,
)  # fmt: skip


_SUPERVISORS = frozenset({(TaskState.CHECKING, Move.RETURN), (TaskState.CHECKING, Move.TRANSFER)})
_HARMLESS = frozenset({Move.ACKNOWLEDGE, Move.WORK})
_CONCLUDING = frozenset({Move.ANSWER, Move.TRANSFER})
_SIDE_ROADS = {
    Move.RETURN: TaskState.RETURNED,
    Move.SUSPEND: TaskState.SUSPENDED,
    Move.TRANSFER: TaskState.TRANSFERRED,
}


class Effect(StrEnum):
    """What a report did."""

    TAKEN = "taken"
    REPEATED = "repeated"  # this id was here before, and had its effect then
    LATE = "late"  # the task is past it already
    REFUSED = "refused"  # kept, with the reason, for somebody to look at


class Fault(StrEnum):
    """Why a report was refused."""

    NO_SUCH_TASK = "no_such_task"
    UNREADABLE = "unreadable"  # a field says what nobody understands
    NOT_NOW = "not_now"  # the task's state does not allow it
    REUSED_ID = "reused_id"  # this id was another report's


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What became of a report, and the task as it now stands (None: there is no such task)."""

    effect: Effect
    reason: str = ""
    task: SupervisionTask | None = None
    fault: Fault | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """Who reports: the name that stands in the audit, the region prefixes they may speak for (none:
    all), and how their reports are read.
    """

    name: str = "主平台"
    regions: tuple[str, ...] = ()
    levels: frozenset[Level] = frozenset()  # of the tasks they hear of (none: of all)
    read: Callable[[str, bytes], Feedback] = read_feedback


@dataclass(frozen=True, kw_only=True, slots=True)
class _Report:
    """One report that could be read, with the task that it is about."""

    task: SupervisionTask
    feedback: Feedback
    missing: str  # of the files that it names
    sender: Sender
    now: datetime
    desk: Desk

    @property
    def remark(self) -> str:
        """What they say, and whether files that they name never came."""
        note = self.feedback.note
        return f"{note}（{self.missing}）" if self.missing else note

    @property
    def actor(self) -> str:
        """Who reports, and for whom."""
        return f"{self.sender.name}：{self.feedback.actor}"[:_LONGEST_ID]


def sender_of(endpoint: Endpoint) -> Sender:
    """Who speaks with this endpoint's key; NotAllowed if it is sent no tasks."""
    if not hears_of_tasks(endpoint):
        raise NotAllowed(f"接收端 {endpoint.name} 没有订阅任务消息，不能反馈任务。")
    return Sender(
        name=endpoint.name,
        regions=endpoint.regions,
        levels=frozenset(endpoint.levels),
        read=reader_of(endpoint),
    )


def reader_of(endpoint: Endpoint | None) -> Callable[[str, bytes], Feedback]:
    """How reports of an endpoint are read: by its mapping file if it has one, else in our form."""
    if endpoint is None or endpoint.dialect is None:
        return read_feedback
    return partial(read_report, endpoint.dialect)


def own_id(kind: str, who: str, given: str) -> str:
    """The id under which a report is kept: those of different senders are different, whatever they
    call them.
    """
    whole = f"{kind}{hashlib.sha256(who.encode()).hexdigest()[:8]}.{given}"
    if len(whole) <= _LONGEST_ID:
        return whole
    return f"{whole[:10]}{hashlib.sha256(given.encode()).hexdigest()}"


def take_feedback(
    database: Database,
    feedback_id: str,
    number: str,
    body: bytes,
    now: datetime,
    desk: Desk,
    sender: Sender | None = None,
) -> Answered:
    """Keep it, then apply it if it can be applied; one transaction. One that was refused may be
    tried again under its id. BadInput only for what is too large to be kept, or has no id.
    """
    sender = sender or Sender()
    if not 0 < len(feedback_id) <= _LONGEST_ID:
        raise BadInput("反馈缺少编号，或编号过长")
    if len(body) > LARGEST_BODY:
        raise BadInput(f"反馈超过 {LARGEST_BODY // 1024} KB")
    with database.transaction() as db:
        task = _theirs(db, locked_task(db, number), sender)
        where = task.region if task else ""
        if not keep_feedback(db, feedback_id, number[:40], body, now, where):
            earlier = _earlier(db, feedback_id, number, body, task)
            if earlier is not None:
                return earlier
        answered = _apply(db, task, number, body, now, desk, sender)
        taken = answered.effect in {Effect.TAKEN, Effect.LATE}
        mark_feedback(db, feedback_id, taken=taken, reason=answered.reason)
        if answered.effect is Effect.REFUSED:
            note(db, _refusal(number, answered, where, now, sender))
        return answered


def _theirs(db: Connection, task: SupervisionTask | None, sender: Sender) -> SupervisionTask | None:
    """A task of another region, or one that was not sent or that they never heard of, is as good
    as none: whose it is, is nobody else's business.
    """
    if task is None or (sender.regions and not task.region.startswith(sender.regions)):
        return None
    beyond = sender.levels and task.level not in sender.levels
    waits = task.sent_at is None  # never sent, or redirected to another district
    if (waits or beyond) and not was_told(db, sender.name, f"task:{task.number}"):
        return None
    return task


def _earlier(
    db: Connection, feedback_id: str, number: str, body: bytes, task: SupervisionTask | None
) -> Answered | None:
    """What an id that was here before says of this report; None if it is to be tried again."""
    kept = feedback_of(db, feedback_id)
    if kept is not None and (kept.body != body or kept.task_number != number[:40]):
        said = "这个编号已用于另一份反馈，请换新的编号"
        return Answered(effect=Effect.REFUSED, reason=said, task=task, fault=Fault.REUSED_ID)
    if kept is not None and kept.taken:
        return Answered(effect=Effect.REPEATED, reason=kept.reason, task=task)
    return None


def _apply(
    db: Connection,
    task: SupervisionTask | None,
    number: str,
    body: bytes,
    now: datetime,
    desk: Desk,
    sender: Sender,
) -> Answered:
    if task is None:
        said = f"没有编号为 {number[:40]} 的任务"
        return Answered(effect=Effect.REFUSED, reason=said, fault=Fault.NO_SUCH_TASK)
    try:
        feedback = sender.read(number, body)
        if (feedback.at - now).total_seconds() > _AHEAD_S:
            raise BadInput("at：时间在未来，请核对时钟")
        _check_dispatch(task, feedback)
        missing = _missing(db, task, feedback)
        report = _Report(
            task=task, feedback=feedback, missing=missing, sender=sender, now=now, desk=desk
        )
        done = _result(db, report) if feedback.result_of else _moved(db, report)
        return replace(done, reason=missing) if done.effect is Effect.TAKEN else done
    except BadInput as mistake:
        return _refused(task, mistake, Fault.UNREADABLE)
    except NotAllowed as refusal:
        return _refused(task, refusal, Fault.NOT_NOW)


def _refused(task: SupervisionTask, why: Exception, fault: Fault) -> Answered:
    return Answered(effect=Effect.REFUSED, reason=str(why), task=task, fault=fault)


def _check_dispatch(task: SupervisionTask, feedback: Feedback) -> None:
    """NotAllowed for an answer to an earlier dispatch, to others perhaps."""
    before = task.sent_at and (task.sent_at - feedback.at).total_seconds() > _AHEAD_S
    if before and feedback.move not in _HARMLESS:
        raise NotAllowed("at：早于本次派发，不作为本次办理的反馈")


def _meant(task: SupervisionTask, feedback: Feedback) -> Move:
    """The move that a report asks for; BadInput or NotAllowed where it is no receiver's to ask."""
    if feedback.move in NEEDS_REASON and not feedback.note:
        raise BadInput("note：退回、挂起、移送须写明理由")
    if (task.state, feedback.move) in _SUPERVISORS:
        raise NotAllowed(f"任务 {task.number} 正在复核，由我方处理")
    standing = task.suspended_at and feedback.at >= task.suspended_at
    if standing and feedback.move is Move.WORK:
        return Move.RESUME
    return feedback.move


def _moved(db: Connection, report: _Report) -> Answered:
    """What a report does to its task."""
    task, feedback = report.task, report.feedback
    move = _meant(task, feedback)
    if _completes(task, feedback):
        return Answered(effect=Effect.TAKEN, task=_concluded(db, report))
    if _is_late(task, move):
        said = f"任务已是“{TASK_STATE_NAMES[task.state]}”"
        return Answered(effect=Effect.LATE, reason=said, task=task)
    step = Step(
        move=move,
        actor=report.actor,
        at=report.now,
        remark=report.remark,
        since=min(feedback.at, report.now),
    )
    with db.begin_nested():
        after = make_move(db, task, step, report.desk, _said_of(feedback))
    return Answered(effect=Effect.TAKEN, task=after)


def _result(db: Connection, report: _Report) -> Answered:
    """What a department of the joint inspection found: the task stays where it is."""
    task, feedback = report.task, report.feedback
    assert feedback.conclusion is not None  # reading it refuses a result without
    result = TaskResult(
        department=feedback.result_of,
        conclusion=feedback.conclusion,
        note=report.remark,
        actor=report.actor,
        at=feedback.at,
    )
    known = (one for one in results_of(db, task.id) if one.department == result.department)
    if any(one.at > result.at for one in known):
        return Answered(effect=Effect.LATE, reason="这个部门已有更新的结果", task=task)
    with db.begin_nested():
        after = add_result(db, task, result, report.now, report.desk)
    return Answered(effect=Effect.TAKEN, task=after)


def _said_of(feedback: Feedback) -> Conclusion | None:
    """What is only begun, put off or declined is not concluded, whatever the report says."""
    return feedback.conclusion if feedback.move in _CONCLUDING else None


def _completes(task: SupervisionTask, feedback: Feedback) -> bool:
    """Whether an answer brings the conclusion that an earlier one lacked."""
    answered = task.state in {TaskState.ANSWERED, TaskState.CHECKING}
    missing = task.conclusion is None and feedback.conclusion is not None
    return answered and missing and feedback.move is Move.ANSWER


def _concluded(db: Connection, report: _Report) -> SupervisionTask:
    before, feedback = report.task, report.feedback
    after = replace(before, conclusion=feedback.conclusion, seq=before.seq + 1)
    step = Step(move=Move.ANSWER, actor=report.actor, at=report.now, remark=report.remark)
    return write_move(db, before, after, step, report.desk)


def _missing(db: Connection, task: SupervisionTask, feedback: Feedback) -> str:
    """How many of the files that a report names never came, for who sent it too."""
    if not feedback.attachments:
        return ""
    here = {one.sha256 for one in attachments_of(db, task.id)}
    missing = len(set(feedback.attachments) - here)
    return f"所附文件有 {missing} 个没有收到" if missing else ""


def _is_late(task: SupervisionTask, move: Move) -> bool:
    """Whether the task is where the move leads, or past it, on the straight road; a side road that
    is not open from here is refused, not late: it says something new.
    """
    if move in NEEDS_REASON:
        return task.state is _SIDE_ROADS.get(move)
    if (task.state, move) in TASK_MOVES or task.state in TASK_ENDS:
        return task.state in TASK_ENDS and move in _HARMLESS
    goals = {to for (_, one), to in TASK_MOVES.items() if one is move}
    goal = min((_ORDER.index(one) for one in goals if one in _ORDER), default=None)
    here = _ORDER.index(task.state) if task.state in _ORDER else None
    return goal is not None and here is not None and here >= goal


def _refusal(number: str, answered: Answered, region: str, now: datetime, sender: Sender) -> Act:
    return Act(
        at=now,
        actor=sender.name,
        action="feedback.refuse",
        object=f"task:{number[:40]}",
        region=region,
        after=answered.reason[:200],
    )
