"""任务: a board, a list, one task with its moves. Which move is possible stands in the domain's
closed table; who may make it stands here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response

from alerts.dispatching import Dispatch, department_coded, reassigned, region_after
from alerts.tasking import approve, extend, move_task, redirect
from crawler.domain.assessment import Level
from crawler.domain.capture import Capture
from crawler.domain.errors import BadInput
from crawler.domain.task import (
    CONCLUSION_NAMES,
    MOVE_NAMES,
    SHOW_A_HAND,
    STEP_NAMES,
    TASK_ENDS,
    TASK_MOVES,
    TASK_STATE_NAMES,
    Conclusion,
    Move,
    SupervisionTask,
    TaskState,
    Urgency,
    limit_of,
    urgency_of,
)
from crawler.domain.user import Role
from crawler.service.console.access import DECIDERS, READERS, SUPERVISORS, get, post
from crawler.service.console.calls import Call, Missing, Refused, whole_number
from crawler.service.console.following import following
from crawler.service.console.keeping import Notice
from crawler.service.console.looking import name_of, pictures
from crawler.store.attachments import attachments_of
from crawler.store.cards import Card, case_members, newest_pictured, pictured
from crawler.store.database import Connection
from crawler.store.taskboards import feedbacks_of, open_task_counts, tasks_where
from crawler.store.tasks import moves_of, task_of

COLUMNS: tuple[tuple[str, tuple[TaskState, ...]], ...] = (
    ("待审核", (TaskState.DRAFTED, TaskState.RETURNED)),
    ("已派发", (TaskState.APPROVED, TaskState.SENT)),
    (
        "处置中",
        (TaskState.ACKNOWLEDGED, TaskState.WORKING, TaskState.EXTENDED, TaskState.SUSPENDED),
    ),
    ("已反馈、待复核", (TaskState.ANSWERED, TaskState.CHECKING)),
)
# who makes a move in the console; the department's own moves (签收, 反馈 …) come from the platform,
# and an officer may enter them for a department that answers by telephone or paper
MOVERS: Mapping[Move, frozenset[Role]] = {
    Move.APPROVE: SUPERVISORS,
    Move.SEND: SUPERVISORS,
    Move.ACKNOWLEDGE: DECIDERS,
    Move.WORK: DECIDERS,
    Move.ANSWER: DECIDERS,
    Move.CHECK: DECIDERS,
    Move.CLOSE: DECIDERS,
    Move.RETURN: DECIDERS,
    Move.EXTEND: SUPERVISORS,
    Move.SUSPEND: SUPERVISORS,
    Move.RESUME: SUPERVISORS,
    Move.TRANSFER: SUPERVISORS,
    Move.CANCEL: SUPERVISORS,
}
CHOICE_NAMES = MOVE_NAMES | {
    Move.APPROVE: "审核通过并派发",
    Move.ACKNOWLEDGE: "代记签收",
    Move.WORK: "代记处置中",
    Move.ANSWER: "代记反馈",
    Move.CHECK: "开始复核",
}
_NEEDS_REMARK = frozenset(
    {Move.ANSWER, Move.RETURN, Move.EXTEND, Move.SUSPEND, Move.TRANSFER, Move.CANCEL}
)
SHOWN = 60
MOST_COMPARED = 6  # sites with pictures on a task's page


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One move that this person may make now."""

    move: Move
    name: str
    needs_remark: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One time limit of a task; `met` when it was."""

    name: str
    limit: datetime | None
    met: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """A site of the task: what was judged, and what it looks like now."""

    card: Card
    before: tuple[Capture, str] | None
    after: tuple[Capture, str] | None

    @property
    def again(self) -> bool:
        """Whether it was pictured again since."""
        return bool(self.before and self.after and self.before[0].id != self.after[0].id)


def board(call: Call) -> Response:
    """Columns of what is under way, what is due first first."""
    with call.house.database.reading() as db:
        shown = {
            title: tasks_where(db, call.reach, states=states, limit=SHOWN)
            for title, states in COLUMNS
        }
        counts = open_task_counts(db, call.reach)
    return call.page(
        "tasks.html",
        columns=[
            (title, states, sum(counts.get(one, 0) for one in states), shown[title])
            for title, states in COLUMNS
        ],
        **_shared(call),
    )


def listed(call: Call) -> Response:
    """Any choice of tasks as a list: ?state= ?due=overdue|today."""
    given = [one for one in call.query.getlist("state") if one]
    try:
        states = tuple(TaskState(one) for one in given)
    except ValueError:
        raise BadInput("筛选条件无法使用") from None
    due = call.query.get("due", "")
    if due not in ("", "overdue", "today"):
        raise BadInput("筛选条件无法使用")
    with call.house.database.reading() as db:
        found = tasks_where(db, call.reach, states=states, due=due, now=call.now, limit=200)
    return call.page("tasks_list.html", tasks=found, states=states, due=due, **_shared(call))


def show(call: Call) -> Response:
    """One task: what it is about, where it stands, what can be done."""
    task = task_here(call)
    with call.house.database.reading() as db:
        moves = moves_of(db, task.id)
        members = case_members(db, task.case_id, call.reach)
        answers = feedbacks_of(db, task.number)
        later = following(db, task)
        attachments = attachments_of(db, task.id)
        sides = _before_and_after(db, members[:MOST_COMPARED])
    return call.page(
        "task.html",
        task=task,
        moves=moves,
        people={one.actor: one.who for one in moves},
        move_names=STEP_NAMES | {str(move): name for move, name in CHOICE_NAMES.items()},
        members=members,
        answers=answers,
        later=later,
        attachments=attachments,
        heading=_heading(task),
        stages=_stages(task, moves),
        sides=sides,
        choices=choices_of(task, call),
        own=task.needs_approval and task.drafted_by == call.actor,
        conclusions=CONCLUSION_NAMES,
        departments=call.console.desk().departments.names,
        name_of=name_of,
        ended=task.state in TASK_ENDS,
        **_shared(call),
    )


def move(call: Call) -> Response:
    """One move of the closed table."""
    task = task_here(call)
    try:
        wanted = Move(call.field("move", 20))
    except ValueError:
        raise BadInput("没有这一步") from None
    if not call.may(MOVERS[wanted]):
        raise Refused(call.console.say("你的角色不能做这件事。"))
    remark = call.field("remark", 1_000)
    if wanted in _NEEDS_REMARK and not remark:
        raise BadInput(f"{CHOICE_NAMES[wanted]}须写明情况")
    after = _made(call, task, wanted, remark)
    said = call.console.say(
        "任务 {number}：{move}，现为“{state}”。",
        number=after.number,
        move=call.console.say(CHOICE_NAMES[wanted]),
        state=call.console.say(TASK_STATE_NAMES[after.state]),
    )
    return call.go(f"/tasks/{after.id}", Notice(text=said))


def send_elsewhere(call: Call) -> Response:
    """改派 of a returned task."""
    task = task_here(call)
    names = call.console.desk().departments.names
    lead = department_coded(call.field("lead", 40), names)
    others = tuple(department_coded(one, names) for one in call.fields("cooperating", 20))
    rule = reassigned(task.rule, call.actor)
    to = Dispatch(lead=lead, cooperating=others, region=region_after(lead, task.region), rule=rule)
    redirect(call.house.database, task.id, to, call.actor, call.now, call.console.desk())
    said = call.console.say("任务 {number} 已改派 {lead}。", number=task.number, lead=lead.name)
    return call.go(f"/tasks/{task.id}", Notice(text=said))


def choices_of(task: SupervisionTask, call: Call) -> list[Choice]:
    """The moves of the table that are open to this person; never the approval of one's own."""
    own = task.needs_approval and task.drafted_by == call.actor
    return [
        Choice(move=one, name=CHOICE_NAMES[one], needs_remark=one in _NEEDS_REMARK)
        for (state, one) in TASK_MOVES
        if state is task.state and call.may(MOVERS[one]) and not (one is Move.APPROVE and own)
    ]


ROUTES = (
    get("/tasks", board, READERS),
    get("/tasks/list", listed, READERS),
    get("/tasks/{id}", show, READERS),
    post("/tasks/{id}/move", move, DECIDERS),
    post("/tasks/{id}/redirect", send_elsewhere, SUPERVISORS),
)


def _heading(task: SupervisionTask) -> str:
    """The title without the sentence that stands below it anyway."""
    subject, _, rest = task.title.partition("：")
    return subject if rest and task.summary.startswith(rest.rstrip("。")[:40]) else task.title


def _stages(task: SupervisionTask, moves: Sequence[Any]) -> list[Stage]:
    """The three limits of a task, and when each was met."""
    met: dict[str, datetime] = {}
    for one in moves:
        met.setdefault(one.move, one.at)
    began = min((met[one] for one in SHOW_A_HAND if one in met), default=None)
    return [
        Stage(name="签收", limit=task.acknowledge_by, met=began),
        Stage(name="首次反馈", limit=task.answer_by, met=met.get(Move.ANSWER)),
        Stage(name="办结", limit=task.due_at, met=task.closed_at),
    ]


def _before_and_after(db: Connection, members: Sequence[Card]) -> list[Side]:
    """Of each site the picture that was judged, and the newest one there is."""
    before = pictured(db, [one.alert.visit_id for one in members])
    after = newest_pictured(db, [one.site.id for one in members if one.site.id])
    return [
        Side(
            card=one,
            before=next(iter(pictures(before.get(one.alert.visit_id, ()))), None),
            after=next(iter(pictures(after.get(one.site.id or 0, ()))), None),
        )
        for one in members
    ]


def _made(call: Call, task: SupervisionTask, wanted: Move, remark: str) -> SupervisionTask:
    database, desk = call.house.database, call.console.desk()
    if wanted is Move.APPROVE:
        return approve(database, task.id, call.actor, call.now, desk, remark)
    if wanted is Move.EXTEND:
        days = whole_number(call.field("days", 3))
        if days is None:
            raise BadInput("请填延期的工作日数")
        return extend(database, task.id, days, call.actor, call.now, desk, remark)
    return move_task(
        database, task.id, wanted, call.actor, call.now, desk, remark, _conclusion(call)
    )


def _conclusion(call: Call) -> Conclusion | None:
    given = call.field("conclusion", 20)
    if not given:
        return None
    try:
        return Conclusion(given)
    except ValueError:
        raise BadInput("没有这种结论") from None


def task_here(call: Call) -> SupervisionTask:
    """The task of the address, if it is within reach; the attempt is noted if not."""
    number = call.number("id")
    with call.house.database.reading() as db:
        task = task_of(db, number)
    if task is None or not task.region.startswith(call.reach):
        with call.house.database.transaction() as db:
            call.note(db, "console.miss", f"task:{number}", call.user.region)
        raise Missing
    return task


def _shared(call: Call) -> dict[str, Any]:
    calendar = call.console.desk().calendar
    return {
        "limit_of": limit_of,
        "urgency": lambda task: urgency_of(task, call.now, calendar),
        "Urgency": Urgency,
        "Level": Level,
        "states_named": TASK_STATE_NAMES,
        "may_decide": call.may(DECIDERS),
    }
