"""Which captures may go by age, and which must not however old they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
)

from crawler.domain.alert import AlertState, Decision
from crawler.domain.capture import Evidence, manifest_digest
from crawler.domain.ids import ulid
from crawler.domain.lead import LeadState
from crawler.domain.retention import HoldScope, KeepRule, Retention, cutoff
from crawler.domain.site import SiteState, VisitState
from crawler.domain.task import TASK_ENDS
from crawler.store.captures import REMOVED, SEEN, records_in
from crawler.store.case_tables import case_records
from crawler.store.finding_tables import picture_texts
from crawler.store.keeping_tables import holds, removed_captures
from crawler.store.lead_tables import leads
from crawler.store.tables import alerts, assessments, captures, cases, reviews, sites, tasks, visits

_LIVE = [str(AlertState.OPEN), str(AlertState.WATCHED)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Expired:
    """One capture whose time is over, with all its records."""

    id: str
    rule: KeepRule
    site_id: int
    text_digest: str
    records: tuple[Evidence, ...]


def expired(db: Connection, times: Retention, now: datetime, after: str = "") -> Iterator[Expired]:
    """Oldest first, in flat memory; `after`: the id that an earlier look ended with."""
    wanted = _wanted(times, now)
    if wanted is None or _held(HoldScope.ALL, db):
        return
    found = picture_texts.c.capture_id == captures.c.id
    columns = (
        captures.c.id, captures.c.site_id, captures.c.text_digest, captures.c.manifest,
        captures.c.manifest_sha256, picture_texts.c.evidence, _FOUND.label("found"),
    )  # fmt: skip
    joined = captures.outerjoin(picture_texts, found).join(visits, _OF_VISIT)
    rows = select(*columns).select_from(joined.join(sites, sites.c.id == captures.c.site_id))
    rows = rows.where(wanted, captures.c.id > after).order_by(captures.c.id)
    for row in db.execute(rows.execution_options(yield_per=500)):
        if manifest_digest(row.manifest) != row.manifest_sha256:
            continue  # changed: it may name places that are another's, and `verify` tells of it
        derived = msgspec.convert(row.evidence or (), tuple[Evidence, ...])
        yield Expired(
            id=row.id,
            rule=KeepRule.FOUND if row.found else KeepRule.PAGES,
            site_id=row.site_id,
            text_digest=row.text_digest,
            records=records_in(row.manifest) + derived,
        )


def captures_left(db: Connection) -> int:
    """Captures that have their bytes."""
    total = db.scalar(select(func.count()).select_from(captures)) or 0
    return total - (db.scalar(select(func.count()).select_from(removed_captures)) or 0)


def past_cases(db: Connection, times: Retention, now: datetime) -> list[tuple[str, str]]:
    """File and region of the own WARCs of cases that came to nothing long enough ago."""
    if _held(HoldScope.ALL, db):
        return []
    joined = case_records.join(cases, cases.c.id == case_records.c.case_id)
    rows = select(case_records.c.file, case_records.c.region).distinct().select_from(joined)
    past = rows.where(case_records.c.file != "", ~_keeps(times, now), ~_HOLDS_ONE)
    return [(row.file, row.region) for row in db.execute(past)]


def _held(scope: HoldScope, db: Connection) -> bool:
    mine = (holds.c.scope == str(scope)) & holds.c.released_at.is_(None)
    return db.scalar(select(holds.c.id).where(mine).limit(1)) is not None


def _wanted(times: Retention, now: datetime) -> ColumnElement[bool] | None:
    ends = [
        (until, kind)
        for until, kind in (
            (cutoff(times.pages_days, now), ~_FOUND),
            (cutoff(times.found_days, now), _FOUND),
        )
        if until is not None
    ]
    if not ends:
        return None
    last = max(until for until, _ in ends)
    newest = ulid(int(last.timestamp() * 1000), b"\xff" * 10)  # ids follow time
    return and_(
        captures.c.id <= newest,
        or_(*(and_(captures.c.ended_at < until, kind) for until, kind in ends)),
        visits.c.state == str(VisitState.CLOSED),
        ~REMOVED,
        or_(sites.c.state == str(SiteState.RETIRED), _SUPERSEDED),
        ~_ON_HOLD,
        ~_OF_LIVE_CASE,
        ~_CONFIRMED,
        ~_kept_by_case(times, now),
        ~exists().where(leads.c.site_id == captures.c.site_id,
                        leads.c.state == str(LeadState.RECEIVED)),
    )  # fmt: skip


def _case_is_live(case_id: ColumnElement[int]) -> ColumnElement[bool]:
    """A person still has something to do with it."""
    open_task = tasks.c.state.not_in([str(one) for one in TASK_ENDS])
    return or_(
        exists().where(_OTHER.c.case_id == case_id, _OTHER.c.state.in_(_LIVE)),
        exists().where(tasks.c.case_id == case_id, open_task),
    )


def _once_confirmed(case_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whatever was decided later."""
    said = reviews.c.decision == str(Decision.CONFIRM)
    ever = select(reviews.c.id).where(reviews.c.alert_id == _OTHER.c.id, said).exists()
    is_so = or_(_OTHER.c.state == str(AlertState.CONFIRMED), ever)
    return exists().where(_OTHER.c.case_id == case_id, is_so)


def _kept_by_case(times: Retention, now: datetime) -> ColumnElement[bool]:
    joined = case_records.join(cases, cases.c.id == case_records.c.case_id)
    mine = case_records.c.capture_id == captures.c.id
    return select(case_records.c.id).select_from(joined).where(mine, _keeps(times, now)).exists()


def _keeps(times: Retention, now: datetime) -> ColumnElement[bool]:
    """Of a case: confirmed, on hold, alive, or come to nothing not long enough ago."""
    until = cutoff(times.found_days, now)
    settled = select(func.max(func.coalesce(_OTHER.c.settled_at, _OTHER.c.last_seen_at)))
    recent = (
        settled.where(_OTHER.c.case_id == cases.c.id).scalar_subquery() >= until
        if until is not None
        else literal(value=True)
    )
    return or_(recent, _once_confirmed(cases.c.id), _case_is_live(cases.c.id), _HELD_CASE)


def _on_hold(scope: HoldScope, name: ColumnElement[str]) -> Select[tuple[int]]:
    stands = holds.c.released_at.is_(None)
    return select(holds.c.id).where(holds.c.scope == str(scope), stands, holds.c.object == name)


_OTHER = alerts.alias("other")
_COPY = case_records.alias("copy")
_OF_VISIT = visits.c.id == captures.c.visit_id
_FOUND = or_(
    exists().where(assessments.c.visit_id == captures.c.visit_id, assessments.c.level != "none"),
    exists().where(alerts.c.visit_id == captures.c.visit_id),
    exists().where(case_records.c.capture_id == captures.c.id),
)
_LATER = captures.alias("later")
_SUPERSEDED = exists().where(
    _LATER.c.site_id == captures.c.site_id,
    _LATER.c.id > captures.c.id,
    _LATER.c.visit_id != captures.c.visit_id,
    _LATER.c.fetcher == captures.c.fetcher,
    or_(_LATER.c.outcome.in_(SEEN), captures.c.outcome.not_in(SEEN)),
)
_HELD_CASE = _on_hold(HoldScope.CASE, cases.c.number).exists()
_MY_CASES = (
    select(cases.c.id)
    .join(alerts, alerts.c.case_id == cases.c.id)
    .where(alerts.c.site_id == captures.c.site_id)
)
_HOLDS_ONE = (  # of a case: one of its captures, or the site of one
    select(_COPY.c.id)
    .join(captures, captures.c.id == _COPY.c.capture_id)
    .join(sites, sites.c.id == captures.c.site_id)
    .where(
        _COPY.c.case_id == cases.c.id,
        or_(
            _on_hold(HoldScope.SITE, sites.c.domain).exists(),
            _on_hold(HoldScope.CAPTURE, captures.c.id).exists(),
        ),
    )
    .exists()
)
_ON_HOLD = or_(
    _on_hold(HoldScope.SITE, sites.c.domain).exists(),
    _on_hold(HoldScope.CAPTURE, captures.c.id).exists(),
    _MY_CASES.where(_HELD_CASE).exists(),
)
_OF_LIVE_CASE = _MY_CASES.where(_case_is_live(cases.c.id)).exists()
_CONFIRMED = (
    select(alerts.c.id)
    .where(alerts.c.visit_id == captures.c.visit_id, _once_confirmed(alerts.c.case_id))
    .exists()
)
