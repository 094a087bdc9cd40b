"""Asking a site whether it wants to be looked at: its robots.txt, at most once a week."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from scrapy import Request
from scrapy.http import Response

from crawler.domain.capture import Profile
from crawler.fetching.following import redirect_of
from crawler.fetching.profiles import headers_for
from crawler.fetching.robots import RobotsPolicy, Rule, may_visit, rules_in
from crawler.fetching.trouble import Trouble
from crawler.fetching.urls import Target, target_of
from crawler.fetching.way_out import WayOut
from crawler.fetching.wire import WireResponse

MOST_HOPS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """What a site's robots.txt permits, asked where it is not remembered."""

    out: WayOut
    ask: Callable[[Request], Awaitable[Response]]

    async def covers(self, target: Target) -> bool:
        """Whether the page may be asked for. Trouble if nobody can be reached there at all: the
        page could not be either.
        """
        if self.out.robots is RobotsPolicy.IGNORE:
            return True
        origin = f"{target.scheme}://{target.authority}"
        rules = self.out.memory.recall(origin, self.out.now())
        if rules is None:
            rules = await self._rules(f"{origin}/robots.txt")
            self.out.memory.note(origin, rules, self.out.now())
        return may_visit(target.path, rules)

    async def _rules(self, url: str) -> tuple[Rule, ...]:
        response: WireResponse | None = await self._answer(url)
        for _ in range(MOST_HOPS):
            if response is None:
                return ()
            there = redirect_of(response.brought.answer, url)
            if there is None:
                found = response.status == 200
                return rules_in(response.body.decode("utf-8", "replace")) if found else ()
            url = there.url
            response = await self._answer_elsewhere(url)
        return ()

    async def _answer(self, url: str) -> WireResponse | None:
        try:
            response = await self.ask(self._request(url))
        except Trouble as trouble:
            if trouble.exchange is None:
                raise
            return None  # somebody is there and says nothing of use: nothing is forbidden
        return response if isinstance(response, WireResponse) else None

    async def _answer_elsewhere(self, url: str) -> WireResponse | None:
        """Where a robots.txt redirects to need not be where the page lies."""
        try:
            return await self._answer(url) if target_of(url) else None
        except Trouble:
            return None

    def _request(self, url: str) -> Request:
        limits = self.out.limits
        caps = {"body_cap": limits.robots_cap, "total_s": limits.robots_s}
        headers = headers_for(Profile.DESKTOP, self.out.agent)
        return Request(url, headers=headers, meta=caps, dont_filter=True)
