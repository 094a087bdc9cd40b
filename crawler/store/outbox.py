"""Messages that wait: put in the transaction of what they tell, claimed under a lease, marked once
their answer is known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from crawler.domain.delivery import Delivery, DeliveryState, EventType, Receipt
from crawler.store.database import upsert
from crawler.store.tables import outbox, receipts

_WAITING = str(DeliveryState.WAITING)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempted:
    """What one attempt made of a claimed message."""

    id: str
    state: DeliveryState
    attempts: int
    due_at: datetime
    delivered_at: datetime | None
    reason: str


def put(db: Connection, deliveries: Iterable[Delivery]) -> int:
    """Write messages down; one that an endpoint already has by its key is left out. How many were
    new.
    """
    rows = [_values(one) for one in deliveries]
    if not rows:
        return 0
    statement = upsert(db, outbox).on_conflict_do_nothing(index_elements=["endpoint", "event_key"])
    return sum(db.execute(statement.values(row)).rowcount for row in rows)


def next_seq(db: Connection, subject: str) -> int:
    """The number of the next message about a subject."""
    last = db.scalar(select(func.max(outbox.c.seq)).where(outbox.c.subject == subject))
    return (last or 0) + 1


def claim_due(
    db: Connection, endpoint: str, now: datetime, *, token: str, until: datetime, limit: int
) -> list[Delivery]:
    """Take due messages of one endpoint, the oldest first; nobody else gets them until the lease
    ends. A later message of a subject waits until the earlier ones are delivered or given up.
    """
    earlier = outbox.alias("earlier")
    held_back = exists().where(
        earlier.c.endpoint == outbox.c.endpoint,
        earlier.c.subject == outbox.c.subject,
        earlier.c.state == _WAITING,
        earlier.c.seq < outbox.c.seq,
    )
    due = (
        select(outbox.c.id)
        .where(
            outbox.c.endpoint == endpoint,
            outbox.c.state == _WAITING,
            outbox.c.due_at <= now,
            or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until <= now),
            ~held_back,
        )
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claim = (
        update(outbox)
        .where(outbox.c.id.in_(due.scalar_subquery()))
        .values(claim=token, claimed_until=until)
        .returning(*outbox.c)
    )
    return sorted((delivery_from(row) for row in db.execute(claim)), key=_age)


def mark(db: Connection, token: str, marks: Sequence[Attempted]) -> list[str]:
    """Write down what became of claimed messages. A late worker, whose claim was taken over,
    changes nothing; the ids that were marked come back.
    """
    held = outbox.c.id.in_([one.id for one in marks]) & (outbox.c.claim == token)
    mine = set(db.scalars(select(outbox.c.id).where(held).with_for_update()))
    rows = [_mark_values(one) for one in marks if one.id in mine]
    if rows:
        db.execute(_MARK, rows)
    return [row["marked"] for row in rows]


_MARK = (
    update(outbox)
    .where(outbox.c.id == bindparam("marked"))
    .values(
        state=bindparam("new_state"),
        attempts=bindparam("new_attempts"),
        due_at=bindparam("new_due_at"),
        delivered_at=bindparam("new_delivered_at"),
        last_reason=bindparam("reason"),
        claim="",
        claimed_until=None,
    )
)


def _mark_values(one: Attempted) -> dict[str, Any]:
    return {
        "marked": one.id,
        "new_state": str(one.state),
        "new_attempts": one.attempts,
        "new_due_at": one.due_at,
        "new_delivered_at": one.delivered_at,
        "reason": one.reason,
    }


def due_again(db: Connection, now: datetime, ahead: timedelta) -> int:
    """What a clock that was ahead put off is due now: messages made, last tried, or claimed to an
    end, further ahead than any can be. How many.
    """
    to_come = now + ahead
    tried = exists().where(receipts.c.delivery_id == outbox.c.id, receipts.c.at > to_come)
    put_off = and_(outbox.c.due_at > to_come, or_(outbox.c.created_at > to_come, tried))
    wrong = or_(put_off, outbox.c.claimed_until > to_come)
    free = update(outbox).where(outbox.c.state == _WAITING, wrong)
    return db.execute(free.values(due_at=now, claim="", claimed_until=None)).rowcount


def release(db: Connection, token: str, ids: Sequence[str]) -> None:
    """Give back what was claimed under a token and not sent."""
    mine = outbox.c.id.in_(ids) & (outbox.c.claim == token)
    db.execute(update(outbox).where(mine).values(claim="", claimed_until=None))


def save_receipts(db: Connection, answers: Sequence[Receipt]) -> None:
    """Keep every answer, and every silence with its reason."""
    if answers:
        db.execute(insert(receipts), [_receipt_values(one) for one in answers])


def replay(
    db: Connection,
    now: datetime,
    *,
    ids: Sequence[str] = (),
    keys: Sequence[str] = (),
    endpoint: str = "",
    event: EventType | None = None,
    region: str = "",
    between: tuple[datetime, datetime] | None = None,
    limit: int = 10_000,
) -> list[str]:
    """Let messages that were given up, are named by id or event key, or were made between two
    moments (the later not among them), go out once more under their own ids.
    """
    chosen = select(outbox.c.id).where(outbox.c.state != _WAITING)
    chosen = chosen.where(outbox.c.region.startswith(region))
    chosen = chosen.where(func.length(outbox.c.body) > 0)  # the body of an old one went by age
    if ids or keys:
        chosen = chosen.where(outbox.c.id.in_(ids) | outbox.c.event_key.in_(keys))
    elif between:
        since, until = between
        chosen = chosen.where(outbox.c.created_at >= since, outbox.c.created_at < until)
    else:
        chosen = chosen.where(outbox.c.state == str(DeliveryState.GIVEN_UP))
    if endpoint:
        chosen = chosen.where(outbox.c.endpoint == endpoint)
    if event:
        chosen = chosen.where(outbox.c.event == str(event))
    again = (
        update(outbox)
        .where(outbox.c.id.in_(chosen.order_by(outbox.c.id).limit(limit).scalar_subquery()))
        .values(state=_WAITING, attempts=0, due_at=now, claim="", claimed_until=None)
        .returning(outbox.c.id)
    )
    return sorted(db.scalars(again))


def kept_among(
    db: Connection, *, ids: Sequence[str], keys: Sequence[str], endpoint: str = ""
) -> dict[str, bool]:
    """Which ids and event keys are of our messages (to one endpoint), and whether a body that can
    be sent is still there.
    """
    whole = func.length(outbox.c.body) > 0
    rows = select(outbox.c.id, outbox.c.event_key, whole.label("whole")).where(
        outbox.c.id.in_(ids) | outbox.c.event_key.in_(keys)
    )
    if endpoint:
        rows = rows.where(outbox.c.endpoint == endpoint)
    found: dict[str, bool] = {}
    for row in db.execute(rows):
        for name in (row.id, row.event_key):
            found[name] = found.get(name, False) or bool(row.whole)
    return found


def delivery_of(db: Connection, delivery_id: str) -> Delivery | None:
    """One message by its id."""
    row = db.execute(select(outbox).where(outbox.c.id == delivery_id)).first()
    return delivery_from(row) if row else None


def receipts_of(db: Connection, delivery_id: str) -> list[Receipt]:
    """The answers to one message, oldest first."""
    mine = receipts.c.delivery_id == delivery_id
    return [
        _receipt(row) for row in db.execute(select(receipts).where(mine).order_by(receipts.c.id))
    ]


def list_deliveries(
    db: Connection,
    *,
    states: Iterable[DeliveryState] = (),
    subject: str = "",
    region: str = "",
    endpoint: str = "",
    event: EventType | None = None,
    before: str = "",
    limit: int = 100,
) -> list[Delivery]:
    """Messages, newest first; `before` is the id that the page before ended with."""
    rows = _chosen(select(outbox), states, subject, region)
    for column, wanted in ((outbox.c.endpoint, endpoint), (outbox.c.event, event)):
        rows = rows.where(column == str(wanted)) if wanted else rows
    if before:
        rows = rows.where(outbox.c.id < before)
    return [
        delivery_from(row) for row in db.execute(rows.order_by(outbox.c.id.desc()).limit(limit))
    ]


def was_told(db: Connection, endpoint: str, subject: str) -> bool:
    """Whether an endpoint was ever sent anything about a subject."""
    mine = (outbox.c.endpoint == endpoint) & (outbox.c.subject == subject)
    return db.execute(select(outbox.c.id).where(mine).limit(1)).first() is not None


def told_before(db: Connection, subject: str, seq: int) -> dict[str, EventType]:
    """What each endpoint was last sent about a subject before the happening of this number."""
    rows = select(outbox.c.endpoint, outbox.c.event).where(
        outbox.c.subject == subject, outbox.c.seq < seq
    )
    return {name: EventType(event) for name, event in db.execute(rows.order_by(outbox.c.seq))}


def oldest_waiting(db: Connection) -> dict[str, datetime]:
    """Since when the oldest message of each endpoint has been waiting: an outbox that ages is the
    first sign that nobody is told.
    """
    rows = (
        select(outbox.c.endpoint, func.min(outbox.c.created_at))
        .where(outbox.c.state == _WAITING)
        .group_by(outbox.c.endpoint)
    )
    return {str(name): at for name, at in db.execute(rows)}


def delivery_counts(db: Connection) -> dict[tuple[str, DeliveryState], int]:
    """How many messages of each endpoint stand where; also of endpoints that are no more."""
    rows = select(outbox.c.endpoint, outbox.c.state, func.count()).group_by(
        outbox.c.endpoint, outbox.c.state
    )
    return {(name, DeliveryState(state)): count for name, state, count in db.execute(rows)}


def event_keys_between(
    db: Connection, start: datetime, end: datetime, *, region: str = "", endpoint: str = ""
) -> dict[EventType, list[str]]:
    """The keys of all that was told in a span of time (to one endpoint), by event type, sorted:
    for 对账.
    """
    rows = (
        select(outbox.c.event, outbox.c.event_key)
        .distinct()
        .where(outbox.c.created_at >= start, outbox.c.created_at < end)
        .where(outbox.c.region.startswith(region))
    )
    if endpoint:
        rows = rows.where(outbox.c.endpoint == endpoint)
    found: dict[EventType, list[str]] = {}
    for event, key in db.execute(rows.order_by(outbox.c.event, outbox.c.event_key)):
        found.setdefault(EventType(event), []).append(key)
    return found


def _chosen(
    rows: Select[Any], states: Iterable[DeliveryState], subject: str, region: str
) -> Select[Any]:
    wanted = [str(state) for state in states]
    rows = rows.where(outbox.c.region.startswith(region))
    if subject:
        rows = rows.where(outbox.c.subject == subject)
    return rows.where(outbox.c.state.in_(wanted)) if wanted else rows


def _age(delivery: Delivery) -> tuple[datetime, str]:
    return delivery.due_at, delivery.id


def _values(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event_key": delivery.event_key,
        "event": str(delivery.event),
        "endpoint": delivery.endpoint,
        "subject": delivery.subject,
        "seq": delivery.seq,
        "body": delivery.body,
        "region": delivery.region,
        "state": str(delivery.state),
        "attempts": delivery.attempts,
        "created_at": delivery.created_at,
        "due_at": delivery.due_at,
        "delivered_at": delivery.delivered_at,
        "last_reason": delivery.last_reason,
    }


def delivery_from(row: Row[Any]) -> Delivery:
    """The noun behind one row of `outbox` (or of a join that bears its columns)."""
    return Delivery(
        id=row.id,
        event_key=row.event_key,
        event=EventType(row.event),
        endpoint=row.endpoint,
        subject=row.subject,
        seq=row.seq,
        body=row.body,
        region=row.region,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        due_at=row.due_at,
        delivered_at=row.delivered_at,
        last_reason=row.last_reason,
    )


def _receipt_values(receipt: Receipt) -> dict[str, Any]:
    return {
        "delivery_id": receipt.delivery_id,
        "at": receipt.at,
        "status": receipt.status,
        "reason": receipt.reason,
        "body": receipt.body,
    }


def _receipt(row: Row[Any]) -> Receipt:
    return Receipt(
        delivery_id=row.delivery_id,
        at=row.at,
        status=row.status,
        reason=row.reason,
        body=row.body,
    )
