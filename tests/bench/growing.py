"""Whether the fetching child holds more after 100,000 sites than after 1,000.

`python -m tests.bench.growing HOME PORT SITES`: every site has an address of its own and says
something of its own; robots.txt is asked, as by default. Nothing else is in the child's hands.
"""

import asyncio
import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from crawler.domain.site import Visit
from crawler.service.crews import fetching_crews
from crawler.service.wiring import House
from tests.bench.driving import driven
from tests.bench.figures import Row
from tests.bench.houses import a_house, visits_at
from tests.bench.processes import cpu_of, peak_mb, resident_mb
from tests.bench.running import Bench
from tests.bench.web import ip_of

FEW, MANY = 1_000, 100_000
WINDOW = 2_048
EVERY = 50  # reports between two looks
GOAL = 1.3


def figures(bench: Bench, few: int = FEW, many: int = MANY) -> Iterator[Row]:
    """Peak and end of a child that saw few, and of one that saw many."""
    small, large = (bench.module("tests.bench.growing", str(count)) for count in (few, many))
    for what, name in (("peak", "peak_mb"), ("last tenth, median", "late_mb")):
        yield Row(
            what=f"fetching child, {few:,} → {many:,} sites: {what}",
            figure=f"{small[name]:.0f} → {large[name]:.0f} MB",
            ratio=f"{large[name] / small[name]:.2f} ×",
            goal=f"≤ {GOAL} ×",
            more=f"{large['cpu_ms']:.1f} ms a site, {large['outcomes']}",
        )


def grown(house: House, visits: list[Visit]) -> str:
    """One child from its birth to its last report."""
    held: list[float] = []

    async def work() -> str:
        child = await next(iter(fetching_crews(house, "bench"))).start(0)
        peak = 0.0

        def note(done: int) -> None:
            nonlocal peak
            if done % EVERY == 0 or done == len(visits):
                held.append(resident_mb(child.pid))
                peak = peak_mb(child.pid)

        done = await driven(child, visits, WINDOW, lambda: cpu_of(child.pid), note)
        late = statistics.median(held[-max(1, len(held) // 10) :])
        course = [round(held[(len(held) - 1) * part // 10]) for part in range(11)]
        held_mb = {"peak_mb": peak, "late_mb": late, "course_mb": course}
        return json.dumps(done.line() | held_mb)

    return asyncio.run(work())


def main(home: str, port: str, count: str) -> None:
    house = a_house(Path(home), (), (int(port),), "fetchers = 1\n")
    house.database.close()
    print(grown(house, visits_at([f"http://{ip_of(n)}:{port}/" for n in range(int(count))])))


if __name__ == "__main__":
    main(*sys.argv[1:])
