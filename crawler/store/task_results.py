"""What each department of a joint inspection found, and of which limits somebody was told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from crawler.domain.task import Conclusion, SupervisionTask, TaskResult, Urgency
from crawler.store.database import upsert
from crawler.store.tables import tasks
from crawler.store.task_tables import task_reminders, task_results
from crawler.store.tasks import ENDS, task_from


def save_result(db: Connection, task: SupervisionTask, result: TaskResult) -> TaskResult | None:
    """One result a department; a later one corrects it. The one before, if there was one."""
    before = next(
        (one for one in results_of(db, task.id) if one.department == result.department), None
    )
    values = {
        "conclusion": str(result.conclusion),
        "note": result.note,
        "actor": result.actor,
        "at": result.at,
    }
    mine = {"task_id": task.id, "department": result.department, "region": task.region}
    made = upsert(db, task_results).values(mine | values)
    db.execute(made.on_conflict_do_update(index_elements=["task_id", "department"], set_=values))
    return before


def results_of(db: Connection, task_id: int) -> list[TaskResult]:
    """Results of a task, by the order in which they came."""
    rows = select(task_results).where(task_results.c.task_id == task_id)
    return [
        TaskResult(
            department=row.department,
            conclusion=Conclusion(row.conclusion),
            note=row.note,
            actor=row.actor,
            at=row.at,
        )
        for row in db.execute(rows.order_by(task_results.c.at, task_results.c.id))
    ]


def still_owed(db: Connection, task: SupervisionTask) -> Sequence[str]:
    """Names of departments of the joint inspection whose result is not there yet."""
    given = {one.department for one in results_of(db, task.id)}
    return [one.name for one in task.cooperating if one.code in set(task.joint) - given]


def unfinished_tasks(db: Connection, after: int, limit: int) -> list[SupervisionTask]:
    """Sent tasks that are not at an end, by number, from one number on."""
    mine = tasks.c.state.not_in(ENDS) & tasks.c.sent_at.is_not(None) & (tasks.c.id > after)
    rows = select(tasks).where(mine).order_by(tasks.c.id).limit(limit)
    return [task_from(row) for row in db.execute(rows)]


def told_of(db: Connection, task_ids: Sequence[int]) -> set[tuple[int, Urgency, datetime]]:
    """Limits of these tasks that somebody was told of: task, how urgent, which limit."""
    mine = task_reminders.c.task_id.in_(task_ids)
    rows = select(task_reminders.c.task_id, task_reminders.c.urgency, task_reminders.c.limit_at)
    return {
        (row.task_id, Urgency(row.urgency), row.limit_at) for row in db.execute(rows.where(mine))
    }


def keep_reminder(
    db: Connection, task: SupervisionTask, urgency: Urgency, limit: datetime, now: datetime
) -> bool:
    """Write down that somebody is told of a limit; False if they were told before."""
    made = upsert(db, task_reminders).values(
        task_id=task.id, urgency=str(urgency), limit_at=limit, told_at=now, region=task.region
    )
    return bool(db.execute(made.on_conflict_do_nothing()).rowcount)
