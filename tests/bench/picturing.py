"""What a picture costs, beside full Chromium and beside the least that takes one; and whether a
thousand in a row leave anything behind.

`python -m tests.bench.picturing MODE HOME PORT COUNT`: CPU of the whole tree (Python, driver,
browser), from the first picture to the last.
"""

import asyncio
import json
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from crawler.domain.site import Visit, VisitState
from crawler.service import browsing
from crawler.service.children import Child
from crawler.service.wiring import House
from tests.bench.driving import driven
from tests.bench.figures import Row
from tests.bench.houses import ALONE, a_house, visits_at
from tests.bench.processes import (
    adopt_orphans,
    cpu_of,
    tree_cpu_s,
    tree_handles,
    tree_mb,
    tree_of,
    tree_resident_mb,
)
from tests.bench.running import Bench
from tests.bench.web import PLANTED_EVERY, Web

FULL_CHROMIUM = Path("/usr/lib/chromium/chromium")
BARE = "tests.bench.bare_browser"
PAGES, WARM = 24, 2
MODES = ("ours", "bare", "full", "ours-long", "bare-long")
GOALS = {"full": "≤ 0.40 × full Chromium", "bare": "≤ 1.25 × bare loop"}
IN_A_ROW = 1_000
EVERY = 10  # pictures between two looks at the tree


def figures(bench: Bench) -> Iterator[Row]:
    """A B C A B C …"""
    modes = [mode for mode in MODES if mode != "full" or FULL_CHROMIUM.exists()]
    ran: dict[str, list[float]] = {mode: [] for mode in modes}
    for _ in range(bench.rounds):
        for mode in modes:
            ran[mode].append(bench.module(f"tests.bench.picturing {mode}", str(PAGES))["cpu_ms"])
    cost = {mode: statistics.median(each) / 1000 for mode, each in ran.items()}
    names = {"full": "full Chromium, bare loop", "bare": "headless shell, bare loop"}
    spread = (
        f"{cost['ours']:.3f} CPU s ({min(ran['ours']) / 1000:.3f}–{max(ran['ours']) / 1000:.3f})"
    )
    for other, name in names.items():
        if other in cost:
            yield Row(
                what=f"a picture of the first screen, beside {name}",
                figure=spread,
                ratio=f"{cost['ours'] / cost[other]:.2f} × ({cost[other]:.3f})",
                goal=GOALS[other],
            )
        else:
            yield Row(what=f"beside {name}", figure="not measured: apt-get install chromium")
    yield Row(
        what="a picture of the whole page beside the first screen, beside the bare loop's",
        figure=f"{cost['ours-long']:.3f} CPU s",
        ratio=f"{cost['ours-long'] / cost['bare-long']:.2f} × ({cost['bare-long']:.3f})",
    )


def in_a_row(bench: Bench, count: int = IN_A_ROW) -> Iterator[Row]:
    """What the tree holds early and late."""
    ran = bench.module("tests.bench.picturing ours", str(count))
    for name, unit in (("pss", "MB"), ("rss", "MB"), ("handles", ""), ("processes", "")):
        early, late = ran["early"][name], ran["late"][name]
        yield Row(
            what=f"{count:,} pictures in a row: {name} of the tree, second tenth → last tenth",
            figure=f"{early:.0f} → {late:.0f} {unit}".strip(),
            ratio=f"{late / max(1, early):.2f} ×",
            goal="no growth",
            more=f"{ran['outcomes']}, {ran['cpu_ms']:.0f} ms, highest {ran['most'][name]:.0f}",
        )


def pictured(house: House, mode: str, visits: list[Visit]) -> str:
    """One worker from its first picture to its last."""
    looks: list[dict[str, float]] = []

    async def work() -> dict[str, Any]:
        child = await _worker(house, mode)

        def note(done: int) -> None:
            if done % EVERY == 0:
                looks.append(_look(child.pid))

        window = house.config.browser.pages * 2
        done = await driven(child, visits, window, _all_but_ours(), note)
        return done.line()

    found = asyncio.run(work())
    tenth = max(1, len(looks) // 10)
    if looks:
        found["early"] = _middle(looks[tenth : 2 * tenth] or looks)
        found["late"] = _middle(looks[-tenth:])
        found["most"] = {name: max(one[name] for one in looks) for name in looks[0]}
    return json.dumps(found)


async def _worker(house: House, mode: str) -> Child:
    if not mode.startswith("ours"):
        browsing.MODULE = BARE
    crew, trouble = browsing.browsing_crew(house, "bench")
    if crew is None:
        raise SystemExit(trouble)
    return await crew.start(0)


def _all_but_ours() -> Callable[[], float]:
    """CPU of everything this process started, whoever still owns it."""
    adopt_orphans()
    me = os.getpid()
    return lambda: tree_cpu_s(me) - cpu_of(me)


def _look(pid: int) -> dict[str, float]:
    return {
        "pss": tree_mb(pid),
        "rss": tree_resident_mb(pid),
        "handles": tree_handles(pid),
        "processes": len(tree_of(pid)),
    }


def _middle(looks: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in looks) for name in looks[0]}


def main(mode: str, home: str, port: str, count: str) -> None:
    full = f'[browser]\nexecutable = "{FULL_CHROMIUM}"\n' if mode == "full" else ""
    web = Web(count=2 * (int(count) + WARM), port=int(port))
    house = a_house(Path(home), web.hosts(), (web.port,), ALONE + full)
    house.database.close()
    # every second page is made up and has all that it loads beside it; planted ones are like it
    names = [name for number, name in enumerate(web.names()) if number % 2 == 0]
    assert PLANTED_EVERY % 2 == 0
    reason = "hit" if mode.endswith("-long") else "album"
    visits = [
        replace(visit, state=VisitState.RENDERING, render_reason=reason)
        for visit in visits_at([f"http://{name}/" for name in names])
    ]
    print(pictured(house, mode, visits))


if __name__ == "__main__":
    main(*sys.argv[1:])
