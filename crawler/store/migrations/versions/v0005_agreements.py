"""What the machines of a sweep have alike."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """One table."""
    op.create_table(
        "agreements",
        sa.Column("sweep_id", sa.Integer, nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.Column("program", sa.String(50), nullable=False),
        sa.Column("lexicon", sa.String(64), nullable=False),
        sa.Column("endpoints", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sweep_id"], ["sweeps.id"], name="fk_agreements_sweep_id_sweeps"),
        sa.PrimaryKeyConstraint("sweep_id", name="pk_agreements"),
    )
