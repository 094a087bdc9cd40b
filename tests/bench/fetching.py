"""How fast one fetching child brings pages, by what stands at the other end.

`python -m tests.bench.fetching FAR HOME PORT PAGES [SILENT]`: PAGES living sites at the port, over
`http` or `https`; with a port SILENT three in ten of all sites accept there and never answer.
"""

import asyncio
import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crawler.service.crews import fetching_crews
from tests.bench.driving import driven
from tests.bench.figures import Row
from tests.bench.houses import ALONE, a_house, visits_at
from tests.bench.processes import cpu_of
from tests.bench.running import Bench
from tests.bench.slow_hosts import slow_hosts
from tests.bench.web import Web, free_port, ip_of

PAGES = 3_000
SILENT_SHARE = 0.3
WINDOW = 2_048
MODULE = "tests.bench.fetching"
OURS = {"http": "http, at hand", "near": "https, at hand", "far": "https, 100 ms away"}


def silence(bench: Bench, pages: int = PAGES) -> Iterator[Row]:
    """All alive, and as many alive among silent ones, one after the other in each round."""
    ran: dict[str, list[dict[str, Any]]] = {"alive": [], "silent": []}
    silent, near, far = _ports(bench)
    with slow_hosts(bench.folder, silent, near, far):
        for _ in range(bench.rounds):
            for name, more in (("alive", ()), ("silent", (str(silent),))):
                ran[name].append(bench.module(f"{MODULE} http", str(pages), *more))
    asked = {
        "attempts_per_s": "sites a second",
        "per_s": "living pages a second",
        "per_cpu_s": "living pages a CPU second",
    }
    for what, of in asked.items():
        pairs = list(zip(ran["alive"], ran["silent"], strict=True))
        ratio = [some[what] / every[what] for every, some in pairs]
        alive, some = (statistics.median(one[what] for one in each) for each in ran.values())
        yield Row(
            what=f"30 % silent hosts beside all alive, one fetching child: {of}",
            figure=f"{some:.0f} beside {alive:.0f}",
            ratio=f"{statistics.median(ratio):.2f} × ({min(ratio):.2f}–{max(ratio):.2f})",
            goal="≥ 0.8 ×",
            more=f"{ran['silent'][-1]['outcomes']}, living lost: {_lost(ran, pages)}",
        )


def _lost(ran: dict[str, list[dict[str, Any]]], pages: int) -> int:
    return sum(pages - one["pages"] for each in ran.values() for one in each)


def distance(bench: Bench, pages: int = PAGES) -> Iterator[Row]:
    """Ours at hand and far, the others far, one after the other in each round."""
    ran: dict[str, list[dict[str, Any]]] = {}
    silent, near, far = _ports(bench)
    with slow_hosts(bench.folder, silent, near, far):
        for _ in range(bench.rounds):
            for name, port in (("http", bench.port), ("near", near), ("far", far)):
                scheme = "http" if name == "http" else "https"
                found = bench.module(f"{MODULE} {scheme}", str(pages), "0", port=port)
                ran.setdefault(name, []).append(found)
            for name in ("naive", "crawlee"):
                urls = Web(count=bench.count, port=far).addresses("https")
                ran.setdefault(name, []).append(bench.peer(name, urls))
    middle = {
        name: {what: statistics.median(one[what] for one in each) for what in ("per_s", "cpu_ms")}
        for name, each in ran.items()
    }
    for name, found in middle.items():
        beside = (
            f"{found['per_s'] / middle['near']['per_s']:.2f} × at hand" if name == "far" else ""
        )
        yield Row(
            what=f"one process, {OURS.get(name, f'{name}, https, 100 ms away')}",
            figure=f"{found['per_s']:.0f} pages a second, {found['cpu_ms']:.2f} CPU ms a page",
            ratio=beside,
            more=str([one.get("outcomes") or one["pages"] for one in ran[name]]),
        )


def _ports(bench: Bench) -> tuple[int, int, int]:
    silent = free_port(bench.port + 1)
    near = free_port(silent + 1)
    return silent, near, free_port(near + 1)


def fetched(scheme: str, home: Path, port: int, count: int, silent: int) -> str:
    """One child, the silent ones spread evenly among the living."""
    total = round(count / (1 - SILENT_SHARE)) if silent else count
    web = Web(count=total, port=port)
    names, hosts = web.names(), web.hosts()
    if silent:
        for number in range(total):
            if number * (total - count) // total != (number + 1) * (total - count) // total:
                hosts[number] = f"{ip_of(number)}:{silent}:{silent} {names[number]}"
    house = a_house(home, hosts, (port, silent or port), ALONE)
    house.database.close()

    async def work() -> str:
        child = await next(iter(fetching_crews(house, "bench"))).start(0)
        visits = visits_at([f"{scheme}://{name}/" for name in names])
        return json.dumps((await driven(child, visits, WINDOW, lambda: cpu_of(child.pid))).line())

    return asyncio.run(work())


def main(scheme: str, home: str, port: str, count: str, silent: str = "0") -> None:
    print(fetched(scheme, Path(home), int(port), int(count), int(silent)))


if __name__ == "__main__":
    main(*sys.argv[1:])
