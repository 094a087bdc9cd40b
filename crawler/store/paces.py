"""How sweeps adjusted themselves, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from crawler.domain.pace import Lever
from crawler.domain.site import Sweep
from crawler.store.regions import within
from crawler.store.sweep_tables import paces


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One of them."""

    lever: Lever
    before: int
    after: int
    why: str
    at: datetime
    sweep_id: int = 0


def save_steps(
    db: Connection, sweep: Sweep, owner: str, steps: Sequence[Step], region: str
) -> None:
    """Write them down."""
    for one in steps:
        row = {"sweep_id": sweep.id, "region": sweep.region or region, "owner": owner}
        row |= {"lever": str(one.lever), "before": one.before, "after": one.after}
        db.execute(insert(paces).values(row | {"why": one.why[:300], "at": one.at}))


def latest_steps(db: Connection, sweep_id: int, reach: str = "", limit: int = 12) -> list[Step]:
    """Of one sweep, the newest first."""
    rows = select(paces).where(paces.c.sweep_id == sweep_id, within(paces.c.region, reach))
    return [
        Step(
            lever=Lever(row.lever),
            before=row.before,
            after=row.after,
            why=row.why,
            at=row.at,
            sweep_id=row.sweep_id,
        )
        for row in db.execute(rows.order_by(paces.c.id.desc()).limit(limit))
    ]


def paced(db: Connection, sweep_id: int, owner: str) -> dict[str, tuple[int, int]]:
    """By lever: where one machine stands in a sweep, and how many steps brought it there."""
    mine = (paces.c.sweep_id == sweep_id) & (paces.c.owner == owner)
    newest = select(func.max(paces.c.id).label("id"), func.count().label("n"))
    newest_of = newest.where(mine).group_by(paces.c.lever).subquery()
    rows = select(paces.c.lever, paces.c.after, newest_of.c.n)
    rows = rows.join(newest_of, newest_of.c.id == paces.c.id)
    return {row.lever: (row.after, row.n) for row in db.execute(rows)}
