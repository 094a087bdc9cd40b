"""What operations must look at: each thing once while it lasts, told when it begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from crawler.domain.schedule import LATER, FiringState
from crawler.store.database import upsert
from crawler.store.ops_tables import docked, notices
from crawler.store.schedule_tables import firings, schedules
from crawler.store.tables import audit, circuits, texts


@dataclass(frozen=True, kw_only=True, slots=True)
class OpsNotice:
    """One thing that needs a person."""

    key: str
    text: str
    since: datetime
    told_at: datetime | None = None


def keep_notices(db: Connection, found: Mapping[str, str], region: str, now: datetime) -> None:
    """What is found stands; what is found no longer is over, and may come again."""
    standing = {one.key: one for one in open_notices(db)}
    gone = [key for key in standing if key not in found]
    if gone:
        over = update(notices).where(notices.c.key.in_(gone))
        db.execute(over.values(over_at=now))
    for key, text in found.items():
        old = standing.get(key)
        if old is not None and old.text == text:
            continue
        fresh: dict[str, Any] = {"text": text[:500], "region": region}
        if old is None:
            fresh |= {"since": now, "told_at": None, "over_at": None}
        row = {"key": key[:100], "since": now} | fresh
        db.execute(upsert(db, notices).values(row).on_conflict_do_update(
            index_elements=["key"], set_=fresh))  # fmt: skip


def open_notices(db: Connection, *, untold: bool = False) -> list[OpsNotice]:
    """Those that last, oldest first."""
    rows = select(notices).where(notices.c.over_at.is_(None))
    rows = rows.where(notices.c.told_at.is_(None)) if untold else rows
    return [_notice(row) for row in db.execute(rows.order_by(notices.c.since, notices.c.key))]


def mark_told(db: Connection, keys: list[str], now: datetime) -> None:
    """They have been told."""
    db.execute(update(notices).where(notices.c.key.in_(keys)).values(told_at=now))


def last_backup(db: Connection) -> datetime | None:
    """When a whole one was last made here, or became this installation."""
    rows = select(func.max(audit.c.at)).where(audit.c.object == "installation")
    whole = (audit.c.action == "backup.make") & audit.c.after.endswith(", 0 missing")
    at: datetime | None = db.scalar(rows.where(whole | (audit.c.action == "backup.restore")))
    return at


def failed_firings(db: Connection, since: datetime) -> dict[str, str]:
    """Schedules whose newest ended sweep failed since a moment, with the reason."""
    newest = (
        select(func.max(firings.c.id).label("id"))
        .where(firings.c.ended_at.is_not(None))
        .group_by(firings.c.schedule_id)
        .subquery()
    )
    joined = firings.join(newest, newest.c.id == firings.c.id).join(
        schedules, schedules.c.id == firings.c.schedule_id
    )
    rows = select(schedules.c.name, firings.c.reason).select_from(joined)
    bad = (firings.c.state == str(FiringState.FAILED)) & (firings.c.ended_at >= since)
    return {row.name: row.reason for row in db.execute(rows.where(bad))}


def hindered_firings(db: Connection, before: datetime) -> dict[str, str]:
    """Schedules whose sweep, due since before a moment, waits for a trouble to pass; the reason."""
    waits = (firings.c.state == str(FiringState.WAITING)) & firings.c.reason.endswith(LATER)
    joined = firings.join(schedules, schedules.c.id == firings.c.schedule_id)
    rows = select(schedules.c.name, firings.c.reason).select_from(joined)
    late = rows.where(waits & (firings.c.fire_at < before))
    return {row.name: row.reason for row in db.execute(late)}


def lists_waiting(db: Connection) -> int:
    """Lists that came by themselves and wait for a person."""
    rows = select(func.count()).select_from(docked).where(docked.c.state == "waiting")
    return db.scalar(rows) or 0


def paused_endpoints(db: Connection) -> dict[str, str]:
    """Receivers to which nothing is sent, and why."""
    rows = select(circuits.c.endpoint, circuits.c.paused).where(circuits.c.paused != "")
    return {row.endpoint: row.paused for row in db.execute(rows)}


def oldest_unindexed(db: Connection) -> datetime | None:
    """Since when the oldest text waits for the index."""
    waiting = texts.c.index_state == "waiting"
    found: datetime | None = db.scalar(select(func.min(texts.c.first_seen_at)).where(waiting))
    return found


def _notice(row: Row[Any]) -> OpsNotice:
    return OpsNotice(key=row.key, text=row.text, since=row.since, told_at=row.told_at)
