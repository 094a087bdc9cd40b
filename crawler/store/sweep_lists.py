"""The newest sweeps with how their visits ended, and the newest firing of each schedule."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select

from crawler.domain.capture import Outcome
from crawler.domain.schedule import FiringState
from crawler.domain.site import SweepState, ended_well
from crawler.store.people import shown_name_of
from crawler.store.regions import within
from crawler.store.schedule_tables import firings
from crawler.store.sweep_counts import counted
from crawler.store.tables import sweeps


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepLine:
    """One sweep in a list; `outcomes` adds up to `sites`, "" is not ended yet."""

    id: int
    selection: str
    state: SweepState
    actor: str
    who: str  # the actor, as people know them
    started_at: datetime
    finished_at: datetime | None
    sites: int
    outcomes: Mapping[str, int] = field(default_factory=dict)

    @property
    def seen(self) -> int:
        """Visits that saw what a visitor sees."""
        return sum(n for name, n in self.outcomes.items() if name and ended_well(Outcome(name)))

    @property
    def left(self) -> int:
        """Visits that did not end yet."""
        return self.outcomes.get("", 0)

    @property
    def missed(self) -> dict[str, int]:
        """How the others ended, the most frequent first."""
        found = {k: n for k, n in self.outcomes.items() if k and not ended_well(Outcome(k))}
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))


@dataclass(frozen=True, kw_only=True, slots=True)
class LastFiring:
    """How a schedule's newest firing stands."""

    state: FiringState
    fire_at: datetime
    reason: str


def latest_sweeps(db: Connection, reach: str = "", limit: int = 12) -> list[SweepLine]:
    """The newest first, under a region prefix."""
    newest = select(sweeps.c.id).where(within(sweeps.c.region, reach))
    newest = newest.order_by(sweeps.c.id.desc()).limit(limit)
    counts = counted(newest)
    rows = (
        select(sweeps, shown_name_of(sweeps.c.actor).label("who"), counts.c.outcome, counts.c.n)
        .outerjoin(counts, counts.c.sweep_id == sweeps.c.id)
        .where(sweeps.c.id.in_(newest))
    )
    found, outcomes = {}, defaultdict[int, dict[str, int]](dict)
    for row in db.execute(rows.order_by(sweeps.c.id.desc())):
        found[row.id] = row
        if row.n is not None:
            outcomes[row.id][row.outcome] = int(row.n)
    return [
        SweepLine(
            id=row.id,
            selection=row.selection,
            state=SweepState(row.state),
            actor=row.actor,
            who=row.who,
            started_at=row.started_at,
            finished_at=row.finished_at,
            sites=row.sites,
            outcomes=outcomes[row.id],
        )
        for row in found.values()
    ]


def latest_firings(db: Connection, schedule_ids: Sequence[int]) -> dict[int, LastFiring]:
    """Of each of these schedules the newest."""
    newest = (
        select(func.max(firings.c.id))
        .where(firings.c.schedule_id.in_(schedule_ids))
        .group_by(firings.c.schedule_id)
    )
    rows = db.execute(select(firings).where(firings.c.id.in_(newest)))
    return {
        row.schedule_id: LastFiring(
            state=FiringState(row.state), fire_at=row.fire_at, reason=row.reason
        )
        for row in rows
    }
