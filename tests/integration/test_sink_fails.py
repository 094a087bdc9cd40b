"""Who takes what a visit brought may fail: the walk ends, and its caller hears of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from crawler.domain.site import Visit
from crawler.fetching.capturing import Fetched
from crawler.fetching.hosts import HostTable
from crawler.fetching.resolving import Resolver
from spiders.homepage import run_homepage_spider, way_out
from tests.builders import a_site, a_visit

TAKEN_BEFORE = 3


async def nowhere(_name: str) -> tuple[()]:
    return ()


def test_an_error_of_the_sink_ends_the_walk_and_is_raised() -> None:
    taken: list[int] = []

    async def source() -> AsyncIterator[Visit]:
        for number in range(1, 10_000):
            yield a_visit(id=number, site=a_site(id=number, domain=f"a{number}.example.cn"))

    async def sink(visit: Visit, _fetched: Fetched) -> None:
        if len(taken) == TAKEN_BEFORE:
            raise ZeroDivisionError
        taken.append(visit.id)

    async def walk() -> None:
        out = way_out(resolver=Resolver(HostTable(), nowhere, lambda: 0.0))
        await run_homepage_spider(source(), sink, out)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(walk())
    assert len(taken) == TAKEN_BEFORE
