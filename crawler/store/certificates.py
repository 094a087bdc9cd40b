"""Signed accounts, and the figures they are made from."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, String, and_, cast, exists, func, select

from crawler.domain.certificate import Certificate, Coverage
from crawler.domain.errors import BadInput
from crawler.domain.site import SiteState, SweepState
from crawler.store.coverage import unpictured_count
from crawler.store.database import upsert
from crawler.store.ops_tables import certificates
from crawler.store.tables import sites, sweeps, visits
from crawler.store.visits import unrendered_count

_WATCHED = sites.c.state == str(SiteState.WATCHED)


def coverage_of_sweep(db: Connection, sweep_id: int, reach: str = "") -> Coverage:
    """The register under a region prefix, taken apart by one sweep."""
    here = _WATCHED & sites.c.region.startswith(reach)
    watched = db.scalar(select(func.count()).select_from(sites).where(here)) or 0
    mine = and_(visits.c.site_id == sites.c.id, visits.c.sweep_id == sweep_id)
    joined = visits.join(sites, mine)
    rows = select(visits.c.outcome, func.count().label("n")).select_from(joined).where(here)
    outcomes = {row.outcome: row.n for row in db.execute(rows.group_by(visits.c.outcome))}
    gone = select(func.count()).select_from(joined).where(~here)
    started = db.scalar(select(sweeps.c.started_at).where(sweeps.c.id == sweep_id))
    beside = here & ~exists().where(mine)
    overdue, not_due = _unvisited(db, beside, started)
    return Coverage(
        watched=watched,
        outcomes=outcomes,
        overdue=overdue,
        not_due=not_due,
        left=db.scalar(gone) or 0,
        unrendered=unrendered_count(db, sweep_id),
        unpictured=unpictured_count(db, reach),
    )


def coverage_between(db: Connection, since: datetime, until: datetime, reach: str = "") -> Coverage:
    """The register by the last visit of each site that was closed in a time."""
    here = _WATCHED & sites.c.region.startswith(reach)
    watched = db.scalar(select(func.count()).select_from(sites).where(here)) or 0
    last = (
        select(func.max(visits.c.id).label("id"))
        .where(visits.c.closed_at >= since, visits.c.closed_at < until)
        .group_by(visits.c.site_id)
        .subquery()
    )
    joined = visits.join(last, last.c.id == visits.c.id).join(sites, sites.c.id == visits.c.site_id)
    rows = select(visits.c.outcome, func.count().label("n")).select_from(joined).where(here)
    outcomes = {row.outcome: row.n for row in db.execute(rows.group_by(visits.c.outcome))}
    closed = (visits.c.closed_at >= since) & (visits.c.closed_at < until)
    beside = here & ~exists().where(visits.c.site_id == sites.c.id, closed)
    overdue, not_due = _unvisited(db, beside, until)
    return Coverage(
        watched=watched,
        outcomes=outcomes,
        overdue=overdue,
        not_due=not_due,
        unpictured=unpictured_count(db, reach),
    )


def _unvisited(db: Connection, beside: ColumnElement[bool], at: datetime | None) -> tuple[int, int]:
    """How many sites nobody went to although it was time, and how many were not due. A site that
    was never looked at has no time of its own: it is due.
    """
    late = sites.c.due_at.is_(None) | (sites.c.due_at < at)
    counts = select(func.count().filter(late), func.count().filter(~late)).where(beside)
    overdue, not_due = db.execute(counts.select_from(sites)).one()
    return overdue, not_due


def save_certificate(db: Connection, one: Certificate) -> Certificate:
    """Once for what it is of; a second is the first again."""
    values = {
        "kind": one.kind, "of": one.of, "at": one.at, "region": one.region, "body": one.body,
        "signature": one.signature, "key": one.key,
    }  # fmt: skip
    db.execute(upsert(db, certificates).values(values).on_conflict_do_nothing())
    mine = (certificates.c.kind == one.kind) & (certificates.c.of == one.of)
    row = db.execute(select(certificates).where(mine, certificates.c.region == one.region)).one()
    return _certificate(row)


def has_certificate(db: Connection, kind: str, of: str, region: str) -> bool:
    """Whether there is one of it."""
    mine = (certificates.c.kind == kind) & (certificates.c.of == of)
    row = select(certificates.c.id).where(mine, certificates.c.region == region)
    return db.scalar(row) is not None


def sweeps_without_certificate(db: Connection, since: datetime) -> list[int]:
    """Sweeps that came to their end after a moment and have none yet."""
    mine = (certificates.c.kind == "sweep") & (certificates.c.of == cast(sweeps.c.id, String))
    ended = (sweeps.c.state == str(SweepState.FINISHED)) & (sweeps.c.finished_at >= since)
    rows = select(sweeps.c.id).where(ended, ~exists().where(mine), sweeps.c.sites > 0)
    return list(db.scalars(rows.order_by(sweeps.c.id)))


def certificate_of(db: Connection, number: int) -> Certificate:
    """One by number; BadInput if there is none."""
    row = db.execute(select(certificates).where(certificates.c.id == number)).first()
    if row is None:
        raise BadInput(f"没有编号为 {number} 的覆盖证书")
    return _certificate(row)


def latest_certificates(db: Connection, reach: str = "", limit: int = 30) -> list[Certificate]:
    """The newest ones under a region prefix."""
    rows = select(certificates).where(certificates.c.region.startswith(reach))
    found = db.execute(rows.order_by(certificates.c.id.desc()).limit(limit))
    return [_certificate(row) for row in found]


def _certificate(row: Row[Any]) -> Certificate:
    return Certificate(
        id=row.id, kind=row.kind, of=row.of, at=row.at, region=row.region, body=row.body,
        signature=row.signature, key=row.key,
    )  # fmt: skip
