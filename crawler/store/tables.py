"""Every table with one sentence. Each row has its region; who acted stands in the row or the audit.

The migrations together make exactly these; a test compares the two.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON as PLAIN_JSON
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

JSON = PLAIN_JSON().with_variant(JSONB(), "postgresql")


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC on either engine."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _only(rows: str) -> dict[str, Any]:
    """An index of some rows only. Whoever asks must say it in the same words to be served by it."""
    return {"sqlite_where": text(rows), "postgresql_where": text(rows)}


# one file as it was handed over, with its count
filing_lists = Table(
    "filing_lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(200), nullable=False),
    Column("name", String(500), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("region", String(6), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("merged", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)

# what a source now says about one domain under one service number
filings = Table(
    "filings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(200), nullable=False),
    Column("domain", String(253), nullable=False),
    Column("service_licence", String(100), nullable=False),
    Column("unit_name", String(500), nullable=False),
    Column("region", String(6), nullable=False),
    Column("filing", Text, nullable=False),  # all of it, cells as given included
    Column("digest", String(64), nullable=False),  # of what counts as a change
    Column("row", Integer, nullable=False),
    Column("first_list_id", ForeignKey("filing_lists.id"), nullable=False),
    Column("last_list_id", ForeignKey("filing_lists.id"), nullable=False),
    Column("gone_list_id", ForeignKey("filing_lists.id")),  # the list that no longer had it
    UniqueConstraint("source", "domain", "service_licence"),
    Index(None, "domain"),
    Index(None, "service_licence"),  # whose is the number that another's page shows?
)

# the difference that one list made: new, changed, transferred, gone
filing_changes = Table(
    "filing_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list_id", ForeignKey("filing_lists.id"), nullable=False),
    Column("change", String(20), nullable=False),
    Column("domain", String(253), nullable=False),
    Column("service_licence", String(100), nullable=False),
    Column("region", String(6), nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Index(None, "list_id", "change"),
)

# one row of a list that could not be used, with the reason
refusals = Table(
    "refusals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list_id", ForeignKey("filing_lists.id"), nullable=False),
    Column("row", Integer, nullable=False),
    Column("column", String(100), nullable=False),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("region", String(6), nullable=False),
    Index(None, "list_id"),
)

# one domain that is watched, and when it is due
sites = Table(
    "sites",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("domain", String(253), nullable=False, unique=True),
    Column("domain_shown", String(253), nullable=False),
    Column("region", String(6), nullable=False),
    Column("unit_name", String(500), nullable=False),
    Column("subject_kind", String(20), nullable=False),
    Column("site_name", String(500), nullable=False),
    Column("home_url", Text),
    Column("main_licence", String(100), nullable=False),
    Column("service_licence", String(100), nullable=False),
    Column("state", String(20), nullable=False),
    Column("due_at", Moment),
    Column("final_url", Text),
    Column("failures_in_a_row", Integer, nullable=False, server_default=text("0")),
    Column("text_digest", String(64), nullable=False, server_default=""),
    Column("needs_browser", Boolean, nullable=False, server_default=text("false")),
    Column("rhythm_days", Integer, nullable=False, server_default=text("7")),
    Column("uscc", String(18), nullable=False, server_default=""),
    Column("last_outcome", String(20), nullable=False, server_default=""),
    Column("last_level", String(10), nullable=False, server_default=""),  # of the last judgement
    Column("last_seen_at", Moment),
    Column("last_picture_at", Moment),
    Column("due_why", String(20), nullable=False, server_default=""),  # by which pace
    Column("unchanged", Integer, nullable=False, server_default=text("0")),  # visits in a row
    Column("created_at", Moment, nullable=False),
    Column("actor", String(100), nullable=False),
    Index(None, "state", "due_why", "due_at", "region"),  # who is due and why, without the rows
    Index(None, "region", "state"),
    # the ledger's pages in their order, by what they are filtered
    Index(None, "domain", "region", "unit_name", "domain_shown"),
    Index(None, "last_outcome", "domain", "region"),
    Index(None, "last_level", "domain", "region"),
    Index(
        "ix_sites_unpictured",
        "domain",
        "region",
        "state",
        "last_seen_at",
        "last_picture_at",
        **_only("last_seen_at IS NOT NULL AND last_picture_at IS NULL"),
    ),
)

# one pass over many sites
sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("selection", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("render", Boolean, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("region", String(6), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("sites", Integer, nullable=False, server_default=text("0")),
)

# one sweep at one site: whose turn it is, under whose lease, and how it ended
visits = Table(
    "visits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sweep_id", ForeignKey("sweeps.id"), nullable=False),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("region", String(6), nullable=False),
    Column("state", String(20), nullable=False),
    Column("outcome", String(20), nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("lease_until", Moment),
    Column("lease_owner", String(200), nullable=False, server_default=""),
    Column("render_reason", String(40), nullable=False, server_default=""),
    Column("urgency", Integer, nullable=False, server_default=text("0")),  # rank of its level
    Column("closed_at", Moment),
    UniqueConstraint("sweep_id", "site_id"),
    Index(None, "sweep_id", "state", "urgency", "id"),
    Index(None, "sweep_id", "outcome", "region"),  # the ledger's sums, without the rows
    Index(None, "site_id"),
)

# one page at one moment; the manifest is what the chain links
captures = Table(
    "captures",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("visit_id", ForeignKey("visits.id"), nullable=False),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("region", String(6), nullable=False),
    Column("fetcher", String(10), nullable=False),
    Column("profile", String(10), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("flags", JSON, nullable=False),
    Column("status", Integer),
    Column("final_url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("page_kind", String(20), nullable=False),
    Column("text_digest", String(64), nullable=False),
    Column("body_sha256", String(64), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("manifest", Text, nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("runs", LargeBinary),  # boxes of the text on this capture's picture
    Index(None, "visit_id"),
    Index(None, "site_id", "ended_at"),
    Index(None, "text_digest"),
)

# one WARC file of one worker: how far it is committed, and its digest once sealed
segments = Table(
    "segments",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("region", String(6), nullable=False),
    Column("committed", Integer, nullable=False),  # bytes
    Column("created_at", Moment, nullable=False),
    Column("sealed_at", Moment),
    Column("sha256", String(64), nullable=False, server_default=""),
)

# the evidence chain: link = H(previous link ‖ seq ‖ manifest digest), one chain a parent
links = Table(
    "links",
    metadata,
    Column("chain", String(100), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("capture_id", String(26), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("link", String(64), nullable=False),
    Column("region", String(6), nullable=False),
    Index(None, "capture_id"),
)

# heads of all chains, told to somebody outside
anchors = Table(
    "anchors",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("heads", JSON, nullable=False),
    Column("told", String(200), nullable=False),
    Column("token", LargeBinary),  # RFC 3161, where there is one
)

# each distinct text once; not indexed yet is a state of it
texts = Table(
    "texts",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("fields", LargeBinary, nullable=False),
    Column("structure", JSON),
    Column("tokens", JSON),
    Column("first_seen_at", Moment, nullable=False),
    Column("index_state", String(20), nullable=False, server_default="waiting"),
    Column("index_reason", Text, nullable=False, server_default=""),
    Column("index_version", Integer, nullable=False, server_default=text("1")),  # grows
    Index(None, "index_state", "first_seen_at"),
)

# the machine's judgement of a visit; exactly one is current
assessments = Table(
    "assessments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("visit_id", ForeignKey("visits.id"), nullable=False),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("region", String(6), nullable=False),
    Column("level", String(10), nullable=False),
    Column("score", Float, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("rates", JSON, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("text_digest", String(64), nullable=False),
    Column("lexicon_version", String(64), nullable=False),
    Column("judged_at", Moment, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("body", JSON, nullable=False),  # hits, yields, reasons, tests
    Index(None, "site_id", "judged_at"),
    Index(None, "visit_id"),  # SQLite does not take the partial one below for a join
    Index(None, "text_digest"),
    Index(
        "uq_assessments_current",
        "visit_id",
        unique=True,
        **_only("current"),
    ),
    Index(
        "ix_assessments_level",
        "level",
        "visit_id",
        sqlite_where=text("current = 1"),
        postgresql_where=text("current"),
    ),
)

# the alerts of one family or subject, under one number
cases = Table(
    "cases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(40), nullable=False, unique=True),
    Column("key", String(300), nullable=False),
    Column("title", Text, nullable=False),
    Column("category", String(40), nullable=False),
    Column("level", String(10), nullable=False),
    Column("region", String(6), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Index(None, "key"),
)

# a person must look at this site; at most one open a site
alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("visit_id", ForeignKey("visits.id"), nullable=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("level", String(10), nullable=False),
    Column("score", Float, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("region", String(6), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("repeats", Integer, nullable=False, server_default=text("0")),
    Column("reopened", Integer, nullable=False, server_default=text("0")),
    Column("found", JSON, nullable=False),
    Column("text_digest", String(64), nullable=False, server_default=""),
    Column("decided_digest", String(64), nullable=False, server_default=""),
    Column("settled_at", Moment),
    Index(None, "state", "level"),
    Index(None, "site_id", "id"),
    Index(None, "case_id"),
    Index(
        "uq_alerts_open",
        "site_id",
        unique=True,
        **_only("state = 'open'"),
    ),
)

# the person's judgement of one alert
reviews = Table(
    "reviews",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert_id", ForeignKey("alerts.id"), nullable=False),
    Column("decision", String(20), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("misled_by", JSON, nullable=False),
    Column("region", String(6), nullable=False),
    Index(None, "alert_id"),
)

# what somebody must do by when
tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(40), nullable=False, unique=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("level", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("region", String(6), nullable=False),
    Column("lead_code", String(40), nullable=False),
    Column("lead_name", String(200), nullable=False),
    Column("cooperating", JSON, nullable=False),
    Column("rule", Text, nullable=False),
    Column("contested", Text, nullable=False, server_default=""),  # who else may claim it
    Column("joint", JSON, nullable=False, server_default="[]"),  # codes that each owe a result
    Column("drafted_by", String(100), nullable=False),
    Column("approved_by", String(100), nullable=False),
    Column("needs_approval", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("acknowledge_by", Moment),
    Column("answer_by", Moment),
    Column("due_at", Moment, nullable=False),
    Column("runs_from", Moment),  # sent_at, and what it stood still since
    Column("suspended_at", Moment),
    Column("closed_at", Moment),
    Column("conclusion", String(20)),
    Column("returns", Integer, nullable=False, server_default=text("0")),
    Column("seq", Integer, nullable=False),
    Index(None, "state", "due_at"),
    Index(None, "case_id"),
)

# each move of a task, in order
task_moves = Table(
    "task_moves",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("move", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("note", Text, nullable=False),
    Column("region", String(6), nullable=False),
    UniqueConstraint("task_id", "seq"),
)

# what came back for a task, taken or refused, once an id
feedbacks = Table(
    "feedbacks",
    metadata,
    Column("id", String(100), primary_key=True),  # the sender's webhook-id
    Column("task_number", String(40), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Column("taken", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("region", String(6), nullable=False),
    Index(None, "task_number"),
)

# messages that wait, were delivered, or were given up
outbox = Table(
    "outbox",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("event_key", String(64), nullable=False),
    Column("event", String(40), nullable=False),
    Column("endpoint", String(100), nullable=False),
    Column("subject", String(60), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("region", String(6), nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("delivered_at", Moment),
    Column("claim", String(40), nullable=False, server_default=""),
    Column("claimed_until", Moment),
    Column("last_reason", Text, nullable=False, server_default=""),
    UniqueConstraint("endpoint", "event_key"),
    Index(None, "endpoint", "state", "due_at"),
    Index(None, "endpoint", "subject", "state", "seq"),
    Index(None, "subject", "seq"),
)

# how an endpoint is doing: failures in a row, until when it is left alone, why it is paused
circuits = Table(
    "circuits",
    metadata,
    Column("endpoint", String(100), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("blocked_until", Moment),
    Column("paused", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

# what an endpoint answered to one attempt
receipts = Table(
    "receipts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("delivery_id", ForeignKey("outbox.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("status", Integer),
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "delivery_id"),
)

# who did what: appended, never changed, each entry bound to the one before
audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("action", String(60), nullable=False),
    Column("object", String(200), nullable=False),
    Column("region", String(6), nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "object"),
    Index(None, "actor", "at"),
)

# a published word list, by number
lexicons = Table(
    "lexicons",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("version", String(64), nullable=False),
    Column("author", String(100), nullable=False),
    Column("note", Text, nullable=False),
    Column("published_at", Moment, nullable=False),
)

# registers of subjects: licensed institutions, credit classes, 法人库
subjects = Table(
    "subjects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("register", String(60), nullable=False),
    Column("name", String(500), nullable=False),
    Column("name_key", String(500), nullable=False),  # normal form, matched exactly
    Column("uscc", String(18), nullable=False),
    Column("domain", String(253), nullable=False),
    Column("credit_class", String(20), nullable=False),
    Column("region", String(6), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("source", String(200), nullable=False),
    Column("as_of", Date),
    Index(None, "register", "source"),
    Index(None, "name_key"),
    Index(None, "uscc"),
    Index(None, "domain"),
)

# 白名单: what does not count, why, by whom, until when
exceptions = Table(
    "exceptions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", String(20), nullable=False),  # subject, site, term
    Column("site_id", ForeignKey("sites.id")),
    Column("domain", String(253), nullable=False),
    Column("subject", String(500), nullable=False),  # whose it was then
    Column("subject_key", String(500), nullable=False),  # normal form
    Column("term", String(100), nullable=False),
    Column("level", String(10), nullable=False),  # what was found then, at most
    Column("categories", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", String(100), nullable=False),  # who proposed it
    Column("region", String(6), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("approved_by", String(100), nullable=False),
    Column("approved_at", Moment),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("ended_because", Text, nullable=False, server_default=""),
    Column("silenced", Integer, nullable=False, server_default=text("0")),  # alerts not opened
    Column("silenced_at", Moment),
    Index(None, "site_id"),
    Index(None, "subject_key"),
)
