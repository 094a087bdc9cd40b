"""Sites that a person wants to be looked at again, now."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, text

from crawler.store.tables import Moment, metadata

_GOING = text("state in ('waiting', 'running')")

# one wish; at most one a site is not over
recaptures = Table(
    "recaptures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("alert_id", ForeignKey("alerts.id")),
    Column("region", String(6), nullable=False),
    Column("asked_by", String(100), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("sweep_id", ForeignKey("sweeps.id")),
    Column("outcome", String(40), nullable=False, server_default=""),
    Column("compared", String(20), nullable=False, server_default=""),
    Column("runner", String(200), nullable=False, server_default=""),  # the parent that looks
    Column("lease_until", Moment),  # and until when it is that one's
    Column("ended_at", Moment),
    Index(None, "site_id", "asked_at"),
    Index(None, "state"),
    Index(
        "uq_recaptures_going",
        "site_id",
        unique=True,
        sqlite_where=_GOING,
        postgresql_where=_GOING,
    ),
)
