"""How long after its answer a site's alert stands in the store, and then its picture, while a sweep
with everything on is under way.

`python -m tests.bench.promptness HOME PORT SITES`: one site in a hundred says what rings, four are
scripts that only the browser can read, the rest is ordinary; the browser fills the album with what
time is left. Watched from outside, as the console reads: a row counts when it can be read.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import ColumnElement, func, select

from crawler.domain.capture import Fetcher
from crawler.domain.site import VisitState
from crawler.service.turns import LAST
from crawler.service.wiring import House
from crawler.store.database import Connection
from crawler.store.tables import alerts, captures, visits
from tests.bench.figures import Row
from tests.bench.houses import a_listed_house
from tests.bench.running import Bench
from tests.bench.web import PAGES, PLANTED_EVERY, SHELL, XUNWANG, ip_of

SITES = 2_000
RISKY_EVERY, SHELL_EVERY = 100, 25
LOOK_S = 0.25
PATIENCE_S = 3_600
GOALS = {"reader": 0, "alert": 10, "picture": 60}
WHAT = {"reader": "the reader's turn"}


def figures(bench: Bench, sites: int = SITES) -> Iterator[Row]:
    """p95 of both, over every alert that was opened."""
    ran = bench.module("tests.bench.promptness", str(sites))
    for name, goal in GOALS.items():
        waits = sorted(ran[name])
        if not waits:
            yield Row(what=f"from answer to {name}", figure="none was seen", goal=f"≤ {goal} s")
            continue
        p50, p95 = (waits[min(len(waits) - 1, int(len(waits) * part))] for part in (0.5, 0.95))
        yield Row(
            what=f"from answer to {WHAT.get(name, name)}, {len(waits)} alerts in {sites:,} sites",
            figure=f"p95 {p95:.1f} s (p50 {p50:.1f}, worst {waits[-1]:.1f})",
            goal=f"p95 ≤ {goal} s" if goal else "",
            more=str(ran["states"]) if name == "alert" else str([round(one) for one in ran[name]]),
        )


@dataclass(kw_only=True)
class Watching:
    """When each row was first seen, by its visit."""

    house: House
    reader: dict[int, datetime] = field(default_factory=dict)
    alert: dict[int, datetime] = field(default_factory=dict)
    picture: dict[int, datetime] = field(default_factory=dict)

    def look(self) -> bool:
        """Note what is new; whether all is done but the album."""
        with self.house.database.reading() as db:
            rung = set(db.scalars(select(alerts.c.visit_id)))
            drawn = select(captures.c.visit_id).where(
                captures.c.fetcher == str(Fetcher.BROWSER), captures.c.visit_id.in_(rung)
            )
            seen = set(db.scalars(drawn))
            turn = set(db.scalars(select(visits.c.id).where(_state_is(VisitState.READING))))
            left = _left(db)
        now = datetime.now(UTC)
        self.reader |= dict.fromkeys(turn - self.reader.keys(), now)
        self.alert |= dict.fromkeys(rung - self.alert.keys(), now)
        self.picture |= dict.fromkeys(seen - self.picture.keys(), now)
        return not left

    def waits(self) -> dict[str, list[float]]:
        """Seconds since the plain answer, of each alert."""
        asked = (
            select(captures.c.visit_id, func.min(captures.c.ended_at))
            .where(captures.c.fetcher == str(Fetcher.HTTP))
            .group_by(captures.c.visit_id)
        )
        with self.house.database.reading() as db:
            answered = {row[0]: row[1] for row in db.execute(asked)}
        return {
            name: [
                (at - answered[one]).total_seconds()
                for one, at in found.items()
                if one in self.alert
            ]
            for name in GOALS
            for found in (getattr(self, name),)
        }


def _state_is(state: VisitState) -> ColumnElement[bool]:
    return visits.c.state == str(state)


def _left(db: Connection) -> int:
    """Visits that are still somebody's turn, for another reason than the album."""
    for_album = _state_is(VisitState.RENDERING) & (visits.c.urgency == LAST)
    rest = ~_state_is(VisitState.CLOSED) & ~for_album
    return db.scalar(select(func.count()).select_from(visits).where(rest)) or 0


def watched(house: House) -> str:
    """A sweep by the command line, ended once only the album is left."""
    began, watching = time.perf_counter(), Watching(house=house)
    command = [XUNWANG, "--home", str(house.home), "sweep", "--all", "--json"]
    sweeping = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until, done = time.monotonic() + PATIENCE_S, False
    while sweeping.poll() is None and time.monotonic() < until and not done:
        time.sleep(LOOK_S)
        done = _begun(house) and watching.look()
    sweeping.send_signal(signal.SIGINT)
    _, said = sweeping.communicate(timeout=120)
    if not done:
        raise SystemExit(f"巡查没有走完：{said[-2000:]}")
    wall_s = time.perf_counter() - began
    states = {"wall_s": round(wall_s), "pictures_in_all": _pictures(house)}
    return json.dumps(watching.waits() | {"states": states})


def _begun(house: House) -> bool:
    with house.database.reading() as db:
        return bool(db.scalar(select(func.count()).select_from(visits)))


def _pictures(house: House) -> int:
    with house.database.reading() as db:
        drawn = captures.c.fetcher == str(Fetcher.BROWSER)
        return db.scalar(select(func.count()).select_from(captures).where(drawn)) or 0


def page_of(number: int) -> int:
    """Which page stands at a site."""
    if number % RISKY_EVERY == 0:
        return PLANTED_EVERY * (number // RISKY_EVERY) % PAGES
    if number % SHELL_EVERY == 1:
        return SHELL
    page = number % PAGES
    return page if page % PLANTED_EVERY else page + 1


def main(home: str, port: str, count: str) -> None:
    names = [f"p{page_of(number)}s{number}.bench.cn" for number in range(int(count))]
    hosts = [f"{ip_of(number)}:{port}:{port} {name}" for number, name in enumerate(names)]
    print(watched(a_listed_house(Path(home), names, hosts, (int(port),), "")))


if __name__ == "__main__":
    main(*sys.argv[1:])
