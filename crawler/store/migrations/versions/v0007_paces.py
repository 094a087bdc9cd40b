"""What a sweep was foreseen to take and took, and how it adjusted itself."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "sweep_accounts",
        sa.Column("sweep_id", sa.Integer, nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.Column("foreseen_s", sa.Integer, nullable=False),
        sa.Column("foreseen_bytes", sa.BigInteger, nullable=False),
        sa.Column("foreseen_traffic", sa.BigInteger, nullable=False),
        sa.Column("foreseen_pictures", sa.Integer, nullable=False),
        sa.Column("measured", sa.Boolean, nullable=False),
        sa.Column("busy_s", sa.Integer, nullable=False),
        sa.Column("traffic", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["sweep_id"], ["sweeps.id"], name="fk_sweep_accounts_sweep_id_sweeps"
        ),
        sa.PrimaryKeyConstraint("sweep_id", name="pk_sweep_accounts"),
    )
    op.create_table(
        "paces",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("sweep_id", sa.Integer, nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("lever", sa.String(10), nullable=False),
        sa.Column("before", sa.Integer, nullable=False),
        sa.Column("after", sa.Integer, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sweep_id"], ["sweeps.id"], name="fk_paces_sweep_id_sweeps"),
        sa.PrimaryKeyConstraint("id", name="pk_paces"),
    )
    op.create_index("ix_paces_sweep_id_id", "paces", ["sweep_id", "id"])
