"""Tasks as a board and a list show them, and what came back for one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, select

from crawler.domain.calendar import start_of_day
from crawler.domain.task import SupervisionTask, TaskState
from crawler.store.tables import feedbacks, tasks
from crawler.store.tasks import ENDS, task_from


def limit_now() -> ColumnElement[Any]:
    """`crawler.domain.task.limit_of` in SQL: the limit that runs now."""
    waiting = [str(TaskState.SENT), str(TaskState.RETURNED)]
    busy = [str(TaskState.ACKNOWLEDGED), str(TaskState.WORKING)]
    still = [*ENDS, str(TaskState.SUSPENDED)]
    return case(
        (tasks.c.state.in_(still), None),
        (tasks.c.state.in_(waiting), func.coalesce(tasks.c.acknowledge_by, tasks.c.due_at)),
        (tasks.c.state.in_(busy), func.coalesce(tasks.c.answer_by, tasks.c.due_at)),
        else_=tasks.c.due_at,
    )


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
        late = limit_now() < now
        today = (limit_now() >= now) & (limit_now() < midnight)
        rows = rows.where(late if due == "overdue" else today)
    order = (func.coalesce(limit_now(), tasks.c.due_at), tasks.c.id)
    ordered = rows.order_by(*order).limit(limit)
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
