"""The append-only trail: who did what, noted in the act's own transaction, each entry bound to the
one before.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text

from crawler.domain.audit import Act
from crawler.store.tables import audit

FIRST = "0" * 64
_CHAIN_LOCK = 0x78756E77616E67  # "xunwang": one writer of the chain at a time
_TAKEN_IN = "xunwang.chain"  # of a connection: the transaction that holds the lock


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One act as it stands in the chain."""

    seq: int
    act: Act
    prev: str
    hash: str


def note(db: Connection, *acts: Act) -> None:
    """Append acts. They stand if the transaction stands, and not otherwise."""
    take_chain(db)
    last = db.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1))
    seq, prev = last.one_or_none() or (0, FIRST)
    rows = []
    for act in acts:
        seq += 1
        digest = entry_hash(seq, act, prev)
        rows.append(_row(seq, act, prev, digest))
        prev = digest
    if rows:
        db.execute(insert(audit), rows)


def entry_hash(seq: int, act: Act, prev: str) -> str:
    """SHA-256 over the entry before and every field of this one, lengths included."""
    fields = (
        prev, str(seq), act.at.astimezone(UTC).isoformat(), act.actor, act.action, act.object,
        act.region, act.before, act.after,
    )  # fmt: skip
    hasher = hashlib.sha256()
    for one in fields:
        raw = one.encode("utf-8", "surrogatepass")
        hasher.update(b"%d:" % len(raw) + raw)
    return hasher.hexdigest()


def acts_on(db: Connection, object_: str, limit: int = 200) -> list[Entry]:
    """What was done to one thing, newest first."""
    rows = select(audit).where(audit.c.object == object_).order_by(audit.c.seq.desc())
    return [_entry(row) for row in db.execute(rows.limit(limit))]


def latest_acts(db: Connection, region: str = "", limit: int = 200) -> list[Entry]:
    """The newest acts under a region prefix."""
    rows = select(audit).where(audit.c.region.startswith(region)).order_by(audit.c.seq.desc())
    return [_entry(row) for row in db.execute(rows.limit(limit))]


def acts_where(
    db: Connection,
    reach: str,
    *,
    unplaced: bool = False,
    actor: str = "",
    action: str = "",
    object_: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: int = 0,
    limit: int = 100,
) -> list[Entry]:
    """Acts under a region prefix (and those of no region), newest first. `action` and `object_` are
    beginnings; `before` is the number that the page before ended with.
    """
    within = audit.c.region.startswith(reach)
    rows = select(audit).where(within | (audit.c.region == "") if unplaced else within)
    rows = rows.where(audit.c.actor == actor) if actor else rows
    rows = rows.where(audit.c.action.startswith(action, autoescape=True)) if action else rows
    rows = rows.where(audit.c.object.startswith(object_, autoescape=True)) if object_ else rows
    rows = rows.where(audit.c.at >= since) if since else rows
    rows = rows.where(audit.c.at < until) if until else rows
    rows = rows.where(audit.c.seq < before) if before else rows
    ordered = rows.order_by(audit.c.seq.desc()).limit(limit)
    return [_entry(row) for row in db.execute(ordered)]


def audit_head(db: Connection) -> tuple[int, str]:
    """Number and hash of the newest entry, for the anchors."""
    last = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    row = db.execute(last).one_or_none()
    return (row.seq, row.hash) if row else (0, FIRST)


def trail_bounds(db: Connection) -> tuple[datetime, datetime] | None:
    """When the first and the newest act were done; None where nobody has done anything."""
    moments = select(audit.c.at).limit(1)
    first = db.scalar(moments.order_by(audit.c.seq))
    newest = db.scalar(moments.order_by(audit.c.seq.desc()))
    return (first, newest) if first is not None and newest is not None else None


def broken_entries(db: Connection) -> Iterator[int]:
    """Numbers of entries that do not fit the one before, or were changed; none in a sound trail."""
    expected, prev = 1, FIRST
    for row in db.execute(select(audit).order_by(audit.c.seq).execution_options(yield_per=1_000)):
        entry = _entry(row)
        sound = entry.seq == expected and entry.prev == prev
        if not sound or entry.hash != entry_hash(entry.seq, entry.act, entry.prev):
            yield entry.seq
        expected, prev = entry.seq + 1, entry.hash


def take_chain(db: Connection) -> None:
    """Wait for the chain and keep it until this transaction ends. Taken before any row that
    another noting act changes too: with one order for all, no two acts wait for each other.
    """
    # SQLite's writers are alone already; on PostgreSQL two would fork the chain.
    if db.dialect.name != "postgresql" or db.info.get(_TAKEN_IN) is db.get_transaction():
        return
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    if not db.in_nested_transaction():  # one that is rolled back gives the lock back
        db.info[_TAKEN_IN] = db.get_transaction()


def _row(seq: int, act: Act, prev: str, digest: str) -> dict[str, Any]:
    return {
        "seq": seq,
        "at": act.at,
        "actor": act.actor,
        "action": act.action,
        "object": act.object,
        "region": act.region,
        "before": act.before,
        "after": act.after,
        "prev": prev,
        "hash": digest,
    }


def _entry(row: Row[Any]) -> Entry:
    act = Act(
        at=row.at,
        actor=row.actor,
        action=row.action,
        object=row.object,
        region=row.region,
        before=row.before,
        after=row.after,
    )
    return Entry(seq=row.seq, act=act, prev=row.prev, hash=row.hash)
