"""Sessions live here and not in the cookie, so that ending one ends it at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from crawler.domain.user import Session, User
from crawler.store.people import user_of_row
from crawler.store.people_tables import sessions, sign_ins, users


@dataclass(frozen=True, kw_only=True, slots=True)
class Failures:
    """Failed attempts within a time: of this account from this address, of the address, of the
    account from anywhere; and whether the account ever came in from this address.
    """

    pair: int
    address: int
    account: int
    known: bool


def start_session(db: Connection, digest: str, user: User, address: str, now: datetime) -> None:
    """Somebody came in."""
    row = {
        "digest": digest,
        "user_id": user.id,
        "started_at": now,
        "last_seen_at": now,
        "address": address[:60],
        "region": user.region,
    }
    db.execute(insert(sessions).values(row))


def session_of(
    db: Connection, digest: str, now: datetime, idle: timedelta, longest: timedelta
) -> Session | None:
    """The session behind a token's digest, if it still holds and its user may come in."""
    holds = and_(
        sessions.c.digest == digest,
        sessions.c.ended_at.is_(None),
        sessions.c.last_seen_at > now - idle,
        sessions.c.started_at > now - longest,
        ~users.c.disabled,
    )
    columns = (sessions.c.started_at, sessions.c.last_seen_at, sessions.c.address, *users.c)
    row = db.execute(select(*columns).select_from(sessions.join(users)).where(holds)).first()
    if row is None:
        return None
    return Session(
        digest=digest,
        user=user_of_row(row),
        started_at=row.started_at,
        last_seen_at=row.last_seen_at,
        address=row.address,
    )


def touch_session(db: Connection, digest: str, now: datetime) -> None:
    """Still there."""
    db.execute(update(sessions).where(sessions.c.digest == digest).values(last_seen_at=now))


def end_sessions(db: Connection, user_id: int, now: datetime, because: str, but: str = "") -> int:
    """End all of somebody's sessions, but one if named; how many there were."""
    theirs = and_(
        sessions.c.user_id == user_id, sessions.c.ended_at.is_(None), sessions.c.digest != but
    )
    return db.execute(
        update(sessions).where(theirs).values(ended_at=now, ended_because=because)
    ).rowcount


def end_session(db: Connection, digest: str, now: datetime, because: str) -> None:
    """End this one."""
    mine = and_(sessions.c.digest == digest, sessions.c.ended_at.is_(None))
    db.execute(update(sessions).where(mine).values(ended_at=now, ended_because=because))


def note_sign_in(
    db: Connection, account: str, address: str, now: datetime, *, succeeded: bool
) -> None:
    """Keep one attempt."""
    row = {"account": account[:60], "address": address[:60], "at": now, "succeeded": succeeded}
    db.execute(insert(sign_ins).values(row))


def failures_since(
    db: Connection, account: str, address: str, since: datetime, known_since: datetime
) -> Failures:
    """What stands against an attempt; a success wipes out the failures of its pair."""
    mine, here = sign_ins.c.account == account[:60], sign_ins.c.address == address[:60]
    good = select(func.max(sign_ins.c.at)).where(mine, here, sign_ins.c.succeeded)
    last_good = db.scalar(good)
    failed = and_(~sign_ins.c.succeeded, sign_ins.c.at > since)
    fresh = sign_ins.c.at > (last_good or since)
    counts = select(
        func.count().filter(and_(mine, here, fresh)),
        func.count().filter(here),
        func.count().filter(mine),
    ).where(failed, or_(mine, here))
    pair, by_address, by_account = db.execute(counts).one()
    known = last_good is not None and last_good > known_since
    return Failures(pair=pair, address=by_address, account=by_account, known=known)


def owner_of_session(db: Connection, digest: str) -> int:
    """Whose session this is or was; 0 if there never was one."""
    return db.scalar(select(sessions.c.user_id).where(sessions.c.digest == digest)) or 0
