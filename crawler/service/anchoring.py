"""The heads of all chains, told outside: each hour, after each sweep, and when somebody asks. Who
holds a statement of them can tell later whether the end of a chain was cut off.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.domain.audit import Act
from crawler.domain.errors import WatchError
from crawler.service.desks import permit_of
from crawler.service.stamping import Stamp, ask_authority, stamp_from
from crawler.service.wiring import House
from crawler.store.anchors import (
    ANCHORED,
    TRAIL,
    Anchor,
    anchor_now,
    anchor_of,
    latest_told,
    put_token,
    save_anchor,
)
from crawler.store.audit import note

MACHINE = "system"


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchored:
    """What was told, and why there is no time stamp on it where one was wanted."""

    anchor: Anchor
    trouble: str = ""


def anchor_heads(
    house: House, now: datetime, actor: str = MACHINE, told: str = TRAIL
) -> Anchored | None:
    """State the heads, have them stamped if an authority is set, keep that. Nothing where no head
    has moved since the last time. `told` says who else holds the statement.
    """
    with house.database.reading() as db:
        made, last = anchor_now(db, now), latest_told(db)
    if last is not None and last.chains == made.chains:
        return None
    stamp, trouble = _stamped(house, made)
    held = told if stamp is None else f"{told}；时间戳 {stamp.at.isoformat()}"
    made = replace(made, told=held, token=stamp.token if stamp else None)
    digest = hashlib.sha256(made.statement.encode()).hexdigest()
    with house.database.transaction() as db:
        number = save_anchor(db, made)
        note(db, _act(now, actor, number, ANCHORED, digest, house.config.region))
    return Anchored(anchor=replace(made, id=number), trouble=trouble)


def take_stamp(house: House, number: int, answer: bytes, now: datetime, actor: str) -> Stamp:
    """A time stamp that was fetched by hand, for an anchor that has none."""
    with house.database.transaction() as db:
        anchor = anchor_of(db, number)
        stamp = stamp_from(answer, anchor.statement)
        put_token(db, number, stamp.token, f"{anchor.told}；时间戳 {stamp.at.isoformat()}")
        digest = hashlib.sha256(answer).hexdigest()
        note(db, _act(now, actor, number, "chain.stamp", digest, house.config.region))
    return stamp


def _stamped(house: House, anchor: Anchor) -> tuple[Stamp | None, str]:
    url = house.config.evidence.timestamp_url
    if not url:
        return None, ""
    try:
        return ask_authority(url, anchor.statement, permit_of(house)), ""
    except WatchError as error:
        return None, str(error)


def _act(at: datetime, actor: str, number: int, action: str, after: str, region: str) -> Act:
    return Act(
        at=at, actor=actor, action=action, object=f"anchor:{number}", region=region, after=after
    )
