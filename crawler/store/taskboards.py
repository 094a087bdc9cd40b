"""Tasks as a board and a list show them, and what came back for one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from crawler.domain.calendar import start_of_day
from crawler.domain.task import SupervisionTask, TaskState
from crawler.store.tables import feedbacks, tasks
from crawler.store.tasks import ENDS, task_from


def tasks_where(
    db: Connection,
    reach: str,
    *,
    states: Iterable[TaskState] = (),
    due: str = "",
    now: datetime | None = None,
    limit: int = 100,
) -> list[SupervisionTask]:
    """Tasks under a region prefix, what is due first first. `due`: overdue, or today."""
    rows = select(tasks).where(tasks.c.region.startswith(reach))
    wanted = [str(state) for state in states]
    if wanted:
        rows = rows.where(tasks.c.state.in_(wanted))
    if due and now is not None:
        midnight = start_of_day(now) + timedelta(days=1)
        late = tasks.c.due_at < now
        today = (tasks.c.due_at >= now) & (tasks.c.due_at < midnight)
        rows = rows.where(tasks.c.state.not_in(ENDS), late if due == "overdue" else today)
    ordered = rows.order_by(tasks.c.due_at, tasks.c.id).limit(limit)
    return [task_from(row) for row in db.execute(ordered)]


def open_task_counts(db: Connection, reach: str) -> dict[TaskState, int]:
    """How many tasks stand in each state that is not an end."""
    rows = (
        select(tasks.c.state, func.count())
        .where(tasks.c.region.startswith(reach), tasks.c.state.not_in(ENDS))
        .group_by(tasks.c.state)
    )
    return {TaskState(state): count for state, count in db.execute(rows)}


def feedbacks_of(db: Connection, number: str, limit: int = 50) -> list[Row[Any]]:
    """What came back for a task, oldest first: id, body, at, taken, reason."""
    rows = select(feedbacks).where(feedbacks.c.task_number == number).order_by(feedbacks.c.at)
    return list(db.execute(rows.limit(limit)))
