"""Where each distinct text stands. Whatever changes there makes the text wait for the index again,
in the transaction of the capture or judgement that changed it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal,
    select,
    tuple_,
    update,
)

from crawler.domain.assessment import Assessment, rates_of
from crawler.domain.search import Place
from crawler.store.database import upsert
from crawler.store.finding_tables import family_members, picture_texts
from crawler.store.search_tables import text_places
from crawler.store.tables import alerts, captures, sites, texts

_ONE = literal(1)
_OF_SITE = (
    sites.c.subject_kind,
    func.coalesce(cast(family_members.c.family_id, String), "").label("family"),
)
# every place of the texts that visits were shown
_SHOWN = (
    select(
        captures.c.visit_id,
        text_places.c.text_digest,
        text_places.c.site_id,
        text_places.c.level,
        text_places.c.categories,
        text_places.c.rates,
        text_places.c.terms,
    )
    .join(
        text_places,
        (text_places.c.text_digest == captures.c.text_digest)
        & (text_places.c.site_id == captures.c.site_id),
    )
    .where(captures.c.visit_id.in_(bindparam("visits", expanding=True)))
)
# the pictures of visits in which words were read
_PICTURED = (
    select(
        captures.c.visit_id, captures.c.id, captures.c.site_id, captures.c.region,
        captures.c.ended_at,
    )
    .join(picture_texts, picture_texts.c.capture_id == captures.c.id)
    .where(picture_texts.c.visit_id.in_(bindparam("visits", expanding=True)))
    .order_by(captures.c.id)
)  # fmt: skip
_JUDGED_SO = (
    update(text_places)
    .where(
        text_places.c.text_digest == bindparam("digest"),
        text_places.c.site_id == bindparam("site"),
    )
    .values(unwatched=True)
)

_KIN = family_members.c.family_id
_HERE = (
    select(sites.c.subject_kind, _KIN)
    .outerjoin(family_members, family_members.c.site_id == sites.c.id)
    .where(sites.c.id == bindparam("site"))
    .subquery()
)
_ALIKE = (
    select(text_places.c.site_id)
    .join(sites, sites.c.id == text_places.c.site_id)
    .outerjoin(family_members, family_members.c.site_id == sites.c.id)
    .join(_HERE, _HERE.c.subject_kind == sites.c.subject_kind)
    .where(
        text_places.c.text_digest == bindparam("digest"),
        text_places.c.region == bindparam("region"),
        text_places.c.level == "none",
        func.coalesce(_KIN, 0) == func.coalesce(_HERE.c.family_id, 0),
        text_places.c.site_id != bindparam("site"),
    )
    .limit(1)
)


def note_seen(db: Connection, seen: Sequence[dict[str, Any]]) -> None:
    """Rows of `captures` just written: each text stands at its site, since then or again."""
    rows = {(one["text_digest"], one["site_id"]): one for one in seen if one["text_digest"]}
    if not rows:
        return
    known = _regions(db, list(rows))
    moved = [one for pair, one in rows.items() if known.get(pair) != one["region"]]
    # a text that is new to the store waits anyway
    kept = select(texts.c.digest).where(texts.c.digest.in_({one["text_digest"] for one in moved}))
    old = set(db.scalars(kept)) if moved else set()
    again = [one for one in moved if one["text_digest"] in old]
    changed = {one["text_digest"] for one in again if not _stands_alike(db, one)}
    statement = upsert(db, text_places)
    newer = {name: statement.excluded[name] for name in ("region", "capture_id", "last_seen_at")}
    placed = statement.on_conflict_do_update(index_elements=["text_digest", "site_id"], set_=newer)
    db.execute(placed, [_fresh(one) for one in rows.values()])
    _wait_again(db, changed)


def note_judged(db: Connection, judged: Sequence[tuple[Assessment, int]]) -> None:
    """The texts of each visit, at its site, stand under its judgement; hit terms belong to the
    judged text.
    """
    of_visit = {assessment.visit_id: (assessment, site_id) for assessment, site_id in judged}
    changes = list(_note_pictured(db, of_visit))
    for row in db.execute(_SHOWN, {"visits": list(of_visit)}):
        assessment, site_id = of_visit[row.visit_id]
        said = _judged(assessment, row.text_digest)
        differs = any(getattr(row, name) != value for name, value in said.items())
        if row.site_id == site_id and differs:
            changes.append(said | {"digest": row.text_digest, "site": site_id})
    if changes:
        db.execute(_JUDGED_SO, changes)
    _wait_again(db, {one["digest"] for one in changes})


def _note_pictured(
    db: Connection, of_visit: Mapping[int, tuple[Assessment, int]]
) -> Iterator[dict[str, Any]]:
    """A page with the words of its picture is a text that no capture bears: it stands where the
    newest such picture was taken, as it was judged.
    """
    taken = {row.visit_id: row for row in db.execute(_PICTURED, {"visits": list(of_visit)})}
    if not taken:
        return
    shown = select(captures.c.visit_id, captures.c.text_digest)
    borne = {tuple(row) for row in db.execute(shown.where(captures.c.visit_id.in_(taken)))}
    for visit_id, row in taken.items():
        assessment, site_id = of_visit[visit_id]
        digest = assessment.text_digest
        if not digest or (visit_id, digest) in borne or row.site_id != site_id:
            continue
        note_seen(db, [dict(row._mapping) | {"text_digest": digest}])
        yield _judged(assessment, digest) | {"digest": digest, "site": site_id}


def note_kinship(db: Connection, site_ids: Sequence[int]) -> None:
    """These sites came to a family, or to another: the index tells their texts by it."""
    here = select(text_places.c.text_digest).where(text_places.c.site_id.in_(site_ids))
    _wait_again(db, set(db.scalars(here)))


def places_of(db: Connection, digests: Sequence[str]) -> dict[str, list[Place]]:
    """Where these texts stand, in any region, the last seen first: `suits` says what may be
    shown.
    """
    found: dict[str, list[Place]] = {}
    alike = _alike().where(text_places.c.text_digest.in_(digests)).subquery()
    rows = (
        select(alike, sites.c.id.label("site_id"), sites.c.domain, sites.c.unit_name)
        .join(captures, captures.c.id == alike.c.capture_id)
        .join(sites, sites.c.id == captures.c.site_id)
        .order_by(alike.c.last_seen_at.desc(), alike.c.capture_id.desc())
    )
    for row in db.execute(rows):
        found.setdefault(row.text_digest, []).append(_place(row))
    return found


def unwatched_places(db: Connection, limit: int) -> list[Place]:
    """Single sites that saved searches have not looked at since they changed; locked, where the
    engine locks rows, until this transaction has marked them.
    """
    rows = (
        select(text_places, sites.c.domain, sites.c.unit_name, *_OF_SITE, _ONE.label("sites"))
        .join(sites, sites.c.id == text_places.c.site_id)
        .outerjoin(family_members, family_members.c.site_id == sites.c.id)
        .where(text_places.c.unwatched)
        .limit(limit)
        .with_for_update(of=text_places, skip_locked=True)
    )
    return [_place(row) for row in db.execute(rows)]


def mark_watched(db: Connection, places: Iterable[Place]) -> None:
    """Saved searches have looked."""
    pairs = [(one.digest, one.site_id) for one in places]
    if not pairs:
        return
    same = tuple_(text_places.c.text_digest, text_places.c.site_id).in_(pairs)
    db.execute(update(text_places).where(same).values(unwatched=False))


def _fresh(capture: dict[str, Any]) -> dict[str, Any]:
    return {
        "text_digest": capture["text_digest"],
        "site_id": capture["site_id"],
        "region": capture["region"],
        "level": "none",
        "categories": [],
        "rates": [],
        "terms": [],
        "capture_id": capture["id"],
        "first_seen_at": capture["ended_at"],
        "last_seen_at": capture["ended_at"],
        "unwatched": True,
    }


def _judged(assessment: Assessment, digest: str) -> dict[str, Any]:
    mine = assessment.text_digest in ("", digest)
    return {
        "level": str(assessment.level),
        "categories": list(assessment.categories),
        "rates": list(rates_of(assessment)),
        "terms": sorted({hit.word for hit in assessment.hits}) if mine else [],
    }


def _regions(db: Connection, pairs: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
    columns = text_places.c.text_digest, text_places.c.site_id, text_places.c.region
    rows = db.execute(select(*columns).where(tuple_(*columns[:2]).in_(pairs)))
    return {(row.text_digest, row.site_id): row.region for row in rows}


def _wait_again(db: Connection, digests: Iterable[str]) -> None:
    """A version that grows: an index that holds a newer one refuses the older."""
    wanted = sorted(digests)  # in one order, or two writers would wait for each other
    if not wanted:
        return
    later = {"index_state": "waiting", "index_reason": "", "index_version": _next_version()}
    db.execute(update(texts).where(texts.c.digest.in_(wanted)).values(later))


def _next_version() -> Any:
    return texts.c.index_version + 1


def _alike() -> Select[Any]:
    """Places of one text that no search can tell apart are one."""
    told = (
        text_places.c.text_digest,
        text_places.c.region,
        text_places.c.level,
        text_places.c.categories,
        text_places.c.rates,
        text_places.c.terms,
        *_OF_SITE,
    )
    return (
        select(
            *told,
            func.max(text_places.c.capture_id).label("capture_id"),
            func.min(text_places.c.first_seen_at).label("first_seen_at"),
            func.max(text_places.c.last_seen_at).label("last_seen_at"),
            func.count().label("sites"),
        )
        .join(sites, sites.c.id == text_places.c.site_id)
        .outerjoin(family_members, family_members.c.site_id == sites.c.id)
        .group_by(*told)
    )


def _stands_alike(db: Connection, capture: dict[str, Any]) -> bool:
    """Whether the index knows a place of this text like a new one here: a page that thousands of
    sites share is not indexed thousands of times.
    """
    asked = {"site": capture["site_id"], "digest": capture["text_digest"]}
    return db.scalar(_ALIKE, asked | {"region": capture["region"]}) is not None


def _place(row: Row[Any]) -> Place:
    first_seen: datetime = row.first_seen_at
    return Place(
        digest=row.text_digest,
        site_id=row.site_id,
        domain=row.domain,
        unit_name=row.unit_name,
        region=row.region,
        kind=row.subject_kind,
        level=row.level,
        categories=tuple(row.categories),
        rates=tuple(row.rates),
        terms=tuple(row.terms),
        family=row.family,
        capture_id=row.capture_id,
        first_seen_at=first_seen,
        last_seen_at=row.last_seen_at,
        sites=row.sites,
    )


def alerts_at(db: Connection, site_ids: Collection[int], reach: str) -> dict[int, int]:
    """The newest alert of each site, within reach."""
    here = alerts.c.site_id.in_(site_ids), alerts.c.region.startswith(reach)
    newest = func.max(alerts.c.id)
    rows = select(alerts.c.site_id, newest).where(*here).group_by(alerts.c.site_id)
    return dict(db.execute(rows).all())


def pages_of(db: Connection, capture_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Title and address of captures."""
    columns = captures.c.id, captures.c.title, captures.c.final_url
    rows = db.execute(select(*columns).where(captures.c.id.in_(capture_ids)))
    return {row.id: (row.title, row.final_url) for row in rows}
