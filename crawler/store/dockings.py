"""Lists that came by themselves: each digest of a source once, and what became of it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from crawler.domain.errors import BadInput, NotAllowed
from crawler.store.audit import take_chain
from crawler.store.database import upsert
from crawler.store.ops_tables import docked
from crawler.store.tables import filing_lists

TAKEN, WAITING, REFUSED = "taken", "waiting", "refused"
DEALT_WITH = "这份名单已经处理过"


@dataclass(frozen=True, kw_only=True, slots=True)
class Docked:
    """One list: taken, waiting for a person, or refused; `reason` says why."""

    sha256: str
    source: str
    name: str
    state: str
    reason: str = ""
    list_id: int | None = None
    region: str
    actor: str
    at: datetime


def keep_docked(db: Connection, one: Docked) -> None:
    """As it stands now."""
    values = asdict(one)
    statement = upsert(db, docked).values(values)
    db.execute(statement.on_conflict_do_update(index_elements=["sha256", "source"], set_=values))


def claim_docked(db: Connection, one: Docked) -> bool:
    """Written down if nobody was quicker: of two who look at once, one takes the list."""
    take_chain(db)
    new = upsert(db, docked).values(asdict(one)).on_conflict_do_nothing()
    return db.execute(new).rowcount == 1


def state_of_docked(db: Connection, sha256: str, source: str) -> str:
    """What became of this list when it was looked at before; empty if it never was."""
    mine = (docked.c.sha256 == sha256) & (docked.c.source == source)
    return db.scalar(select(docked.c.state).where(mine)) or ""


def check_waits(db: Connection, one: Docked) -> None:
    """NotAllowed if somebody has dealt with it already."""
    if db.execute(select(docked.c.sha256).where(_waits(one))).first() is None:
        raise NotAllowed(DEALT_WITH)


def settle_docked(db: Connection, one: Docked) -> None:
    """What a person made of one that waits; NotAllowed if somebody else was quicker."""
    take_chain(db)
    if db.execute(update(docked).where(_waits(one)).values(asdict(one))).rowcount != 1:
        raise NotAllowed(DEALT_WITH)


def newer_than(db: Connection, one: Docked) -> str:
    """The name of a whole list of the same source that was taken later, by itself or by hand;
    empty for none.
    """
    whole = (filing_lists.c.source == one.source) & filing_lists.c.whole
    later = whole & (filing_lists.c.received_at > one.at)
    newest = select(filing_lists.c.name).where(later).order_by(filing_lists.c.id.desc()).limit(1)
    return db.scalar(newest) or ""


def all_docked(db: Connection, limit: int = 50) -> list[Docked]:
    """The newest first."""
    return [
        _docked(row) for row in db.execute(select(docked).order_by(docked.c.at.desc()).limit(limit))
    ]


def docked_like(db: Connection, beginning: str) -> Docked:
    """The one whose digest begins so; BadInput if there is none, or more than one."""
    found = db.execute(select(docked).where(docked.c.sha256.startswith(beginning)).limit(2)).all()
    if not beginning or len(found) != 1:
        raise BadInput(f"没有（或不止一份）摘要以“{beginning[:20]}”开头的名单")
    return _docked(found[0])


def _waits(one: Docked) -> ColumnElement[bool]:
    mine = (docked.c.sha256 == one.sha256) & (docked.c.source == one.source)
    return mine & (docked.c.state == WAITING)


def _docked(row: Row[Any]) -> Docked:
    return Docked(**row._mapping)
