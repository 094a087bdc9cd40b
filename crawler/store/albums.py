"""The album: the newest picture of each site, of one sweep or of all; and who has none.

They are walked from the newest on; a site that has a newer one is passed over. So a page costs
what is on it, however many pictures there are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select

from crawler.domain.assessment import Level
from crawler.domain.capture import Capture
from crawler.domain.filing import SubjectKind, shown_unit_name
from crawler.store.album_tables import pictures
from crawler.store.coverage import MOST_COUNTED
from crawler.store.keeping_tables import removed_captures
from crawler.store.regions import within
from crawler.store.sites import named
from crawler.store.tables import assessments, captures, sites, sweeps

_CAPTURE = msgspec.json.Decoder(Capture)
MOST_PICTURES = 2_000
MOST_NAMED = MOST_COUNTED  # sites whose name has the words that were typed
_MOST_SWEEPS = 200  # among which those with pictures are looked for


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Album:
    """How many sites have a picture (at most one more than MOST_COUNTED), and one page of them,
    newest first. `cut`: more sites have the words than are looked at.
    """

    total: int
    shots: list[Shot]
    cut: bool


def album_of(db: Connection, wanted: AlbumWanted) -> Album:
    """What is wanted of it."""
    sites_named = _named(db, wanted) if wanted.words else None
    rows = _newest(wanted, sites_named and sites_named[:MOST_NAMED])
    ids = list(db.scalars(rows.limit(MOST_COUNTED + 1)))
    page = ids[wanted.offset : wanted.offset + min(wanted.limit, MOST_PICTURES)]
    cut = sites_named is not None and len(sites_named) > MOST_NAMED
    return Album(total=len(ids), shots=list(_shots(db, page)), cut=cut)


def sweeps_with_pictures(db: Connection, reach: str, limit: int = 20) -> Sequence[int]:
    """The newest sweeps that have pictures."""
    newest = select(sweeps.c.id).order_by(sweeps.c.id.desc()).limit(_MOST_SWEEPS)
    mine = exists().where(pictures.c.sweep_id == sweeps.c.id, within(pictures.c.region, reach))
    rows = select(sweeps.c.id).where(sweeps.c.id.in_(newest), mine)
    return list(db.scalars(rows.order_by(sweeps.c.id.desc()).limit(limit)))


def _named(db: Connection, wanted: AlbumWanted) -> list[int]:
    """At most one more than are looked at."""
    rows = select(sites.c.id).where(named(db, wanted.words), within(sites.c.region, wanted.reach))
    return list(db.scalars(rows.order_by(sites.c.domain).limit(MOST_NAMED + 1)))


def _newest(wanted: AlbumWanted, sites_named: list[int] | None) -> Select[str]:
    """The ids of each site's newest picture, newest first."""
    later = pictures.alias("later")
    same = later.c.site_id == pictures.c.site_id
    if wanted.sweep:  # a sweep has one visit a site
        same = later.c.visit_id == pictures.c.visit_id
    newer = or_(
        later.c.taken_at > pictures.c.taken_at,
        and_(later.c.taken_at == pictures.c.taken_at, later.c.capture_id > pictures.c.capture_id),
    )
    rows = select(pictures.c.capture_id).where(
        within(pictures.c.region, wanted.reach),
        ~exists().where(same, newer),
        ~exists().where(removed_captures.c.capture_id == pictures.c.capture_id),  # gone by age
        *_conditions(wanted, sites_named),
    )
    return rows.order_by(pictures.c.taken_at.desc(), pictures.c.capture_id.desc())


def _conditions(
    wanted: AlbumWanted, sites_named: list[int] | None
) -> Iterator[ColumnElement[bool]]:
    if wanted.sweep:
        yield pictures.c.sweep_id == wanted.sweep
    if sites_named is not None:
        yield pictures.c.site_id.in_(sites_named)
    if wanted.level == Level.NONE:
        mine = (assessments.c.visit_id == pictures.c.visit_id) & assessments.c.current
        yield ~exists().where(mine, assessments.c.level != str(Level.NONE))
    elif wanted.level:
        level = assessments.c.current & (assessments.c.level == wanted.level)
        yield pictures.c.visit_id.in_(select(assessments.c.visit_id).where(level))


def _shots(db: Connection, ids: Sequence[str]) -> Iterator[Shot]:
    current = and_(assessments.c.visit_id == captures.c.visit_id, assessments.c.current)
    joined = captures.join(sites, sites.c.id == captures.c.site_id).outerjoin(assessments, current)
    columns = (
        captures.c.manifest, captures.c.ended_at, sites.c.domain, sites.c.domain_shown,
        sites.c.unit_name, sites.c.subject_kind, assessments.c.level,
    )  # fmt: skip
    rows = select(*columns).select_from(joined).where(captures.c.id.in_(ids))
    ordered = rows.order_by(captures.c.ended_at.desc(), captures.c.id.desc())
    return (_shot(row) for row in db.execute(ordered))


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
