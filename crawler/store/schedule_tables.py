"""Tables of the timetable: schedules, their firings, what was drawn."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from crawler.store.tables import Moment, metadata

_GOING = text("state in ('waiting', 'running')")

# what is swept by itself, and when
schedules = Table(
    "schedules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(60), nullable=False),
    Column("cron", String(200), nullable=False),
    Column("zone", String(60), nullable=False),
    Column("selection", String(60), nullable=False),
    Column("quiet", String(20), nullable=False),
    Column("officers", JSON, nullable=False),
    Column("render", Boolean, nullable=False),
    Column("state", String(20), nullable=False),
    Column("region", String(6), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("since", Moment, nullable=False),
    Column("changes", Integer, nullable=False, server_default=text("0")),
    Index(
        "uq_schedules_name",
        "name",
        unique=True,
        sqlite_where=text("state <> 'removed'"),
        postgresql_where=text("state <> 'removed'"),
    ),
)

# one fire time of one schedule: the unique row that makes a second firing harmless; at most one a
# schedule is not over
firings = Table(
    "firings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("schedule_id", ForeignKey("schedules.id"), nullable=False),
    Column("fire_at", Moment, nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("sweep_id", ForeignKey("sweeps.id")),
    Column("asked_by", String(100), nullable=False, server_default=""),
    Column("stop_asked", Boolean, nullable=False, server_default=text("false")),
    Column("runner", String(200), nullable=False, server_default=""),  # the parent that runs it
    Column("lease_until", Moment),  # and until when it is that one's
    Column("region", String(6), nullable=False),
    Column("ended_at", Moment),
    UniqueConstraint("schedule_id", "fire_at"),
    Index(None, "state"),
    Index(
        "uq_firings_going",
        "schedule_id",
        unique=True,
        sqlite_where=_GOING,
        postgresql_where=_GOING,
    ),
)

# 双随机: the seed by which a sweep's sites and officers were drawn
draws = Table(
    "draws",
    metadata,
    Column("sweep_id", ForeignKey("sweeps.id"), primary_key=True),
    Column("seed", String(64), nullable=False),
    Column("percent", Float, nullable=False),
    Column("population", Integer, nullable=False),
    Column("officers", JSON, nullable=False),
    Column("region", String(6), nullable=False),
    Column("at", Moment, nullable=False),
)

# who was drawn to look at which site
drawn_sites = Table(
    "drawn_sites",
    metadata,
    Column("sweep_id", ForeignKey("draws.sweep_id"), primary_key=True),
    Column("site_id", ForeignKey("sites.id"), primary_key=True),
    Column("officer", String(100), nullable=False),
    Column("region", String(6), nullable=False),
)
