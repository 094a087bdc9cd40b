"""Ways in which people are told, and how far each has been told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from crawler.domain.assessment import Level
from crawler.domain.telling import Telling, Way, next_try
from crawler.domain.user import User
from crawler.store.arrivals import last_seq
from crawler.store.people import user_of_row
from crawler.store.people_tables import users
from crawler.store.telling_tables import tellings


def keep_tellings(db: Connection, user: User, wanted: Sequence[Telling], now: datetime) -> None:
    """A person's ways in place of the ones before; a way that stays goes on where it was."""
    before = {one.way: one for one in tellings_of(db, user.id)}
    db.execute(delete(tellings).where(tellings.c.user_id == user.id))
    newest = last_seq(db)
    for one in wanted:
        known = before.get(one.way)
        row = {
            "user_id": user.id,
            "way": str(one.way),
            "address": one.address,
            "secret": one.secret,
            "level": str(one.level),
            "region": user.region,
            "told_seq": known.told_seq if known else newest,
            "failures": 0,
            "due_at": None,
            "last_reason": "",
            "changed_at": now,
        }
        db.execute(insert(tellings).values(row))


def tellings_of(db: Connection, user_id: int) -> list[Telling]:
    """One person's ways."""
    rows = select(tellings).where(tellings.c.user_id == user_id).order_by(tellings.c.way)
    return [_telling(row) for row in db.execute(rows)]


def due_tellings(db: Connection, now: datetime, newest: int) -> list[tuple[User, Telling]]:
    """Ways of people who may come in, that are behind the trail and not to be left alone now."""
    behind = tellings.c.told_seq < newest
    free = tellings.c.due_at.is_(None) | (tellings.c.due_at <= now)
    joined = tellings.join(users, users.c.id == tellings.c.user_id)
    own = [one for one in tellings.c if one.name != "region"]
    rows = select(*users.c, *own).select_from(joined).where(~users.c.disabled, behind, free)
    return [
        (user_of_row(row), _telling(row))
        for row in db.execute(rows.order_by(tellings.c.user_id, tellings.c.way))
    ]


def mark_said(db: Connection, one: Telling, told_seq: int) -> None:
    """Told until there."""
    values = {"told_seq": told_seq, "failures": 0, "due_at": None, "last_reason": ""}
    db.execute(_row(one).values(values))


def mark_unsaid(db: Connection, one: Telling, reason: str, now: datetime) -> None:
    """It did not arrive: later again, the same and what came meanwhile."""
    failures = one.failures + 1
    values = {
        "failures": failures, "due_at": next_try(failures, now), "last_reason": reason[:300],
    }  # fmt: skip
    db.execute(_row(one).values(values))


def _row(one: Telling) -> Any:
    """As it was looked at: one whose owner changed it meanwhile is left alone."""
    mine = (tellings.c.user_id == one.user_id) & (tellings.c.way == str(one.way))
    return update(tellings).where(mine, tellings.c.address == one.address)


def _telling(row: Row[Any]) -> Telling:
    return Telling(
        user_id=row.user_id,
        way=Way(row.way),
        address=row.address,
        secret=row.secret,
        level=Level(row.level),
        told_seq=row.told_seq,
        failures=row.failures,
        due_at=row.due_at,
        last_reason=row.last_reason,
    )
