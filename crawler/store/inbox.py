"""What docked installations told: the newest state of each thing, once."""

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from crawler.domain.peer import Incoming
from crawler.store.platform_tables import incoming


def newest_of(db: Connection, peer: str, subject: str) -> Incoming | None:
    """What is known of one thing of a peer; nobody else writes it until this transaction ends."""
    mine = (incoming.c.peer == peer) & (incoming.c.subject == subject)
    row = db.execute(select(incoming).where(mine).with_for_update()).first()
    return _incoming(row) if row else None


def save_incoming(db: Connection, one: Incoming) -> None:
    """A new thing, or a newer state of a known one."""
    values = {name: getattr(one, name) for name in _NAMES if name != "id"}
    if one.id:
        values.pop("received_at")
        db.execute(update(incoming).where(incoming.c.id == one.id).values(values))
        return
    db.execute(insert(incoming).values(values))


def incoming_numbered(db: Connection, number: int) -> Incoming | None:
    """One of them."""
    row = db.execute(select(incoming).where(incoming.c.id == number)).first()
    return _incoming(row) if row else None


def list_incoming(
    db: Connection,
    reach: str,
    *,
    kind: str = "",
    after: int = 0,
    limit: int = 100,
    oldest_first: bool = False,
) -> list[Incoming]:
    """Things under a region prefix, the last changed first; or in the order they came, after an id.
    `kind`: alert, task, sweep.
    """
    rows = select(incoming).where(incoming.c.region.startswith(reach))
    rows = rows.where(incoming.c.subject.startswith(f"{kind}:")) if kind else rows
    rows = rows.where(incoming.c.id > after)
    newest_first = (incoming.c.changed_at.desc(), incoming.c.id.desc())
    ordered = rows.order_by(incoming.c.id) if oldest_first else rows.order_by(*newest_first)
    return [_incoming(row) for row in db.execute(ordered.limit(limit))]


_NAMES = tuple(Incoming.__dataclass_fields__)


def _incoming(row: Row[Any]) -> Incoming:
    return Incoming(**{name: getattr(row, name) for name in _NAMES})
