"""Sealed segments that also lie in an object store."""

from sqlalchemy import Column, ForeignKey, String, Table

from crawler.store.tables import Moment, metadata

# one sealed segment, written once to an object store under its own name
archived_segments = Table(
    "archived_segments",
    metadata,
    Column("name", ForeignKey("segments.name"), primary_key=True),
    Column("region", String(6), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("bucket", String(300), nullable=False),  # address without secrets
    Column("archived_at", Moment, nullable=False),
)
