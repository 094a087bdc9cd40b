"""Figures for whoever watches the installation: counts and ages, nothing of any page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Table, func, select

from crawler.domain.site import SiteState, SweepState
from crawler.store.notices import last_backup, oldest_unindexed, open_notices
from crawler.store.rewrites import GONE
from crawler.store.tables import alerts, captures, segments, sites, sweeps, texts, visits


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepFigures:
    """The newest sweep: whose turn its visits are, how they ended, since when."""

    id: int
    running: bool
    started_at: datetime
    finished_at: datetime | None
    states: Mapping[str, int]
    outcomes: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """One look over the store."""

    sites: Mapping[str, int]
    due: int
    sweep: SweepFigures | None
    alerts: Mapping[str, int]  # open ones, by level
    index: Mapping[str, int]
    unindexed_since: datetime | None
    captures: int
    evidence_bytes: int
    last_finished_at: datetime | None
    last_backup_at: datetime | None
    notices: int


def figures_of(db: Connection, now: datetime) -> Figures:
    """A dozen small queries."""
    due = (sites.c.state == str(SiteState.WATCHED)) & (
        sites.c.due_at.is_(None) | (sites.c.due_at <= now)
    )
    finished = sweeps.c.state == str(SweepState.FINISHED)
    return Figures(
        sites=_counted(db, sites, sites.c.state),
        due=db.scalar(select(func.count()).select_from(sites).where(due)) or 0,
        sweep=_newest_sweep(db),
        alerts=_counted(db, alerts, alerts.c.level, alerts.c.state == "open"),
        index=_counted(db, texts, texts.c.index_state),
        unindexed_since=oldest_unindexed(db),
        captures=db.scalar(select(func.count()).select_from(captures)) or 0,
        evidence_bytes=int(db.scalar(select(func.sum(segments.c.committed)).where(~GONE)) or 0),
        last_finished_at=db.scalar(select(func.max(sweeps.c.finished_at)).where(finished)),
        last_backup_at=last_backup(db),
        notices=len(open_notices(db)),
    )


def newest(db: Connection) -> tuple[str, int]:
    """The last capture and the last alert there are: another answer says that something came."""
    capture = db.scalar(select(func.max(captures.c.id))) or ""
    return capture, db.scalar(select(func.max(alerts.c.id))) or 0


def _newest_sweep(db: Connection) -> SweepFigures | None:
    row = db.execute(select(sweeps).order_by(sweeps.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    mine = visits.c.sweep_id == row.id
    return SweepFigures(
        id=row.id,
        running=row.state == SweepState.RUNNING,
        started_at=row.started_at,
        finished_at=row.finished_at,
        states=_counted(db, visits, visits.c.state, mine),
        outcomes=_counted(db, visits, visits.c.outcome, mine),
    )


def _counted(
    db: Connection, table: Table, column: "Column[str]", where: object = None
) -> dict[str, int]:
    rows = select(column.label("name"), func.count().label("n")).select_from(table)
    if where is not None:
        rows = rows.where(where)  # type: ignore[arg-type]
    return {row.name: row.n for row in db.execute(rows.group_by(column))}
