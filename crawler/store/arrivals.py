"""Alerts as they open, get graver or come back, in the order of the audit trail."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from crawler.domain.assessment import Level
from crawler.domain.site import Site
from crawler.store.sites import sites_by_id
from crawler.store.tables import alerts, audit

_ACTIONS = ("alert.opened", "alert.raised", "alert.relapsed")
_LEVELS = (str(Level.RED), str(Level.ORANGE))
MOST_AT_ONCE = 50
MOST_MISSED = 200  # that a page which comes back is told of


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """One alert that somebody should hear of now."""

    seq: int  # of the audit trail
    alert_id: int
    level: Level
    region: str
    at: datetime
    site: Site
    sentence: str = ""


def last_seq(db: Connection) -> int:
    """Where the trail ends now."""
    return db.scalar(select(func.max(audit.c.seq))) or 0


def where_to_begin(db: Connection, heard: int | None, reach: str) -> int:
    """After which entry somebody is told on who heard of all up to `heard`: at most the newest
    MOST_MISSED of theirs are told late. None, or what is still to come, is now.
    """
    last = last_seq(db)
    if heard is None or heard >= last:
        return last
    theirs = (audit.c.seq > heard, audit.c.action.in_(_ACTIONS), audit.c.region.startswith(reach))
    missed = select(audit.c.seq).where(*theirs).order_by(audit.c.seq.desc()).limit(MOST_MISSED)
    first = db.scalar(select(func.min(missed.subquery().c.seq)))
    return last if first is None else first - 1


def arrivals_after(db: Connection, seq: int) -> tuple[int, list[Arrival]]:
    """How far the trail was read, and 红 and 橙 since an entry of it, oldest first."""
    entries = (
        select(audit.c.seq, audit.c.object, audit.c.at)
        .where(audit.c.seq > seq, audit.c.action.in_(_ACTIONS))
        .order_by(audit.c.seq)
        .limit(MOST_AT_ONCE)
    )
    told = {int(row.object.partition(":")[2]): row for row in db.execute(entries)}
    if not told:
        return seq, []
    read = max(row.seq for row in told.values())
    columns = (alerts.c.id, alerts.c.level, alerts.c.region, alerts.c.site_id, alerts.c.sentence)
    grave = alerts.c.id.in_(told) & alerts.c.level.in_(_LEVELS) & (alerts.c.state == "open")
    found = db.execute(select(*columns).where(grave)).all()
    sites = sites_by_id(db, [row.site_id for row in found])
    arrived = [
        Arrival(
            seq=told[row.id].seq,
            alert_id=row.id,
            level=Level(row.level),
            region=row.region,
            at=told[row.id].at,
            site=sites[row.site_id],
            sentence=row.sentence,
        )
        for row in found
    ]
    return read, sorted(arrived, key=lambda one: one.seq)
