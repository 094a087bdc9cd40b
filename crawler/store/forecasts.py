"""What the last sweeps took, so that the next one can be foreseen."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, func, select

from crawler.domain.forecast import Effort
from crawler.domain.site import SiteState, SweepState
from crawler.store.keeping_tables import removals
from crawler.store.tables import captures, segments, sites, sweeps, visits

LEAST_SITES = 20  # a sweep of fewer says little about the next


def last_effort(db: Connection) -> Effort | None:
    """Of the last finished sweep that was large enough; None before there was one."""
    rows = (
        select(sweeps)
        .where(sweeps.c.state == str(SweepState.FINISHED), sweeps.c.sites >= LEAST_SITES)
        .order_by(sweeps.c.id.desc())
        .limit(1)
    )
    if (row := db.execute(rows).first()) is None:
        return None
    mine = captures.join(visits, visits.c.id == captures.c.visit_id)
    pictures = (
        select(func.count())
        .select_from(mine)
        .where(visits.c.sweep_id == row.id, captures.c.fetcher == "browser")
    )
    return Effort(
        sites=row.sites,
        seconds=max(1.0, (row.finished_at - row.started_at).total_seconds()),
        bytes=_kept_between(db, row.started_at, row.finished_at),
        pictures=db.scalar(pictures) or 0,
    )


def count_of(db: Connection, wanted: Select[tuple[int]]) -> int:
    """How many watched sites a choice comes to."""
    chosen = wanted.subquery()
    here = sites.c.id.in_(select(chosen.c.id)) & (sites.c.state == str(SiteState.WATCHED))
    return db.scalar(select(func.count()).select_from(sites).where(here)) or 0


def growth(db: Connection, now: datetime, days: int) -> tuple[int, datetime | None]:
    """Bytes of evidence a day, over the last days in which there was any, less what retention gave
    back in them (below zero where that was more); and when the oldest capture was made.
    """
    since = now - timedelta(days=days)
    given_back = select(func.sum(removals.c.size_bytes)).where(removals.c.at >= since)
    oldest = select(captures.c.ended_at).order_by(captures.c.id).limit(1)
    row = db.execute(
        select(
            func.min(segments.c.created_at).label("since"),
            func.coalesce(func.sum(segments.c.committed), 0).label("kept"),
            func.coalesce(given_back.scalar_subquery(), 0).label("given_back"),
            oldest.scalar_subquery().label("oldest"),
        ).where(segments.c.created_at >= since)
    ).one()
    span = max(1.0, (now - (row.since or since)).total_seconds() / 86_400)
    return int((int(row.kept) - int(row.given_back)) / span), row.oldest


def _kept_between(db: Connection, since: datetime, until: datetime) -> int:
    within = (segments.c.created_at >= since) & (segments.c.created_at <= until)
    return int(db.scalar(select(func.sum(segments.c.committed)).where(within)) or 0)
