"""How the visits of sweeps ended: of finished ones as counted then, of others as it stands."""

from typing import Any

from sqlalchemy import Connection, ScalarSelect, Select, Subquery, delete, func, insert, select

from crawler.store.regions import within
from crawler.store.sweep_tables import sweep_counts
from crawler.store.tables import sweeps, visits


def keep_counts(db: Connection, sweep_id: int) -> None:
    """Count a sweep that came to its end, once for all."""
    forget_counts(db, sweep_id)
    counted = (
        select(visits.c.sweep_id, visits.c.region, visits.c.outcome, func.count())
        .where(visits.c.sweep_id == sweep_id)
        .group_by(visits.c.sweep_id, visits.c.region, visits.c.outcome)
    )
    columns = ["sweep_id", "region", "outcome", "visits"]
    db.execute(insert(sweep_counts).from_select(columns, counted))


def forget_counts(db: Connection, sweep_id: int) -> None:
    """A sweep that goes on is counted anew."""
    db.execute(delete(sweep_counts).where(sweep_counts.c.sweep_id == sweep_id))


def counted(ids: Select[Any] | ScalarSelect[Any], reach: str = "") -> Subquery:
    """How the visits of chosen sweeps ended under a region prefix: rows of sweep_id, outcome ("" is
    not ended yet), n.
    """
    kept = (
        select(
            sweep_counts.c.sweep_id,
            sweep_counts.c.outcome,
            func.sum(sweep_counts.c.visits).label("n"),
        )
        .where(sweep_counts.c.sweep_id.in_(ids), within(sweep_counts.c.region, reach))
        .group_by(sweep_counts.c.sweep_id, sweep_counts.c.outcome)
    )
    over = select(sweep_counts.c.sweep_id).where(sweep_counts.c.sweep_id.in_(ids))
    going = (
        select(visits.c.sweep_id, visits.c.outcome, func.count())
        .where(
            visits.c.sweep_id.in_(
                select(sweeps.c.id).where(sweeps.c.id.in_(ids), sweeps.c.id.not_in(over))
            ),
            within(visits.c.region, reach),
        )
        .group_by(visits.c.sweep_id, visits.c.outcome)
    )
    return kept.union_all(going).subquery()
