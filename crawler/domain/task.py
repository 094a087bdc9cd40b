"""What somebody must do by when, and the closed table of its moves (domain.md §4.2)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from crawler.domain.assessment import Level
from crawler.domain.calendar import Calendar, working_time_between
from crawler.domain.errors import NotAllowed


class TaskState(StrEnum):
    """drafted → approved → sent → acknowledged → working → answered → checking → closed, and the
    side roads.
    """

    DRAFTED = "drafted"
    APPROVED = "approved"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    WORKING = "working"
    ANSWERED = "answered"
    CHECKING = "checking"
    CLOSED = "closed"
    RETURNED = "returned"
    EXTENDED = "extended"
    SUSPENDED = "suspended"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"


TASK_STATE_NAMES = {
    TaskState.DRAFTED: "待审核",
    TaskState.APPROVED: "待派发",
    TaskState.SENT: "已派发",
    TaskState.ACKNOWLEDGED: "已签收",
    TaskState.WORKING: "处置中",
    TaskState.ANSWERED: "已反馈",
    TaskState.CHECKING: "待复核",
    TaskState.CLOSED: "已办结",
    TaskState.RETURNED: "退回",
    TaskState.EXTENDED: "延期",
    TaskState.SUSPENDED: "挂起",
    TaskState.TRANSFERRED: "移送",
    TaskState.CANCELLED: "撤销",
}


class Conclusion(StrEnum):
    """What the responsible party found."""

    RECTIFIED = "rectified"
    FILED = "filed"
    REFERRED = "referred"
    SHUT_DOWN = "shut_down"
    UNFOUNDED = "unfounded"
    UNREACHABLE = "unreachable"
    GONE = "gone"
    LICENSED = "licensed"


CONCLUSION_NAMES = {
    Conclusion.RECTIFIED: "属实-整改",
    Conclusion.FILED: "属实-立案",
    Conclusion.REFERRED: "属实-移送",
    Conclusion.SHUT_DOWN: "属实-关停/注销备案",
    Conclusion.UNFOUNDED: "不属实",
    Conclusion.UNREACHABLE: "无法联系",
    Conclusion.GONE: "已失效（网站关闭）",
    Conclusion.LICENSED: "持牌合规",
}


# what the alert warned of was not so
NEEDLESS = frozenset({Conclusion.UNFOUNDED, Conclusion.LICENSED})


class Move(StrEnum):
    """What can happen to a task."""

    APPROVE = "approve"
    SEND = "send"
    ACKNOWLEDGE = "acknowledge"
    WORK = "work"
    ANSWER = "answer"
    CHECK = "check"
    CLOSE = "close"
    RETURN = "return"
    EXTEND = "extend"
    SUSPEND = "suspend"
    RESUME = "resume"
    TRANSFER = "transfer"
    CANCEL = "cancel"


MOVE_NAMES = {
    Move.APPROVE: "审核",
    Move.SEND: "派发",
    Move.ACKNOWLEDGE: "签收",
    Move.WORK: "处置",
    Move.ANSWER: "反馈",
    Move.CHECK: "复核",
    Move.CLOSE: "办结",
    Move.RETURN: "退回",
    Move.EXTEND: "延期",
    Move.SUSPEND: "挂起",
    Move.RESUME: "恢复",
    Move.TRANSFER: "移送",
    Move.CANCEL: "撤销",
}
# what stands in a task's history: moves, and what was done to it beside them
STEP_NAMES = {str(move): name for move, name in MOVE_NAMES.items()} | {
    "draft": "起草", "add_site": "增加网站", "redirect": "改派", "join": "联合检查",
    "result": "检查结果", "remind": "催办", "escalate": "超期督办",
}  # fmt: skip
# by the department that has it: the acknowledgement may be late or lost
SHOW_A_HAND = (
    Move.ACKNOWLEDGE, Move.WORK, Move.ANSWER, Move.SUSPEND, Move.TRANSFER, Move.RETURN,
)  # fmt: skip


_S, _M = TaskState, Move
_OPEN = (_S.SENT, _S.ACKNOWLEDGED, _S.WORKING)
TASK_MOVES: dict[tuple[TaskState, Move], TaskState] = {
    (_S.DRAFTED, _M.APPROVE): _S.APPROVED,
    (_S.APPROVED, _M.SEND): _S.SENT,
    (_S.SENT, _M.ACKNOWLEDGE): _S.ACKNOWLEDGED,
    (_S.ACKNOWLEDGED, _M.WORK): _S.WORKING,
    (_S.WORKING, _M.ANSWER): _S.ANSWERED,
    (_S.ACKNOWLEDGED, _M.ANSWER): _S.ANSWERED,
    (_S.SENT, _M.WORK): _S.WORKING,  # the acknowledgement is late or lost
    (_S.SENT, _M.ANSWER): _S.ANSWERED,
    (_S.ANSWERED, _M.CHECK): _S.CHECKING,
    (_S.CHECKING, _M.CLOSE): _S.CLOSED,
    (_S.SENT, _M.RETURN): _S.RETURNED,  # by the receiver: wrong department
    (_S.ACKNOWLEDGED, _M.RETURN): _S.RETURNED,
    (_S.RETURNED, _M.APPROVE): _S.APPROVED,  # sent anew
    (_S.CHECKING, _M.RETURN): _S.WORKING,  # by the supervisor: do it again
    (_S.ACKNOWLEDGED, _M.EXTEND): _S.EXTENDED,
    (_S.WORKING, _M.EXTEND): _S.EXTENDED,
    (_S.EXTENDED, _M.ANSWER): _S.ANSWERED,
    (_S.WORKING, _M.SUSPEND): _S.SUSPENDED,
    (_S.EXTENDED, _M.SUSPEND): _S.SUSPENDED,
    (_S.SUSPENDED, _M.RESUME): _S.WORKING,
    **{
        (state, _M.TRANSFER): _S.TRANSFERRED
        for state in (*_OPEN, _S.EXTENDED, _S.SUSPENDED, _S.CHECKING)
    },
    **{
        (state, _M.CANCEL): _S.CANCELLED
        for state in (_S.DRAFTED, _S.APPROVED, *_OPEN, _S.RETURNED, _S.EXTENDED, _S.SUSPENDED)
    },
}
TASK_ENDS = frozenset({_S.CLOSED, _S.TRANSFERRED, _S.CANCELLED})
MOST_RETURNS = 2  # after that the coordinating department decides
MOST_JOINT = 2  # 联合检查 "1+1" and "1+2"
NEEDS_REASON = frozenset({_M.RETURN, _M.EXTEND, _M.SUSPEND, _M.TRANSFER, _M.CANCEL})


@dataclass(frozen=True, kw_only=True, slots=True)
class Department:
    """Who does it, as the receiving platform knows them."""

    code: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SupervisionTask:
    """督办任务. `seq` counts its changes, so that the receiver can ignore an older message."""

    id: int = 0
    number: str = ""
    case_id: int
    state: TaskState = TaskState.DRAFTED
    level: Level
    title: str
    summary: str
    region: str
    lead: Department
    cooperating: tuple[Department, ...] = ()
    rule: str = ""  # the dispatch rule that fired
    contested: str = ""  # who else may claim it; empty once a supervisor decided
    joint: tuple[str, ...] = ()  # codes of departments that each owe a result (联合检查)
    drafted_by: str
    approved_by: str = ""
    needs_approval: bool = True  # by a supervisor, who is not the drafter
    created_at: datetime
    sent_at: datetime | None = None
    runs_from: datetime | None = None  # when its limits began: sent, and what it stood still since
    acknowledge_by: datetime | None = None
    answer_by: datetime | None = None
    due_at: datetime  # closed by
    suspended_at: datetime | None = None
    closed_at: datetime | None = None
    conclusion: Conclusion | None = None
    returns: int = 0
    seq: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskResult:
    """What one department of a joint inspection found."""

    department: str  # its code
    conclusion: Conclusion
    note: str
    actor: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Feedback:
    """What the responsible party reported back."""

    task_number: str
    move: Move
    actor: str
    at: datetime
    conclusion: Conclusion | None = None
    note: str = ""
    attachments: tuple[str, ...] = ()  # digests
    result_of: str = ""  # code of the department of a joint inspection whose result this is


def moved(task: SupervisionTask, move: Move, actor: str, at: datetime) -> SupervisionTask:
    """The task after a move; NotAllowed if the table has none, somebody approves their own draft,
    or it was returned too often.
    """
    after = TASK_MOVES.get((task.state, move))
    if after is None and move is Move.EXTEND and task.state is TaskState.EXTENDED:
        raise NotAllowed(f"任务 {task.number} 已延期过，不再延期；仍不能按期的可以挂起")
    if after is None:
        state = TASK_STATE_NAMES[task.state]
        raise NotAllowed(f"任务 {task.number} 为“{state}”，不能{MOVE_NAMES[move]}")
    if move is Move.APPROVE and task.needs_approval and actor == task.drafted_by:
        raise NotAllowed("不能审核自己起草的任务")
    if move is Move.APPROVE and task.contested:
        raise NotAllowed(task.contested)
    if move is Move.RETURN and task.returns >= MOST_RETURNS:
        raise NotAllowed(f"任务 {task.number} 已退回 {MOST_RETURNS} 次，由协调部门决定")
    return replace(
        task,
        state=after,
        seq=task.seq + 1,
        approved_by=actor if move is Move.APPROVE else task.approved_by,
        returns=task.returns + (move is Move.RETURN),
        sent_at=at if move is Move.SEND else task.sent_at,
        runs_from=at if move is Move.SEND else task.runs_from,
        suspended_at=at if after is TaskState.SUSPENDED else None,
        closed_at=at if after in TASK_ENDS else None,
        conclusion=None if after in {TaskState.WORKING, TaskState.RETURNED} else task.conclusion,
    )


def bore_out(task: SupervisionTask) -> bool:
    """Whether it was closed by an answer that found something to put right."""
    unneeded = task.conclusion is None or task.conclusion in NEEDLESS
    return task.state is TaskState.CLOSED and not unneeded


class Urgency(StrEnum):
    """How a time limit stands: amber from 80 % of it on, overdue from its end on."""

    IN_TIME = "in_time"
    AMBER = "amber"
    OVERDUE = "overdue"


_AMBER_FROM = 0.8


def limit_of(task: SupervisionTask) -> datetime | None:
    """The limit that runs now: to acknowledge, to answer, to close; none while it is suspended or
    at an end.
    """
    if task.state in TASK_ENDS or task.state is TaskState.SUSPENDED:
        return None
    if task.state in {TaskState.SENT, TaskState.RETURNED}:
        return task.acknowledge_by or task.due_at
    if task.state in {TaskState.ACKNOWLEDGED, TaskState.WORKING, TaskState.EXTENDED}:
        return task.answer_by or task.due_at
    return task.due_at


def urgency_of(task: SupervisionTask, now: datetime, calendar: Calendar | None = None) -> Urgency:
    """Whether somebody should be reminded, or told that the limit has passed. With a calendar,
    nights and days off do not count towards the 80 %.
    """
    limit = limit_of(task)
    if limit is None:
        return Urgency.IN_TIME
    if now >= limit:
        return Urgency.OVERDUE
    start = task.runs_from or task.created_at
    if calendar is None:
        gone, whole = now - start, limit - start
    else:
        gone = working_time_between(start, now, calendar)
        whole = working_time_between(start, limit, calendar)
    return Urgency.AMBER if whole and gone >= whole * _AMBER_FROM else Urgency.IN_TIME
