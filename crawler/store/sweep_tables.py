"""What is counted once a sweep is over, so that nobody counts its visits again."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from crawler.store.tables import metadata

# how many visits of a finished sweep ended how, by region, as they were at its end
sweep_counts = Table(
    "sweep_counts",
    metadata,
    Column("sweep_id", ForeignKey("sweeps.id"), primary_key=True),
    Column("region", String(6), primary_key=True),
    Column("outcome", String(20), primary_key=True),
    Column("visits", Integer, nullable=False),
)
