"""Tables of keeping: what is held, what was removed and why, where a record lies now."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from crawler.store.tables import JSON, Moment, metadata

# 保全: what must not go by age, why, by whom, until somebody released it
holds = Table(
    "holds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", String(20), nullable=False),  # case, site, capture, all
    Column("object", String(253), nullable=False),  # number, domain, id
    Column("reason", Text, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("released_by", String(100), nullable=False, server_default=""),
    Column("released_at", Moment),
    Column("release_reason", Text, nullable=False, server_default=""),
    Column("region", String(6), nullable=False),
    Index(None, "scope", "object"),
)

# one removal: how much went, and the digest over the captures' ids that the trail has too
removals = Table(
    "removals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("captures", Integer, nullable=False),
    Column("records", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("region", String(6), nullable=False),
)

# a capture whose bytes went by age: its row, manifest and link stay
removed_captures = Table(
    "removed_captures",
    metadata,
    Column("capture_id", ForeignKey("captures.id"), primary_key=True),
    Column("removal_id", ForeignKey("removals.id"), nullable=False),
    Column("rule", String(20), nullable=False),  # pages, found
    Column("region", String(6), nullable=False),
    Index(None, "removal_id"),
)

# an evidence file that loses something: which stretches, what took its place
rewritten = Table(
    "rewritten",
    metadata,
    Column("name", String(200), primary_key=True),  # inside the evidence folder
    Column("gaps", JSON, nullable=False),  # [start, end), in order, none touching another
    Column("state", String(20), nullable=False),  # waiting, written, cleared
    Column("successor", String(200), nullable=False),  # empty: nothing was left
    Column("head", Integer, nullable=False),  # bytes before what was carried over
    Column("region", String(6), nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "state"),
)
