"""The evidence chain: one link a capture, appended in the transaction that records it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from crawler.domain.capture import manifest_digest
from crawler.store.captures import Kept, altered_facts
from crawler.store.tables import captures, links

START = "0" * 64
_LINK = (links.c.chain, links.c.seq, links.c.capture_id, links.c.digest, links.c.link)
_CAPTURE = [column for column in captures.c if column.name not in ("region", "runs")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """One place where chain or manifest do not hold."""

    chain: str
    seq: int
    capture_id: str
    reason: str


def next_link(previous: str, seq: int, digest: str) -> str:
    """H(previous link ‖ seq ‖ digest), hexadecimal SHA-256."""
    return hashlib.sha256(f"{previous}|{seq}|{digest}".encode()).hexdigest()


def head_of(db: Connection, chain: str) -> tuple[int, str]:
    """Number and link of the chain's end; (0, zeros) for a new one."""
    newest = select(links.c.seq, links.c.link).where(links.c.chain == chain)
    row = db.execute(newest.order_by(links.c.seq.desc()).limit(1)).first()
    return (row.seq, row.link) if row else (0, START)


def heads(db: Connection) -> dict[str, tuple[int, str]]:
    """The ends of all chains: what is anchored outside."""
    names = db.scalars(select(links.c.chain).distinct()).all()
    return {name: head_of(db, name) for name in names}


def append_links(db: Connection, chain: str, kept: Sequence[Kept]) -> None:
    """One link for each capture, in order."""
    seq, link = head_of(db, chain)
    rows = []
    for one in kept:
        seq += 1
        link = next_link(link, seq, one.digest)
        rows.append(
            {
                "chain": chain,
                "seq": seq,
                "capture_id": one.capture.id,
                "digest": one.digest,
                "link": link,
                "region": one.region,
            }
        )
    if rows:
        db.execute(insert(links), rows)


def verify_chain(db: Connection, chain: str) -> Iterator[Break]:
    """Every place where a link does not follow, or what it binds is not what was linked."""
    seq, link = 0, START
    joined = links.outerjoin(captures, captures.c.id == links.c.capture_id)
    rows = select(*_LINK, *_CAPTURE).select_from(joined).where(links.c.chain == chain)
    told = db.execute(rows.order_by(links.c.seq).execution_options(yield_per=500))
    for row in told:
        seq += 1
        if row.seq != seq:
            yield _break(row, f"证据链缺第 {seq} 环")
            seq = row.seq
        elif row.link != next_link(link, seq, row.digest):
            yield _break(row, "证据链此环与前环不衔接")
        if why := _unbound(row):
            yield _break(row, why)
        link = row.link


def _unbound(row: Row[Any]) -> str:
    """What is wrong with the capture of a link, which stays when its bytes go by age."""
    if row.manifest is None:
        return "采集记录缺失"
    if manifest_digest(row.manifest) != row.digest:
        return "采集清单被改动"
    altered = altered_facts(row._mapping)
    return f"采集记录与清单不符（{'、'.join(altered)}）" if altered else ""


def _break(row: "object", reason: str) -> Break:
    return Break(chain=row.chain, seq=row.seq, capture_id=row.capture_id, reason=reason)  # type: ignore[attr-defined]
