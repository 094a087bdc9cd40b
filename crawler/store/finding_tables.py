"""Tables of what pages show beside their words: discrepancies, families, words in pictures."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from crawler.store.tables import JSON, Moment, metadata

# in what a visit's page disagrees with its filing, or with what another visitor is shown
discrepancies = Table(
    "discrepancies",
    metadata,
    Column("visit_id", ForeignKey("visits.id"), primary_key=True),
    Column("kind", String(30), primary_key=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("region", String(6), nullable=False),
    Column("text", Text, nullable=False),
    Column("captures", JSON, nullable=False),
    Column("found_at", Moment, nullable=False),
    Index(None, "site_id"),
    Index(None, "kind", "region"),
)

# what one hand's sites share; a site's newest marks
family_marks = Table(
    "family_marks",
    metadata,
    Column("site_id", ForeignKey("sites.id"), primary_key=True),
    Column("mark", String(120), primary_key=True),  # kind:value
    Column("region", String(6), nullable=False),
    Index(None, "mark"),
)

# sites made from one kit, under one number
families = Table(
    "families",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("region", String(6), nullable=False),  # of the site that founded it
    Column("made_at", Moment, nullable=False),
)

# who belongs to a family, and why: the marks shared with the relatives found on joining
family_members = Table(
    "family_members",
    metadata,
    Column("site_id", ForeignKey("sites.id"), primary_key=True),
    Column("family_id", ForeignKey("families.id"), nullable=False),
    Column("region", String(6), nullable=False),
    Column("shared", JSON, nullable=False),
    Column("joined_at", Moment, nullable=False),
    Index(None, "family_id"),
)

# what was read out of a capture's picture: derived, nobody wrote it as text
picture_texts = Table(
    "picture_texts",
    metadata,
    Column("capture_id", String(26), primary_key=True),
    Column("visit_id", ForeignKey("visits.id"), nullable=False),
    Column("region", String(6), nullable=False),
    Column("field", LargeBinary, nullable=False),  # words and their boxes, packed
    Column("qr_codes", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),  # where the derived record lies
    Column("tool", String(200), nullable=False),
    Column("read_at", Moment, nullable=False),
    Index(None, "visit_id"),
)
