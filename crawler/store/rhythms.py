"""Who is due when, and why: the pace of the whole register in figures."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from crawler.domain.rhythm import DueWhy
from crawler.domain.site import SiteState
from crawler.store.tables import sites


def due_counts(db: Connection, until: datetime, reach: str = "") -> Mapping[DueWhy, int]:
    """How many watched sites are due until a moment, by reason."""
    rows = select(sites.c.due_why, func.count().label("n")).where(_due(until, reach))
    found = {row.due_why: row.n for row in db.execute(rows.group_by(sites.c.due_why))}
    return {
        why: n for why in DueWhy if (n := found.get(str(why) if why is not DueWhy.NEW else "", 0))
    }


def _due(until: datetime, reach: str) -> ColumnElement[bool]:
    here = sites.c.region.startswith(reach) & (sites.c.state == str(SiteState.WATCHED))
    return here & (sites.c.due_at.is_(None) | (sites.c.due_at <= until))
