"""The doors by which people move a task, each one transaction."""

from datetime import datetime

from alerts.desk import Desk
from alerts.dispatching import Dispatch
from alerts.moving import Step, act_of, make_move, write_move
from alerts.supervising import extended, redirected
from crawler.domain.errors import BadInput
from crawler.domain.task import Conclusion, Move, SupervisionTask
from crawler.store.audit import note
from crawler.store.database import Connection, Database
from crawler.store.tasks import change_task, task_of


def approve(
    database: Database, task_id: int, actor: str, now: datetime, desk: Desk, remark: str = ""
) -> SupervisionTask:
    """A supervisor's yes; the task is sent at once."""
    with database.transaction() as db:
        yes = Step(move=Move.APPROVE, actor=actor, at=now, remark=remark)
        approved = make_move(db, _known(db, task_id), yes, desk)
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
    """Any other move of the table (`approve` and `extend` have their own functions)."""
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
    with database.transaction() as db:
        task = _known(db, task_id)
        step = Step(move=Move.EXTEND, actor=actor, at=now, remark=remark)
        return write_move(db, task, extended(task, actor, now, days, desk.calendar), step, desk)


def redirect(
    database: Database, task_id: int, to: Dispatch, actor: str, now: datetime
) -> SupervisionTask:
    """A returned task gets other departments; approving it sends it to them."""
    with database.transaction() as db:
        task = _known(db, task_id)
        other = redirected(task, to)
        change_task(db, other, task)
        step = Step(move="redirect", actor=actor, at=now, remark=to.lead.name)
        note(db, act_of(step, task, other))
        return other


def _known(db: Connection, task_id: int) -> SupervisionTask:
    task = task_of(db, task_id)
    if task is None:
        raise BadInput(f"没有编号为 {task_id} 的任务")
    return task
