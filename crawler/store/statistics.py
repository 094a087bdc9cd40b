"""What the reported tables are made of, in few queries: alerts and tasks of a period, looks after
the end, what was watched.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from crawler.domain.alert import AlertState, Decision
from crawler.domain.assessment import Level
from crawler.domain.recheck import RecheckResult
from crawler.domain.statistics import AlertFact, Period, TaskFact
from crawler.domain.task import SHOW_A_HAND, Conclusion, Move, TaskState
from crawler.store.regions import within
from crawler.store.sweep_tables import sweep_counts
from crawler.store.tables import alerts, cases, reviews, sites, sweeps, task_moves, tasks, visits
from crawler.store.task_alerts import CONCLUDED
from crawler.store.task_tables import rechecks

# a month has many alerts: looked up, not made
_LEVELS, _STATES = {str(one): one for one in Level}, {str(one): one for one in AlertState}
_DECIDED = [str(one) for one in Decision if one is not Decision.REOPEN]


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """How much was watched in a period, and by how many people it was judged."""

    sites: int
    visits: int
    officers: int  # who decided something
    decisions: int
    officer_hours: int  # hours of a person in which something was decided
    rechecks: dict[RecheckResult, int]


def alert_facts(db: Connection, period: Period, region: str) -> Iterator[AlertFact]:
    """Alerts opened in a period under a region prefix, as they stand now."""
    decided = select(reviews.c.at).where(
        reviews.c.alert_id == alerts.c.id, reviews.c.decision.in_(_DECIDED)
    )
    first = decided.order_by(reviews.c.id).limit(1).scalar_subquery().label("decided_at")
    # only a confirmed one is asked what came of it
    concluded = case((alerts.c.state == str(AlertState.CONFIRMED), CONCLUDED)).label("concluded")
    columns = (
        alerts.c.region, alerts.c.level, alerts.c.opened_at, alerts.c.state, alerts.c.reopened,
    )  # fmt: skip
    more = cases.c.category, first, concluded
    rows = (
        select(*columns, *more)
        .join(cases, cases.c.id == alerts.c.case_id)
        .where(
            alerts.c.opened_at >= period.start,
            alerts.c.opened_at < period.end,
            alerts.c.region.startswith(region),
        )
    )
    for row in db.execute(rows.execution_options(yield_per=1_000)):
        yield _alert_fact(row)


def task_facts(db: Connection, period: Period, region: str) -> Iterator[TaskFact]:
    """Tasks made in a period under a region prefix, as they stand now."""
    moved = _ever("acknowledged", *SHOW_A_HAND), _ever("answered", Move.ANSWER)
    rows = (
        select(tasks, cases.c.category, *moved)
        .join(cases, cases.c.id == tasks.c.case_id)
        .where(
            tasks.c.created_at >= period.start,
            tasks.c.created_at < period.end,
            tasks.c.region.startswith(region),
        )
    )
    for row in db.execute(rows.execution_options(yield_per=1_000)):
        yield _task_fact(row)


def watched_in(db: Connection, period: Period, region: str) -> Watched:
    """What was watched and decided in a period, and what rechecks found."""
    decided = (
        (reviews.c.at >= period.start)
        & (reviews.c.at < period.end)
        & reviews.c.region.startswith(region)
        & reviews.c.decision.in_(_DECIDED)
    )
    looked = (
        (rechecks.c.done_at >= period.start)
        & (rechecks.c.done_at < period.end)
        & rechecks.c.region.startswith(region)
    )
    watched = select(func.count()).select_from(sites)
    mine = watched.where(within(sites.c.region, region), sites.c.state == "watched")
    made = db.execute(select(reviews.c.actor, reviews.c.at).where(decided)).all()
    found = select(rechecks.c.result, func.count()).where(looked).group_by(rechecks.c.result)
    return Watched(
        sites=db.scalar(mine) or 0,
        visits=_visits_in(db, period, region),
        officers=len({one.actor for one in made}),
        decisions=len(made),
        officer_hours=len({(one.actor, _hour(one.at)) for one in made}),
        rechecks={RecheckResult(result): count for result, count in db.execute(found)},
    )


def _visits_in(db: Connection, period: Period, region: str) -> int:
    """Of sweeps that began and ended in the period as they were counted at their end; one by one
    where a sweep reaches over an edge of it, or goes on.
    """
    touched = (sweeps.c.started_at < period.end) & (
        sweeps.c.finished_at.is_(None) | (sweeps.c.finished_at >= period.start)
    )
    counted = select(func.sum(sweep_counts.c.visits)).where(
        sweep_counts.c.sweep_id == sweeps.c.id, within(sweep_counts.c.region, region)
    )
    columns = (sweeps.c.id, sweeps.c.started_at, sweeps.c.finished_at)
    known = select(*columns, counted.scalar_subquery().label("counted")).where(touched)
    total, others = 0, []
    for row in db.execute(known):
        whole = row.finished_at and period.start <= row.started_at and row.finished_at < period.end
        if whole and row.counted is not None:
            total += int(row.counted)
        else:
            others.append(row.id)
    seen = (visits.c.closed_at >= period.start) & (visits.c.closed_at < period.end)
    mine = visits.c.sweep_id.in_(others) & within(visits.c.region, region)
    rows = select(func.count()).select_from(visits).where(mine, seen)
    return total + ((db.scalar(rows) or 0) if others else 0)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _ever(name: str, *moves: Move) -> Any:
    """Whether a task ever made one of these moves."""
    told = task_moves.c.move.in_([str(one) for one in moves])
    made = (task_moves.c.task_id == tasks.c.id) & told
    return select(task_moves.c.id).where(made).correlate(tasks).exists().label(name)


def _alert_fact(row: Any) -> AlertFact:
    region, level, opened_at, state, reopened, category, decided_at, concluded = row
    return AlertFact(
        region=region,
        level=_LEVELS[level],
        category=category,
        opened_at=opened_at,
        state=_STATES[state],
        concluded=Conclusion(concluded) if concluded else None,
        reopened=reopened,
        decided_at=decided_at,
    )


def _task_fact(row: Row[Any]) -> TaskFact:
    return TaskFact(
        region=row.region,
        level=Level(row.level),
        category=row.category,
        department=row.lead_name,
        state=TaskState(row.state),
        conclusion=Conclusion(row.conclusion) if row.conclusion else None,
        created_at=row.created_at,
        sent_at=row.sent_at,
        acknowledged=row.acknowledged or row.answered,
        answered=row.answered,
        due_at=row.due_at,
        closed_at=row.closed_at,
        returns=row.returns,
    )
