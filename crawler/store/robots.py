"""What sites said in their robots.txt, until it is time to ask again."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select

from crawler.domain.robots import RobotsRule, RobotsWord
from crawler.store.database import upsert
from crawler.store.robots_tables import robots_words

_RULES = msgspec.msgpack.Decoder(tuple[RobotsRule, ...])


def save_robots(db: Connection, heard: Iterable[tuple[int, RobotsWord]]) -> None:
    """What was heard on the way of each site, by its id, in place of what it said before."""
    rows = {
        (site_id, word.origin): {
            "site_id": site_id,
            "origin": word.origin,
            "status": word.status,
            "rules": msgspec.msgpack.encode(word.rules),
            "until": word.until,
        }
        for site_id, word in heard
    }
    if not rows:
        return
    put = upsert(db, robots_words)
    newer = {name: put.excluded[name] for name in ("status", "rules", "until")}
    key = [robots_words.c.site_id, robots_words.c.origin]
    db.execute(put.on_conflict_do_update(index_elements=key, set_=newer), list(rows.values()))


def robots_of(db: Connection, site_ids: Sequence[int]) -> dict[int, list[RobotsWord]]:
    """What was heard on the ways of these sites."""
    rows = select(robots_words).where(robots_words.c.site_id.in_(site_ids))
    found: dict[int, list[RobotsWord]] = {}
    for row in db.execute(rows):
        word = RobotsWord(
            origin=row.origin,
            status=row.status,
            until=row.until,
            rules=_RULES.decode(row.rules),
        )
        found.setdefault(row.site_id, []).append(word)
    return found


def forget_robots(db: Connection, now: datetime) -> int:
    """What must be asked anew goes; how many that were."""
    return db.execute(delete(robots_words).where(robots_words.c.until <= now)).rowcount
