"""What is stored, judged by the lexicon now in force and written down: levels rise, alerts open. An
open alert is a person's to close: a milder word list takes nothing from it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from crawler.domain.assessment import Assessment, rank
from crawler.domain.audit import Act
from crawler.domain.capture import PageText
from crawler.domain.site import Visit
from crawler.store.assessments import save_assessment
from crawler.store.audit import note
from crawler.store.database import Connection, Database
from crawler.store.readings import Reading
from lexicons.judging import Judge

Answer = Callable[[Connection, Visit, Assessment, datetime], None]


@dataclass(kw_only=True)
class Rejudged:
    """How many sites were judged again, and what came of it."""

    known: int = 0  # judged by this lexicon already
    judged: int = 0
    raised: int = 0
    lowered: int = 0
    left_open: int = 0  # milder now, but an officer has the alert


def judged_again(reading: Reading, judge: Judge, now: datetime) -> Assessment:
    """The stored texts of a visit by a lexicon: the one that says most speaks for the visit."""
    if not reading.texts:
        return judge.judge(reading.visit, PageText(), None, now)
    found = (judge.judge(reading.visit, one.text, one.structure, now) for one in reading.texts)
    return max(found, key=lambda one: (rank(one.level), one.score))


def rejudge(
    database: Database,
    readings: Iterable[Reading],
    judge: Judge,
    answer: Answer,
    actor: str,
    now: datetime,
) -> Rejudged:
    """Write down the new judgements, one transaction a site: it may be stopped and begun again."""
    done = Rejudged()
    for reading in readings:
        if reading.lexicon_version == judge.version or not reading.texts:
            done.known += 1
            continue
        assessment = judged_again(reading, judge, now)
        milder = rank(assessment.level) < rank(reading.level)
        done.raised += rank(assessment.level) > rank(reading.level)
        done.lowered += milder
        if milder and reading.visit.open_alert_id is not None:
            done.left_open += 1
            continue
        done.judged += 1
        with database.transaction() as db:
            save_assessment(db, assessment, reading.visit.site.id, reading.visit.site.region)
            answer(db, reading.visit, assessment, now)
            if assessment.level is not reading.level:
                note(db, _act(reading, assessment, actor, now))
    return done


def _act(reading: Reading, assessment: Assessment, actor: str, now: datetime) -> Act:
    return Act(
        at=now,
        actor=actor,
        action="lexicon.rejudge",
        object=f"visit:{reading.visit.id}",
        region=reading.visit.site.region,
        before=f"{reading.level} {reading.lexicon_version}",
        after=f"{assessment.level} {assessment.lexicon_version}",
    )
