"""The drawing child: an address in; words with their boxes, DOM, pictures and hops out.

It runs as a user that may touch nothing of ours, so the parent keeps what it brings.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from crawler.domain.capture import Capture, EvidenceKind, Fetcher
from crawler.domain.errors import WatchError
from crawler.domain.ids import ulid
from crawler.domain.site import Visit, ended_well
from crawler.fetching.browser import Browser, BrowserRecipe
from crawler.fetching.dialling import Dialler, Straight, Through, upstream_from
from crawler.fetching.egress import Egress
from crawler.fetching.rendering import Rendered
from crawler.service.passages import passage_from
from crawler.service.pipes import Downward, Greeting, Keepsake, Order, Outlet, Ready, Report
from crawler.service.starting import run_child
from crawler.service.watching import Watch

HEARTBEAT_S = 0.5
FULL_FOR = frozenset({"hit", "watched_change"})


async def draw(records: AsyncIterator[Downward], greeting: Greeting, outlet: Outlet) -> None:
    """Work until the parent closes the pipe."""
    watch = Watch(Path(greeting.watch))
    egress = Egress(_dialler(greeting), _now)
    settings = BrowserRecipe(executable=Path(greeting.browser), sandbox=greeting.sandbox)
    browser = Browser(settings, egress, _now)
    beating = asyncio.create_task(_beat(watch))
    try:
        await egress.start()
        await browser.start()
        fonts = await browser.check_fonts()
        outlet.put(Ready(notice="" if fonts.ok else fonts.message))
        await _draw_all(records, greeting, outlet, browser)
    except WatchError as error:
        outlet.put(Ready(notice=str(error)))
    finally:
        beating.cancel()
        with contextlib.suppress(WatchError):
            await browser.stop()
        await egress.close()


async def _draw_all(
    records: AsyncIterator[Downward], greeting: Greeting, outlet: Outlet, browser: Browser
) -> None:
    places = asyncio.Semaphore(greeting.slots)
    async with asyncio.TaskGroup() as group:
        async for record in records:
            if isinstance(record, Order):
                await places.acquire()
                drawing = group.create_task(_draw_one(record.visit, browser, outlet, greeting))
                drawing.add_done_callback(lambda _: places.release())


async def _draw_one(visit: Visit, browser: Browser, outlet: Outlet, greeting: Greeting) -> None:
    url = address_of(visit)
    rendered = await browser.render(url, full_page=visit.render_reason in FULL_FOR)
    outlet.put(report_of(visit, rendered, greeting.tool))
    await outlet.room()


def address_of(visit: Visit) -> str:
    """Where the plain fetch ended, else the site's own address."""
    seen = [one for one in visit.captures if ended_well(one.outcome) and one.final_url]
    return seen[-1].final_url if seen else f"http://{visit.site.domain}/"


def report_of(visit: Visit, rendered: Rendered, tool: str) -> Report:
    """The capture, its words, and the bytes the parent is asked to keep."""
    at_ms = int(rendered.started_at.timestamp() * 1_000)
    text = rendered.text
    capture = Capture(
        id=ulid(at_ms, os.urandom(10)),
        visit_id=visit.id,
        site_id=visit.site.id,
        fetcher=Fetcher.BROWSER,
        profile=rendered.profile,
        outcome=rendered.outcome,
        reason=rendered.reason,
        flags=rendered.flags,
        hops=rendered.hops,
        final_url=rendered.final_url,
        status=rendered.status,
        content_type=rendered.content_type,
        encoding="utf-8",
        title=rendered.title[:500],
        started_at=rendered.started_at,
        ended_at=rendered.ended_at,
        tls=rendered.tls,
        text_digest=text.digest if text.fields else "",
        render_reason=visit.render_reason,
        tool=f"{tool} {rendered.browser}".strip(),
    )
    return Report(
        visit_id=visit.id,
        captures=(capture,),
        texts=(text,) if text.fields else (),
        keepsakes=tuple(_keepsakes(capture, rendered)),
    )


def _keepsakes(capture: Capture, rendered: Rendered) -> list[Keepsake]:
    kept = (
        (EvidenceKind.DOM, "text/html; charset=utf-8", rendered.dom.encode("utf-8", "replace")),
        (EvidenceKind.PICTURE, "image/jpeg", rendered.picture),
        (EvidenceKind.FULL_PICTURE, "image/jpeg", rendered.full_picture or b""),
    )
    return [
        Keepsake(
            capture_id=capture.id,
            kind=str(kind),
            media_type=media_type,
            url=capture.final_url,
            content=content,
        )
        for kind, media_type, content in kept
        if content
    ]


async def _beat(watch: Watch) -> None:
    """A page that starves this loop stops the count; the parent sees that."""
    beats = 0
    while True:
        beats += 1
        watch.put(1, beats)
        await asyncio.sleep(HEARTBEAT_S)


def _dialler(greeting: Greeting) -> Dialler:
    passage = passage_from(greeting)
    straight = Straight(resolver=passage.resolver, policy=passage.policy)
    if not greeting.proxy:
        return straight
    return Through(
        proxy=upstream_from(greeting.proxy), resolver=passage.resolver, policy=passage.policy
    )


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    run_child(draw)
