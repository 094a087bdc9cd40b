"""What is counted once a sweep is over, so that nobody counts its visits again; what was foreseen
of it and what it took; how it adjusted itself.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from crawler.store.tables import Moment, metadata

# how many visits of a finished sweep ended how, by region, as they were at its end
sweep_counts = Table(
    "sweep_counts",
    metadata,
    Column("sweep_id", ForeignKey("sweeps.id"), primary_key=True),
    Column("region", String(6), primary_key=True),
    Column("outcome", String(20), primary_key=True),
    Column("visits", Integer, nullable=False),
)

# what was foreseen before the first page, and what was used since, over all its runs
sweep_accounts = Table(
    "sweep_accounts",
    metadata,
    Column("sweep_id", ForeignKey("sweeps.id"), primary_key=True),
    Column("region", String(6), nullable=False),
    Column("foreseen_s", Integer, nullable=False),
    Column("foreseen_bytes", BigInteger, nullable=False),
    Column("foreseen_traffic", BigInteger, nullable=False),
    Column("foreseen_pictures", Integer, nullable=False),
    Column("measured", Boolean, nullable=False),  # by an earlier sweep, not by rule of thumb
    Column("busy_s", Integer, nullable=False),
    Column("traffic", BigInteger, nullable=False),  # bytes that came in, of all machines
)

# each step by which a machine did more or less at once
paces = Table(
    "paces",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sweep_id", ForeignKey("sweeps.id"), nullable=False),
    Column("region", String(6), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("lever", String(10), nullable=False),
    Column("before", Integer, nullable=False),
    Column("after", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "sweep_id", "id"),
)
