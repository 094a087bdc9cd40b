"""Made-up sites walked as a sweep walks them, without a store."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace

from crawler.domain.address import Address
from crawler.domain.site import Visit
from crawler.fetching.capturing import Fetched
from crawler.fetching.guard import Policy, networks_of
from crawler.fetching.limits import QUICK
from crawler.fetching.resolving import Resolver
from crawler.fetching.robots import RobotsPolicy
from spiders.homepage import run_homepage_spider, way_out

HASTE = replace(QUICK, connect_s=0.5, total_s=0.8, body_cap=400_000, slots=32, at_one_address=32)


async def walked(
    given: Iterable[Visit], resolver: Resolver, ports: Iterable[int]
) -> dict[int, Fetched]:
    """What each visit brought, by its number; 127.0.0.2 and up play the public internet."""

    async def source() -> AsyncIterator[Visit]:
        for visit in given:
            yield visit

    brought: dict[int, Fetched] = {}

    async def sink(visit: Visit, fetched: Fetched) -> None:
        brought[visit.id] = fetched

    policy = Policy(ports=frozenset(ports), allowed=networks_of(["127.0.0.2-127.0.0.254"]))
    out = way_out(policy, resolver, HASTE, robots=RobotsPolicy.IGNORE)
    await run_homepage_spider(source(), sink, out)
    return brought


async def never(name: str) -> tuple[Address, ...]:
    """A lookup that must not be asked."""
    raise AssertionError(f"{name} is in no hosts file")
