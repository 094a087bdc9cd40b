"""Stored pages judged by another lexicon, without crawling: what would newly alert, what would fall
silent, and what that means in an officer's minutes. Nothing is written.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from crawler.domain.assessment import Assessment, Level, at_least, rank
from crawler.service.rejudging import judged_again
from crawler.store.database import Database
from crawler.store.readings import Reading, reading_count, readings_after
from lexicons.judging import Judge

MINUTES_AN_ALERT = 3.0  # an officer's look at one card; our estimate, given beside the figures
BATCH = 200
MOST_TOLD = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """One site whose level another lexicon changes."""

    domain: str
    region: str
    unit_name: str
    before: Level
    after: Level
    score_before: float
    score_after: float
    sentence: str  # of the graver judgement

    @property
    def opens(self) -> bool:
        """Whether it newly alerts."""
        return _alerts(self.after) and not _alerts(self.before)

    @property
    def falls_silent(self) -> bool:
        """Whether it alerts no more."""
        return _alerts(self.before) and not _alerts(self.after)


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """All sites under two lexicons. The shifts told are those with the greatest difference."""

    sites: int  # judged
    stored: int  # that could be judged
    alerting_before: int
    alerting_after: int
    newly_alerting: int
    falling_silent: int
    raised: int
    lowered: int
    shifts: tuple[Shift, ...]

    @property
    def officer_minutes(self) -> float:
        """Minutes of looking that come (or, below zero, go) with the change."""
        return MINUTES_AN_ALERT * (self.newly_alerting - self.falling_silent)


def replay(
    database: Database,
    old: Judge,
    new: Judge,
    now: datetime,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    region: str = "",
    most: int | None = None,
) -> Replay:
    """Every site's newest visit (or of the first `most`), by the lexicon in force and the new."""
    with database.reading() as db:
        total = reading_count(db, region)
    done, before, after = 0, 0, 0
    shifts: list[Shift] = []
    for reading in islice(each_reading(database, now, region), most):
        shift = _shift(reading, old, new, now)
        before, after = before + _alerts(shift.before), after + _alerts(shift.after)
        if shift.before is not shift.after:
            shifts.append(shift)
        done += 1
        if done % BATCH == 0:
            on_progress(done, total)
    on_progress(done, total)
    return Replay(
        sites=done,
        stored=total,
        alerting_before=before,
        alerting_after=after,
        newly_alerting=sum(one.opens for one in shifts),
        falling_silent=sum(one.falls_silent for one in shifts),
        raised=sum(rank(one.after) > rank(one.before) for one in shifts),
        lowered=sum(rank(one.after) < rank(one.before) for one in shifts),
        shifts=tuple(sorted(shifts, key=_weight, reverse=True)[:MOST_TOLD]),
    )


def each_reading(database: Database, now: datetime, region: str = "") -> Iterator[Reading]:
    """All sites' newest visits, a batch in memory at a time."""
    reached = 0
    while True:
        with database.reading() as db:
            batch = readings_after(db, reached, BATCH, now, region)
        yield from batch
        if len(batch) < BATCH:
            return
        reached = batch[-1].visit.site.id


def _shift(reading: Reading, old: Judge, new: Judge, now: datetime) -> Shift:
    before = _said(reading, old, now)
    after = judged_again(reading, new, now)
    graver = after if rank(after.level) >= rank(before[0]) else None
    site = reading.visit.site
    return Shift(
        domain=site.domain_shown,
        region=site.region,
        unit_name=site.unit_name,
        before=before[0],
        after=after.level,
        score_before=before[1],
        score_after=after.score,
        sentence=graver.sentence if graver else before[2],
    )


def _said(reading: Reading, old: Judge, now: datetime) -> tuple[Level, float, str]:
    """What the lexicon in force says; its own judgement where that is the stored one."""
    if reading.lexicon_version == old.version:
        return reading.level, reading.score, reading.sentence
    again: Assessment = judged_again(reading, old, now)
    return again.level, again.score, again.sentence


def _weight(shift: Shift) -> tuple[bool, float]:
    return shift.opens or shift.falls_silent, abs(shift.score_after - shift.score_before)


def _alerts(level: Level) -> bool:
    return at_least(level, Level.YELLOW)
