"""The fetching child: Scrapy walks, bytes are kept before anything reads them, the sieve decides.

Whatever it reports is on the disk already: it syncs its segment once a group, then speaks.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from crawler.domain.capture import (
    Capture,
    Flag,
    Outcome,
    PageKind,
    PageText,
    Profile,
    is_blank,
)
from crawler.domain.family import Mark, MarkKind
from crawler.domain.site import Visit, ended_well
from crawler.fetching.capturing import Fetched
from crawler.fetching.clock import clock_state
from crawler.fetching.robots import RobotsPolicy
from crawler.reading.decoding import decode
from crawler.reading.page_kinds import page_kind_of
from crawler.reading.quick_text import was_cut
from crawler.reading.siblings import says_the_same
from crawler.service.comparing import are_unlike, lead_apart
from crawler.service.passages import passage_from
from crawler.service.pipeline import Page, glance
from crawler.service.pipes import Downward, Greeting, Order, Outlet, Pulse, Ready, Report
from crawler.service.sluice import FIRST, Sluice, orders_through
from crawler.service.starting import run_child, settle
from crawler.service.watching import Watch
from crawler.store.evidence import SegmentWriter
from lexicons.judging import Judge
from spiders.homepage import PATIENT, QUICK, run_homepage_spider, way_out

KINDNESS = 5  # what came in goes before what may still come
GROUP_S = 0.2
PULSE_S = 1.0
UNKEPT = 4
OTHER_LOOKS = (Profile.PHONE, Profile.SEARCH)

log = structlog.get_logger()


@dataclass(kw_only=True)
class Fetching:
    """What one fetching child holds."""

    writer: SegmentWriter
    judge: Judge | None  # none where only other visitors' views are taken: the reader judges
    watch: Watch
    outlet: Outlet
    tool: str
    egress: str
    sluice: Sluice
    plain: dict[int, tuple[PageText, ...]] = field(default_factory=dict)  # what desktops saw
    _kept: list[Report] = field(default_factory=list)
    # One page between two looks at the network: hundreds that come at once, read in one go, would
    # keep the loop for seconds, and whoever had just answered would count as silent.
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _received: int = 0

    async def take(self, visit: Visit, fetched: Fetched) -> None:
        """Keep, read, sieve; the report leaves with the next group."""
        answered_s = time.monotonic()
        async with self._turn:
            self.sluice.leave_read(answered_s, time.monotonic())
            with self.watch.at(visit.id):
                self._kept.append(self._report(visit, fetched))
            await asyncio.sleep(0)
        await self.outlet.room()

    async def take_looks(self, visit: Visit, *looks: Fetched) -> None:
        """Keep and read what other visitors are shown; the reader compares."""
        self.sluice.leave()
        with self.watch.at(visit.id):
            pages = [self._page(fetched) for fetched in looks]
            plain = self.plain.pop(visit.id, ())
            report = Report(
                visit_id=visit.id,
                captures=tuple(_flagged(visit, page, plain) for page in pages),
                texts=tuple(dict.fromkeys(page.text for page in pages if page.html)),
                marks=tuple(icon_marks(looks)),
                robots=tuple(word for fetched in looks for word in fetched.robots),
            )
            self._kept.append(report)
        await self.outlet.room()

    async def speak(self) -> None:
        """Sync once a group, then report it; once a second, how late that was."""
        loop = asyncio.get_running_loop()
        told_s, lag_s = loop.time(), 0.0
        while True:
            began_s = loop.time()
            await asyncio.sleep(GROUP_S)
            lag_s = max(lag_s, loop.time() - began_s - GROUP_S)
            if loop.time() - told_s > PULSE_S:
                self.tell(lag_s)
                told_s, lag_s = loop.time(), 0.0
            try:
                self.flush()
            except Exception:
                # what is not on the disk must not be told, and who cannot tell keeps visits from
                # others, who take them now
                log.exception("evidence not kept", action="end")
                os._exit(UNKEPT)

    def flush(self) -> None:
        """All that is kept is on the disk, and the parent is told."""
        if not self._kept:
            return
        self.writer.sync()
        kept, self._kept = self._kept, []
        for report in kept:
            self.outlet.put(report)

    def tell(self, lag_s: float = 0.0) -> None:
        """How it fares, and what it took in since the last time."""
        received, self._received = self._received, 0
        self.outlet.put(Pulse(lag_s=lag_s, received=received))

    def _page(self, fetched: Fetched) -> Page:
        """What came, kept first, then read."""
        self._received += sum(
            len(exchange.response_head) + len(exchange.response_body)
            for _, exchange in fetched.numbered
        )
        evidence = tuple(
            record
            for hop, exchange in fetched.numbered
            for record in self.writer.keep_exchange(exchange, hop)
        )
        capture = replace(
            fetched.capture,
            evidence=evidence,
            tool=self.tool,
            clock=clock_state(),
            egress=self.egress,
        )
        if fetched.body:
            return _read(capture, fetched)
        return Page(capture=capture, html="", text=PageText())

    def _report(self, visit: Visit, fetched: Fetched) -> Report:
        assert self.judge is not None
        page = self._page(fetched)
        verdict = glance(_with(visit, page.capture), page, self.judge, page.capture.ended_at)
        return Report(
            visit_id=visit.id,
            captures=(page.capture,),
            texts=verdict.texts if page.html else (),
            assessment=verdict.assessment,
            render_reason=verdict.render_reason if page.html else "",
            look_reason=verdict.look_reason,
            imprint=verdict.imprint if page.html else None,
            robots=fetched.robots,
        )


def _with(visit: Visit, capture: Capture) -> Visit:
    return replace(visit, captures=(*visit.captures, capture))


def _read(capture: Capture, fetched: Fetched) -> Page:
    """The page with its words, and the capture that says how they were read."""
    decoded = decode(fetched.body, fetched.declared_encodings)
    page = Page.read(capture, decoded.text)
    outcome, reason, cut = capture.outcome, capture.reason, was_cut(decoded.text, page.text)
    if ended_well(outcome) and is_blank(page.text) and not page.wants:
        outcome, reason = Outcome.EMPTY, "页面没有文字"
    elif outcome is Outcome.SEEN and cut:
        outcome, reason = Outcome.PARTIAL, "页面过长，只读了前一部分"
    read = replace(
        capture,
        outcome=outcome,
        reason=reason,
        encoding=decoded.encoding,
        flags=tuple(dict.fromkeys((*capture.flags, *decoded.flags, *[Flag.SIZE_LIMIT] * cut))),
        title=page.text.field("title")[:500],
        text_digest=page.text.digest,
        page_kind=page_kind_of(page.text, decoded.text, capture.status, page.wants),
    )
    return replace(page, capture=_beside_sibling(read, page.text, fetched))


def _beside_sibling(capture: Capture, text: PageText, fetched: Fetched) -> Capture:
    """Whether what stands there is what any name would get."""
    there = fetched.sibling
    if there is None or capture.page_kind is not PageKind.ORDINARY:
        return capture
    other = decode(there.body, there.declared_encodings).text
    if there.status != capture.status or not says_the_same(
        text, capture.final_url, other, there.url
    ):
        return capture
    reason = f"随意编造的同级域名 {there.url} 也得到这一页面，它说明不了这个网站本身"
    return replace(capture, page_kind=PageKind.WILDCARD, reason=capture.reason or reason)


def icon_marks(looks: Iterable[Fetched]) -> Iterator[Mark]:
    """The favicon, by which relatives are known."""
    for fetched in looks:
        if fetched.icon:
            digest = hashlib.sha256(fetched.icon).hexdigest()
            yield Mark(kind=MarkKind.FAVICON, value=digest)


def _flagged(visit: Visit, page: Page, plain: tuple[PageText, ...]) -> Capture:
    """The capture of another look, with a flag where it shows something else than a desktop saw."""
    capture = page.capture
    here = [one.final_url for one in visit.captures if ended_well(one.outcome)]
    apart = any(lead_apart(url, capture.final_url) for url in here)
    unlike = ended_well(capture.outcome) and any(are_unlike(one, page.text) for one in plain)
    if not (apart or unlike):
        return capture
    return replace(capture, flags=tuple(dict.fromkeys((*capture.flags, Flag.DIVERGENT))))


async def visits_from(
    orders: AsyncIterator[Order], plain: dict[int, tuple[PageText, ...]]
) -> AsyncIterator[Visit]:
    """The visits that the parent hands down; texts that come with one are put aside."""
    async for order in orders:
        if order.texts:
            plain[order.visit.id] = order.texts
        yield order.visit


async def fetch(records: AsyncIterator[Downward], greeting: Greeting, outlet: Outlet) -> None:
    """Work until the parent closes the pipe."""
    if greeting.looks:
        os.nice(KINDNESS)  # most of these are the album's, which has time
    fetching = Fetching(
        writer=SegmentWriter(Path(greeting.evidence), greeting.worker, datetime.now(UTC)),
        judge=None if greeting.looks else Judge(Path(greeting.lexicon), Path(greeting.cache)),
        watch=Watch(Path(greeting.watch)),
        outlet=outlet,
        tool=greeting.tool,
        egress=greeting.egress,
        sluice=Sluice(greeting.slots, greeting.slots if greeting.patient else FIRST),
    )
    settle()
    outlet.put(Ready())
    speaking = asyncio.create_task(fetching.speak())
    passage = passage_from(greeting)
    limits = replace(PATIENT if greeting.patient else QUICK, slots=greeting.slots)
    out = way_out(
        passage.policy,
        passage.resolver,
        limits,
        proxy=passage.proxy,
        robots=RobotsPolicy(greeting.robots),
        agent=greeting.agent,
    )
    visits = visits_from(orders_through(records, fetching.sluice), fetching.plain)
    sink = fetching.take_looks if greeting.looks else fetching.take
    profiles = OTHER_LOOKS if greeting.looks else (Profile.DESKTOP,)
    try:
        await run_homepage_spider(visits, sink, out, profiles)
    finally:
        speaking.cancel()
        fetching.flush()
        fetching.tell()
        fetching.writer.close()


if __name__ == "__main__":
    run_child(fetch, KINDNESS)
