"""The case's own copies of its records, which stay when segments go by age."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from crawler.store.tables import Moment, metadata

# one record of a case's own WARC; a capture without records has one row of kind "none"
case_records = Table(
    "case_records",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("capture_id", ForeignKey("captures.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("hop", Integer, nullable=False),
    Column("file", String(200), nullable=False),
    Column("offset", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("stored_sha256", String(64), nullable=False),
    Column("region", String(6), nullable=False),
    Column("copied_at", Moment, nullable=False),
    Index(None, "capture_id"),
    Index(None, "file"),
)
