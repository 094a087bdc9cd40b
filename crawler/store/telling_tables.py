"""Who is told of new alerts outside the console."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from crawler.store.tables import Moment, metadata

# one way of one person, and how far they have been told
tellings = Table(
    "tellings",
    metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("way", String(20), primary_key=True),
    Column("address", Text, nullable=False),
    Column("secret", Text, nullable=False, server_default=""),  # a robot's signing key
    Column("level", String(10), nullable=False),
    Column("region", String(6), nullable=False),
    Column("told_seq", Integer, nullable=False),  # of the audit trail
    Column("failures", Integer, nullable=False),
    Column("due_at", Moment),
    Column("last_reason", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
