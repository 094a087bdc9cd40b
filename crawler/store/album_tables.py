"""What the album is made of."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from crawler.store.tables import Moment, metadata

# a capture in which a desktop's browser saw something: what the album walks from its end
pictures = Table(
    "pictures",
    metadata,
    Column("capture_id", ForeignKey("captures.id"), primary_key=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("visit_id", ForeignKey("visits.id"), nullable=False),
    Column("sweep_id", Integer, nullable=False),
    Column("region", String(6), nullable=False),
    Column("taken_at", Moment, nullable=False),
    Index(None, "taken_at", "capture_id"),
    Index(None, "region", "taken_at", "capture_id"),
    Index(None, "sweep_id", "taken_at", "capture_id"),
    Index(None, "site_id", "taken_at", "capture_id"),
    Index(None, "visit_id"),
)
