"""Which alerts a task is about, and from when its limits run when it stood still meanwhile."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

# each confirmation went into the newest task that its case had by then
_LINKS = """
INSERT INTO task_alerts (task_id, alert_id, region)
SELECT found.task_id, found.alert_id, alerts.region
FROM (
    SELECT max(tasks.id) AS task_id, reviews.alert_id, min(reviews.id) AS first
    FROM reviews
    JOIN alerts AS mine ON mine.id = reviews.alert_id
    JOIN tasks ON tasks.case_id = mine.case_id AND tasks.created_at <= reviews.at
    WHERE reviews.decision = 'confirm'
    GROUP BY reviews.id, reviews.alert_id
) AS found
JOIN alerts ON alerts.id = found.alert_id
GROUP BY found.task_id, found.alert_id, alerts.region
ORDER BY found.task_id, min(found.first)
"""


def upgrade() -> None:
    """A table, a column; what is known already is filled in."""
    op.create_table(
        "task_alerts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("task_id", sa.Integer, sa.ForeignKey("tasks.id"), nullable=False),
        sa.Column("alert_id", sa.Integer, sa.ForeignKey("alerts.id"), nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.UniqueConstraint("task_id", "alert_id", name="uq_task_alerts_task_id_alert_id"),
    )
    op.create_index("ix_task_alerts_alert_id", "task_alerts", ["alert_id"])
    op.execute(_LINKS)
    op.add_column("tasks", sa.Column("runs_from", sa.DateTime(timezone=True)))
    op.execute("UPDATE tasks SET runs_from = sent_at")
