"""What the machines of a sweep have alike."""

from sqlalchemy import Column, ForeignKey, String, Table

from crawler.store.tables import Moment, metadata

# one row a sweep, written by the machine that runs it; who joins compares
agreements = Table(
    "agreements",
    metadata,
    Column("sweep_id", ForeignKey("sweeps.id"), primary_key=True),
    Column("region", String(6), nullable=False),
    Column("program", String(50), nullable=False),
    Column("lexicon", String(64), nullable=False),
    Column("endpoints", String(64), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("written_at", Moment, nullable=False),
)
