"""Rows beside the evidence that go by age: bodies of old messages, attempts to sign in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, false, func, select, update

from crawler.domain.audit import Act
from crawler.domain.delivery import DeliveryState
from crawler.domain.retention import Retention, cutoff
from crawler.store.audit import note
from crawler.store.people_tables import sessions, sign_ins
from crawler.store.tables import outbox, receipts


@dataclass(frozen=True, kw_only=True, slots=True)
class Leftovers:
    """How many of each kind."""

    messages: int = 0
    sign_ins: int = 0
    sessions: int = 0


def count_leftovers(db: Connection, times: Retention, now: datetime) -> Leftovers:
    """What would go."""
    return Leftovers(
        messages=_count(db, outbox, _old_messages(times, now)),
        sign_ins=_count(db, sign_ins, _old_sign_ins(times, now)),
        sessions=_count(db, sessions, _old_sessions(times, now)),
    )


def drop_leftovers(
    db: Connection, times: Retention, actor: str, region: str, now: datetime
) -> Leftovers:
    """A message keeps its row and key, so that it never goes out as new."""
    old = select(outbox.c.id).where(_old_messages(times, now))
    db.execute(delete(receipts).where(receipts.c.delivery_id.in_(old)))
    emptied = db.execute(update(outbox).where(_old_messages(times, now)).values(body=b""))
    gone = Leftovers(
        messages=emptied.rowcount,
        sign_ins=db.execute(delete(sign_ins).where(_old_sign_ins(times, now))).rowcount,
        sessions=db.execute(delete(sessions).where(_old_sessions(times, now))).rowcount,
    )
    if gone != Leftovers():
        said = f"{gone.messages} messages, {gone.sign_ins} sign-ins, {gone.sessions} sessions"
        act = Act(
            at=now, actor=actor, action="keep.drop", object="installation", region=region,
            after=said,
        )  # fmt: skip
        note(db, act)
    return gone


def _old_messages(times: Retention, now: datetime) -> ColumnElement[bool]:
    before = cutoff(times.messages_days, now)
    settled = outbox.c.state != str(DeliveryState.WAITING)
    if before is None:
        return false()
    return settled & (outbox.c.created_at < before) & (func.length(outbox.c.body) > 0)


def _old_sign_ins(times: Retention, now: datetime) -> ColumnElement[bool]:
    before = cutoff(times.sign_ins_days, now)
    return false() if before is None else sign_ins.c.at < before


def _old_sessions(times: Retention, now: datetime) -> ColumnElement[bool]:
    before = cutoff(times.sign_ins_days, now)
    return false() if before is None else sessions.c.ended_at < before


def _count(db: Connection, table: Any, where: ColumnElement[bool]) -> int:
    return db.scalar(select(func.count()).select_from(table).where(where)) or 0
