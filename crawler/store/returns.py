"""What came back about tasks, for people to look at: reports with what became of them, files."""

from typing import Any

from sqlalchemy import Connection, Row, select

from crawler.store.attachment_tables import task_attachments
from crawler.store.tables import feedbacks, tasks


def list_reports(
    db: Connection,
    region: str = "",
    *,
    nowhere: bool = True,
    taken: bool | None = None,
    limit: int = 100,
) -> list[Row[Any]]:
    """Reports under a region prefix, newest first, each with the id and state of its task (None
    where there is no such task: those are of no region, and come with `nowhere`). `taken`: only
    those that had an effect, or had none.
    """
    columns = (*feedbacks.c, tasks.c.id.label("task_id"), tasks.c.state.label("task_state"))
    rows = select(*columns).join_from(
        feedbacks, tasks, tasks.c.number == feedbacks.c.task_number, isouter=True
    )
    mine = feedbacks.c.region.startswith(region)
    none = feedbacks.c.region == ""
    rows = rows.where(mine | none if nowhere else mine & ~none)
    if taken is not None:
        rows = rows.where(feedbacks.c.taken.is_(taken))
    return list(db.execute(rows.order_by(feedbacks.c.at.desc(), feedbacks.c.id).limit(limit)))


def list_attachments(db: Connection, region: str = "", limit: int = 100) -> list[Row[Any]]:
    """Files beside tasks under a region prefix, newest first, without their bytes."""
    kept = [one for one in task_attachments.c if one.name != "content"]
    rows = select(*kept, tasks.c.number.label("task_number")).join_from(
        task_attachments, tasks, tasks.c.id == task_attachments.c.task_id
    )
    rows = rows.where(task_attachments.c.region.startswith(region))
    return list(db.execute(rows.order_by(task_attachments.c.id.desc()).limit(limit)))
