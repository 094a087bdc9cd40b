"""The fetching child: Scrapy walks, bytes are kept before anything reads them, the sieve decides.

Whatever it reports is on the disk already: it syncs its segment once a group, then speaks.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from crawler.domain.capture import Capture, Outcome, PageText, is_blank
from crawler.domain.site import Visit, ended_well
from crawler.fetching.capturing import Fetched
from crawler.fetching.robots import RobotsPolicy
from crawler.reading.decoding import decode
from crawler.reading.page_kinds import page_kind_of
from crawler.reading.render_reasons import needs_browser
from crawler.service.passages import passage_from
from crawler.service.pipeline import Page, glance
from crawler.service.pipes import Downward, Greeting, Order, Outlet, Ready, Report
from crawler.service.starting import run_child
from crawler.service.watching import Watch
from crawler.store.evidence import SegmentWriter
from lexicons.judging import Judge
from spiders.homepage import PATIENT, QUICK, run_homepage_spider, way_out

GROUP_S = 0.2


@dataclass(kw_only=True)
class Fetching:
    """What one fetching child holds."""

    writer: SegmentWriter
    judge: Judge
    watch: Watch
    outlet: Outlet
    tool: str
    _kept: list[Report] = field(default_factory=list)

    async def take(self, visit: Visit, fetched: Fetched) -> None:
        """Keep, read, sieve; the report leaves with the next group."""
        with self.watch.at(visit.id):
            self._kept.append(self._report(visit, fetched))
        await self.outlet.room()

    async def speak(self) -> None:
        """Sync once a group, then report it."""
        while True:
            await asyncio.sleep(GROUP_S)
            self.flush()

    def flush(self) -> None:
        """All that is kept is on the disk, and the parent is told."""
        if not self._kept:
            return
        self.writer.sync()
        kept, self._kept = self._kept, []
        for report in kept:
            self.outlet.put(report)

    def _report(self, visit: Visit, fetched: Fetched) -> Report:
        evidence = tuple(
            record
            for hop, exchange in fetched.numbered
            for record in self.writer.keep_exchange(exchange, hop)
        )
        capture = replace(fetched.capture, evidence=evidence, tool=self.tool)
        if fetched.body:
            page = _read(capture, fetched)
        else:
            page = Page(capture=capture, html="", text=PageText())
        verdict = glance(_with(visit, page.capture), page, self.judge, page.capture.ended_at)
        return Report(
            visit_id=visit.id,
            captures=(page.capture,),
            texts=verdict.texts if page.html else (),
            assessment=verdict.assessment,
            render_reason=verdict.render_reason if page.html else "",
        )


def _with(visit: Visit, capture: Capture) -> Visit:
    return replace(visit, captures=(*visit.captures, capture))


def _read(capture: Capture, fetched: Fetched) -> Page:
    """The page with its words, and the capture that says how they were read."""
    decoded = decode(fetched.body, fetched.declared_encodings)
    page = Page.read(capture, decoded.text)
    why = needs_browser(decoded.text, page.text)
    blank = ended_well(capture.outcome) and is_blank(page.text) and not why
    read = replace(
        capture,
        outcome=Outcome.EMPTY if blank else capture.outcome,
        reason="页面没有文字" if blank else capture.reason,
        encoding=decoded.encoding,
        flags=tuple(dict.fromkeys((*capture.flags, *decoded.flags))),
        title=page.text.field("title")[:500],
        text_digest=page.text.digest,
        page_kind=page_kind_of(page.text, None, capture.status, why),
    )
    return replace(page, capture=read)


async def visits_from(records: AsyncIterator[Downward]) -> AsyncIterator[Visit]:
    """The visits that the parent hands down."""
    async for record in records:
        if isinstance(record, Order):
            yield record.visit


async def fetch(records: AsyncIterator[Downward], greeting: Greeting, outlet: Outlet) -> None:
    """Work until the parent closes the pipe."""
    fetching = Fetching(
        writer=SegmentWriter(Path(greeting.evidence), greeting.worker, datetime.now(UTC)),
        judge=Judge(Path(greeting.lexicon), Path(greeting.cache)),
        watch=Watch(Path(greeting.watch)),
        outlet=outlet,
        tool=greeting.tool,
    )
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
    try:
        await run_homepage_spider(visits_from(records), fetching.take, out)
    finally:
        speaking.cancel()
        fetching.flush()
        fetching.writer.close()


if __name__ == "__main__":
    run_child(fetch)
