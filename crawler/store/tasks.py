"""Supervision tasks, each of their moves, and what came back for them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from crawler.domain.assessment import Level
from crawler.domain.errors import NotAllowed
from crawler.domain.task import (
    TASK_ENDS,
    TASK_STATE_NAMES,
    Conclusion,
    Department,
    Move,
    SupervisionTask,
    TaskState,
)
from crawler.store.audit import take_chain
from crawler.store.database import upsert
from crawler.store.people import shown_name_of
from crawler.store.tables import feedbacks, task_moves, tasks

ENDS = [str(one) for one in TASK_ENDS]


def save_task(db: Connection, task: SupervisionTask, prefix: str) -> SupervisionTask:
    """A new task gets its id and a number: the case's, and a serial within it."""
    known = len(db.scalars(select(tasks.c.id).where(tasks.c.case_id == task.case_id)).all())
    numbered = replace(task, number=f"{prefix}-{known + 1:02d}")
    made = insert(tasks).values(_values(numbered)).returning(tasks.c.id)
    return replace(numbered, id=int(db.execute(made).scalar_one()))


def change_task(db: Connection, task: SupervisionTask, was: SupervisionTask) -> None:
    """Write a change made to the task as it stood; NotAllowed if somebody else was quicker."""
    take_chain(db)
    mine = (tasks.c.id == task.id) & (tasks.c.seq == was.seq)
    if db.execute(update(tasks).where(mine).values(_values(task))).rowcount != 1:
        now = task_of(db, task.id)
        state = TASK_STATE_NAMES[now.state] if now else "不存在"
        raise NotAllowed(f"任务 {task.number} 已被他人处理，现为“{state}”")


def save_move(
    db: Connection,
    task: SupervisionTask,
    move: Move | str,
    actor: str,
    at: datetime,
    note: str = "",
) -> None:
    """One line of the task's history; its number is the task's `seq` after the move."""
    db.execute(
        insert(task_moves).values(
            task_id=task.id,
            seq=task.seq,
            move=str(move),
            state=str(task.state),
            actor=actor,
            at=at,
            note=note,
            region=task.region,
        )
    )


def moves_of(db: Connection, task_id: int) -> list[Row[Any]]:
    """The task's history, oldest first: seq, move, state, actor, who (as people know them), at,
    note.
    """
    who = shown_name_of(task_moves.c.actor).label("who")
    rows = select(task_moves, who).where(task_moves.c.task_id == task_id)
    return list(db.execute(rows.order_by(task_moves.c.seq)))


def task_of(db: Connection, task_id: int) -> SupervisionTask | None:
    """One task by id."""
    row = db.execute(select(tasks).where(tasks.c.id == task_id)).first()
    return task_from(row) if row else None


def task_numbered(db: Connection, number: str) -> SupervisionTask | None:
    """One task by its number."""
    row = db.execute(select(tasks).where(tasks.c.number == number)).first()
    return task_from(row) if row else None


def locked_task(db: Connection, number: str) -> SupervisionTask | None:
    """One task by its number, that nobody else moves until this transaction ends; the audit
    chain is taken before it, as by everybody who changes a task.
    """
    take_chain(db)
    mine = select(tasks).where(tasks.c.number == number).with_for_update()
    row = db.execute(mine).first()
    return task_from(row) if row else None


def tasks_of_case(db: Connection, case_id: int) -> list[SupervisionTask]:
    """All tasks of a case, oldest first."""
    rows = select(tasks).where(tasks.c.case_id == case_id).order_by(tasks.c.id)
    return [task_from(row) for row in db.execute(rows)]


def list_tasks(
    db: Connection, *, states: Iterable[TaskState] = (), region: str = "", limit: int = 100
) -> list[SupervisionTask]:
    """Tasks under a region prefix, what is due first first."""
    rows = select(tasks).where(tasks.c.region.startswith(region))
    wanted = [str(state) for state in states]
    if wanted:
        rows = rows.where(tasks.c.state.in_(wanted))
    return [
        task_from(row) for row in db.execute(rows.order_by(tasks.c.due_at, tasks.c.id).limit(limit))
    ]


def keep_feedback(
    db: Connection, feedback_id: str, number: str, body: bytes, at: datetime, region: str
) -> bool:
    """Keep what came back, once an id; False if that id was here before."""
    kept = upsert(db, feedbacks).values(
        id=feedback_id,
        task_number=number,
        body=body,
        at=at,
        taken=False,
        reason="",
        region=region,
    )
    return bool(db.execute(kept.on_conflict_do_nothing()).rowcount)


def mark_feedback(db: Connection, feedback_id: str, *, taken: bool, reason: str) -> None:
    """Say whether it had an effect, and why not if it had none."""
    mine = feedbacks.c.id == feedback_id
    db.execute(update(feedbacks).where(mine).values(taken=taken, reason=reason))


def feedback_of(db: Connection, feedback_id: str) -> Row[Any] | None:
    """What came under an id: task_number, body, at, taken, reason."""
    return db.execute(select(feedbacks).where(feedbacks.c.id == feedback_id)).first()


def _values(task: SupervisionTask) -> dict[str, Any]:
    return {
        "number": task.number,
        "case_id": task.case_id,
        "state": str(task.state),
        "level": str(task.level),
        "title": task.title,
        "summary": task.summary,
        "region": task.region,
        "lead_code": task.lead.code,
        "lead_name": task.lead.name,
        "cooperating": [[one.code, one.name] for one in task.cooperating],
        "rule": task.rule,
        "contested": task.contested,
        "joint": list(task.joint),
        "drafted_by": task.drafted_by,
        "approved_by": task.approved_by,
        "needs_approval": task.needs_approval,
        "created_at": task.created_at,
        "sent_at": task.sent_at,
        "acknowledge_by": task.acknowledge_by,
        "answer_by": task.answer_by,
        "due_at": task.due_at,
        "runs_from": task.runs_from,
        "suspended_at": task.suspended_at,
        "closed_at": task.closed_at,
        "conclusion": str(task.conclusion) if task.conclusion else None,
        "returns": task.returns,
        "seq": task.seq,
    }


def task_from(row: Row[Any]) -> SupervisionTask:
    """The noun behind one row of `tasks`."""
    return SupervisionTask(
        id=row.id,
        number=row.number,
        case_id=row.case_id,
        state=TaskState(row.state),
        level=Level(row.level),
        title=row.title,
        summary=row.summary,
        region=row.region,
        lead=Department(code=row.lead_code, name=row.lead_name),
        cooperating=tuple(Department(code=code, name=name) for code, name in row.cooperating),
        rule=row.rule,
        contested=row.contested,
        joint=tuple(row.joint),
        drafted_by=row.drafted_by,
        approved_by=row.approved_by,
        needs_approval=row.needs_approval,
        created_at=row.created_at,
        sent_at=row.sent_at,
        acknowledge_by=row.acknowledge_by,
        answer_by=row.answer_by,
        due_at=row.due_at,
        runs_from=row.runs_from,
        suspended_at=row.suspended_at,
        closed_at=row.closed_at,
        conclusion=Conclusion(row.conclusion) if row.conclusion else None,
        returns=row.returns,
        seq=row.seq,
    )
