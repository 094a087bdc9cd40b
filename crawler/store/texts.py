"""Each distinct text once, under its digest; whether it is indexed is a state of the text."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from crawler.domain.capture import Field, PageText
from crawler.domain.page import PageStructure
from crawler.store.database import upsert
from crawler.store.tables import texts

_FIELDS = msgspec.json.Decoder(tuple[tuple[str, str], ...])


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadText:
    """A text with what its close reading gave, where there was one."""

    text: PageText
    structure: PageStructure | None = None
    tokens: tuple[str, ...] = ()


def save_texts(db: Connection, read: Sequence[ReadText], now: datetime) -> None:
    """Keep what is new; a text that was only read quickly before gets its structure and tokens."""
    for one in read:
        close = one.structure is not None
        row = {
            "digest": one.text.digest,
            "fields": pack_text(one.text),
            "structure": msgspec.to_builtins(one.structure) if close else None,
            "tokens": list(one.tokens) if close else None,
            "first_seen_at": now,
        }
        statement = upsert(db, texts).values(row)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["digest"],
                set_={"structure": row["structure"], "tokens": row["tokens"]},
            )
            if close
            else statement.on_conflict_do_nothing(index_elements=["digest"])
        )


def text_of(db: Connection, digest: str) -> PageText | None:
    """A text by its digest."""
    packed = db.scalar(select(texts.c.fields).where(texts.c.digest == digest))
    return unpack_text(packed) if packed is not None else None


def structure_of(db: Connection, digest: str) -> PageStructure | None:
    """What the close reading of a text found, if it was read closely."""
    found: Any = db.scalar(select(texts.c.structure).where(texts.c.digest == digest))
    return msgspec.convert(found, PageStructure) if found else None


def not_yet_indexed(db: Connection, limit: int) -> list[str]:
    """Digests of texts that wait for the index, oldest first."""
    rows = select(texts.c.digest).where(texts.c.index_state == "waiting")
    return list(db.scalars(rows.order_by(texts.c.first_seen_at, texts.c.digest).limit(limit)))


def mark_indexed(db: Connection, digests: Sequence[str], state: str, reason: str = "") -> None:
    """indexed, or refused with the reason the index gave."""
    values = {"index_state": state, "index_reason": reason}
    db.execute(update(texts).where(texts.c.digest.in_(digests)).values(values))


def mark_all_unindexed(db: Connection) -> None:
    """The index is gone or will be built anew."""
    db.execute(update(texts).values(index_state="waiting", index_reason=""))


def pack_text(text: PageText) -> bytes:
    """Names and texts, compressed."""
    pairs = [(field.name, field.text) for field in text.fields]
    return zlib.compress(msgspec.json.encode(pairs), 1)


def unpack_text(packed: bytes) -> PageText:
    """The text behind `pack_text`, without boxes."""
    pairs = _FIELDS.decode(zlib.decompress(packed))
    return PageText(fields=tuple(Field(name=name, text=text) for name, text in pairs))
