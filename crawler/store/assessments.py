"""Judgements: every one is kept, one a visit is current."""

from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from crawler.domain.assessment import Assessment, rates_of
from crawler.store.places import note_judged
from crawler.store.tables import assessments


def save_assessment(db: Connection, assessment: Assessment, site_id: int, region: str) -> None:
    """The newest judgement of a visit supersedes the one before."""
    earlier = (assessments.c.visit_id == assessment.visit_id) & assessments.c.current
    db.execute(update(assessments).where(earlier).values(current=False))
    db.execute(
        insert(assessments).values(
            visit_id=assessment.visit_id,
            site_id=site_id,
            region=region,
            level=str(assessment.level),
            score=assessment.score,
            categories=list(assessment.categories),
            rates=list(rates_of(assessment)),
            sentence=assessment.sentence,
            text_digest=assessment.text_digest,
            lexicon_version=assessment.lexicon_version,
            judged_at=assessment.judged_at,
            current=True,
            body=msgspec.to_builtins(assessment, builtin_types=()),
        )
    )
    note_judged(db, assessment, site_id)


def assessment_of(db: Connection, visit_id: int) -> Assessment | None:
    """The current judgement of a visit."""
    current = (assessments.c.visit_id == visit_id) & assessments.c.current
    body: Any = db.scalar(select(assessments.c.body).where(current))
    return msgspec.convert(body, Assessment) if body else None
