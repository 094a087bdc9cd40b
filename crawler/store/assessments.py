"""Judgements: every one is kept, one a visit is current."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from crawler.domain.assessment import Assessment, Level, rates_of, says_nothing
from crawler.domain.site import Visit, VisitState
from crawler.store.places import note_judged
from crawler.store.tables import assessments, visits
from crawler.store.visits import visits_by_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A judgement with the site it is of."""

    assessment: Assessment
    site_id: int
    region: str


def save_assessment(db: Connection, assessment: Assessment, site_id: int, region: str) -> None:
    """The newest judgement of a visit supersedes the one before."""
    save_assessments(db, [Judged(assessment=assessment, site_id=site_id, region=region)])


def save_assessments(db: Connection, judged: Sequence[Judged]) -> None:
    """The same for a group; of two judgements of one visit the later is the current one."""
    if not judged:
        return
    newest = {one.assessment.visit_id: one for one in judged}
    earlier = assessments.c.visit_id.in_(list(newest)) & assessments.c.current
    db.execute(update(assessments).where(earlier).values(current=False))
    db.execute(
        insert(assessments),
        [_row(one, current=newest[one.assessment.visit_id] is one) for one in judged],
    )
    note_judged(db, [(one.assessment, one.site_id) for one in newest.values()])


def assessment_of(db: Connection, visit_id: int) -> Assessment | None:
    """The current judgement of a visit."""
    current = (assessments.c.visit_id == visit_id) & assessments.c.current
    body: Any = db.scalar(select(assessments.c.body).where(current))
    return msgspec.convert(body, Assessment) if body else None


def levels_of(db: Connection, visit_ids: Collection[int]) -> dict[int, Level]:
    """The levels of several visits, as far as they are judged."""
    current = assessments.c.visit_id.in_(visit_ids) & assessments.c.current
    rows = db.execute(select(assessments.c.visit_id, assessments.c.level).where(current))
    return {row.visit_id: Level(row.level) for row in rows}


def quiet_visits(
    db: Connection, sweep_id: int, reasons: Collection[str], now: datetime
) -> list[tuple[Visit, Assessment]]:
    """Visits of a sweep that wait for a browser for one of these reasons, be it after other
    visitors' views, in nobody's hands, and are called quiet meanwhile.
    """
    free = visits.c.lease_until.is_(None) | (visits.c.lease_until < now)
    turns = (str(VisitState.COMPARING), str(VisitState.RENDERING))
    waits = visits.c.state.in_(turns) & visits.c.render_reason.in_(reasons)
    joined = assessments.join(visits, visits.c.id == assessments.c.visit_id)
    low = assessments.c.current & assessments.c.level.in_([str(Level.NONE), str(Level.BLUE)])
    rows = db.execute(
        select(assessments.c.body)
        .select_from(joined)
        .where(visits.c.sweep_id == sweep_id, free, waits, low)
    ).all()
    judged = [msgspec.convert(row.body, Assessment) for row in rows]
    quiet = {one.visit_id: one for one in judged if says_nothing(one)}
    return [(one, quiet[one.id]) for one in visits_by_id(db, list(quiet), now)]


def _row(one: Judged, *, current: bool) -> dict[str, Any]:
    assessment = one.assessment
    return {
        "visit_id": assessment.visit_id,
        "site_id": one.site_id,
        "region": one.region,
        "level": str(assessment.level),
        "score": assessment.score,
        "categories": list(assessment.categories),
        "rates": list(rates_of(assessment)),
        "sentence": assessment.sentence,
        "text_digest": assessment.text_digest,
        "lexicon_version": assessment.lexicon_version,
        "judged_at": assessment.judged_at,
        "current": current,
        "body": msgspec.to_builtins(assessment, builtin_types=()),
    }
