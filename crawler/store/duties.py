"""What waits for people beside the day's cases: tasks that are late, sites that were not seen,
messages that did not arrive. Numbers only, few queries.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, exists, func, select

from crawler.domain.task import TaskState
from crawler.store.regions import within
from crawler.store.sweep_counts import counted
from crawler.store.tables import alerts, outbox, sweeps, tasks, visits
from crawler.store.taskboards import limit_now
from crawler.store.visits import NOT_SEEN


@dataclass(frozen=True, kw_only=True, slots=True)
class Duties:
    """Tasks and messages that want somebody."""

    overdue: int
    returned: int
    due_today: int
    checking: int
    drafted: int
    dead: int
    waiting_long: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LastSweep:
    """A sweep in figures, within a region: what was to be seen = seen + not seen + on the way."""

    id: int
    state: str
    started_at: datetime
    finished_at: datetime | None
    sites: int
    seen: int
    unseen: int
    on_the_way: int
    holes: int  # open alerts whose sites it did not see


def duties(db: Connection, reach: str, now: datetime, day_ends: datetime) -> Duties:
    """One query for all of it."""
    row = db.execute(
        select(
            _tasks(reach, limit_now() < now).label("overdue"),
            _tasks(reach, tasks.c.state == str(TaskState.RETURNED)).label("returned"),
            _tasks(reach, limit_now() >= now, limit_now() < day_ends).label("due_today"),
            _tasks(
                reach, tasks.c.state.in_([str(TaskState.ANSWERED), str(TaskState.CHECKING)])
            ).label("checking"),
            _tasks(reach, tasks.c.state == str(TaskState.DRAFTED)).label("drafted"),
            _outbox(reach, outbox.c.state == "given_up").label("dead"),
            _outbox(
                reach,
                outbox.c.state == "waiting",
                outbox.c.created_at < now - timedelta(hours=1),
            ).label("waiting_long"),
        )
    ).one()
    return Duties(**row._mapping)


def last_sweep(db: Connection, reach: str) -> LastSweep | None:
    """The newest sweep that visits sites within reach, counted there. One query."""
    newest = select(func.max(sweeps.c.id)).where(sweeps.c.sites > 0).scalar_subquery()
    counts = counted(newest, reach)
    columns = (sweeps, counts.c.outcome, counts.c.n, _holes(newest, reach).label("holes"))
    found = db.execute(
        select(*columns).join_from(sweeps, counts, counts.c.sweep_id == sweeps.c.id)
    ).all()
    if not found:
        return None
    sweep = found[0]
    by_outcome = {row.outcome: int(row.n) for row in found}
    unseen = sum(by_outcome.get(one, 0) for one in NOT_SEEN)
    return LastSweep(
        id=sweep.id,
        state=sweep.state,
        started_at=sweep.started_at,
        finished_at=sweep.finished_at,
        sites=sum(by_outcome.values()),
        seen=sum(by_outcome.values()) - unseen - by_outcome.get("", 0),
        unseen=unseen,
        on_the_way=by_outcome.get("", 0),
        holes=sweep.holes,
    )


def _holes(newest: Any, reach: str) -> ScalarSelect[int]:
    """From the alerts on: they are few, what a sweep did not see may be many."""
    missed = exists().where(
        visits.c.sweep_id == newest,
        visits.c.site_id == alerts.c.site_id,
        visits.c.outcome.in_(NOT_SEEN),
    )
    here = (alerts.c.state == "open") & within(alerts.c.region, reach)
    return select(func.count()).select_from(alerts).where(here, missed).scalar_subquery()


def _tasks(reach: str, *chosen: ColumnElement[bool]) -> Any:
    rows = select(func.count()).select_from(tasks)
    return rows.where(tasks.c.region.startswith(reach), *chosen).scalar_subquery()


def _outbox(reach: str, *chosen: ColumnElement[bool]) -> Any:
    rows = select(func.count()).select_from(outbox)
    return rows.where(outbox.c.region.startswith(reach), *chosen).scalar_subquery()
