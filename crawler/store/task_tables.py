"""Tables beside `tasks`: the alerts of each, results of joint inspections, reminders given, looks
after the end.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from crawler.store.tables import Moment, metadata

# which alerts a task is about, in the order in which they joined it
task_alerts = Table(
    "task_alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("alert_id", ForeignKey("alerts.id"), nullable=False),
    Column("region", String(6), nullable=False),
    UniqueConstraint("task_id", "alert_id"),
    Index(None, "alert_id"),
)

# what one department of a joint inspection found, once each
task_results = Table(
    "task_results",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("department", String(40), nullable=False),
    Column("conclusion", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("region", String(6), nullable=False),
    UniqueConstraint("task_id", "department"),
)

# that somebody was told of a limit: amber or overdue, once a limit
task_reminders = Table(
    "task_reminders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("urgency", String(20), nullable=False),
    Column("limit_at", Moment, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("region", String(6), nullable=False),
    UniqueConstraint("task_id", "urgency", "limit_at"),
)

# a look at a site some days after its task was closed, with the visits before and after
rechecks = Table(
    "rechecks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("alert_id", ForeignKey("alerts.id"), nullable=False),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("region", String(6), nullable=False),
    Column("day", Integer, nullable=False),  # after the task was closed
    Column("due_at", Moment, nullable=False),
    Column("before_visit_id", ForeignKey("visits.id"), nullable=False),
    Column("after_visit_id", ForeignKey("visits.id")),
    Column("result", String(20), nullable=False),
    Column("level", String(10), nullable=False, server_default=""),
    Column("done_at", Moment),
    UniqueConstraint("task_id", "alert_id", "day"),
    Index(None, "site_id", "result"),
    Index(None, "result", "due_at"),
)
