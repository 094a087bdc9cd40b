"""A copy of the store at one moment, taken while it is in use, and what must change in a copy
before it is worked with.
"""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select, update

from crawler.domain.errors import BadInput
from crawler.domain.recapture import RecaptureState
from crawler.domain.schedule import FiringState
from crawler.store.audit import audit_head
from crawler.store.chain import heads
from crawler.store.database import Database, open_database, schema_version
from crawler.store.people_tables import sessions
from crawler.store.recapture_tables import recaptures
from crawler.store.rewrites import GONE
from crawler.store.schedule_tables import firings
from crawler.store.tables import captures, outbox, segments, visits


def take_snapshot(database: Database, target: Path) -> None:
    """All rows of one moment into a new file; writers go on meanwhile."""
    if database.engine.dialect.name != "sqlite":
        raise BadInput("PostgreSQL 请用 pg_dump 备份数据库，并随后复制存证目录（先库后证）")
    connection = database.engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        connection.close()


def open_copy(path: Path) -> Database:
    """A store in a file of its own."""
    return open_database(f"sqlite:///{path.absolute()}")


def segment_lengths(db: Connection) -> dict[str, tuple[int, str]]:
    """Bytes that are committed of each segment, and its digest once sealed; of none that was
    written anew or removed.
    """
    columns = (segments.c.name, segments.c.committed, segments.c.sha256)
    rows = db.execute(select(*columns).where(~GONE))
    return {row.name: (row.committed, row.sha256) for row in rows}


def standing_of(db: Connection) -> dict[str, object]:
    """By what a copy is recognised: schema, chain heads, audit head, number of captures."""
    seq, link = audit_head(db)
    return {
        "schema": schema_version(db),
        "chains": {name: list(head) for name, head in heads(db).items()},
        "audit": [seq, link],
        "captures": db.scalar(select(func.count()).select_from(captures)) or 0,
    }


def settle_copy(db: Connection, now: datetime) -> None:
    """Nobody holds a lease, runs a sweep, looks again or is signed in here yet."""
    leased = update(visits).where(visits.c.lease_owner != "")
    db.execute(leased.values(lease_until=None, lease_owner=""))
    running = update(firings).where(firings.c.state == str(FiringState.RUNNING))
    db.execute(running.values(state=str(FiringState.WAITING), reason="恢复自备份"))
    looking = update(recaptures).where(recaptures.c.state == str(RecaptureState.RUNNING))
    db.execute(looking.values(state=str(RecaptureState.WAITING)))
    open_ones = update(sessions).where(sessions.c.ended_at.is_(None))
    db.execute(open_ones.values(ended_at=now, ended_because="restored"))


def endpoints_with_waiting(db: Connection) -> list[str]:
    """Receivers for which something waits."""
    waiting = select(outbox.c.endpoint).where(outbox.c.state == "waiting").distinct()
    return sorted(db.scalars(waiting))
