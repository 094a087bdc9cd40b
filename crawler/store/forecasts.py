"""What the last sweeps took, so that the next one can be foreseen."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, func, select

from crawler.domain.forecast import Effort
from crawler.domain.site import SiteState, SweepState
from crawler.store.efforts import drawn_and_grown
from crawler.store.keeping_tables import removals
from crawler.store.sweep_tables import sweep_accounts
from crawler.store.tables import captures, segments, sites, sweeps

LEAST_SITES = 20  # a sweep of fewer says little about the next


def last_effort(db: Connection) -> Effort | None:
    """Of the last finished sweep that was large enough; None before there was one."""
    rows = (
        select(sweeps, *drawn_and_grown(), sweep_accounts.c.busy_s, sweep_accounts.c.traffic)
        .outerjoin(sweep_accounts, sweep_accounts.c.sweep_id == sweeps.c.id)
        .where(sweeps.c.state == str(SweepState.FINISHED), sweeps.c.sites >= LEAST_SITES)
        .order_by(sweeps.c.id.desc())
        .limit(1)
    )
    if (row := db.execute(rows).first()) is None:
        return None
    return Effort(
        sites=row.sites,
        # one that was laid aside for a day did not take a day
        seconds=max(1.0, row.busy_s or (row.finished_at - row.started_at).total_seconds()),
        bytes=int(row.grown),
        traffic=row.traffic or 0,
        pictures=row.drawn,
    )


def count_of(db: Connection, wanted: Select[tuple[int]]) -> int:
    """How many watched sites a choice comes to."""
    chosen = wanted.where(sites.c.state == str(SiteState.WATCHED)).subquery()
    return db.scalar(select(func.count()).select_from(chosen)) or 0


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
