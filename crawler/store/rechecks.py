"""Looks at a site after its task came to an end: planned, due, done."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, select, update

from crawler.domain.recheck import Recheck, RecheckResult
from crawler.domain.site import SiteState
from crawler.store.database import upsert
from crawler.store.tables import sites
from crawler.store.task_tables import rechecks

_WAITING = str(RecheckResult.WAITING)


def plan_rechecks(db: Connection, planned: Iterable[Recheck]) -> None:
    """Write them down; one that is planned already stays as it is."""
    for one in planned:
        made = upsert(db, rechecks).values(_values(one))
        db.execute(made.on_conflict_do_nothing())


def sites_due_for_recheck(now: datetime) -> Select[Any]:
    """Their sites.id."""
    due = (rechecks.c.result == _WAITING) & (rechecks.c.due_at <= now)
    return select(rechecks.c.site_id).where(due)


def late_rechecks(db: Connection, before: datetime) -> int:
    """Watched sites that should have been looked at again by a moment and were not."""
    late = sites_due_for_recheck(before)
    watched = (sites.c.state == str(SiteState.WATCHED)) & sites.c.id.in_(late)
    return db.scalar(select(func.count()).select_from(sites).where(watched)) or 0


def rechecked_sites(db: Connection, site_ids: Sequence[int], now: datetime | None) -> set[int]:
    """Which of these are to be looked at because a task came to its end."""
    due = rechecks.c.site_id.in_(site_ids) & (rechecks.c.result == _WAITING)
    if now is not None:
        due &= rechecks.c.due_at <= now
    return set(db.scalars(select(rechecks.c.site_id).where(due)))


def sites_with_rechecks(db: Connection, site_ids: Sequence[int]) -> set[int]:
    """Which of these are or were looked at after a task."""
    return set(db.scalars(select(rechecks.c.site_id).where(rechecks.c.site_id.in_(site_ids))))


def rechecks_open(
    db: Connection, site_id: int, visit_id: int, looked_at: datetime
) -> list[Recheck]:
    """Those of a site that a visit answers: due when it looked, or answered by this very visit (a
    browser's look judges it anew).
    """
    due = (rechecks.c.result == _WAITING) & (rechecks.c.due_at <= looked_at)
    mine = (rechecks.c.site_id == site_id) & (due | (rechecks.c.after_visit_id == visit_id))
    return [_from(row) for row in db.execute(select(rechecks).where(mine))]


def finish_recheck(db: Connection, done: Recheck) -> None:
    """What the look found."""
    db.execute(update(rechecks).where(rechecks.c.id == done.id).values(_values(done)))


def rechecks_of(db: Connection, task_id: int) -> list[Recheck]:
    """All of a task, by day."""
    rows = select(rechecks).where(rechecks.c.task_id == task_id)
    return [_from(row) for row in db.execute(rows.order_by(rechecks.c.day, rechecks.c.id))]


def waiting_count(db: Connection, site_id: int) -> int:
    """How many looks at a site are still to come."""
    mine = (rechecks.c.site_id == site_id) & (rechecks.c.result == _WAITING)
    return db.scalar(select(func.count()).select_from(rechecks).where(mine)) or 0


def set_rhythm(db: Connection, site_id: int, days: int, due_by: datetime) -> None:
    """Visit at this pace from now on, and no later than `due_by` for the first time."""
    sooner = case((sites.c.due_at < due_by, sites.c.due_at), else_=due_by)
    mine = update(sites).where(sites.c.id == site_id)
    db.execute(mine.values(rhythm_days=days, due_at=sooner))


def slow_down(db: Connection, site_id: int, days: int) -> None:
    """The ordinary pace again; the next visit stays where it is."""
    db.execute(update(sites).where(sites.c.id == site_id).values(rhythm_days=days))


def _values(one: Recheck) -> dict[str, Any]:
    return {
        "task_id": one.task_id,
        "alert_id": one.alert_id,
        "site_id": one.site_id,
        "region": one.region,
        "day": one.day,
        "due_at": one.due_at,
        "before_visit_id": one.before_visit_id,
        "after_visit_id": one.after_visit_id,
        "result": str(one.result),
        "level": one.level,
        "done_at": one.done_at,
    }


def _from(row: Row[Any]) -> Recheck:
    values = dict(row._mapping)
    return replace(Recheck(**values), result=RecheckResult(row.result))
