"""What is old and nobody holds goes, kind by kind: first seen, then done. Every time and exception
stands in docs/decisions/0008.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from crawler.domain.errors import NotAllowed
from crawler.domain.retention import KeepRule, Removal, Retention
from crawler.service.compacting import compact
from crawler.service.holding import evidence_at_rest, keeping_alone
from crawler.service.wiring import House
from crawler.store.audit import take_chain
from crawler.store.database import Connection
from crawler.store.gaps import Gap
from crawler.store.leftovers import Leftovers, count_leftovers, drop_leftovers
from crawler.store.removals import remove
from crawler.store.retention import Expired, captures_left, expired, past_cases
from crawler.store.rewrites import add_gaps, drop_case_file, moves_of, unsealed

AT_ONCE = 2_000
LEAST = 100  # fewer are never too many at once


@dataclass(kw_only=True, slots=True)
class Going:
    """What would go."""

    captures: int = 0
    records: int = 0
    size_bytes: int = 0
    left: int = 0  # captures that have their bytes now
    rules: Counter[KeepRule] = field(default_factory=Counter)
    oldest: str = ""  # ids follow time
    newest: str = ""
    leftovers: Leftovers = field(default_factory=Leftovers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gone:
    """What went."""

    captures: int = 0
    records: int = 0
    freed_bytes: int = 0
    leftovers: Leftovers = field(default_factory=Leftovers)


def retention_of(house: House) -> Retention:
    """The times of this installation."""
    keep = house.config.keep
    return Retention(
        pages_days=keep.pages_days,
        found_days=keep.found_days,
        messages_days=keep.messages_days,
        sign_ins_days=keep.sign_ins_days,
    )


def foresee(house: House, now: datetime) -> Going:
    """Without touching anything."""
    times, going = retention_of(house), Going()
    with house.database.reading() as db:
        going.left = captures_left(db)
        going.leftovers = count_leftovers(db, times, now)
        open_ones = unsealed(db)
        for one in _closed(expired(db, times, now), open_ones):
            going.captures += 1
            going.records += len(one.records)
            going.size_bytes += sum(record.length for record in one.records)
            going.rules[one.rule] += 1
            going.oldest, going.newest = going.oldest or one.id, one.id
    return going


def too_many(house: House, going: Going) -> str:
    """Why nobody but a person should do this, or nothing."""
    most = max(LEAST, int(going.left * house.config.keep.most_share))
    if going.captures <= most:
        return ""
    return (
        f"将移除 {going.captures} 次采集，占现存 {going.left} 次的"
        f" {100 * going.captures / going.left:.0f} %，超过 keep.most_share；"
        "请核对时钟与 [keep] 设置，确认后执行 xunwang keep run --yes"
    )


def run(
    house: House,
    actor: str,
    now: datetime,
    *,
    sure: bool = False,
    over: Callable[[], bool] = lambda: False,
) -> Gone:
    """Do it, in steps that each stand; NotAllowed where it is too much for no person to have
    looked.
    """
    with keeping_alone(house.home):
        if not sure and (why := too_many(house, foresee(house, now))):
            _refusal(house).write_text(why, "utf-8")
            raise NotAllowed(why)
        _refusal(house).unlink(missing_ok=True)
        removed = list(_removals(house, actor, now, over))
        with evidence_at_rest(house.home, alone=True), house.database.transaction() as db:
            take_chain(db)
            for file, region in past_cases(db, retention_of(house), now):
                drop_case_file(db, file, region, now)
            leftovers = drop_leftovers(db, retention_of(house), actor, house.config.region, now)
        freed = compact(house, actor, now, over)
    return Gone(
        captures=sum(one.captures for one in removed),
        records=sum(one.records for one in removed),
        freed_bytes=freed,
        leftovers=leftovers,
    )


def remove_old(
    house: House, actor: str, now: datetime, over: Callable[[], bool]
) -> dict[str, int | str]:
    """The day's go of `serve`; what it came to, for the log."""
    try:
        gone = run(house, actor, now, over=over)
    except NotAllowed as refused:
        return {"reason": str(refused)}
    return {"captures": gone.captures, "bytes": gone.freed_bytes}


def refused(house: House) -> str:
    """Why the last go did nothing, where a person is to look; else nothing."""
    try:
        return _refusal(house).read_text("utf-8")
    except OSError:
        return ""


def _refusal(house: House) -> Path:
    return house.run / "keeping-refused"


def _removals(
    house: House, actor: str, now: datetime, over: Callable[[], bool]
) -> Iterator[Removal]:
    last, times = "", retention_of(house)
    while not over():
        with house.database.transaction() as db:
            take_chain(db)  # whoever holds or confirms something waits, or is seen here
            open_ones = unsealed(db)
            found = list(islice(_closed(expired(db, times, now, last), open_ones), AT_ONCE))
            if not found:
                return
            made = remove(db, found, actor, house.config.region, now)
            add_gaps(db, _gaps(db, found), house.config.region, now)
        yield made
        last = found[-1].id


def _closed(found: Iterator[Expired], open_ones: set[str]) -> Iterator[Expired]:
    """Those of which no record lies in a file that is still written."""
    return (one for one in found if not any(r.segment in open_ones for r in one.records))


def _gaps(db: Connection, going: list[Expired]) -> dict[str, list[Gap]]:
    moves, found = moves_of(db), dict[str, list[Gap]]()
    for one in going:
        for record in one.records:
            place = moves.now(record)
            if place.segment not in moves.gone:
                found.setdefault(place.segment, []).append(
                    (place.offset, place.offset + place.length)
                )
    return found
