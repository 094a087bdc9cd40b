"""Sweeps and their visits: whose turn each is, under whose lease. The frontier is this table."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, case, func, insert, literal, or_, select, update

from crawler.domain.alert import AlertState
from crawler.domain.capture import Capture, Outcome
from crawler.domain.errors import BadInput
from crawler.domain.site import (
    RECAPTURES,
    SiteState,
    Sweep,
    SweepState,
    Visit,
    VisitState,
    ended_well,
)
from crawler.domain.subject import NOBODY_ASKED, to_watch
from crawler.store.database import update_rows
from crawler.store.exceptions import excepted_terms
from crawler.store.rechecks import rechecked_sites, sites_due_for_recheck
from crawler.store.regions import within
from crawler.store.sites import sites_by_id
from crawler.store.subjects import standings_of
from crawler.store.sweep_counts import forget_counts, keep_counts
from crawler.store.tables import alerts, captures, sites, sweeps, visits

_CAPTURE = msgspec.json.Decoder(Capture)
NOT_SEEN = [str(one) for one in Outcome if not ended_well(one)]


def start_sweep(
    db: Connection,
    selection: str,
    wanted: Select[Any],
    *,
    now: datetime,
    actor: str,
    region: str,
    render: bool,
) -> Sweep:
    """One sweep with a waiting visit for each wanted site (a select of sites.id)."""
    sweep_id = open_sweep(db, selection, now=now, actor=actor, region=region, render=render)
    return fill_sweep(db, sweep_id, wanted)


def open_sweep(
    db: Connection, selection: str, *, now: datetime, actor: str, region: str, render: bool
) -> int:
    """A sweep of nothing yet; its number."""
    values = {
        "selection": selection,
        "state": str(SweepState.RUNNING),
        "render": render,
        "actor": actor,
        "region": region,
        "started_at": now,
    }
    made = db.execute(insert(sweeps).values(values))
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def fill_sweep(db: Connection, sweep_id: int, wanted: Select[Any]) -> Sweep:
    """A waiting visit for each watched one of the wanted sites."""
    chosen = wanted.subquery()
    rows = (
        select(literal(sweep_id), sites.c.id, sites.c.region, literal(str(VisitState.WAITING)))
        .where(sites.c.id.in_(select(chosen.c.id)), sites.c.state == str(SiteState.WATCHED))
        .order_by(sites.c.id)
    )
    columns = ["sweep_id", "site_id", "region", "state"]
    count = db.execute(insert(visits).from_select(columns, rows)).rowcount
    db.execute(update(sweeps).where(sweeps.c.id == sweep_id).values(sites=count))
    return sweep_of(db, sweep_id)


def every_site(region: str = "") -> Select[Any]:
    """All sites of a region prefix."""
    return select(sites.c.id).where(within(sites.c.region, region))


def due_sites(now: datetime, region: str = "") -> Select[Any]:
    """Sites whose time has come."""
    timely = or_(sites.c.due_at.is_(None), sites.c.due_at <= now)
    return every_site(region).where(or_(timely, sites.c.id.in_(sites_due_for_recheck(now))))


def named_sites(domains: Sequence[str]) -> Select[Any]:
    """Sites by domain."""
    return select(sites.c.id).where(sites.c.domain.in_(domains))


def sweep_of(db: Connection, sweep_id: int) -> Sweep:
    """One sweep by number; BadInput if there is none."""
    row = db.execute(select(sweeps).where(sweeps.c.id == sweep_id)).first()
    if row is None:
        raise BadInput(f"没有编号为 {sweep_id} 的巡查批次")
    return _sweep_from(row)


def unfinished_sweep(db: Connection, selection: str) -> Sweep | None:
    """The last sweep of this selection, if it did not come to its end."""
    rows = select(sweeps).where(
        sweeps.c.selection == selection, sweeps.c.state != str(SweepState.FINISHED)
    )
    row = db.execute(rows.order_by(sweeps.c.id.desc()).limit(1)).first()
    return _sweep_from(row) if row else None


def resume_sweep(db: Connection, sweep_id: int) -> None:
    """One that was stopped runs again: other machines may join."""
    stopped = (sweeps.c.id == sweep_id) & (sweeps.c.state == str(SweepState.STOPPED))
    db.execute(update(sweeps).where(stopped).values(state=str(SweepState.RUNNING)))


def halt_sweep(db: Connection, sweep_id: int) -> None:
    """One that runs is stopped: no other machine goes on with it."""
    running = (sweeps.c.id == sweep_id) & (sweeps.c.state == str(SweepState.RUNNING))
    db.execute(update(sweeps).where(running).values(state=str(SweepState.STOPPED)))


def mark_sweep(db: Connection, sweep_id: int, state: SweepState, now: datetime) -> None:
    """Say how a sweep stands; a finished one gets its end."""
    finished = now if state is SweepState.FINISHED else None
    values = {"state": str(state), "finished_at": finished}
    db.execute(update(sweeps).where(sweeps.c.id == sweep_id).values(values))
    (keep_counts if finished else forget_counts)(db, sweep_id)


def claim_visits(
    db: Connection,
    sweep_id: int,
    state: VisitState,
    *,
    owner: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    held: Collection[int] | None = None,
) -> list[Visit]:
    """Take up to `limit` visits whose turn it is, the most urgent first. With `held`, what the
    owner has in hand: also what stays with the owner for its next turn, and what was claimed
    while the server went away.

    Nobody else gets them until the lease ends.
    """
    free = or_(visits.c.lease_until.is_(None), visits.c.lease_until < now)
    if held is not None:
        free |= (visits.c.lease_owner == owner) & visits.c.id.not_in(held)
    mine = (
        select(visits.c.id)
        .where(visits.c.sweep_id == sweep_id, visits.c.state == str(state), free)
        .order_by(visits.c.urgency.desc(), visits.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claim = (
        update(visits)
        .where(visits.c.id.in_(mine.scalar_subquery()))
        .values(lease_until=now + lease, lease_owner=owner)
        .returning(visits.c.id)
    )
    return visits_by_id(db, db.scalars(claim).all(), now)


def visits_by_id(db: Connection, ids: Sequence[int], now: datetime | None = None) -> list[Visit]:
    """Visits with all that the path must know: site, captures so far, open alert, exceptions."""
    if not ids:
        return []
    wanted = select(visits).where(visits.c.id.in_(ids))
    rows = db.execute(wanted.order_by(visits.c.urgency.desc(), visits.c.id)).all()
    site_ids = [row.site_id for row in rows]
    site_by_id = sites_by_id(db, site_ids)
    known = _captures_of(db, ids)
    opened, watched = _alerts_of(db, site_ids)
    watched |= rechecked_sites(db, site_ids, now)
    excepted = excepted_terms(db, site_ids, now)
    standings = defaultdict(lambda: NOBODY_ASKED, standings_of(db, list(site_by_id.values())))
    return [
        Visit(
            id=row.id,
            sweep_id=row.sweep_id,
            site=site_by_id[row.site_id],
            state=VisitState(row.state),
            tries=row.tries,
            captures=tuple(known.get(row.id, ())),
            open_alert_id=opened.get(row.site_id),
            watched=row.site_id in watched or to_watch(standings[row.site_id]) is not None,
            excepted_terms=tuple(excepted.get(row.site_id, ())),
            render_reason=row.render_reason,
            standing=standings[row.site_id],
        )
        for row in rows
    ]


def _captures_of(db: Connection, ids: Sequence[int]) -> dict[int, list[Capture]]:
    rows = select(captures.c.visit_id, captures.c.manifest).where(captures.c.visit_id.in_(ids))
    found: dict[int, list[Capture]] = {}
    for visit_id, manifest in db.execute(rows.order_by(captures.c.ended_at, captures.c.id)):
        found.setdefault(visit_id, []).append(_CAPTURE.decode(manifest))
    return found


def _alerts_of(db: Connection, site_ids: Sequence[int]) -> tuple[dict[int, int], set[int]]:
    """The open alert of each site, and the sites an officer watches."""
    states = [str(AlertState.OPEN), str(AlertState.WATCHED)]
    rows = select(alerts.c.site_id, alerts.c.id, alerts.c.state).where(
        alerts.c.site_id.in_(site_ids), alerts.c.state.in_(states)
    )
    found = db.execute(rows).all()
    opened = {row.site_id: row.id for row in found if row.state == AlertState.OPEN}
    return opened, {row.site_id for row in found if row.state == AlertState.WATCHED}


def last_visit_of(db: Connection, site_id: int, sweep_id: int) -> int:
    """The visit of a site in a sweep; 0 if there is none."""
    mine = (visits.c.site_id == site_id) & (visits.c.sweep_id == sweep_id)
    return db.scalar(select(visits.c.id).where(mine)) or 0


def advance(
    db: Connection, visit_id: int, state: VisitState, *, now: datetime, **values: Any
) -> None:
    """Give a visit's turn to the next worker, or close it; the lease ends."""
    advance_each(db, [turn(visit_id, state, now=now, **values)])


def turn(visit_id: int, state: VisitState, *, now: datetime, **values: Any) -> dict[str, Any]:
    """What `advance_each` writes of one visit."""
    closed = {"closed_at": now} if state is VisitState.CLOSED else {}
    free = {"lease_until": None, "lease_owner": "", "tries": 0}
    return {"id": visit_id, "state": str(state)} | free | closed | values


def advance_each(db: Connection, turns: Iterable[dict[str, Any]]) -> None:
    """`advance` for all visits of a group at once."""
    update_rows(db, visits, turns)


def count_try(db: Connection, visit_id: int) -> int:
    """A worker died over this visit: how often that happened now."""
    statement = (
        update(visits)
        .where(visits.c.id == visit_id)
        .values(tries=visits.c.tries + 1)
        .returning(visits.c.tries)
    )
    return int(db.scalars(statement).one())


def release_leases(db: Connection, owner: str) -> int:
    """Give back at once what a parent of this name had claimed when it died."""
    mine = visits.c.lease_owner == owner
    return db.execute(update(visits).where(mine).values(lease_until=None, lease_owner="")).rowcount


def renew_leases(db: Connection, owner: str, until: datetime) -> None:
    """What a parent has in hand, or keeps for its next turn, it goes on holding: some pages take
    longer than a lease.
    """
    mine = (visits.c.lease_owner == owner) & visits.c.lease_until.is_not(None)
    db.execute(update(visits).where(mine).values(lease_until=until))


def held_elsewhere(db: Connection, sweep_id: int, owner: str, now: datetime) -> int:
    """How many visits of a sweep another parent has in hand."""
    others = (visits.c.lease_owner != owner) & (visits.c.lease_until >= now)
    rows = select(func.count()).where(visits.c.sweep_id == sweep_id, others)
    return db.scalar(rows) or 0


def sweep_to_join(db: Connection, states: Sequence[VisitState], now: datetime) -> Sweep | None:
    """The oldest running sweep with a visit that waits for one of these turns and that nobody
    holds. Looks of a single site are left to who asked for them.
    """
    free = or_(visits.c.lease_until.is_(None), visits.c.lease_until < now)
    turns = visits.c.state.in_([str(one) for one in states])
    waits = select(visits.c.id).where(visits.c.sweep_id == sweeps.c.id, turns, free).exists()
    running = sweeps.c.state == str(SweepState.RUNNING)
    asked = or_(*(sweeps.c.selection.startswith(one) for one in RECAPTURES))
    row = db.execute(select(sweeps).where(running, ~asked, waits).order_by(sweeps.c.id)).first()
    return _sweep_from(row) if row else None


def held_by(db: Connection, owner: str, ids: Sequence[int]) -> set[int]:
    """Of these visits those that are still this parent's: nobody else claimed them meanwhile."""
    rows = select(visits.c.id).where(visits.c.id.in_(ids), visits.c.lease_owner == owner)
    # nobody claims them before what follows is written
    return set(db.scalars(rows.order_by(visits.c.id).with_for_update()))


def release_visits(db: Connection, owner: str, ids: Sequence[int]) -> None:
    """Give back what a dead child of this parent had not answered."""
    free = update(visits).where(visits.c.id.in_(ids), visits.c.lease_owner == owner)
    db.execute(free.values(lease_until=None, lease_owner=""))


def waiting_count(db: Connection, sweep_id: int) -> Counter[VisitState]:
    """How many visits of a sweep stand where."""
    rows = (
        select(visits.c.state, func.count())
        .where(visits.c.sweep_id == sweep_id)
        .group_by(visits.c.state)
    )
    return Counter({VisitState(state): count for state, count in db.execute(rows)})


def outcome_count(db: Connection, sweep_id: int) -> dict[str, int]:
    """How the visits of a sweep ended, by outcome; the empty name is not ended yet, whatever was
    seen so far.
    """
    over = visits.c.state == str(VisitState.CLOSED)
    ended = case((over, visits.c.outcome), else_="").label("ended")
    rows = select(ended, func.count().label("sites")).where(visits.c.sweep_id == sweep_id)
    return {row.ended: row.sites for row in db.execute(rows.group_by(ended))}


def close_unrendered(db: Connection, sweep_id: int, now: datetime) -> None:
    """Visits that are judged and whose only turn left nobody here can take."""
    states = (VisitState.COMPARING, VisitState.RENDERING, VisitState.DECIPHERING)
    free = or_(visits.c.lease_until.is_(None), visits.c.lease_until < now)
    turns = visits.c.state.in_([str(one) for one in states])
    waiting = (visits.c.sweep_id == sweep_id) & turns & free
    closed = {"state": str(VisitState.CLOSED), "closed_at": now, "lease_until": None}
    db.execute(update(visits).where(waiting).values(closed))


def unrendered_count(db: Connection, sweep_id: int) -> int:
    """Closed visits that wanted a browser's look and have no capture in which one got to see."""
    drawn = (
        select(captures.c.id)
        .where(captures.c.visit_id == visits.c.id, captures.c.fetcher == "browser")
        .where(captures.c.outcome != str(Outcome.BROWSER_FAILED))
        .correlate(visits)
        .exists()
    )
    wanted = (
        select(func.count())
        .select_from(visits)
        .where(visits.c.sweep_id == sweep_id, visits.c.render_reason != "", ~drawn)
    )
    return db.scalar(wanted) or 0


def _sweep_from(row: Any) -> Sweep:
    return Sweep(
        id=row.id,
        selection=row.selection,
        state=SweepState(row.state),
        started_at=row.started_at,
        finished_at=row.finished_at,
        sites=row.sites,
        render=row.render,
        actor=row.actor,
        region=row.region,
    )
