"""Questions that keep watching for their owner, and what they found: a text at a site, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, update

from crawler.domain.errors import BadInput
from crawler.domain.search import Narrowing, Place
from crawler.store.database import upsert
from crawler.store.places import pages_of
from crawler.store.search_tables import saved_finds, saved_searches
from crawler.store.tables import sites

MOST_SEARCHES = 50  # of one person


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedSearch:
    """One question; region is the reach of its owner when it was saved."""

    id: int
    owner: str
    name: str
    words: str
    narrowing: Narrowing
    region: str
    created_at: datetime
    finds: int = 0
    last_found_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Find:
    """A text at a site that answered."""

    digest: str
    site_id: int
    domain: str
    unit_name: str
    kind: str
    title: str
    url: str
    capture_id: str
    found_at: datetime


def save_search(
    db: Connection, owner: str, region: str, name: str, asked: tuple[str, Narrowing], now: datetime
) -> int:
    """Keep one question: its words and what narrows it."""
    mine = select(func.count()).where(
        saved_searches.c.owner == owner, saved_searches.c.ended_at.is_(None)
    )
    if (db.scalar(mine) or 0) >= MOST_SEARCHES:
        raise BadInput(f"至多存 {MOST_SEARCHES} 个检索")
    words, narrowing = asked
    made = insert(saved_searches).values(
        owner=owner,
        name=name[:200],
        words=words,
        narrowing=msgspec.to_builtins(narrowing),
        region=region,
        created_at=now,
    )
    return int(db.execute(made.returning(saved_searches.c.id)).scalar_one())


def end_search(db: Connection, owner: str, search_id: int, now: datetime) -> bool:
    """It watches no more; what it found stays."""
    mine = (saved_searches.c.id == search_id) & (saved_searches.c.owner == owner)
    open_ = saved_searches.c.ended_at.is_(None)
    return bool(db.execute(update(saved_searches).where(mine, open_).values(ended_at=now)).rowcount)


def searches_of(db: Connection, owner: str = "") -> list[SavedSearch]:
    """Those that watch, of one person or of all, with how much they found."""
    found = (
        select(
            saved_finds.c.search_id,
            func.count().label("finds"),
            func.max(saved_finds.c.found_at).label("last_found_at"),
        )
        .group_by(saved_finds.c.search_id)
        .subquery()
    )
    rows = (
        select(saved_searches, found.c.finds, found.c.last_found_at)
        .outerjoin(found, found.c.search_id == saved_searches.c.id)
        .where(saved_searches.c.ended_at.is_(None))
        .order_by(saved_searches.c.id)
    )
    if owner:
        rows = rows.where(saved_searches.c.owner == owner)
    return [_search(row) for row in db.execute(rows)]


def save_finds(db: Connection, found: Sequence[tuple[SavedSearch, Place]], now: datetime) -> None:
    """Each text at each site is listed once."""
    if not found:
        return
    rows: list[Mapping[str, Any]] = [
        {
            "search_id": search.id,
            "text_digest": place.digest,
            "site_id": place.site_id,
            "capture_id": place.capture_id,
            "region": place.region,
            "found_at": now,
        }
        for search, place in found
    ]
    # row by row: in one statement they would be more values than PostgreSQL takes
    db.execute(upsert(db, saved_finds).on_conflict_do_nothing(), rows)


def finds_of(
    db: Connection, search_id: int, reach: str, limit: int = 100, offset: int = 0
) -> list[Find]:
    """What a search found within reach, the newest first."""
    rows = db.execute(
        select(saved_finds, sites.c.domain, sites.c.unit_name, sites.c.subject_kind)
        .join(sites, sites.c.id == saved_finds.c.site_id)
        .where(saved_finds.c.search_id == search_id, saved_finds.c.region.startswith(reach))
        .order_by(saved_finds.c.found_at.desc(), saved_finds.c.capture_id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    pages = pages_of(db, [row.capture_id for row in rows])
    return [_find(row, pages.get(row.capture_id, ("", ""))) for row in rows]


def _find(row: Row[Any], page: tuple[str, str]) -> Find:
    return Find(
        digest=row.text_digest,
        site_id=row.site_id,
        domain=row.domain,
        unit_name=row.unit_name,
        kind=row.subject_kind,
        title=page[0],
        url=page[1],
        capture_id=row.capture_id,
        found_at=row.found_at,
    )


def _search(row: Row[Any]) -> SavedSearch:
    return SavedSearch(
        id=row.id,
        owner=row.owner,
        name=row.name,
        words=row.words,
        narrowing=msgspec.convert(row.narrowing, Narrowing),
        region=row.region,
        created_at=row.created_at,
        finds=row.finds or 0,
        last_found_at=row.last_found_at,
    )
