"""The doors by which people move a task, each one transaction."""

from collections.abc import Sequence
from datetime import datetime

from alerts.desk import Desk
from alerts.dispatching import Dispatch
from alerts.moving import Step, add_result, make_move, record_move, redirect_task, write_move
from alerts.supervising import extended, joined, settled_claim
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.task import (
    NEEDS_REASON,
    Conclusion,
    Department,
    Move,
    SupervisionTask,
    TaskResult,
)
from crawler.store.database import Connection, Database
from crawler.store.tasks import moves_of, task_of


def approve(
    database: Database, task_id: int, actor: str, now: datetime, desk: Desk, remark: str = ""
) -> SupervisionTask:
    """A supervisor's yes; the task is sent at once. For a contested one the remark
    says who leads. Nobody approves what they brought into it themselves.
    """
    with database.transaction() as db:
        task = _known(db, task_id)
        added = {one.actor for one in moves_of(db, task_id) if one.move == "add_site"}
        if task.needs_approval and actor in added:
            raise NotAllowed("不能审核自己增加过网站的任务")
        yes = Step(move=Move.APPROVE, actor=actor, at=now, remark=remark)
        approved = make_move(db, settled_claim(task, actor, remark), yes, desk)
        return make_move(db, approved, Step(move=Move.SEND, actor=actor, at=now), desk)


def move_task(
    database: Database,
    task_id: int,
    move: Move,
    actor: str,
    now: datetime,
    desk: Desk,
    remark: str = "",
    conclusion: Conclusion | None = None,
) -> SupervisionTask:
    """Any other move of the table (`approve` and `extend` have their own functions). Side roads
    need a reason.
    """
    _check_reason(move, remark)
    with database.transaction() as db:
        step = Step(move=move, actor=actor, at=now, remark=remark)
        return make_move(db, _known(db, task_id), step, desk, conclusion)


def extend(
    database: Database,
    task_id: int,
    days: int,
    actor: str,
    now: datetime,
    desk: Desk,
    remark: str = "",
) -> SupervisionTask:
    """That many working days more."""
    _check_reason(Move.EXTEND, remark)
    with database.transaction() as db:
        task = _known(db, task_id)
        step = Step(move=Move.EXTEND, actor=actor, at=now, remark=remark)
        return write_move(db, task, extended(task, actor, now, days, desk.calendar), step, desk)


def redirect(
    database: Database,
    task_id: int,
    to: Dispatch,
    actor: str,
    now: datetime,
    desk: Desk,
    remark: str = "",
) -> SupervisionTask:
    """A returned task gets other departments; approving it sends it to them."""
    with database.transaction() as db:
        said = "：".join(one for one in (to.lead.name, remark.strip()) if one)
        step = Step(move="redirect", actor=actor, at=now, remark=said[:1_000])
        return redirect_task(db, _known(db, task_id), to, step, desk)


def join(
    database: Database,
    task_id: int,
    partners: Sequence[Department],
    actor: str,
    now: datetime,
) -> SupervisionTask:
    """联合检查 "1+1" or "1+2": these departments inspect with the lead and each owe a result; none
    makes it the lead's alone again.
    """
    with database.transaction() as db:
        task = _known(db, task_id)
        names = "、".join(one.name for one in partners) or "取消"
        step = Step(move="join", actor=actor, at=now, remark=names)
        return record_move(db, task, joined(task, partners), step)


def record_result(
    database: Database, task_id: int, result: TaskResult, desk: Desk
) -> SupervisionTask:
    """What one department of a joint inspection found, as a person here writes it down."""
    with database.transaction() as db:
        return add_result(db, _known(db, task_id), result, result.at, desk)


def _check_reason(move: Move, remark: str) -> None:
    if move in NEEDS_REASON and not remark.strip():
        raise BadInput("退回、延期、挂起、移送、撤销须写明理由")


def _known(db: Connection, task_id: int) -> SupervisionTask:
    task = task_of(db, task_id)
    if task is None:
        raise BadInput(f"没有编号为 {task_id} 的任务")
    return task
