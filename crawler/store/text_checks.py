"""Are the words of a page, and their places on its picture, still what was captured? Rows hold
them, not files: a capture's manifest, which the chain links, holds their digests.
"""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec
from sqlalchemy import Connection, exists, select

from crawler.store.captures import REMOVED
from crawler.store.file_checks import Fault
from crawler.store.tables import captures, texts
from crawler.store.texts import unpack_text

_BLOCK = 200  # texts at a time
_NAMED = 20  # captures of one text that are named: many sites may show the same
_GONE = "页面文字不在数据库里了"
_WORDS, _PLACES = "页面文字与采集时的摘要不符", "文字在截图上的位置与采集时的摘要不符"


class _Bound(msgspec.Struct):
    runs_sha256: str = ""


_BOUND = msgspec.json.Decoder(_Bound)


def altered_words(db: Connection, ids: Sequence[str] = ()) -> Iterator[Fault]:
    """Captures whose kept text is another one now; of all, or of these."""
    rows = select(texts.c.digest, texts.c.fields).order_by(texts.c.digest)
    if ids:
        mine = select(captures.c.text_digest).where(captures.c.id.in_(ids))
        rows = rows.where(texts.c.digest.in_(mine))
    stream = iter(db.execute(rows.execution_options(yield_per=_BLOCK)))
    while block := list(islice(stream, _BLOCK)):
        for row in block:
            if _digest(row.fields) != row.digest:
                yield from _named(db, row.digest, ids)


def missing_words(db: Connection, ids: Sequence[str] = ()) -> Iterator[Fault]:
    """Captures whose text is gone before its time; of all, or of these."""
    kept = exists().where(texts.c.digest == captures.c.text_digest)
    gone = (captures.c.text_digest != "") & ~kept & ~REMOVED
    rows = select(captures.c.id).where(gone).order_by(captures.c.id)
    for one in db.scalars(rows.where(captures.c.id.in_(ids)) if ids else rows):
        yield Fault(reason=_GONE, capture=one)


def altered_places(db: Connection, ids: Sequence[str] = ()) -> Iterator[Fault]:
    """Captures whose boxes are other ones now, or gone before their time."""
    drawn = (captures.c.fetcher == "browser") & ~REMOVED
    rows = select(captures.c.id, captures.c.manifest, captures.c.runs).where(drawn)
    rows = rows.where(captures.c.id.in_(ids)) if ids else rows
    for row in db.execute(rows.order_by(captures.c.id).execution_options(yield_per=_BLOCK)):
        bound = _bound(row.manifest)
        if bound and hashlib.sha256(row.runs or b"").hexdigest() != bound:
            yield Fault(reason=_PLACES, capture=row.id)


def _digest(packed: bytes) -> str:
    try:
        return unpack_text(packed).digest
    except (zlib.error, msgspec.MsgspecError, TypeError):
        return ""


def _bound(manifest: str) -> str:
    """Empty where it was captured before boxes had one, or where the chain tells."""
    try:
        return _BOUND.decode(manifest).runs_sha256
    except msgspec.MsgspecError:
        return ""


def _named(db: Connection, digest: str, ids: Sequence[str]) -> Iterator[Fault]:
    mine = select(captures.c.id).where(captures.c.text_digest == digest, ~REMOVED)
    mine = mine.where(captures.c.id.in_(ids)) if ids else mine
    found = db.scalars(mine.order_by(captures.c.id).limit(_NAMED)).all()
    yield from (Fault(reason=_WORDS, capture=one) for one in found)
    if not found:
        yield Fault(reason=f"{_WORDS}（{digest}）")
