"""Who is due when, and why: the pace of the whole register in figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from crawler.domain.rhythm import DueWhy
from crawler.domain.site import SiteState
from crawler.store.tables import sites


@dataclass(frozen=True, kw_only=True, slots=True)
class DueSite:
    """One site with its turn."""

    domain: str
    unit_name: str
    due_at: datetime | None
    why: DueWhy


def due_counts(db: Connection, until: datetime, reach: str = "") -> Mapping[DueWhy, int]:
    """How many watched sites are due until a moment, by reason."""
    rows = select(sites.c.due_why, func.count().label("n")).where(_due(until, reach))
    found = {row.due_why: row.n for row in db.execute(rows.group_by(sites.c.due_why))}
    return {
        why: n for why in DueWhy if (n := found.get(str(why) if why is not DueWhy.NEW else "", 0))
    }


def due_list(db: Connection, until: datetime, reach: str = "", limit: int = 100) -> list[DueSite]:
    """The longest due first."""
    rows = select(sites.c.domain, sites.c.unit_name, sites.c.due_at, sites.c.due_why)
    ordered = rows.where(_due(until, reach)).order_by(sites.c.due_at, sites.c.id).limit(limit)
    return [
        DueSite(
            domain=row.domain,
            unit_name=row.unit_name,
            due_at=row.due_at,
            why=DueWhy(row.due_why or DueWhy.NEW),
        )
        for row in db.execute(ordered)
    ]


def _due(until: datetime, reach: str) -> ColumnElement[bool]:
    here = sites.c.region.startswith(reach) & (sites.c.state == str(SiteState.WATCHED))
    return here & (sites.c.due_at.is_(None) | (sites.c.due_at <= until))
