"""What was read of each site when it was last looked at, to be judged again without crawling."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from crawler.domain.assessment import Level
from crawler.domain.page import PageStructure
from crawler.domain.site import Visit
from crawler.store.tables import assessments, captures, sites, texts
from crawler.store.texts import ReadText, unpack_text
from crawler.store.visits import visits_by_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """The newest judged visit of one site: its texts, and what was said of them."""

    visit: Visit
    texts: tuple[ReadText, ...]
    level: Level
    score: float
    sentence: str
    lexicon_version: str


# What killed its reader was never judged by a lexicon, and is not opened here either.
_JUDGED = assessments.c.current & (assessments.c.lexicon_version != "")


def reading_count(db: Connection, region: str = "") -> int:
    """How many sites have been judged."""
    mine = _JUDGED & assessments.c.region.startswith(region)
    sites_judged = select(func.count(assessments.c.site_id.distinct())).where(mine)
    return db.scalar(sites_judged) or 0


def readings_after(
    db: Connection, site_id: int, limit: int, now: datetime, region: str = ""
) -> list[Reading]:
    """The next sites by number, each with its newest judged visit."""
    mine = _JUDGED & assessments.c.region.startswith(region)
    newest = (
        select(func.max(assessments.c.id))
        .where(mine, assessments.c.site_id > site_id)
        .group_by(assessments.c.site_id)
        .order_by(assessments.c.site_id)
        .limit(limit)
    )
    return _readings(db, db.scalars(newest).all(), now)


def reading_of(db: Connection, name: str, now: datetime) -> Reading | None:
    """The newest judged visit of a site by its domain, or the visit of a capture by its id."""
    of_capture = select(captures.c.visit_id).where(captures.c.id == name)
    of_site = select(sites.c.id).where(sites.c.domain == name)
    chosen = assessments.c.visit_id.in_(of_capture) | assessments.c.site_id.in_(of_site)
    newest = select(func.max(assessments.c.id)).where(_JUDGED, chosen)
    found = [one for one in db.scalars(newest) if one is not None]
    return next(iter(_readings(db, found, now)), None)


def _readings(db: Connection, ids: Sequence[int], now: datetime) -> list[Reading]:
    columns = (
        assessments.c.visit_id, assessments.c.level, assessments.c.score, assessments.c.sentence,
        assessments.c.text_digest, assessments.c.lexicon_version,
    )  # fmt: skip
    rows = db.execute(
        select(*columns).where(assessments.c.id.in_(ids)).order_by(assessments.c.site_id)
    ).all()
    visits = {one.id: one for one in visits_by_id(db, [row.visit_id for row in rows], now)}
    digests = {d for row in rows for d in _digests(visits[row.visit_id], row.text_digest)}
    known = dict(_texts(db, digests))
    return [
        Reading(
            visit=visits[row.visit_id],
            texts=tuple(
                known[digest]
                for digest in _digests(visits[row.visit_id], row.text_digest)
                if digest in known
            ),
            level=Level(row.level),
            score=row.score,
            sentence=row.sentence,
            lexicon_version=row.lexicon_version,
        )
        for row in rows
    ]


def _digests(visit: Visit, judged: str) -> tuple[str, ...]:
    """The text that was judged first, then the others of the visit."""
    all_of = (judged, *(capture.text_digest for capture in visit.captures))
    return tuple(dict.fromkeys(digest for digest in all_of if digest))


def _texts(db: Connection, digests: set[str]) -> Iterator[tuple[str, ReadText]]:
    wanted = texts.c.digest.in_(digests)
    for row in db.execute(select(texts.c.digest, texts.c.fields, texts.c.structure).where(wanted)):
        structure: Any = row.structure
        yield (
            row.digest,
            ReadText(
                text=unpack_text(row.fields),
                structure=msgspec.convert(structure, PageStructure) if structure else None,
            ),
        )
