"""What stands beside a task's moves: who may claim it, the joint inspection with a result each, and
the looks after its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from alerts.dispatching import department_coded
from alerts.tasking import join, record_result
from crawler.domain.errors import BadInput
from crawler.domain.recheck import RECHECK_NAMES, Recheck
from crawler.domain.task import (
    MOST_JOINT,
    TASK_ENDS,
    Conclusion,
    Department,
    SupervisionTask,
    TaskResult,
    TaskState,
)
from crawler.service.console.access import DECIDERS, SUPERVISORS, post
from crawler.service.console.calls import Call, Missing
from crawler.service.console.keeping import Notice
from crawler.store.database import Connection
from crawler.store.rechecks import rechecks_of
from crawler.store.task_results import results_of
from crawler.store.tasks import task_of

_BEFORE_SENDING = frozenset({TaskState.DRAFTED, TaskState.APPROVED, TaskState.RETURNED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Following:
    """For one task: each department of the joint inspection with what it found (None: it owes it),
    and the looks after the end.
    """

    joint: Sequence[tuple[Department, TaskResult | None]]
    rechecks: Sequence[tuple[Recheck, str]]
    may_join: bool  # still possible
    may_answer: bool


def following(db: Connection, task: SupervisionTask) -> Following:
    """Everything of it in two queries."""
    given = {one.department: one for one in results_of(db, task.id)}
    names = {one.code: one for one in task.cooperating}
    return Following(
        joint=[
            (names.get(code, Department(code=code, name=code)), given.get(code))
            for code in task.joint
        ],
        rechecks=[(one, RECHECK_NAMES[one.result]) for one in rechecks_of(db, task.id)],
        may_join=task.state in _BEFORE_SENDING,
        may_answer=task.sent_at is not None and task.state not in TASK_ENDS,
    )


def make_joint(call: Call) -> Response:
    """联合检查 with one or two departments; none makes it the lead's alone."""
    task = _here(call)
    names = call.console.desk().departments.names
    partners = [department_coded(one, names) for one in call.fields("partner", MOST_JOINT + 1)]
    after = join(call.house.database, task.id, partners, call.actor, call.now)
    said = call.console.say(
        "任务 {number} 的联合检查：主办加 {n} 个部门。", number=after.number, n=len(after.joint)
    )
    return call.go(f"/tasks/{task.id}", Notice(text=said))


def give_result(call: Call) -> Response:
    """What one department of the joint inspection found."""
    task = _here(call)
    try:
        conclusion = Conclusion(call.field("conclusion", 20))
    except ValueError:
        raise BadInput("请选处置结论") from None
    result = TaskResult(
        department=call.field("department", 40),
        conclusion=conclusion,
        note=call.field("remark", 1_000),
        actor=call.actor,
        at=call.now,
    )
    record_result(call.house.database, task.id, result, call.console.desk())
    said = call.console.say("已登记检查结果。")
    return call.go(f"/tasks/{task.id}", Notice(text=said))


ROUTES = (
    post("/tasks/{id}/joint", make_joint, SUPERVISORS),
    post("/tasks/{id}/result", give_result, DECIDERS),
)


def _here(call: Call) -> SupervisionTask:
    with call.house.database.reading() as db:
        task = task_of(db, call.number("id"))
    if task is None or not task.region.startswith(call.reach):
        raise Missing
    return task
