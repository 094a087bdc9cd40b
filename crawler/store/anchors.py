"""The heads of all chains at one moment, as a statement that somebody outside can be told or can
put a time stamp on. A chain alone does not show that its end was cut off; an anchor does.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, true, update

from crawler.domain.errors import BadInput, NotAllowed
from crawler.store.audit import audit_head
from crawler.store.chain import heads
from crawler.store.tables import anchors, audit, links

ANCHORED = "chain.anchor"  # what the trail calls it
TRAIL, JOURNAL = (
    "审计记录",
    "审计记录与系统日志",
)  # books of this machine: nobody outside holds them


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchor:
    """One statement of heads: number and link of each chain's end, and of the audit trail's."""

    id: int = 0
    at: datetime
    chains: Mapping[str, tuple[int, str]]
    audit: tuple[int, str]
    told: str = ""  # to whom, in words
    token: bytes | None = None  # RFC 3161, over the SHA-256 of the statement

    @property
    def outside(self) -> bool:
        """Whether somebody else holds it: stamped, or told beyond the books of this machine."""
        return self.token is not None or self.told not in ("", TRAIL, JOURNAL)

    @property
    def statement(self) -> str:
        """The words that are told or stamped: canonical JSON."""
        said = {
            "at": self.at.astimezone(UTC).isoformat(),
            "audit": list(self.audit),
            "heads": {name: list(head) for name, head in self.chains.items()},
        }
        return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def anchor_now(db: Connection, at: datetime) -> Anchor:
    """The heads as they stand; not kept yet."""
    return Anchor(at=at, chains=heads(db), audit=audit_head(db))


def save_anchor(db: Connection, anchor: Anchor) -> int:
    """Keep one; its number."""
    row = {
        "at": anchor.at,
        "heads": {
            "chains": {k: list(v) for k, v in anchor.chains.items()},
            "audit": list(anchor.audit),
        },
        "told": anchor.told[:200],
        "token": anchor.token,
    }
    return int(db.execute(insert(anchors).values(row).returning(anchors.c.id)).scalar_one())


def anchor_of(db: Connection, number: int) -> Anchor:
    """One by its number; BadInput if there is none."""
    row = db.execute(select(anchors).where(anchors.c.id == number)).first()
    if row is None:
        raise BadInput(f"没有编号为 {number} 的锚点")
    return _anchor(row)


def put_token(db: Connection, number: int, token: bytes, told: str) -> None:
    """Put a time stamp on an anchor that has none; one that has one keeps it."""
    bare = (anchors.c.id == number) & anchors.c.token.is_(None)
    put = update(anchors).where(bare).values(token=token, told=told[:200])
    if db.execute(put).rowcount != 1:
        raise NotAllowed(f"锚点 {number} 已有时间戳")


def latest_anchor(db: Connection) -> Anchor | None:
    """The newest one."""
    row = db.execute(select(anchors).order_by(anchors.c.id.desc()).limit(1)).first()
    return _anchor(row) if row else None


def latest_told(db: Connection) -> Anchor | None:
    """The newest one that somebody was told: what a certificate states by the way was not."""
    newest = select(anchors).where(anchors.c.told != "").order_by(anchors.c.id.desc())
    row = db.execute(newest.limit(1)).first()
    return _anchor(row) if row else None


def anchors_over(db: Connection, places: Iterable[tuple[str, int]]) -> list[Anchor]:
    """For each of these places (chain, number) the first anchor that covers it, the first that
    somebody outside holds, and the first stamped one, oldest first.
    """
    wanted = sorted(set(places), reverse=True)
    stamped = anchors.c.token.is_not(None)
    kinds = (true(), stamped | anchors.c.told.not_in(("", TRAIL, JOURNAL)), stamped)
    rows = select(anchors.c.id, anchors.c.heads).order_by(anchors.c.id)
    numbers = set[int]().union(*(_first_over(db, wanted, rows.where(kind)) for kind in kinds))
    chosen = select(anchors).where(anchors.c.id.in_(sorted(numbers))).order_by(anchors.c.id)
    return [_anchor(row) for row in db.execute(chosen)]


def _first_over(
    db: Connection, wanted: Sequence[tuple[str, int]], rows: Select[tuple[int, Any]]
) -> set[int]:
    waiting: dict[str, list[int]] = {}
    for chain, seq in wanted:  # the largest number first: the smallest is taken from the end
        waiting.setdefault(chain, []).append(seq)
    found = set()
    with db.execute(rows.execution_options(yield_per=500)) as result:
        for number, heads_then in result:
            for chain, (seq, _) in heads_then["chains"].items():
                left = waiting.get(chain)
                while left and left[-1] <= seq:
                    left.pop()
                    found.add(number)
            if not any(waiting.values()):
                break
    return found


def missing_heads(db: Connection) -> list[tuple[int, str, int]]:
    """Anchor, chain and number of each head that was stated and is not there, or not the same."""
    found = []
    for row in db.execute(select(anchors).order_by(anchors.c.id)).all():
        anchor = _anchor(row)
        for chain, (seq, link) in anchor.chains.items():
            mine = (links.c.chain == chain) & (links.c.seq == seq)
            if db.scalar(select(links.c.link).where(mine)) != link:
                found.append((anchor.id, chain, seq))
        seq, digest = anchor.audit
        if seq and db.scalar(select(audit.c.hash).where(audit.c.seq == seq)) != digest:
            found.append((anchor.id, "审计", seq))
    return found


def altered_anchors(db: Connection) -> list[int]:
    """Anchors that the trail tells of and that are gone or say something else: a chain could be cut
    as far back as its last anchor is missing.
    """
    told = select(audit.c.object, audit.c.after).where(audit.c.action == ANCHORED)
    held = {
        one.id: hashlib.sha256(one.statement.encode()).hexdigest()
        for one in map(_anchor, db.execute(select(anchors)))
    }
    said = {int(row.object.partition(":")[2]): row.after for row in db.execute(told)}
    return sorted(number for number, digest in said.items() if held.get(number) != digest)


def _anchor(row: Row[Any]) -> Anchor:
    chains = {name: (int(seq), str(link)) for name, (seq, link) in row.heads["chains"].items()}
    seq, digest = row.heads["audit"]
    return Anchor(
        id=row.id, at=row.at, chains=chains, audit=(int(seq), str(digest)), told=row.told,
        token=row.token,
    )  # fmt: skip
