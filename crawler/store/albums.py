"""The album: the newest picture of each site, of one sweep or of all; and who has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, func, select

from crawler.domain.capture import Capture, Fetcher
from crawler.domain.filing import SubjectKind, shown_unit_name
from crawler.store.tables import assessments, captures, sites, visits

_CAPTURE = msgspec.json.Decoder(Capture)
MOST_PICTURES = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """One site's picture, with what is written under it."""

    domain: str
    domain_shown: str
    unit_name: str  # persons masked
    level: str
    at: datetime
    capture: Capture


@dataclass(frozen=True, kw_only=True, slots=True)
class AlbumWanted:
    """Which pictures: of a sweep (0: each site's newest of all), by level, within reach."""

    reach: str = ""
    sweep: int = 0
    level: str = ""
    words: str = ""
    limit: int = 60
    offset: int = 0


def shots(db: Connection, wanted: AlbumWanted) -> tuple[int, list[Shot]]:
    """How many sites have a picture, and one page of them, gravest first, then by domain."""
    newest = _newest(wanted).subquery()
    current = and_(assessments.c.visit_id == captures.c.visit_id, assessments.c.current)
    joined = (
        captures.join(newest, newest.c.capture_id == captures.c.id)
        .join(sites, sites.c.id == captures.c.site_id)
        .outerjoin(assessments, current)
    )
    columns = (
        captures.c.manifest, captures.c.ended_at, sites.c.domain, sites.c.domain_shown,
        sites.c.unit_name, sites.c.subject_kind, assessments.c.level,
    )  # fmt: skip
    rows = select(*columns).select_from(joined)
    if wanted.level:
        rows = rows.where(func.coalesce(assessments.c.level, "none") == wanted.level)
    if wanted.words:
        rows = rows.where(
            sites.c.domain.contains(wanted.words, autoescape=True)
            | sites.c.unit_name.contains(wanted.words, autoescape=True)
        )
    total = db.scalar(select(func.count()).select_from(rows.subquery())) or 0
    score = func.coalesce(assessments.c.score, 0.0)
    page = rows.order_by(score.desc(), sites.c.domain).limit(min(wanted.limit, MOST_PICTURES))
    return total, [_shot(row) for row in db.execute(page.offset(wanted.offset))]


def sweeps_with_pictures(db: Connection, reach: str, limit: int = 20) -> Sequence[int]:
    """The newest sweeps that have pictures."""
    rows = (
        select(visits.c.sweep_id)
        .join(captures, captures.c.visit_id == visits.c.id)
        .where(captures.c.fetcher == str(Fetcher.BROWSER), visits.c.region.startswith(reach))
        .group_by(visits.c.sweep_id)
        .order_by(visits.c.sweep_id.desc())
    )
    return list(db.scalars(rows.limit(limit)))


def _newest(wanted: AlbumWanted) -> Select[tuple[str]]:
    """The newest capture of each site in which a desktop's browser saw something; their ids
    follow time.
    """
    rows = select(func.max(captures.c.id).label("capture_id")).where(
        captures.c.fetcher == str(Fetcher.BROWSER),
        captures.c.profile == "desktop",
        captures.c.outcome.in_(("seen", "partial", "empty")),
        captures.c.region.startswith(wanted.reach),
    )
    if wanted.sweep:
        mine = select(visits.c.id).where(visits.c.sweep_id == wanted.sweep)
        rows = rows.where(captures.c.visit_id.in_(mine))
    return rows.group_by(captures.c.site_id)


def _shot(row: Any) -> Shot:
    kind = SubjectKind(row.subject_kind)
    return Shot(
        domain=row.domain,
        domain_shown=row.domain_shown,
        unit_name=shown_unit_name(row.unit_name, kind),
        level=row.level or "none",
        at=row.ended_at,
        capture=_CAPTURE.decode(row.manifest),
    )
