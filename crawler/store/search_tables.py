"""Tables of the search: where each text stands, and questions that keep watching."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from crawler.store.tables import JSON, Moment, metadata

# one text at one site: what points to a distinct text, kept in the capture's own transaction
text_places = Table(
    "text_places",
    metadata,
    Column("text_digest", String(64), primary_key=True),
    Column("site_id", ForeignKey("sites.id"), primary_key=True),
    Column("region", String(6), nullable=False),
    Column("level", String(10), nullable=False, server_default="none"),
    Column("categories", JSON, nullable=False),
    Column("rates", JSON, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("capture_id", String(26), nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("unwatched", Boolean, nullable=False),  # saved searches have not looked at it yet
    Index(None, "site_id"),
    Index(
        "ix_text_places_unwatched",
        "text_digest",
        sqlite_where=text("unwatched"),
        postgresql_where=text("unwatched"),
    ),
)

# a question that its owner wants answered again by each new capture
saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("name", String(200), nullable=False),
    Column("words", Text, nullable=False),
    Column("narrowing", JSON, nullable=False),
    Column("region", String(6), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index(None, "owner"),
)

# what a saved search found: a text at a site, once
saved_finds = Table(
    "saved_finds",
    metadata,
    Column("search_id", ForeignKey("saved_searches.id"), primary_key=True),
    Column("text_digest", String(64), primary_key=True),
    Column("site_id", ForeignKey("sites.id"), primary_key=True),
    Column("capture_id", String(26), nullable=False),
    Column("region", String(6), nullable=False),
    Column("found_at", Moment, nullable=False),
    Index(None, "search_id", "found_at"),
)
