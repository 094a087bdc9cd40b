"""Each distinct text once, under its digest; whether it is indexed is a state of the text."""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    select,
    tuple_,
    update,
)

from crawler.domain.capture import Field, PageText
from crawler.domain.page import PageStructure
from crawler.store.database import upsert
from crawler.store.tables import texts

_FIELDS = msgspec.json.Decoder(tuple[tuple[str, str], ...])
# a text that was only read quickly so far: its tokens are new to the index
_UNREAD = func.coalesce(cast(texts.c.tokens, Text), "null") == "null"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadText:
    """A text with what its close reading gave, where there was one."""

    text: PageText
    structure: PageStructure | None = None
    tokens: tuple[str, ...] = ()


def save_texts(db: Connection, read: Sequence[ReadText], now: datetime) -> None:
    """Keep what is new; a text that was only read quickly before gets its structure and tokens."""
    # in one order: two parents that save the same texts would wait for each other
    ordered = sorted(read, key=lambda one: one.text.digest)
    if not ordered:
        return
    statement = upsert(db, texts)
    new = statement.excluded
    kept = statement.on_conflict_do_update(
        index_elements=["digest"],
        set_={
            "structure": new.structure,
            "tokens": new.tokens,
            "index_state": case((_UNREAD, "waiting"), else_=texts.c.index_state),
            "index_version": texts.c.index_version + case((_UNREAD, 1), else_=0),
        },
        where=cast(new.tokens, Text) != "null",
    )
    db.execute(kept, [_row(one, now) for one in ordered])


def _row(one: ReadText, now: datetime) -> dict[str, Any]:
    close = one.structure is not None
    return {
        "digest": one.text.digest,
        "fields": pack_text(one.text),
        "structure": msgspec.to_builtins(one.structure) if close else None,
        "tokens": list(one.tokens) if close else None,
        "first_seen_at": now,
    }


def text_of(db: Connection, digest: str) -> PageText | None:
    """A text by its digest."""
    packed = db.scalar(select(texts.c.fields).where(texts.c.digest == digest))
    return unpack_text(packed) if packed is not None else None


def structure_of(db: Connection, digest: str) -> PageStructure | None:
    """What the close reading of a text found, if it was read closely."""
    found: Any = db.scalar(select(texts.c.structure).where(texts.c.digest == digest))
    return msgspec.convert(found, PageStructure) if found else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A text as the index takes it. Whoever indexed an older version has not indexed this one."""

    digest: str
    version: int
    first_seen_at: datetime
    text: PageText
    tokens: tuple[str, ...] = ()


Seen = tuple[datetime, str]  # when a text was first seen, and its digest: their order


def waiting_texts(db: Connection, last: Seen | None, most: int, most_bytes: int) -> list[Waiting]:
    """Texts that wait for the index, oldest first, after `last`; at least one, if there is any."""
    return _within(db, texts.c.index_state == "waiting", last, most, most_bytes)


def texts_after(db: Connection, last: Seen | None, most: int, most_bytes: int) -> list[Waiting]:
    """All texts, oldest first, in steps; whichever were refused or left out before, too."""
    kept = texts.c.index_state.not_in(("expired", "gone"))
    return _within(db, kept, last, most, most_bytes)


def texts_by_digest(db: Connection, digests: Collection[str]) -> dict[str, PageText]:
    """Several texts at once."""
    rows = db.execute(select(texts.c.digest, texts.c.fields).where(texts.c.digest.in_(digests)))
    return {row.digest: unpack_text(row.fields) for row in rows}


def mark_indexed(
    db: Connection, done: Sequence[tuple[str, int]], state: str, reason: str = ""
) -> None:
    """indexed, left (no hit, and only hits are wanted), or refused with the index's reason. A text
    that changed since it was read has another version by now, and goes on waiting.
    """
    if not done:
        return
    same = and_(
        texts.c.digest == bindparam("a_digest"), texts.c.index_version == bindparam("a_version")
    )
    values = {"index_state": state, "index_reason": reason}
    rows = [{"a_digest": digest, "a_version": version} for digest, version in done]
    db.execute(update(texts).where(same).values(values), rows)


def index_counts(db: Connection) -> dict[str, int]:
    """How many texts are indexed, wait, were left out, expired or refused."""
    rows = select(texts.c.index_state, func.count()).group_by(texts.c.index_state)
    return dict(db.execute(rows).all())


def indexed_count(db: Connection) -> int:
    """How many texts are marked as indexed."""
    rows = select(func.count()).select_from(texts).where(texts.c.index_state == "indexed")
    return db.scalar(rows) or 0


def kept_of(db: Connection, digests: Collection[str]) -> set[str]:
    """Which of these texts are still here."""
    return set(db.scalars(select(texts.c.digest).where(texts.c.digest.in_(digests))))


def await_index(db: Connection, limit: int) -> bool:
    """Up to `limit` indexed texts wait for the index again; whether there were that many."""
    some = select(texts.c.digest).where(texts.c.index_state == "indexed").limit(limit)
    values = {"index_state": "waiting", "index_version": texts.c.index_version + 1}
    changed = update(texts).where(texts.c.digest.in_(some.scalar_subquery())).values(values)
    return db.execute(changed).rowcount == limit


def refused_texts(db: Connection, limit: int = 50) -> list[tuple[str, str]]:
    """Texts that the index will never take, with its reason."""
    rows = select(texts.c.digest, texts.c.index_reason).where(texts.c.index_state == "refused")
    return [(row.digest, row.index_reason) for row in db.execute(rows.limit(limit))]


def expire_texts(db: Connection, before: datetime) -> int:
    """Texts first seen before a moment are no longer kept in the index."""
    left = texts.c.index_state.not_in(("expired", "gone"))
    old = and_(texts.c.first_seen_at < before, left)
    return db.execute(update(texts).where(old).values(index_state="expired")).rowcount


def pack_text(text: PageText) -> bytes:
    """Names and texts, compressed."""
    pairs = [(field.name, field.text) for field in text.fields]
    return zlib.compress(msgspec.json.encode(pairs), 1)


def unpack_text(packed: bytes) -> PageText:
    """The text behind `pack_text`, without boxes."""
    pairs = _FIELDS.decode(zlib.decompress(packed))
    return PageText(fields=tuple(Field(name=name, text=text) for name, text in pairs))


_WANTED = (
    texts.c.digest,
    texts.c.index_version,
    texts.c.first_seen_at,
    texts.c.tokens,
    func.length(texts.c.fields).label("size"),
)


def _within(
    db: Connection, wanted: ColumnElement[bool], last: Seen | None, most: int, most_bytes: int
) -> list[Waiting]:
    """Sizes first: two hundred huge pages at once would not be flat memory."""
    place = (texts.c.first_seen_at, texts.c.digest)
    ordered = select(*_WANTED).where(wanted).order_by(*place).limit(most)
    if last is not None:
        ordered = ordered.where(tuple_(*place) > last)
    chosen: list[Any] = []
    size = 0
    for row in db.execute(ordered):
        size += row.size
        if chosen and size > most_bytes:
            break
        chosen.append(row)
    known = texts_by_digest(db, [row.digest for row in chosen])
    return [
        Waiting(
            digest=row.digest,
            version=row.index_version,
            first_seen_at=row.first_seen_at,
            text=known[row.digest],
            tokens=tuple(row.tokens or ()),
        )
        for row in chosen
    ]
