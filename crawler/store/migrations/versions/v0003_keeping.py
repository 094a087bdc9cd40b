"""Holds, removals with a tombstone a capture, and evidence files that were written anew."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Four tables."""
    op.create_table(
        "holds",
        sa.Column("id", sa.Integer),
        sa.Column("scope", sa.String(20), nullable=False),
        sa.Column("object", sa.String(253), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("released_by", sa.String(100), nullable=False, server_default=""),
        sa.Column("released_at", _MOMENT),
        sa.Column("release_reason", sa.Text, nullable=False, server_default=""),
        sa.Column("region", sa.String(6), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    op.create_index("ix_holds_scope_object", "holds", ["scope", "object"])
    op.create_table(
        "removals",
        sa.Column("id", sa.Integer),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("captures", sa.Integer, nullable=False),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_removals"),
    )
    op.create_table(
        "removed_captures",
        sa.Column("capture_id", sa.String(26), nullable=False),
        sa.Column("removal_id", sa.Integer, nullable=False),
        sa.Column("rule", sa.String(20), nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.PrimaryKeyConstraint("capture_id", name="pk_removed_captures"),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["captures.id"], name="fk_removed_captures_capture_id"
        ),
        sa.ForeignKeyConstraint(
            ["removal_id"], ["removals.id"], name="fk_removed_captures_removal_id"
        ),
    )
    op.create_index("ix_removed_captures_removal_id", "removed_captures", ["removal_id"])
    op.create_table(
        "rewritten",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("gaps", _JSON, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("successor", sa.String(200), nullable=False),
        sa.Column("head", sa.Integer, nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_rewritten"),
    )
    op.create_index("ix_rewritten_state", "rewritten", ["state"])
