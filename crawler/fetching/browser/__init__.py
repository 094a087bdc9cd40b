"""The browser: addresses in, what was seen out. A fresh context and a way out of its own for every
page, a fresh browser after fifty, one deadline outside everything. The only door to Playwright.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Playwright, async_playwright

from crawler.domain.capture import Outcome, Profile
from crawler.domain.errors import GiveUp, TryLater
from crawler.fetching.browser.life import CLOSE_S, BrowserRecipe, Life
from crawler.fetching.browser.showing import Showing
from crawler.fetching.canary import TRIES_S, Canary, GuardCheck
from crawler.fetching.chromium import REMOTE_AWAY, REMOTE_DIFFERS, start_failure
from crawler.fetching.egress import Clock, Egress
from crawler.fetching.ending import Ending
from crawler.fetching.fonts import SAMPLE_HTML, SAMPLE_SIZE, FontCheck, check_drawn
from crawler.fetching.rendering import LOOKS, Rendered, RenderLimits
from crawler.fetching.reporting import Wish, unseen
from crawler.fetching.viewing import PageCrashed

__all__ = ["Browser", "BrowserRecipe"]

START_S = 30.0
CRASHED = Ending(Outcome.BROWSER_FAILED, "浏览器进程崩溃")
TOO_HEAVY = Ending(Outcome.BROWSER_FAILED, "页面占用内存超过上限，已终止")
_NOT_WEB = Ending(Outcome.BAD_RESPONSE, "不是 http(s) 地址")


class _Crash(NamedTuple):
    """A page under which the browser died."""

    ending: Ending
    alone: bool  # no other page was open, so it was this one


class Browser:
    """Renders pages, several at a time. A crash costs the page that caused it, nobody else."""

    def __init__(self, settings: BrowserRecipe, egress: Egress, clock: Clock) -> None:
        self.launches = 0
        self.peak_memory = 0
        self._settings = settings
        self._egress = egress
        self._clock = clock
        self._driver: Playwright | None = None
        self._life: Life | None = None
        self._launching = asyncio.Lock()

    async def start(self) -> None:
        """Launch; GiveUp with one line for the operator if that cannot work here."""
        try:
            async with self._taken() as life:
                said = await self._unfit(life)
        except (TryLater, PlaywrightError) as trouble:
            await self.stop()
            raise GiveUp(start_failure(str(trouble))) from trouble
        if said:
            await self.stop()
            raise GiveUp(said)

    async def _unfit(self, life: Life) -> str:
        """Why this browser must not be used. One that somebody else started has to prove that our
        way out is its only one.
        """
        if not self._settings.remote:
            check = await life.check_sandbox()
            return check.message if self._settings.sandbox and not check.ok else ""
        guard = await self.check_guard()
        return "" if guard.ok else guard.message

    async def stop(self) -> None:
        """Close the browser and what drives it."""
        life, self._life = self._life, None
        if life:
            await life.close()
        driver, self._driver = self._driver, None
        if driver:
            with contextlib.suppress(PlaywrightError, TimeoutError):
                await asyncio.wait_for(driver.stop(), START_S)

    @property
    def version(self) -> str:
        """Product and version of the running browser, empty while there is none."""
        return self._life.version if self._life else ""

    async def render(
        self,
        url: str,
        profile: Profile = Profile.DESKTOP,
        limits: RenderLimits | None = None,
        *,
        full_page: bool = False,
    ) -> Rendered:
        """What the page shows, within the time of the limits; never an error for what a page
        does. A page whose browser died under it is tried once more.
        """
        wish = Wish(url, profile, limits or RenderLimits(), full_page, self._clock())
        if not url.lower().startswith(("http://", "https://")):
            return unseen(wish, _NOT_WEB, self._clock())
        seen = await self._attempt(wish)
        if isinstance(seen, _Crash) and self._deserves_another(seen, wish):
            seen = await self._attempt(wish)
        return unseen(wish, seen.ending, self._clock()) if isinstance(seen, _Crash) else seen

    async def check_fonts(self) -> FontCheck:
        """Whether Chinese is drawn as characters here."""
        async with self._taken() as life:
            return check_drawn(await life.picture_of(SAMPLE_HTML, SAMPLE_SIZE))

    async def check_guard(self) -> GuardCheck:
        """Whether a page of ours, trying what hostile pages try, can reach this machine."""
        async with (
            self._taken() as life,
            await self._egress.open_slot() as slot,
            Canary(self._egress.doorway.address) as canary,
        ):
            async with life.context(LOOKS[Profile.DESKTOP], slot) as context:
                page = await context.new_page()
                await page.set_content(canary.page, wait_until="commit")
                await asyncio.sleep(TRIES_S)
            return canary.judge()

    def _deserves_another(self, crash: "_Crash", wish: Wish) -> bool:
        """Not who was too heavy all alone, nor who has used up most of the time."""
        if crash.ending is TOO_HEAVY and crash.alone:
            return False
        return (self._clock() - wish.started_at).total_seconds() < wish.limits.total_s / 2

    async def _attempt(self, wish: Wish) -> "Rendered | _Crash":
        try:
            async with self._taken() as life:
                return await self._render_in(life, wish)
        except TryLater as trouble:
            ending = Ending(Outcome.BROWSER_FAILED, start_failure(str(trouble)))
            return unseen(wish, ending, self._clock())

    async def _render_in(self, life: Life, wish: Wish) -> "Rendered | _Crash":
        kills = life.watch.kills
        try:
            async with await self._egress.open_slot() as slot:
                return await Showing(life, slot, self._clock).of(wish)
        except PageCrashed:
            life.tired = True
            ending = TOO_HEAVY if life.watch.kills > kills else CRASHED
            return _Crash(ending, life.active == 1)

    @asynccontextmanager
    async def _taken(self) -> AsyncIterator[Life]:
        """A browser that is fit for one more page."""
        async with self._launching:
            life = self._life
            if life is None or life.is_spent(self._settings.pages):
                self._life = None
                if life and not life.active:
                    await life.close()
                life = self._life = await self._launched()
            life.active += 1
            life.served += 1
        try:
            yield life
        finally:
            life.active -= 1
            self.peak_memory = max(self.peak_memory, life.watch.peak)
            if not life.active and (life.tired or life is not self._life):
                self._life = None if life is self._life else self._life
                await life.close()

    async def _launched(self) -> Life:
        try:
            async with asyncio.timeout(START_S):
                if self._driver is None:
                    self._driver = await async_playwright().start()
                life = await Life.begun(self._driver, self._settings)
        except (PlaywrightError, TimeoutError, OSError) as error:
            await self._drop_driver()
            if self._settings.remote:  # its address may hold a key: not in any message
                sign = REMOTE_DIFFERS if REMOTE_DIFFERS in str(error) else REMOTE_AWAY
                raise TryLater(sign) from error
            raise TryLater(str(error) or "browser did not start in time") from error
        self.launches += 1
        return life

    async def _drop_driver(self) -> None:
        """A driver that fails once is not asked again."""
        driver, self._driver = self._driver, None
        if driver:
            with contextlib.suppress(PlaywrightError, TimeoutError):
                await asyncio.wait_for(driver.stop(), CLOSE_S)
