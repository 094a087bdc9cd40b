"""The key by which messages to a group robot are signed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """One column."""
    op.add_column("tellings", sa.Column("secret", sa.Text, nullable=False, server_default=""))
