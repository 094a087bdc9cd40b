"""Schedules and their firings: each (schedule, fire time) once, whoever else fires it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput
from crawler.domain.filing import SubjectKind, shown_unit_name
from crawler.domain.schedule import (
    GOING,
    STOPPED,
    Draw,
    Firing,
    FiringState,
    Schedule,
    ScheduleState,
)
from crawler.store.audit import note
from crawler.store.database import upsert
from crawler.store.schedule_tables import drawn_sites, draws, firings, schedules
from crawler.store.tables import sites, visits
from crawler.store.visits import halt_sweep

_GONE = str(ScheduleState.REMOVED)


def add_schedule(db: Connection, schedule: Schedule, now: datetime) -> Schedule:
    """Write a new one down; BadInput if the name is taken."""
    values = {
        name: getattr(schedule, name)
        for name in ("name", "cron", "zone", "selection", "quiet", "render", "region", "actor")
    }
    values |= {"officers": list(schedule.officers), "state": str(schedule.state), "since": now}
    try:
        made = db.execute(insert(schedules).values(values))
    except IntegrityError:
        raise BadInput(f"已有名为“{schedule.name}”的计划") from None
    note(db, _act("schedule.add", schedule, schedule.actor, now, after=schedule.cron))
    return schedule_by_id(db, int(made.inserted_primary_key[0]))  # type: ignore[index]


def all_schedules(db: Connection, region: str = "") -> list[Schedule]:
    """Those that are not removed, by name."""
    here = schedules.c.region.startswith(region) & (schedules.c.state != _GONE)
    rows = select(schedules).where(here).order_by(schedules.c.name)
    return [_schedule(row) for row in db.execute(rows)]


def schedule_by_id(db: Connection, schedule_id: int) -> Schedule:
    """One by number."""
    return _schedule(db.execute(select(schedules).where(schedules.c.id == schedule_id)).one())


def schedule_named(db: Connection, name: str) -> Schedule:
    """One by name; BadInput if there is none."""
    rows = select(schedules).where(schedules.c.name == name, schedules.c.state != _GONE)
    if (row := db.execute(rows).first()) is None:
        raise BadInput(f"没有名为“{name}”的计划")
    return _schedule(row)


def change_state(
    db: Connection, name: str, state: ScheduleState, actor: str, now: datetime
) -> Schedule:
    """Pause, resume or remove. A resumed one does not catch up on what it slept through."""
    schedule = schedule_named(db, name)
    values: dict[str, Any] = {"state": str(state), "changes": schedules.c.changes + 1}
    if state is ScheduleState.ACTIVE:
        values["since"] = now
    db.execute(update(schedules).where(schedules.c.id == schedule.id).values(values))
    note(db, _act("schedule.change", schedule, actor, now, before=schedule.state, after=state))
    return schedule_by_id(db, schedule.id)


def timetable_mark(db: Connection) -> tuple[int, int]:
    """Differs after every change of the timetable."""
    total = select(func.count(), func.coalesce(func.sum(schedules.c.changes), 0))
    count, changes = db.execute(total.select_from(schedules)).one()
    return int(count), int(changes)


def last_fire(db: Connection, schedule: Schedule, now: datetime) -> datetime:
    """Up to when its fire times are written down; those of a clock that ran ahead do not count."""
    newest = select(func.max(firings.c.fire_at)).where(
        firings.c.schedule_id == schedule.id, firings.c.fire_at <= now, firings.c.asked_by == ""
    )
    found: datetime | None = db.scalar(newest)
    since = schedule.since or now
    return max(found, since) if found else since


def put_firing(
    db: Connection,
    schedule: Schedule,
    fire_at: datetime,
    state: FiringState,
    reason: str = "",
    asked_by: str = "",
) -> int | None:
    """The firing's number, or None where it stands already, or may not go while an earlier one of
    the schedule waits or runs.
    """
    row = {
        "schedule_id": schedule.id,
        "fire_at": fire_at,
        "state": str(state),
        "reason": reason,
        "asked_by": asked_by,
        "region": schedule.region,
    }
    statement = upsert(db, firings).values(row).on_conflict_do_nothing().returning(firings.c.id)
    found: int | None = db.scalar(statement)
    return found


def firings_in(
    db: Connection, states: Iterable[FiringState] = (), limit: int = 100, schedule_id: int = 0
) -> list[Firing]:
    """The oldest first where states are named, else the newest first."""
    wanted = [str(one) for one in states]
    rows = select(firings).limit(limit)
    rows = rows.where(firings.c.state.in_(wanted)) if wanted else rows
    rows = rows.where(firings.c.schedule_id == schedule_id) if schedule_id else rows
    order = firings.c.fire_at if wanted else firings.c.fire_at.desc()
    found = db.execute(rows.order_by(order, firings.c.id)).all()
    known = {row.schedule_id: schedule_by_id(db, row.schedule_id) for row in found}
    return [_firing(row, known[row.schedule_id]) for row in found]


def firing_by_id(db: Connection, firing_id: int) -> Firing:
    """One by number."""
    row = db.execute(select(firings).where(firings.c.id == firing_id)).one()
    return _firing(row, schedule_by_id(db, row.schedule_id))


def claim_firing(db: Connection, firing: Firing, runner: str, until: datetime) -> Firing | None:
    """Take one that waits, for so long; None where another parent was quicker."""
    mine = (firings.c.id == firing.id) & (firings.c.state == str(FiringState.WAITING))
    taken = {"state": str(FiringState.RUNNING), "runner": runner, "lease_until": until}
    if db.execute(update(firings).where(mine).values(taken)).rowcount != 1:
        return None
    return replace(firing, state=FiringState.RUNNING, runner=runner, lease_until=until)


def renew_firing(db: Connection, firing: Firing, until: datetime) -> bool:
    """Go on holding it; False where it is no longer this parent's."""
    held = update(firings).where(_stands_as(firing))
    return db.execute(held.values(lease_until=until)).rowcount == 1


def mark_firing(
    db: Connection,
    firing: Firing,
    state: FiringState,
    now: datetime,
    *,
    reason: str = "",
    sweep_id: int | None = None,
) -> bool:
    """What became of it; False, and nothing written, where somebody else has it by now. The sweep
    of one that is stopped is no other machine's to go on with.
    """
    values: dict[str, Any] = {"state": str(state), "reason": reason}
    if sweep_id is not None:
        values["sweep_id"] = sweep_id
    if state not in GOING:
        values["ended_at"] = now
    done = db.execute(update(firings).where(_stands_as(firing)).values(values)).rowcount == 1
    if done and state is FiringState.STOPPED and (begun := sweep_id or firing.sweep_id):
        halt_sweep(db, begun)
    return done


def _stands_as(firing: Firing) -> ColumnElement[bool]:
    return and_(
        firings.c.id == firing.id,
        firings.c.state == str(firing.state),
        firings.c.runner == firing.runner,
    )


def ask_run(db: Connection, schedule: Schedule, actor: str, now: datetime) -> int:
    """Fire it now, whatever its timetable says; BadInput while an earlier one is not over."""
    number = put_firing(db, schedule, now, FiringState.WAITING, "立即执行", actor)
    if number is None:
        raise BadInput(f"计划“{schedule.name}”的上一次巡查还没有结束")
    note(db, _act("schedule.run", schedule, actor, now, after=f"firing:{number}"))
    return number


def ask_stop(db: Connection, schedule: Schedule, actor: str, now: datetime) -> int:
    """Ask what runs or waits of a schedule to stop; how many were asked. What nobody runs any more
    is stopped here and now.
    """
    going = firings_in(db, GOING, schedule_id=schedule.id)
    for one in going:
        db.execute(update(firings).where(firings.c.id == one.id).values(stop_asked=True))
        if one.is_left(now):
            mark_firing(db, one, FiringState.STOPPED, now, reason=STOPPED)
    note(db, _act("schedule.stop", schedule, actor, now, after=str(len(going))))
    return len(going)


def save_draw(
    db: Connection, sweep_id: int, drawn: Draw, officers: Sequence[str], region: str, now: datetime
) -> None:
    """Write down what was drawn by which seed."""
    row = {"sweep_id": sweep_id, "seed": drawn.seed, "percent": drawn.percent}
    row |= {"population": drawn.population, "officers": list(officers)}
    db.execute(insert(draws).values(row | {"region": region, "at": now}))
    rows = [
        {"sweep_id": sweep_id, "site_id": site, "officer": officer, "region": region}
        for site, officer in drawn.assigned
    ]
    if rows:
        db.execute(insert(drawn_sites), rows)


def draw_of(db: Connection, sweep_id: int) -> dict[str, Any] | None:
    """Seed, percent, population, officers, moment of one sweep's draw."""
    row = db.execute(select(draws).where(draws.c.sweep_id == sweep_id)).mappings().first()
    return dict(row) if row else None


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnSite:
    """One site of a sample: who was drawn for it, and how the look ended."""

    domain: str
    unit_name: str  # masked where it is a person's
    officer: str
    outcome: str
    closed_at: datetime | None


def drawn_results(db: Connection, sweep_id: int) -> list[DrawnSite]:
    """What became of every site that was drawn, by domain."""
    joined = drawn_sites.join(sites, sites.c.id == drawn_sites.c.site_id).outerjoin(
        visits, and_(visits.c.sweep_id == sweep_id, visits.c.site_id == sites.c.id)
    )
    rows = select(sites, drawn_sites.c.officer, visits.c.outcome, visits.c.closed_at)
    mine = rows.select_from(joined).where(drawn_sites.c.sweep_id == sweep_id)
    return [
        DrawnSite(
            domain=row.domain,
            unit_name=shown_unit_name(row.unit_name, SubjectKind(row.subject_kind)),
            officer=row.officer,
            outcome=row.outcome or "",
            closed_at=row.closed_at,
        )
        for row in db.execute(mine.order_by(sites.c.domain))
    ]


def _act(
    action: str, schedule: Schedule, actor: str, at: datetime, before: str = "", after: str = ""
) -> Act:
    return Act(
        at=at,
        actor=actor,
        action=action,
        object=f"schedule:{schedule.name}",
        region=schedule.region,
        before=before,
        after=after,
    )


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(
        id=row.id,
        name=row.name,
        cron=row.cron,
        zone=row.zone,
        selection=row.selection,
        quiet=row.quiet,
        officers=tuple(row.officers),
        render=row.render,
        state=ScheduleState(row.state),
        region=row.region,
        actor=row.actor,
        since=row.since,
    )


def _firing(row: Row[Any], schedule: Schedule) -> Firing:
    return Firing(
        id=row.id,
        schedule=schedule,
        fire_at=row.fire_at,
        state=FiringState(row.state),
        reason=row.reason,
        sweep_id=row.sweep_id,
        asked_by=row.asked_by,
        stop_asked=row.stop_asked,
        runner=row.runner,
        lease_until=row.lease_until,
    )
