"""Tables of the way to other platforms: programs with tokens, messages that are fetched."""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from crawler.store.tables import Moment, metadata

# a program that may use the API; never deleted, for the audit trail names it
clients = Table(
    "clients",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("token_digest", String(64), nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("region", String(6), nullable=False),
    Column("endpoint", String(100), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("last_used_at", Moment),
    Column("actor", String(100), nullable=False),
)

# the places in which the messages of an endpoint are given to whoever fetches them; a place is
# given once and never again, a message that is replayed gets a new one
pulls = Table(
    "pulls",
    metadata,
    Column("endpoint", String(100), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("delivery_id", ForeignKey("outbox.id"), nullable=False),
    Column("fetched_at", Moment),  # when it was confirmed by asking for what comes after it
    Index(None, "delivery_id"),
)

# what a docked installation last told about one thing of its own
incoming = Table(
    "incoming_messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("peer", String(100), nullable=False),
    Column("subject", String(60), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("event", String(40), nullable=False),
    Column("message_id", String(256), nullable=False),
    Column("region", String(6), nullable=False),
    Column("level", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("domain", String(253), nullable=False),
    Column("task_no", String(40), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("peer", "subject"),
    Index(None, "region"),
)
