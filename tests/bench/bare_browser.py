"""The least that takes a picture: Playwright in a loop, a context a page, over the same way out, in
the same sandbox. Started in the place of our browser worker and worked in the same way.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from playwright.async_api import Browser, async_playwright

from crawler.domain.site import Visit
from crawler.fetching.chromium import ARGUMENTS, NOWHERE, UNWANTED_DEFAULTS
from crawler.fetching.dialling import Straight
from crawler.fetching.egress import Egress
from crawler.service.browser_worker import FULL_FOR, address_of
from crawler.service.passages import passage_from
from crawler.service.pipes import Downward, Greeting, Keepsake, Outlet, Ready, Report
from crawler.service.sluice import Sluice, orders_through
from crawler.service.starting import run_child


async def draw(records: AsyncIterator[Downward], greeting: Greeting, outlet: Outlet) -> None:
    """Work until the parent closes the pipe."""
    passage = passage_from(greeting)
    dialler = Straight(resolver=passage.resolver, policy=passage.policy)
    egress, places = Egress(dialler, lambda: datetime.now(UTC)), Sluice(greeting.slots)
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=greeting.browser,
            chromium_sandbox=greeting.sandbox,
            args=list(ARGUMENTS),
            ignore_default_args=list(UNWANTED_DEFAULTS),
            proxy={"server": NOWHERE},
        )
        outlet.put(Ready())
        async with asyncio.TaskGroup() as group:
            async for order in orders_through(records, places):
                drawing = group.create_task(_draw_one(order.visit, browser, egress, outlet))
                drawing.add_done_callback(lambda _: places.leave())
        await browser.close()
    await egress.close()


async def _draw_one(visit: Visit, browser: Browser, egress: Egress, outlet: Outlet) -> None:
    async with await egress.open_slot() as slot:
        context = await browser.new_context(
            proxy={"server": slot.url},
            viewport={"width": 1280, "height": 800},
            ignore_https_errors=True,
        )
        page = await context.new_page()
        url, whole = address_of(visit), visit.render_reason in FULL_FOR
        await page.goto(url)
        picture = await page.screenshot(type="jpeg", quality=60, full_page=whole)
        await context.close()
    kept = Keepsake(
        capture_id="", kind="picture", media_type="image/jpeg", url=url, content=picture
    )
    outlet.put(Report(visit_id=visit.id, keepsakes=(kept,)))


if __name__ == "__main__":
    run_child(draw)
