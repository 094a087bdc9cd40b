"""What programs read page by page: by id, so that a page is never read twice and never skipped."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, func, select

from crawler.domain.alert import Alert, AlertState
from crawler.domain.assessment import Level
from crawler.domain.task import SupervisionTask, TaskState
from crawler.store.alerts import alert_from
from crawler.store.regions import within
from crawler.store.tables import alerts, filing_changes, filing_lists, refusals, tasks
from crawler.store.tasks import task_from


def tasks_after(
    db: Connection, reach: str, after: int, limit: int, states: Iterable[TaskState] = ()
) -> list[SupervisionTask]:
    """Tasks under a region prefix that were ever sent, by id."""
    rows = select(tasks).where(tasks.c.id > after, tasks.c.region.startswith(reach))
    rows = rows.where(tasks.c.sent_at.is_not(None))
    wanted = [str(state) for state in states]
    if wanted:
        rows = rows.where(tasks.c.state.in_(wanted))
    return [task_from(row) for row in db.execute(rows.order_by(tasks.c.id).limit(limit))]


def alerts_after(
    db: Connection,
    reach: str,
    after: int,
    limit: int,
    *,
    states: Iterable[AlertState] = (),
    levels: Iterable[Level] = (),
) -> list[Alert]:
    """Alerts under a region prefix, by id."""
    rows = select(alerts).where(alerts.c.id > after, alerts.c.region.startswith(reach))
    for column, wanted in ((alerts.c.state, states), (alerts.c.level, levels)):
        values = [str(one) for one in wanted]
        rows = rows.where(column.in_(values)) if values else rows
    return [alert_from(row) for row in db.execute(rows.order_by(alerts.c.id).limit(limit))]


def lists_after(db: Connection, reach: str, after: int, limit: int) -> list[Row[Any]]:
    """Filing lists under a region prefix, by id."""
    mine = (filing_lists.c.id > after) & filing_lists.c.region.startswith(reach)
    rows = select(filing_lists).where(mine).order_by(filing_lists.c.id)
    return list(db.execute(rows.limit(limit)))


def list_numbered(db: Connection, list_id: int) -> Row[Any] | None:
    """One filing list with its counts."""
    return db.execute(select(filing_lists).where(filing_lists.c.id == list_id)).first()


def last_list_of(db: Connection, source: str) -> Row[Any] | None:
    """The newest list of a source."""
    rows = select(filing_lists).where(filing_lists.c.source == source)
    return db.execute(rows.order_by(filing_lists.c.id.desc()).limit(1)).first()


def refusals_after(db: Connection, list_id: int, after: int, limit: int) -> list[Row[Any]]:
    """Rows of a list that could not be used: id, row, column, value, reason."""
    mine = (refusals.c.list_id == list_id) & (refusals.c.id > after)
    return list(db.execute(select(refusals).where(mine).order_by(refusals.c.id).limit(limit)))


def change_counts(db: Connection, list_id: int, reach: str = "") -> dict[str, int]:
    """How many filings under a region prefix a list changed, by kind of change."""
    table = filing_changes
    rows = (
        select(table.c.change, func.count())
        .where(table.c.list_id == list_id, within(table.c.region, reach))
        .group_by(table.c.change)
    )
    return {str(change): int(count) for change, count in db.execute(rows)}
