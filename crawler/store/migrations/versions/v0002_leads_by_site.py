"""One letter may tell of several sites: a sender's number comes in once for each."""

from alembic import op
from sqlalchemy import text

revision = "0002"
down_revision = "0001"

_NUMBERED = text("reference <> ''")


def upgrade() -> None:
    """Tell the senders' numbers apart by site."""
    op.drop_index("uq_leads_reference", "leads")
    op.create_index(
        "uq_leads_reference",
        "leads",
        ["channel", "reference", "domain"],
        unique=True,
        sqlite_where=_NUMBERED,
        postgresql_where=_NUMBERED,
    )
