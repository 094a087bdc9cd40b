"""Messages for platforms that cannot be called: they ask, with the place they have come to.

A place is given when a message is first handed out, one after the other under a lock, so that a
message whose transaction ended late never slips in behind a place that was already read.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from heapq import heappop, heappush

from sqlalchemy import Connection, exists, func, insert, select, text, update

from crawler.domain.delivery import Delivery, DeliveryState
from crawler.store.outbox import delivery_from
from crawler.store.platform_tables import pulls
from crawler.store.tables import outbox

_WAITING, _DELIVERED = str(DeliveryState.WAITING), str(DeliveryState.DELIVERED)


def pull(
    db: Connection, endpoint: str, after: int | None, limit: int, now: datetime
) -> list[tuple[int, Delivery]]:
    """What comes after a place (None: after the last that was confirmed), oldest first, each with
    its own place. Asking for it says that all up to `after` has arrived: that is delivered now.
    """
    _alone(db, endpoint)
    if after is None:
        after = _confirmed_to(db, endpoint)
    confirm_places(db, endpoint, after, now)
    _give_places(db, endpoint, limit)
    # the body of a very old one went by age
    mine = (pulls.c.endpoint == endpoint) & (pulls.c.position > after)
    mine &= func.length(outbox.c.body) > 0
    rows = (
        select(pulls.c.position, *outbox.c)
        .join(outbox, outbox.c.id == pulls.c.delivery_id)
        .where(mine)
        .order_by(pulls.c.position)
        .limit(limit)
    )
    return [(row.position, delivery_from(row)) for row in db.execute(rows)]


def last_place(db: Connection, endpoint: str) -> int:
    """The last place that was given."""
    mine = select(func.max(pulls.c.position)).where(pulls.c.endpoint == endpoint)
    return db.scalar(mine) or 0


def _confirmed_to(db: Connection, endpoint: str) -> int:
    """The place before the first that was not confirmed."""
    mine = pulls.c.endpoint == endpoint
    first = db.scalar(select(func.min(pulls.c.position)).where(mine, pulls.c.fetched_at.is_(None)))
    return first - 1 if first is not None else last_place(db, endpoint)


def confirm_places(db: Connection, endpoint: str, after: int, now: datetime) -> None:
    """All up to a place has arrived."""
    mine = (
        (pulls.c.endpoint == endpoint) & (pulls.c.position <= after) & pulls.c.fetched_at.is_(None)
    )
    ids = list(db.scalars(update(pulls).where(mine).values(fetched_at=now).returning(
        pulls.c.delivery_id)))  # fmt: skip
    arrived = {"state": _DELIVERED, "delivered_at": now, "attempts": outbox.c.attempts + 1,
               "last_reason": ""}  # fmt: skip
    for start in range(0, len(ids), 500):
        some = outbox.c.id.in_(ids[start : start + 500])
        db.execute(update(outbox).where(some).values(arrived))


def _give_places(db: Connection, endpoint: str, limit: int) -> None:
    has_one = exists().where(pulls.c.delivery_id == outbox.c.id, pulls.c.fetched_at.is_(None))
    without = (
        select(outbox.c.id, outbox.c.subject, outbox.c.seq)
        .where(outbox.c.endpoint == endpoint, outbox.c.state == _WAITING, ~has_one)
        .order_by(outbox.c.created_at, outbox.c.seq, outbox.c.id)
        .limit(limit)
    )
    waiting = _in_turn((row.id, row.subject, row.seq) for row in db.execute(without))
    last = last_place(db, endpoint)
    rows = [
        {"endpoint": endpoint, "position": last + number, "delivery_id": delivery_id}
        for number, delivery_id in enumerate(waiting, start=1)
    ]
    if rows:
        db.execute(insert(pulls), rows)


def _in_turn(waiting: Iterable[tuple[str, str, int]]) -> list[str]:
    """The messages of each subject by their number, in the places that the subject has: two of one
    moment, or of two clocks, lie in any order.
    """
    given = list(waiting)
    turns: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for delivery_id, subject, seq in given:
        heappush(turns[subject], (seq, delivery_id))
    return [heappop(turns[subject])[1] for _, subject, _ in given]


def _alone(db: Connection, endpoint: str) -> None:
    # SQLite's writers are alone already.
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": endpoint})
