"""Asking a site whether it wants to be looked at: its robots.txt, at most once a week."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from scrapy import Request
from scrapy.http import Response

from crawler.domain.capture import Profile
from crawler.domain.robots import RobotsRule, RobotsWord
from crawler.fetching.following import redirect_of
from crawler.fetching.profiles import headers_for
from crawler.fetching.robots import KEPT, RobotsPolicy, may_visit, rules_in
from crawler.fetching.trouble import Trouble
from crawler.fetching.urls import Target, target_of
from crawler.fetching.way_out import WayOut
from crawler.fetching.wire import WireResponse

MOST_HOPS = 3
_Said = tuple[int, tuple[RobotsRule, ...]]  # status and rules
_NOTHING: _Said = (0, ())


@dataclass(kw_only=True, slots=True)
class Permission:
    """What robots.txt files permit on the way of one visit, asked where it is not remembered."""

    out: WayOut
    ask: Callable[[Request], Awaitable[Response]]
    heard: dict[str, RobotsWord] = field(default_factory=dict)  # since the visit began, by origin
    _known: dict[str, RobotsWord] = field(default_factory=dict)

    def remember(self, words: Iterable[RobotsWord]) -> None:
        """What earlier visits heard, as far as it still holds."""
        now = self.out.now()
        self._known |= {word.origin: word for word in words if now < word.until}

    async def covers(self, target: Target) -> bool:
        """Whether the page may be asked for. Trouble if nobody can be reached there at all: the
        page could not be either.
        """
        if self.out.robots is RobotsPolicy.IGNORE:
            return True
        word = await self._word(target.origin)
        return may_visit(target.path, word.rules)

    async def _word(self, origin: str) -> RobotsWord:
        if known := self._known.get(origin):
            return known
        word = self.out.memory.recall(origin, self.out.now())
        if word is None:
            word = await self.out.memory.once(origin, partial(self._asked, origin))
        self._known[origin] = self.heard[origin] = word
        return word

    async def _asked(self, origin: str) -> RobotsWord:
        until = self.out.now() + KEPT
        status, rules = await self._said(f"{origin}/robots.txt")
        word = RobotsWord(origin=origin, status=status, until=until, rules=rules)
        self.out.memory.note(word)
        return word

    async def _said(self, url: str) -> _Said:
        response: WireResponse | None = await self._answer(url)
        for _ in range(MOST_HOPS):
            if response is None:
                return _NOTHING
            there = redirect_of(response.brought.answer, url)
            if there is None:
                found = response.status == 200
                rules = rules_in(response.body.decode("utf-8", "replace")) if found else ()
                return response.status, rules
            url = there.url
            response = await self._answer_elsewhere(url)
        return _NOTHING

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
