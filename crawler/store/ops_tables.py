"""Tables of operations: signed accounts, lists that came by themselves, what a person must do."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from crawler.store.tables import Moment, metadata

# the signed account of one sweep or one day
certificates = Table(
    "certificates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),  # sweep, day
    Column("of", String(40), nullable=False),  # 12, 2026-05-12
    Column("at", Moment, nullable=False),
    Column("region", String(6), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("key", LargeBinary, nullable=False),  # the public one
    UniqueConstraint("kind", "of", "region"),
)

# lists that the watched folder gave, by digest: taken once, or waiting for a person
docked = Table(
    "docked",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("source", String(200), primary_key=True),
    Column("name", String(500), nullable=False),
    Column("state", String(20), nullable=False),  # taken, waiting, refused
    Column("reason", Text, nullable=False),
    Column("list_id", Integer),
    Column("region", String(6), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "state"),
)

# what needs a person of operations: told once, until it is over
notices = Table(
    "notices",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("text", Text, nullable=False),
    Column("region", String(6), nullable=False),
    Column("since", Moment, nullable=False),
    Column("told_at", Moment),
    Column("over_at", Moment),
)
