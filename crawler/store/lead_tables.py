"""举报线索: addresses that came in from outside any filing list."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from crawler.store.tables import Moment, metadata

# one address that somebody told of, and what it came to
leads = Table(
    "leads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("url", Text, nullable=False),
    Column("domain", String(253), nullable=False),
    Column("channel", String(100), nullable=False),
    Column("reference", String(100), nullable=False),
    Column("words", Text, nullable=False),
    Column("reporter", String(100), nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("region", String(6), nullable=False),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("joined", Boolean, nullable=False),
    Column("state", String(20), nullable=False),
    Column("answer", Text, nullable=False, server_default=""),
    Column("answered_at", Moment),
    Index(None, "site_id"),
    Index(None, "state", "received_at"),
    Index(
        "uq_leads_reference",
        "channel",
        "reference",
        "domain",
        unique=True,
        sqlite_where=text("reference <> ''"),
        postgresql_where=text("reference <> ''"),
    ),
)
