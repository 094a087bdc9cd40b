"""Files that people put beside a task: kept in the store, so that a backup has them too."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from crawler.store.tables import Moment, metadata

# one file, once a task
task_attachments = Table(
    "task_attachments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("region", String(6), nullable=False),
    Index(None, "task_id", "sha256", unique=True),
)
