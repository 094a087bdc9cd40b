"""Tables of the closed loop and the registers: register files, results of joint inspections,
rechecks after a task was closed.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from crawler.store.tables import Moment, metadata

# one register file as it was handed over, with its count
register_lists = Table(
    "register_lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("register", String(60), nullable=False),
    Column("source", String(200), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("name", String(500), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("region", String(6), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("merged", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)

# what one department of a joint inspection found, once each
task_results = Table(
    "task_results",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("department", String(40), nullable=False),
    Column("conclusion", String(20)),
    Column("note", Text, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("region", String(6), nullable=False),
    UniqueConstraint("task_id", "department"),
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
    Column("result", String(20), nullable=False, server_default="waiting"),
    Column("level", String(10), nullable=False, server_default=""),
    Column("done_at", Moment),
    UniqueConstraint("task_id", "alert_id", "day"),
    Index(None, "site_id", "result"),
    Index(None, "result", "due_at"),
)
