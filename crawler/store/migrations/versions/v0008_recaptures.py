"""Sites that a person wants to be looked at again, now."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_GOING = sa.text("state in ('waiting', 'running')")


def upgrade() -> None:
    """One table."""
    op.create_table(
        "recaptures",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("site_id", sa.Integer, nullable=False),
        sa.Column("alert_id", sa.Integer),
        sa.Column("region", sa.String(6), nullable=False),
        sa.Column("asked_by", sa.String(100), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("sweep_id", sa.Integer),
        sa.Column("outcome", sa.String(40), nullable=False, server_default=""),
        sa.Column("compared", sa.String(20), nullable=False, server_default=""),
        sa.Column("runner", sa.String(200), nullable=False, server_default=""),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_recaptures_site_id_sites"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_recaptures_alert_id_alerts"),
        sa.ForeignKeyConstraint(["sweep_id"], ["sweeps.id"], name="fk_recaptures_sweep_id_sweeps"),
        sa.PrimaryKeyConstraint("id", name="pk_recaptures"),
    )
    op.create_index("ix_recaptures_site_id_asked_at", "recaptures", ["site_id", "asked_at"])
    op.create_index("ix_recaptures_state", "recaptures", ["state"])
    op.create_index(
        "uq_recaptures_going", "recaptures", ["site_id"], unique=True,
        sqlite_where=_GOING, postgresql_where=_GOING,
    )  # fmt: skip
