"""One page in a context of its own, over a way out of its own, inside its time."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

from playwright.async_api import BrowserContext, CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from crawler.fetching.browser.life import CLOSE_S, Life, in_time
from crawler.fetching.egress import Clock, Slot
from crawler.fetching.rendering import LOOKS, Look, Rendered
from crawler.fetching.reporting import Wish, report
from crawler.fetching.viewing import LAST_READ_S, Answer, CdpFailed, PageCrashed, Viewing

_CLOSING_S = 2 * CLOSE_S + LAST_READ_S  # kept free at the end of a page's time


class Showing:
    """One page in a context of its own, over a way out of its own."""

    def __init__(self, life: Life, slot: Slot, clock: Clock) -> None:
        self._life = life
        self._slot = slot
        self._clock = clock

    async def of(self, wish: Wish) -> Rendered:
        """Look within the wish's time; PageCrashed if the browser dies under it."""
        look = LOOKS[wish.profile]
        deadline = asyncio.get_running_loop().time() + wish.limits.total_s - _CLOSING_S
        try:
            async with self._life.context(look, self._slot) as context:
                viewing = await self._opened(context, wish, look)
                await self._look(viewing, wish, deadline)
                return report(wish, viewing, self._slot, self._life.version, self._clock())
        except PlaywrightError as error:
            raise PageCrashed from error

    async def _opened(self, context: BrowserContext, wish: Wish, look: Look) -> Viewing:
        page = await in_time(context.new_page())
        line = _Line(await in_time(context.new_cdp_session(page)))
        await in_time(line.send("Emulation.setUserAgentOverride", look.names(self._life.number)))
        viewing = Viewing(line, wish.limits, look)
        context.on("page", lambda window: _shut(window, viewing))
        page.on("crash", lambda _: viewing.note_crash())
        self._life.viewings.add(viewing)
        await in_time(viewing.prepare())
        return viewing

    async def _look(self, viewing: Viewing, wish: Wish, deadline: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await viewing.look(wish.url, full_page=wish.full_page)
                return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_READ_S):
                await viewing.look_once_more()


class _Line:
    """A page's debugging session as the rest of the house speaks to it."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    async def send(self, method: str, params: Answer | None = None) -> Answer:
        """The answer; CdpFailed if the browser refuses."""
        try:
            return cast(Answer, await self._session.send(method, dict(params or {})))
        except PlaywrightError as error:
            raise CdpFailed(method) from error

    def on(self, event: str, handler: Callable[[Answer], None]) -> None:
        """Have the handler called with every such event."""
        self._session.on(event, handler)


def _shut(window: Page, viewing: Viewing) -> None:
    viewing.note_window()
    closing = asyncio.ensure_future(window.close())
    closing.add_done_callback(lambda task: task.cancelled() or task.exception())
