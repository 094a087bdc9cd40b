"""What sites said in their robots.txt, so that it is asked once a week and no oftener."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """One table."""
    op.create_table(
        "robots_words",
        sa.Column("site_id", sa.Integer, nullable=False),
        sa.Column("origin", sa.String(300), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("rules", sa.LargeBinary, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_robots_words_site_id_sites"),
        sa.PrimaryKeyConstraint("site_id", "origin", name="pk_robots_words"),
    )
    op.create_index("ix_robots_words_until", "robots_words", ["until"])
