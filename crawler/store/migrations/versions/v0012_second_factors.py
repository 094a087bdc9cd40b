"""Second factors: whose, since when, what was used up of it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Four columns of an account."""
    op.add_column("users", sa.Column("factor_secret", sa.Text, nullable=False, server_default=""))
    op.add_column("users", sa.Column("factor_since", sa.DateTime(timezone=True)))
    op.add_column(
        "users", sa.Column("factor_step", sa.BigInteger, nullable=False, server_default="0")
    )
    op.add_column("users", sa.Column("factor_codes", sa.Text, nullable=False, server_default=""))
