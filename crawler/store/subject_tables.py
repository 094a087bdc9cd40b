"""Tables of the registers beside `subjects`: which files they came from."""

from sqlalchemy import Boolean, Column, Date, Integer, String, Table

from crawler.store.tables import Moment, metadata

# one register file as it was handed over, with its count
register_lists = Table(
    "register_lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("register", String(60), nullable=False),
    Column("source", String(200), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("name", String(500), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("region", String(6), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("merged", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("dropped_at", Moment),  # taken back: its source's lines are gone
)
