"""Which alerts a task is about, and which tasks an alert is in."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from crawler.domain.alert import Alert
from crawler.domain.task import SupervisionTask, TaskState
from crawler.store.alerts import alert_from
from crawler.store.database import upsert
from crawler.store.tables import alerts, tasks
from crawler.store.task_tables import task_alerts
from crawler.store.tasks import task_from


def link_alert(db: Connection, task: SupervisionTask, alert: Alert) -> None:
    """This task is about this alert too; once a pair."""
    row = {"task_id": task.id, "alert_id": alert.id, "region": alert.region}
    db.execute(upsert(db, task_alerts).values(row).on_conflict_do_nothing())


def alerts_of_task(db: Connection, task_id: int) -> list[Alert]:
    """The one that it was made from, then as they joined it, whatever became of them."""
    joined = alerts.join(task_alerts, task_alerts.c.alert_id == alerts.c.id)
    rows = select(alerts).select_from(joined).where(task_alerts.c.task_id == task_id)
    return [alert_from(row) for row in db.execute(rows.order_by(task_alerts.c.id))]


def tasks_of_alert(db: Connection, alert_id: int) -> list[SupervisionTask]:
    """Oldest first."""
    joined = tasks.join(task_alerts, task_alerts.c.task_id == tasks.c.id)
    rows = select(tasks).select_from(joined).where(task_alerts.c.alert_id == alert_id)
    return [task_from(row) for row in db.execute(rows.order_by(tasks.c.id))]


def newest_tasks(db: Connection, alert_ids: Collection[int]) -> dict[int, SupervisionTask]:
    """Of each of several alerts the task that was made last."""
    joined = tasks.join(task_alerts, task_alerts.c.task_id == tasks.c.id)
    about = task_alerts.c.alert_id.label("about")
    rows = select(about, *tasks.c).select_from(joined).where(about.in_(alert_ids))
    return {row.about: task_from(row) for row in db.execute(rows.order_by(tasks.c.id))}


_NEWEST = select(func.max(task_alerts.c.task_id)).where(task_alerts.c.alert_id == alerts.c.id)
# of a row of `alerts`: as what the newest task that is about it was closed
CONCLUDED = (
    select(tasks.c.conclusion)
    .where(
        tasks.c.id == _NEWEST.correlate(alerts).scalar_subquery(),
        tasks.c.state == str(TaskState.CLOSED),
    )
    .scalar_subquery()
)
