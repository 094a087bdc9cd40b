"""The drawing child: an address in; words with their boxes, DOM, pictures and hops out.

It runs as a user that may touch nothing of ours, so the parent keeps what it brings.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from crawler.domain.capture import Capture, EvidenceKind, Fetcher, Outcome, PageKind, Profile
from crawler.domain.errors import WatchError
from crawler.domain.family import PICTURE_BANDS, Mark, MarkKind
from crawler.domain.ids import ulid
from crawler.domain.site import Visit, ended_well
from crawler.fetching.browser import Browser, BrowserRecipe
from crawler.fetching.clock import clock_state
from crawler.fetching.dialling import Dialler, Straight, Through, upstream_from
from crawler.fetching.egress import Doorway, Egress
from crawler.fetching.guard import networks_of
from crawler.fetching.picture import difference_hash
from crawler.fetching.rendering import Rendered
from crawler.fetching.robots import RobotsPolicy, refused
from crawler.reading.page_kinds import page_kind_of
from crawler.reading.siblings import tells_nobody_apart
from crawler.service.passages import passage_from
from crawler.service.pipes import Downward, Greeting, Keepsake, Outlet, Pulse, Ready, Report
from crawler.service.sluice import Sluice, orders_through
from crawler.service.starting import run_child
from crawler.service.watching import SEVERAL, Watch

KINDNESS = 5  # an alert stands before its picture
HEARTBEAT_S = 0.5
FULL_FOR = frozenset(
    {"hit", "watched_change", "image_heavy", "cloak_phone", "cloak_search", "recapture"}
)
OTHER_LOOKS = {
    "cloak_phone": Profile.PHONE,
    "cloak_search": Profile.SEARCH,
    "search_redirect": Profile.SEARCH,
    "phone_redirect": Profile.PHONE,
}


async def draw(records: AsyncIterator[Downward], greeting: Greeting, outlet: Outlet) -> None:
    """Work until the parent closes the pipe."""
    watch = Watch(Path(greeting.watch))
    doorway = Doorway(address=greeting.way_back, callers=networks_of(greeting.remote_from))
    egress = Egress(_dialler(greeting), _now, doorway=doorway)
    settings = BrowserRecipe(
        executable=Path(greeting.browser), remote=greeting.remote, sandbox=greeting.sandbox
    )
    browser = Browser(settings, egress, _now)
    beating = asyncio.create_task(_beat(watch))
    try:
        await egress.start()
        await browser.start()
        fonts = await browser.check_fonts()
        outlet.put(Ready(notice="" if fonts.ok else fonts.message))
        await _draw_all(records, greeting, outlet, browser, egress.taken)
    except WatchError as error:
        outlet.put(Ready(notice=str(error)))
    finally:
        beating.cancel()
        with contextlib.suppress(WatchError):
            await browser.stop()
        await egress.close()


async def _draw_all(
    records: AsyncIterator[Downward],
    greeting: Greeting,
    outlet: Outlet,
    browser: Browser,
    taken: Callable[[], int],
) -> None:
    places = Sluice(greeting.slots)

    def over(_: asyncio.Task[None]) -> None:
        places.leave()
        outlet.put(Pulse(received=taken()))

    async with asyncio.TaskGroup() as group:
        async for order in orders_through(records, places):
            drawing = group.create_task(_draw_one(order.visit, browser, outlet, greeting))
            drawing.add_done_callback(over)


async def _draw_one(visit: Visit, browser: Browser, outlet: Outlet, greeting: Greeting) -> None:
    looks = [Profile.DESKTOP]
    if other := OTHER_LOOKS.get(visit.render_reason):
        looks.append(other)
    drawn = [await seen(visit, look, browser, greeting) for look in looks]
    outlet.put(report_of(visit, drawn, greeting.tool, greeting.egress))
    await outlet.room()


async def seen(visit: Visit, look: Profile, browser: Browser, greeting: Greeting) -> Rendered:
    """The page, or its refusal: robots.txt was asked when it was fetched, and is not again."""
    url = address_of(visit, look)
    if greeting.robots == RobotsPolicy.RESPECT and (why := refused(visit.robots, url)):
        now, outcome = _now(), Outcome.ROBOTS_REFUSED
        return Rendered(
            url=url, profile=look, outcome=outcome, reason=why, started_at=now, ended_at=now
        )
    return await browser.render(url, look, full_page=visit.render_reason in FULL_FOR)


def address_of(visit: Visit, look: Profile = Profile.DESKTOP) -> str:
    """Where the plain fetch of a desktop ended; another visitor is sent to where it began, for it
    may be led elsewhere. Else the site's own address.
    """
    usual = [one for one in visit.captures if one.profile is Profile.DESKTOP]
    seen = [one for one in usual if ended_well(one.outcome) and one.final_url]
    if seen and look is not Profile.DESKTOP and seen[-1].hops:
        return seen[-1].hops[0].url
    return seen[-1].final_url if seen else f"http://{visit.site.domain}/"


def report_of(visit: Visit, drawn: Sequence[Rendered], tool: str, egress: str) -> Report:
    """The captures, their words, and the bytes the parent is asked to keep."""
    made = [(_capture_of(visit, rendered, tool, egress), rendered) for rendered in drawn]
    texts = dict.fromkeys(rendered.text for rendered in drawn if rendered.text.fields)
    return Report(
        visit_id=visit.id,
        captures=tuple(capture for capture, _ in made),
        texts=tuple(texts),
        marks=tuple(mark for rendered in drawn[:1] for mark in picture_marks(rendered.picture)),
        keepsakes=tuple(keepsake for one in made for keepsake in _keepsakes(*one)),
    )


def _capture_of(visit: Visit, rendered: Rendered, tool: str, egress: str) -> Capture:
    at_ms = int(rendered.started_at.timestamp() * 1_000)
    text = rendered.text
    return Capture(
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
        page_kind=_kind_of(visit, rendered),
        started_at=rendered.started_at,
        ended_at=rendered.ended_at,
        tls=rendered.tls,
        text_digest=text.digest if text.fields else "",
        render_reason=visit.render_reason,
        tool=f"{tool} {rendered.browser}".strip(),
        clock=clock_state(),
        egress=egress,
    )


def _kind_of(visit: Visit, rendered: Rendered) -> PageKind:
    """What any name gets stays that, unless the browser saw more of it."""
    kind = page_kind_of(rendered.text, rendered.dom, rendered.status)
    known = any(one.page_kind is PageKind.WILDCARD for one in visit.captures)
    if known and kind is PageKind.ORDINARY and tells_nobody_apart(rendered.text, visit.site):
        return PageKind.WILDCARD
    return kind


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


def picture_marks(picture: bytes) -> Iterator[Mark]:
    """The first screen's look in quarters: near copies share most of them."""
    found = difference_hash(picture)
    if found is None:
        return
    for quarter in range(PICTURE_BANDS):
        part = (found >> (16 * quarter)) & 0xFFFF
        yield Mark(kind=MarkKind.PICTURE, value=f"{quarter}.{part:04x}")


async def _beat(watch: Watch) -> None:
    """A page that starves this loop stops the count; the parent sees that."""
    beats = 0
    while True:
        beats += 1
        watch.put(SEVERAL, beats)
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
    run_child(draw, KINDNESS)
