"""One visit, on one page: candidates by reason, redirects followed, every hop noted."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from scrapy import Request
from scrapy.http import Response

from crawler.domain.capture import Exchange, Hop, HopKind, Outcome, Profile
from crawler.domain.ids import ulid
from crawler.domain.site import Visit
from crawler.fetching.answer import Answer
from crawler.fetching.candidates import next_candidate, says_more
from crawler.fetching.capturing import (
    Ended,
    Fetched,
    Going,
    capture_of,
    ended_by,
    hop_of,
)
from crawler.fetching.connection import Brought
from crawler.fetching.cookies import Cookies
from crawler.fetching.following import Onward, redirect_of, refresh_of
from crawler.fetching.profiles import HEADERS
from crawler.fetching.tls import facts_of
from crawler.fetching.trouble import Trouble
from crawler.fetching.urls import PORTS, scheme_of, target_of
from crawler.fetching.way_out import WayOut
from crawler.fetching.wire import WireResponse

Ask = Callable[[Request], Awaitable[Response]]
_LOOP = Ended(outcome=Outcome.REDIRECT_LIMIT, reason="跳转次数超过上限")


@dataclass(kw_only=True)
class Walk:
    """What gathers on the way of one visit."""

    out: WayOut
    ask: Ask
    profile: Profile = Profile.DESKTOP
    hops: list[Hop] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    _cookies: Cookies = field(default_factory=Cookies)

    async def visit(self, visit: Visit) -> Fetched:
        """Try addresses until one shows something, or none is left."""
        going = self._going(visit, self.out.now())
        tried: list[tuple[str, Outcome]] = []
        best = Ended(outcome=Outcome.NAME_NOT_FOUND, reason="没有可试的地址")
        while (url := next_candidate(visit.site, tried)) is not None:
            ended = await self._follow(url)
            tried.append((url, ended.outcome))
            best = ended if says_more(ended.outcome, best.outcome) else best
        return Fetched(
            capture=capture_of(going, best, tuple(self.hops), self.out.now()),
            exchanges=tuple(self.exchanges),
            body=best.body,
            declared_encodings=best.declared_encodings,
        )

    async def _follow(self, url: str) -> Ended:
        """From one address to wherever it leads."""
        onward = Onward(url, HopKind.START)
        for _ in range(self.out.limits.hops + 1):
            try:
                answer, ended = await self._exchange(onward)
            except Trouble as trouble:
                return self._noted(trouble, onward)
            there = redirect_of(answer, onward.url)
            there = there or refresh_of(answer, ended.body, onward.url)
            if there is None or scheme_of(there.url) not in PORTS:
                return ended
            onward = there
        return _LOOP

    async def _exchange(self, onward: Onward) -> tuple[Answer, Ended]:
        target = target_of(onward.url)
        if target is None:
            raise Trouble(Outcome.BAD_RESPONSE, f"不是网页地址：{onward.url[:200]}")
        headers = dict(HEADERS[self.profile])
        if cookies := self._cookies.line_for(target):
            headers["Cookie"] = cookies
        response = await self.ask(Request(target.url, headers=headers, dont_filter=True))
        if not isinstance(response, WireResponse):
            raise Trouble(Outcome.BAD_RESPONSE, "应答没有经过本程序的通道")
        brought: Brought = response.brought
        self._cookies.take(target, brought.answer)
        self._note(onward, brought.exchange, brought.answer)
        shake = brought.shake
        tls = facts_of(shake, target.host, self.out.now(), self.out.roots) if shake else None
        return brought.answer, ended_by(brought.answer, response.body, response.decode_flags, tls)

    def _note(self, onward: Onward, exchange: Exchange, answer: Answer | None) -> None:
        self.exchanges.append(exchange)
        at, peer = exchange.at, exchange.peer
        self.hops.append(hop_of(onward.url, onward.kind, at, answer, peer))

    def _noted(self, trouble: Trouble, onward: Onward) -> Ended:
        if trouble.exchange is not None:
            self._note(onward, trouble.exchange, None)
        else:
            self.hops.append(hop_of(onward.url, onward.kind, self.out.now(), None, ""))
        return Ended(outcome=trouble.outcome, reason=trouble.reason)

    def _going(self, visit: Visit, at: datetime) -> Going:
        return Going(
            id=ulid(int(at.timestamp() * 1_000), self.out.chance(10)),
            visit_id=visit.id,
            site_id=visit.site.id,
            profile=self.profile,
            started_at=at,
        )
