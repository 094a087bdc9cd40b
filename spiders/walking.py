"""One visit, on one page: candidates by reason, redirects followed, every hop noted."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from scrapy import Request
from scrapy.http import Response

from crawler.domain.capture import Exchange, Hop, HopKind, Outcome, PageKind, Profile
from crawler.domain.ids import ulid
from crawler.domain.site import Visit, ended_well
from crawler.fetching.answer import Answer
from crawler.fetching.candidates import next_candidate, says_more
from crawler.fetching.capturing import Fetched, Going, capture_of, hop_of
from crawler.fetching.cookies import Cookies
from crawler.fetching.following import Onward, redirect_of, refresh_of
from crawler.fetching.page_outcomes import Ended, ended_by, ended_in
from crawler.fetching.profiles import headers_for
from crawler.fetching.robots import refusal_of
from crawler.fetching.tls import facts_of
from crawler.fetching.trouble import Trouble
from crawler.fetching.urls import PORTS, Target, scheme_of, target_of
from crawler.fetching.way_out import WayOut
from crawler.fetching.wire import WireResponse
from crawler.reading.decoding import decode
from crawler.reading.quick_text import read_quickly
from crawler.reading.siblings import sibling_of, tells_nobody_apart
from crawler.reading.splash import door_of
from spiders.asking import Permission

Ask = Callable[[Request], Awaitable[Response]]

LEFT_STANDING = frozenset({HopKind.META, HopKind.LINK})  # pages, whatever they lead to
SMALL = 60_000  # bytes of an empty hall
LARGEST_ICON = 256 * 1024
ICONS = (b"\x00\x00\x01\x00", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"<svg", b"RIFF")
MOST_EXCHANGES = 24  # of one visit, over all its candidates


@dataclass(kw_only=True)
class Walk:
    """What gathers on the way of one visit."""

    out: WayOut
    ask: Ask
    profile: Profile = Profile.DESKTOP
    hops: list[Hop] = field(default_factory=list)
    exchanges: list[tuple[int, Exchange]] = field(default_factory=list)
    _entered: bool = False
    _cookies: Cookies = field(default_factory=Cookies)
    _permission: Permission = field(init=False)

    def __post_init__(self) -> None:
        self._permission = Permission(out=self.out, ask=self.ask)

    async def visit(self, visit: Visit) -> Fetched:
        """Try addresses until one shows something, or none is left."""
        going = self._going(visit, self.out.now())
        self._permission.remember(visit.robots)
        tried: list[tuple[str, Outcome]] = []
        best = Ended(url="", outcome=Outcome.NAME_NOT_FOUND, reason="没有可试的地址")
        while len(self.hops) < MOST_EXCHANGES:
            url = next_candidate(visit.site, tried)
            if url is None:
                break
            ended = await self._follow(url)
            best = ended if not tried or says_more(ended.outcome, best.outcome) else best
            tried.append((url, ended.outcome))
        return self._fetched(going, best)

    async def icon(self, url: str) -> bytes:
        """The favicon of the page's host; empty where there is none, or it is none."""
        page = target_of(url)
        target = target_of(f"{page.origin}/favicon.ico") if page else None
        try:
            if target is None or not await self._permission.covers(target):
                return b""
            response = await self.ask(self._request(target))
        except Trouble:
            return b""
        found = response.body if response.status == 200 else b""
        return found if len(found) <= LARGEST_ICON and found.startswith(ICONS) else b""

    async def sibling(self, visit: Visit, fetched: Fetched) -> Fetched:
        """With what a made-up name beside the page's own is answered, where a page with hardly a
        word is what a desktop saw: a host that gives it to anybody tells nothing of the site.
        """
        url = sibling_of(fetched.capture.final_url, visit.site.domain, self.out.chance)
        if not url or len(fetched.body) > SMALL or not _may_be_anybodys(visit, fetched):
            return fetched
        if self._is_given(fetched.capture.final_url) and not self._is_given(url):
            return fetched  # whose place the hosts file names, no name server knows
        try:
            _, ended = await self._step(Onward(url, HopKind.SIBLING))
        except Trouble:  # most often there is no such name
            return fetched
        return replace(
            fetched,
            capture=replace(fetched.capture, hops=tuple(self.hops), ended_at=self.out.now()),
            exchanges=tuple(exchange for _, exchange in self.exchanges),
            exchange_hops=tuple(number for number, _ in self.exchanges),
            sibling=ended,
        )

    def _is_given(self, url: str) -> bool:
        target = target_of(url)
        return target is not None and self.out.resolver.is_given(target.host)

    def given_up(self, visit: Visit, fault: str) -> Fetched:
        """What there is of a visit that ended by a fault of our own."""
        url = self.hops[-1].url if self.hops else ""
        reason = f"本程序处理时出错（{fault}），已留下收到的内容"
        ended = Ended(url=url, outcome=Outcome.BAD_RESPONSE, reason=reason)
        return self._fetched(self._going(visit, self.out.now()), ended)

    def _fetched(self, going: Going, best: Ended) -> Fetched:
        return Fetched(
            capture=capture_of(going, best, self.hops, self.out.now()),
            exchanges=tuple(exchange for _, exchange in self.exchanges),
            exchange_hops=tuple(number for number, _ in self.exchanges),
            body=best.body,
            declared_encodings=best.declared_encodings,
            robots=tuple(self._permission.heard.values()),
        )

    async def _follow(self, url: str) -> Ended:
        """From one address to wherever it leads."""
        onward = Onward(url, HopKind.START)
        ended = Ended(url=url, outcome=Outcome.REDIRECT_LIMIT)
        steps = min(self.out.limits.hops + 1, MOST_EXCHANGES - len(self.hops))
        for _ in range(steps):
            try:
                answer, ended = await self._step(onward)
            except Trouble as trouble:
                return self._troubled(trouble, onward, ended)
            there = redirect_of(answer, ended.url) or refresh_of(answer, ended.body, ended.url)
            there = there or self._door_of(ended)
            if there is None:
                return ended
            if scheme_of(there.url) not in PORTS:
                return _not_followed(ended, there)
            onward = there
        return _too_many(ended, steps - 1)

    def _door_of(self, ended: Ended) -> Onward | None:
        """The way on from an empty hall, taken once a visit."""
        if self._entered or not ended_well(ended.outcome) or len(ended.body) > SMALL:
            return None
        decoded = decode(ended.body, ended.declared_encodings)
        url = door_of(decoded.text, ended.url)
        self._entered = bool(url)
        return Onward(url, HopKind.LINK) if url else None

    async def _step(self, onward: Onward) -> tuple[Answer, Ended]:
        target = target_of(onward.url)
        if target is None:
            raise Trouble(Outcome.BAD_RESPONSE, f"不是网页地址：{onward.url[:200]}")
        if not await self._permission.covers(target):
            raise Trouble(Outcome.ROBOTS_REFUSED, refusal_of(target))
        response = await self.ask(self._request(target))
        if not isinstance(response, WireResponse):
            raise Trouble(Outcome.BAD_RESPONSE, "应答没有经过本程序的通道")
        brought = response.brought
        self._cookies.take(target, brought.answer)
        self._note(Onward(target.url, onward.kind), brought.exchange, brought.answer)
        shake = brought.shake
        tls = facts_of(shake, target.host, self.out.now(), self.out.roots) if shake else None
        flags = response.decode_flags
        return brought.answer, ended_by(target.url, brought, response.body, flags, tls)

    def _request(self, target: Target) -> Request:
        headers = headers_for(self.profile, self.out.agent)
        if cookies := self._cookies.line_for(target):
            headers["Cookie"] = cookies
        limits = self.out.limits
        caps = {"body_cap": limits.body_cap, "total_s": limits.total_s}
        return Request(target.url, headers=headers, meta=caps, dont_filter=True)

    def _note(self, onward: Onward, exchange: Exchange, answer: Answer | None) -> None:
        self.exchanges.append((len(self.hops), exchange))
        self.hops.append(hop_of(onward.url, onward.kind, exchange.at, answer, exchange))

    def _troubled(self, trouble: Trouble, onward: Onward, before: Ended) -> Ended:
        """The hop counts though nothing came. A page that refreshes to nowhere stays standing; one
        that refreshes to a forbidden address is still read.
        """
        if trouble.exchange is not None:
            self._note(onward, trouble.exchange, None)
        else:
            self.hops.append(hop_of(onward.url, onward.kind, self.out.now(), None, None))
        ended = ended_in(onward.url, trouble)
        if onward.kind not in LEFT_STANDING:
            return ended
        if ended.outcome is not Outcome.BLOCKED_ADDRESS:
            return replace(before, reason=f"页面要转去的地址未能打开：{ended.reason}")
        declared = before.declared_encodings
        return replace(ended, body=before.body, declared_encodings=declared)

    def _going(self, visit: Visit, at: datetime) -> Going:
        return Going(
            id=ulid(int(at.timestamp() * 1_000), self.out.chance(10)),
            visit_id=visit.id,
            site_id=visit.site.id,
            profile=self.profile,
            started_at=at,
        )


def _may_be_anybodys(visit: Visit, fetched: Fetched) -> bool:
    text = read_quickly(decode(fetched.body, fetched.declared_encodings).text)
    kinds = {one.page_kind for one in visit.captures if one.text_digest == text.digest}
    return PageKind.ORDINARY in kinds and tells_nobody_apart(text, visit.site)


def _not_followed(ended: Ended, there: Onward) -> Ended:
    """A refresh to such an address leaves the page standing; a redirect shows nothing else."""
    if there.kind is HopKind.META:
        return ended
    why = f"跳转到不能访问的地址（{scheme_of(there.url)[:30]}:）"
    return replace(ended, outcome=Outcome.BAD_RESPONSE, reason=why)


def _too_many(ended: Ended, limit: int) -> Ended:
    return replace(ended, outcome=Outcome.REDIRECT_LIMIT, reason=f"连续跳转超过 {limit} 次")
