"""The homepage spider, for both passes: visits in, what they brought out, failures too."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from crawler.domain.site import Site, Visit
from crawler.fetching.capturing import Fetched
from crawler.fetching.guard import Policy
from crawler.fetching.hosts import HostTable
from crawler.fetching.limits import PATIENT, QUICK, Limits
from crawler.fetching.politeness import AddressGate
from crawler.fetching.resolving import NameServers, Resolver
from crawler.fetching.tls import store_of, system_roots, tolerant_context
from crawler.fetching.way_out import WayOut
from spiders.walking import Walk

__all__ = ["PATIENT", "QUICK", "HomepageSpider", "run_homepage_spider", "way_out"]

Sink = Callable[[Visit, Fetched], Awaitable[None]]


class HomepageSpider(Spider):
    """Walks visits from `source` to `sink`. By hand: `scrapy crawl homepage -a url=http://…`."""

    name = "homepage"

    def __init__(
        self,
        source: AsyncIterator[Visit] | None = None,
        sink: Sink | None = None,
        out: WayOut | None = None,
        url: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.out = out or way_out()
        self._source = source or _one_visit(url)
        self._sink = sink
        self._taking = asyncio.Lock()
        self._brought: list[Fetched] = []

    async def start(self) -> AsyncIterator[Any]:
        """Workers ask the engine themselves; what a visit brought goes to the sink at once."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.out.limits.slots):
                group.create_task(self._work())
        for fetched in self._brought:
            yield {"url": fetched.capture.final_url, "outcome": str(fetched.capture.outcome)}

    async def _work(self) -> None:
        while (visit := await self._next()) is not None:
            fetched = await Walk(out=self.out, ask=self._ask).visit(visit)
            if self._sink is None:
                self._brought.append(fetched)
            else:
                await self._sink(visit, fetched)

    async def _next(self) -> Visit | None:
        async with self._taking:
            return await anext(self._source, None)

    async def _ask(self, request: Request) -> Any:
        assert self.crawler.engine is not None
        return await self.crawler.engine.download_async(request)


def way_out(
    policy: Policy | None = None, resolver: Resolver | None = None, limits: Limits = QUICK
) -> WayOut:
    """The way out of one pass: public addresses and real name servers unless told otherwise."""
    loop_time = asyncio.get_running_loop().time
    return WayOut(
        policy=policy or Policy(),
        resolver=resolver or Resolver(HostTable(), NameServers(), loop_time),
        limits=limits,
        gate=AddressGate(limits.at_one_address),
        context=tolerant_context(),
        roots=store_of(system_roots()),
        now=lambda: datetime.now(UTC),
        chance=os.urandom,
    )


async def run_homepage_spider(source: AsyncIterator[Visit], sink: Sink, out: WayOut) -> None:
    """Walk until the source ends; call it in the loop that is running."""
    settings = Settings()
    settings.setmodule(import_module("crawler.settings"))
    await AsyncCrawlerRunner(settings).crawl(HomepageSpider, source=source, sink=sink, out=out)


async def _one_visit(url: str) -> AsyncIterator[Visit]:
    if not url:
        return
    host = url.split("://", 1)[-1].split("/", 1)[0]
    site = Site(domain=host, domain_shown=host, region="", home_url=url)
    yield Visit(id=0, sweep_id=0, site=site)
