"""保全: what must not go by age. Each hold and each release has its entry in the trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput
from crawler.domain.retention import Hold, HoldScope, checked_hold
from crawler.store.audit import note, take_chain
from crawler.store.keeping_tables import holds
from crawler.store.tables import captures, cases, sites

_OBJECTS = {
    HoldScope.CASE: (cases.c.number, cases.c.region, "没有编号为 {} 的线索"),
    HoldScope.SITE: (sites.c.domain, sites.c.region, "没有网站 {}"),
    HoldScope.CAPTURE: (captures.c.id, captures.c.region, "没有采集 {}"),
}


def put_hold(db: Connection, hold: Hold, reach: str = "") -> Hold:
    """Write one down; BadInput if there is no such thing within reach, or it is held already."""
    checked_hold(hold)
    take_chain(db)  # of a removal and a hold at once, the later sees what the earlier did
    region = _region_of(db, hold, reach)
    if any(one.scope is hold.scope and one.object == hold.object for one in open_holds(db)):
        raise BadInput("已在保全中")
    values: dict[str, Any] = {
        "scope": str(hold.scope),
        "object": hold.object,
        "reason": hold.reason.strip(),
    }
    values |= {"actor": hold.actor, "at": hold.at, "region": region}
    made = db.execute(insert(holds).values(values))
    kept = hold_of(db, int(made.inserted_primary_key[0]))  # type: ignore[index]
    note(db, _act(kept, "evidence.hold", hold.actor, hold.at, after=kept.reason))
    return kept


def release(
    db: Connection, hold_id: int, actor: str, reason: str, now: datetime, reach: str = ""
) -> Hold:
    """End one; BadInput if there is none within reach, it has ended, or nobody says why."""
    kept = hold_of(db, hold_id)
    if not kept.region.startswith(reach):
        raise BadInput(f"没有编号为 {hold_id} 的保全")
    if kept.released_at is not None:
        raise BadInput(f"保全 {hold_id} 已经解除")
    if not reason.strip():
        raise BadInput("请写明解除理由")
    values = {"released_by": actor, "released_at": now, "release_reason": reason.strip()[:500]}
    db.execute(update(holds).where(holds.c.id == hold_id).values(values))
    note(db, _act(kept, "evidence.release", actor, now, before=kept.reason, after=reason.strip()))
    return hold_of(db, hold_id)


def hold_of(db: Connection, hold_id: int) -> Hold:
    """One by its number."""
    row = db.execute(select(holds).where(holds.c.id == hold_id)).first()
    if row is None:
        raise BadInput(f"没有编号为 {hold_id} 的保全")
    return _hold(row)


def open_holds(db: Connection, reach: str = "") -> list[Hold]:
    """Those that stand, oldest first."""
    mine = holds.c.released_at.is_(None) & holds.c.region.startswith(reach)
    return [_hold(row) for row in db.execute(select(holds).where(mine).order_by(holds.c.id))]


def ended_holds(db: Connection, reach: str = "", limit: int = 50) -> list[Hold]:
    """Those that were released, the last first."""
    mine = holds.c.released_at.is_not(None) & holds.c.region.startswith(reach)
    rows = select(holds).where(mine).order_by(holds.c.released_at.desc()).limit(limit)
    return [_hold(row) for row in db.execute(rows)]


def _region_of(db: Connection, hold: Hold, reach: str) -> str:
    if hold.scope is HoldScope.ALL:
        if reach:
            raise BadInput("全部存证只能由全市（全辖区）用户保全")
        return hold.region
    column, region, missing = _OBJECTS[hold.scope]
    found: str | None = db.scalar(select(region).where(column == hold.object))
    if found is None or not found.startswith(reach):
        raise BadInput(missing.format(hold.object[:60]))
    return found


def _act(
    hold: Hold, action: str, actor: str, at: datetime, *, before: str = "", after: str = ""
) -> Act:
    return Act(
        at=at, actor=actor, action=action, object=f"{hold.scope}:{hold.object}"[:200],
        region=hold.region, before=before, after=after,
    )  # fmt: skip


def _hold(row: Row[Any]) -> Hold:
    values = dict(row._mapping)
    return Hold(**values | {"scope": HoldScope(row.scope)})
