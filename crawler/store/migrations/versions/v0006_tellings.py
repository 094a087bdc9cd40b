"""Who is told of new alerts by mail or group robot."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """One table."""
    op.create_table(
        "tellings",
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("way", sa.String(20), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.Column("told_seq", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("last_reason", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "way", name="pk_tellings"),
    )
