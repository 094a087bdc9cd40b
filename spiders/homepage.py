"""The homepage spider, for both passes: visits in, what they brought out, failures too."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from crawler.domain.capture import Profile
from crawler.domain.site import Site, Visit, ended_well
from crawler.fetching.capturing import Fetched
from crawler.fetching.dialling import Through
from crawler.fetching.guard import Policy
from crawler.fetching.hosts import HostTable
from crawler.fetching.limits import PATIENT, QUICK, Limits
from crawler.fetching.politeness import AddressGate
from crawler.fetching.resolving import NameServers, Resolver
from crawler.fetching.robots import RobotsPolicy
from crawler.fetching.tls import store_of, system_roots, tolerant_context
from crawler.fetching.urls import target_of
from crawler.fetching.way_out import WayOut
from crawler.reading.links import registered
from spiders.walking import Walk

__all__ = ["PATIENT", "QUICK", "HomepageSpider", "run_homepage_spider", "way_out"]

WITH_MORE = Profile.PHONE  # icon and sibling: where other visitors' views are taken, once a visit
Sink = Callable[..., Awaitable[None]]  # the visit, then what it brought as each profile

logger = logging.getLogger(__name__)


class HomepageSpider(Spider):
    """Walks visits from `source` to `sink`. By hand: `scrapy crawl homepage -a url=http://…`."""

    name = "homepage"

    def __init__(
        self,
        source: AsyncIterator[Visit] | None = None,
        sink: Sink | None = None,
        out: WayOut | None = None,
        url: str = "",
        profiles: Sequence[Profile] = (Profile.DESKTOP,),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.out = out or way_out()
        self._profiles = tuple(profiles)
        self._source = source or _one_visit(url)
        self._sink = sink or self._keep_item
        self._taking = asyncio.Lock()
        self._items: list[dict[str, Any]] = []

    async def start(self) -> AsyncIterator[Any]:
        """Workers ask the engine themselves; what a visit brought goes to the sink at once."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.out.limits.slots):
                group.create_task(self._work())
        for item in self._items:
            yield item

    async def _work(self) -> None:
        while (visit := await self._next()) is not None:
            walked = [await self._walked(visit, profile) for profile in self._profiles]
            await self._sink(visit, *walked)

    async def _next(self) -> Visit | None:
        async with self._taking:
            return await anext(self._source, None)

    async def _walked(self, visit: Visit, profile: Profile) -> Fetched:
        """One outcome for every visit, even where we are at fault ourselves."""
        walk = Walk(out=self.out, ask=self._ask, profile=profile)
        try:
            fetched = await walk.visit(visit)
            if profile is WITH_MORE and ended_well(fetched.capture.outcome):
                icon = await walk.icon(fetched.capture.final_url)
                fetched = replace(await walk.sibling(visit, fetched), icon=icon)
            return fetched
        except Exception as error:
            logger.exception("visit %s of %s failed", visit.id, visit.site.domain)
            self.crawler.stats.inc_value("homepage/own_faults")
            return walk.given_up(visit, type(error).__name__)

    async def _ask(self, request: Request) -> Any:
        return await self.crawler.engine.download_async(request)

    async def _keep_item(self, visit: Visit, fetched: Fetched) -> None:
        """By hand there is no parent to report to: the capture is the item."""
        capture = fetched.capture
        self._items.append(
            {
                "site": visit.site.domain,
                "final_url": capture.final_url,
                "outcome": str(capture.outcome),
                "reason": capture.reason,
                "flags": [str(flag) for flag in capture.flags],
                "status": capture.status,
                "content_type": capture.content_type,
                "hops": [hop.url for hop in capture.hops],
                "bytes": capture.body_size,
            }
        )


def way_out(
    policy: Policy | None = None,
    resolver: Resolver | None = None,
    limits: Limits = QUICK,
    *,
    proxy: Through | None = None,
    robots: RobotsPolicy = RobotsPolicy.RESPECT,
    agent: str = "",
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
        proxy=proxy,
        robots=robots,
        owner_of=registered,
        agent=agent,
    )


async def run_homepage_spider(
    source: AsyncIterator[Visit],
    sink: Sink,
    out: WayOut,
    profiles: Sequence[Profile] = (Profile.DESKTOP,),
) -> None:
    """Walk until the source ends, each visit as every profile; call it in the loop that is
    running. Cancelled, it hangs up and reports nothing of what was under way. An error of the
    sink ends the walk and is raised.
    """
    settings = Settings()
    settings.setmodule(import_module("crawler.settings"))
    settings.setdict({"EXTENSIONS": {}, "FEEDS": {}}, priority="cmdline")
    runner = AsyncCrawlerRunner(settings)
    failed: list[Exception] = []

    async def watched(visit: Visit, *walked: Fetched) -> None:
        try:
            await sink(visit, *walked)
        except Exception as error:  # the engine logs what ends a spider's start, and goes on
            failed.append(error)
            raise

    await runner.crawl(HomepageSpider, source=source, sink=watched, out=out, profiles=profiles)
    if failed:
        raise failed[0]


async def _one_visit(url: str) -> AsyncIterator[Visit]:
    target = target_of(url if "://" in url else f"http://{url}")
    if target is None:
        logger.error("give an address: scrapy crawl homepage -a url=http://example.cn/")
        return
    site = Site(domain=target.host, domain_shown=target.host, region="", home_url=target.url)
    yield Visit(id=0, sweep_id=0, site=site)
