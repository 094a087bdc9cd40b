"""Captures whose bytes went by age: a tombstone each, and one entry of the trail a removal."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from crawler.domain.audit import Act
from crawler.domain.retention import KeepRule, Removal
from crawler.store.album_tables import pictures
from crawler.store.audit import note
from crawler.store.captures import REMOVED
from crawler.store.finding_tables import picture_texts
from crawler.store.keeping_tables import removals, removed_captures
from crawler.store.retention import Expired
from crawler.store.search_tables import text_places
from crawler.store.tables import audit, captures, texts

_ACTION = "evidence.remove"


def remove(
    db: Connection, going: Sequence[Expired], actor: str, region: str, now: datetime
) -> Removal:
    """Tombstones, and what was made of the pages goes at once; the bytes follow."""
    ids = [one.id for one in going]
    records = [record for one in going for record in one.records]
    made = Removal(
        at=now, actor=actor, captures=len(ids), records=len(records),
        size_bytes=sum(one.length for one in records), digest=_digest(ids), region=region,
    )  # fmt: skip
    values = asdict(made)
    del values["id"]
    number = int(db.execute(insert(removals).values(values).returning(removals.c.id)).scalar_one())
    rows = [
        {"capture_id": one.id, "removal_id": number, "rule": str(one.rule), "region": region}
        for one in going
    ]
    db.execute(insert(removed_captures), rows)
    db.execute(update(captures).where(captures.c.id.in_(ids)).values(runs=None))
    for table in (picture_texts, pictures):
        db.execute(delete(table).where(table.c.capture_id.in_(ids)))
    _let_texts_go(db, going)
    note(
        db,
        Act(at=now, actor=actor, action=_ACTION, object=f"removal:{number}", region=region,
            after=_said(made)),
    )  # fmt: skip
    return made


def removal_of(db: Connection, capture_id: str) -> tuple[datetime, KeepRule] | None:
    """When a capture's bytes were removed, and under which rule; None where they were not."""
    joined = removed_captures.join(removals, removals.c.id == removed_captures.c.removal_id)
    rows = select(removals.c.at, removed_captures.c.rule).select_from(joined)
    row = db.execute(rows.where(removed_captures.c.capture_id == capture_id)).first()
    return (row.at, KeepRule(row.rule)) if row else None


def latest_removals(db: Connection, limit: int = 20) -> list[Removal]:
    """The newest first."""
    rows = select(removals).order_by(removals.c.id.desc()).limit(limit)
    return [_removal(row) for row in db.execute(rows)]


def removed_count(db: Connection) -> tuple[int, datetime | None]:
    """How many captures, and when the last of them."""
    count, last = func.sum(removals.c.captures), func.max(removals.c.at)
    row = db.execute(select(count, last)).one()
    return int(row[0] or 0), row[1]


def uncovered_removals(db: Connection) -> Iterator[str]:
    """Removals whose captures are others than they say, or than the trail says."""
    rows = select(removed_captures.c.removal_id, removed_captures.c.capture_id)
    ordered = rows.order_by(removed_captures.c.removal_id, removed_captures.c.capture_id)
    found = db.execute(ordered.execution_options(yield_per=1_000))
    there = {key: _digest(row.capture_id for row in mine) for key, mine in groupby(
        found, lambda row: row.removal_id)}  # fmt: skip
    told = _told(db)
    for row in db.execute(select(removals).order_by(removals.c.id)).all():
        if there.pop(row.id, "") != row.digest or told.get(row.id) != _said(_removal(row)):
            yield f"第 {row.id} 次清理的移除记录与审计记录不符"
    yield from (f"第 {number} 次清理没有登记" for number in there)


def has_gone_texts(db: Connection) -> bool:
    """Whether any text must leave the index."""
    rows = select(texts.c.digest).where(texts.c.index_state == "gone").limit(1)
    return db.scalar(rows) is not None


def gone_texts(db: Connection, limit: int) -> list[str]:
    """Texts that must leave the index; one that stands somewhere again stays, and waits."""
    again = update(texts).where(texts.c.index_state == "gone", _REFERS)
    db.execute(again.values(index_state="waiting", index_version=texts.c.index_version + 1))
    rows = select(texts.c.digest).where(texts.c.index_state == "gone")
    return list(db.scalars(rows.order_by(texts.c.digest).limit(limit)))


def drop_texts(db: Connection, digests: Collection[str]) -> None:
    """They left the index."""
    mine = texts.c.digest.in_(digests) & (texts.c.index_state == "gone")
    db.execute(delete(texts).where(mine, ~_REFERS))


def _let_texts_go(db: Connection, going: Sequence[Expired]) -> None:
    ids, here = {one.id for one in going}, {one.site_id for one in going}
    taken = select(text_places.c.text_digest, text_places.c.site_id).where(
        text_places.c.site_id.in_(here), text_places.c.capture_id.in_(ids)
    )
    # the second: of the words in a picture, which no capture bears
    pairs = sorted(
        {(one.text_digest, one.site_id) for one in going if one.text_digest}
        | {(row.text_digest, row.site_id) for row in db.execute(taken)}
    )
    if not pairs:
        return
    db.execute(_STANDS_NO_MORE, [{"a_digest": text, "a_site": site} for text, site in pairs])
    gone = texts.c.digest.in_({text for text, _ in pairs}) & ~_REFERS
    values = {"index_state": "gone", "index_version": texts.c.index_version + 1}
    db.execute(update(texts).where(gone).values(values))


# pair by pair: two lists would be tried each with each. A site has few captures, a parked page's
# text very many, so the text's own index is not to be taken
_STANDS_NO_MORE = delete(text_places).where(
    text_places.c.text_digest == bindparam("a_digest"),
    text_places.c.site_id == bindparam("a_site"),
    ~exists().where(
        captures.c.site_id == text_places.c.site_id,
        func.coalesce(captures.c.text_digest, "") == text_places.c.text_digest,
        ~REMOVED,
    ),
)
_REFERS = or_(
    exists().where(captures.c.text_digest == texts.c.digest, ~REMOVED),
    exists().where(text_places.c.text_digest == texts.c.digest),
)


def _told(db: Connection) -> dict[int, str]:
    rows = select(audit.c.object, audit.c.after).where(audit.c.action == _ACTION)
    return {int(row.object.partition(":")[2]): row.after for row in db.execute(rows)}


def _said(made: Removal) -> str:
    return f"{made.captures} captures, {made.size_bytes} bytes, sha256:{made.digest}"


def _digest(ids: Iterable[str]) -> str:
    hasher = hashlib.sha256()
    for one in sorted(ids):
        hasher.update(f"{one}\n".encode())
    return hasher.hexdigest()


def _removal(row: Row[Any]) -> Removal:
    return Removal(**dict(row._mapping))
