"""Every answer of the hostile table, walked as a sweep walks: the stated outcome, nothing dropped
that a browser shows, the bytes kept as they came.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from crawler.domain.site import Visit
from crawler.fetching.capturing import Fetched
from crawler.fetching.guard import Policy, networks_of
from crawler.fetching.hosts import HostTable, read_hosts
from crawler.fetching.limits import QUICK
from crawler.fetching.resolving import Resolver
from crawler.fetching.robots import RobotsPolicy
from spiders.homepage import run_homepage_spider, way_out
from tests.builders import a_site, a_visit
from tests.hostile.bodies import CHUNKS, CODINGS, LENGTHS, TYPES
from tests.hostile.heads import HEADER_LINES, STATUS_LINES
from tests.hostile.said import MARK
from tests.hostile.server import DOMAIN, HostileServer
from tests.hostile.times import SLOW

ANSWERS = (*STATUS_LINES, *HEADER_LINES, *LENGTHS, *CHUNKS, *CODINGS, *TYPES, *SLOW)
HASTE = replace(QUICK, connect_s=0.5, total_s=0.8, body_cap=400_000, slots=32, at_one_address=32)
MARKS = (MARK.encode(), MARK.encode("gb18030"))


def visits() -> list[Visit]:
    return [
        a_visit(id=number, site=a_site(id=number, domain=f"{one.name}.{DOMAIN}"))
        for number, one in enumerate(ANSWERS, 1)
    ]


async def walked(given: list[Visit], hosts: HostTable, ports: set[int]) -> dict[int, Fetched]:
    async def source() -> AsyncIterator[Visit]:
        for visit in given:
            yield visit

    brought: dict[int, Fetched] = {}

    async def sink(visit: Visit, fetched: Fetched) -> None:
        brought[visit.id] = fetched

    policy = Policy(ports=frozenset(ports), allowed=networks_of(["127.0.0.2-127.0.0.254"]))
    out = way_out(policy, Resolver(hosts, never, lambda: 0.0), HASTE, robots=RobotsPolicy.IGNORE)
    await run_homepage_spider(source(), sink, out)
    return brought


async def never(name: str) -> tuple[()]:
    raise AssertionError(f"{name} is in no hosts file")


@pytest.fixture(scope="module")
async def brought() -> dict[str, Fetched]:
    async with HostileServer(ANSWERS) as server:
        hosts = read_hosts([f"127.0.0.2:{server.port}:1 *.{DOMAIN}"])
        fetched = await walked(visits(), hosts, {server.port, 1})
    return {one.name: fetched[number] for number, one in enumerate(ANSWERS, 1)}
