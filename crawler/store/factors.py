"""Second factors of accounts. What proves one, a code or a recovery code, is used up at once."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from crawler.domain.audit import Act
from crawler.domain.user import User
from crawler.store.audit import note
from crawler.store.people_tables import users
from crawler.store.sessions import end_sessions


def factor_secret(db: Connection, user_id: int) -> bytes:
    """The secret that is shared with a telephone, in force or only offered; empty for none."""
    kept = db.scalar(select(users.c.factor_secret).where(users.c.id == user_id))
    return bytes.fromhex(kept or "")


def offer_factor(db: Connection, user_id: int, secret: bytes) -> None:
    """A secret to be confirmed; nothing happens to one that is in force."""
    mine = (users.c.id == user_id) & users.c.factor_since.is_(None)
    db.execute(update(users).where(mine).values(factor_secret=secret.hex()))


def confirm_factor(
    db: Connection, user_id: int, step: int, digests: tuple[str, ...], now: datetime
) -> bool:
    """From now on it is asked for; False if one was in force already."""
    mine = (users.c.id == user_id) & users.c.factor_since.is_(None)
    values = {"factor_since": now, "factor_step": step, "factor_codes": " ".join(digests)}
    return db.execute(update(users).where(mine).values(values)).rowcount == 1


def use_step(db: Connection, user_id: int, step: int) -> bool:
    """Whether a code of this step is good still: each once, and none older than the last."""
    fresh = (users.c.id == user_id) & (users.c.factor_step < step)
    return db.execute(update(users).where(fresh).values(factor_step=step)).rowcount == 1


def use_recovery(db: Connection, user_id: int, digest: str) -> bool:
    """Whether it is one of theirs that was not used; now it is."""
    kept = db.scalar(select(users.c.factor_codes).where(users.c.id == user_id)) or ""
    codes = kept.split()
    if digest not in codes:
        return False
    left = " ".join(one for one in codes if one != digest)
    # two at once see the same codes: only the first finds them as it saw them
    mine = (users.c.id == user_id) & (users.c.factor_codes == kept)
    return db.execute(update(users).where(mine).values(factor_codes=left)).rowcount == 1


def recovery_left(db: Connection, user_id: int) -> int:
    """How many recovery codes were not used."""
    kept = db.scalar(select(users.c.factor_codes).where(users.c.id == user_id)) or ""
    return len(kept.split())


def drop_factor(db: Connection, user_id: int) -> None:
    """No second factor any more; whoever calls ends the sessions."""
    values = {"factor_secret": "", "factor_since": None, "factor_step": 0, "factor_codes": ""}
    db.execute(update(users).where(users.c.id == user_id).values(values))


def reset_factor(db: Connection, user: User, actor: str, now: datetime) -> None:
    """The telephone is lost: they are put out, come in by password and set up another."""
    drop_factor(db, user.id)
    end_sessions(db, user.id, now, "second factor reset")
    named = f"user:{user.name}"
    act = Act(
        at=now, actor=actor, action="user.factor", object=named, region=user.region, after="reset"
    )
    note(db, act)
