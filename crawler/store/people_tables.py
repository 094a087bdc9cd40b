"""Tables of the console's people: accounts, sessions, attempts to sign in, saved views."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from crawler.store.tables import Moment, metadata

# a person with an account; never deleted, for the audit trail names them
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(60), nullable=False, unique=True),
    Column("shown_name", String(60), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("region", String(6), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("factor_secret", Text, nullable=False, server_default=""),  # hex; shared with a phone
    Column("factor_since", Moment),  # none: not confirmed, so not asked for
    Column("factor_step", BigInteger, nullable=False, server_default="0"),  # the last one used
    Column("factor_codes", Text, nullable=False, server_default=""),  # digests of recovery codes
)

# somebody signed in, until they leave, idle too long, or are put out
sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),  # of the token in the cookie
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("address", String(60), nullable=False),
    Column("region", String(6), nullable=False),
    Column("ended_at", Moment),
    Column("ended_because", String(40), nullable=False, server_default=""),
    Index(None, "user_id"),
)

# one attempt to sign in: what slows down who guesses
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", String(60), nullable=False),  # as typed: it may be nobody's
    Column("address", String(60), nullable=False),
    Column("at", Moment, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Index(None, "account", "at"),
    Index(None, "address", "at"),
)

# a list as somebody likes to see it: the query part of its address
saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("page", String(40), nullable=False),
    Column("name", String(40), nullable=False),
    Column("query", Text, nullable=False),
    Column("region", String(6), nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("user_id", "page", "name"),
)
