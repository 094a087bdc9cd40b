"""What was read in pictures: words with their places, QR codes, where the derived record lies."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from crawler.domain.capture import Evidence, Field
from crawler.store.database import upsert
from crawler.store.finding_tables import picture_texts

_FIELD = msgspec.msgpack.Decoder(Field)


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureWords:
    """The words and codes of one capture's picture."""

    capture_id: str
    visit_id: int
    region: str
    field: Field
    qr_codes: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()  # none where nothing was found
    tool: str = ""


def save_picture_words(db: Connection, read: Sequence[PictureWords], now: datetime) -> None:
    """Write readings down; a newer one of the same picture takes the place of the older."""
    for one in read:
        row = {
            "capture_id": one.capture_id,
            "visit_id": one.visit_id,
            "region": one.region,
            "field": zlib.compress(msgspec.msgpack.encode(one.field), 1),
            "qr_codes": list(one.qr_codes),
            "evidence": msgspec.to_builtins(one.evidence),
            "tool": one.tool,
            "read_at": now,
        }
        statement = upsert(db, picture_texts).values(row)
        db.execute(statement.on_conflict_do_update(index_elements=["capture_id"], set_=row))


def picture_words_of(db: Connection, visit_ids: Iterable[int]) -> dict[int, list[PictureWords]]:
    """The readings of several visits, by visit."""
    rows = select(picture_texts).where(picture_texts.c.visit_id.in_(set(visit_ids)))
    found: dict[int, list[PictureWords]] = {}
    for row in db.execute(rows.order_by(picture_texts.c.capture_id)):
        found.setdefault(row.visit_id, []).append(_words(row))
    return found


def _words(row: Any) -> PictureWords:
    return PictureWords(
        capture_id=row.capture_id,
        visit_id=row.visit_id,
        region=row.region,
        field=_FIELD.decode(zlib.decompress(row.field)),
        qr_codes=tuple(row.qr_codes),
        evidence=msgspec.convert(row.evidence, tuple[Evidence, ...]),
        tool=row.tool,
    )
