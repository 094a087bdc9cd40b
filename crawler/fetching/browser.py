"""The browser: addresses in, what was seen out. A fresh context and a way out of its own for every
page, a fresh browser after fifty, one deadline outside everything. The only door to Playwright.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from weakref import WeakSet

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, CDPSession, Page, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from crawler.domain.capture import Outcome, Profile
from crawler.domain.errors import GiveUp, TryLater
from crawler.fetching.chromium import (
    ARGUMENTS,
    FORBIDDEN_APIS_SCRIPT,
    NOWHERE,
    UNWANTED_DEFAULTS,
    SandboxCheck,
    check_sandbox,
    start_failure,
)
from crawler.fetching.egress import Clock, Egress, Slot
from crawler.fetching.ending import Ending
from crawler.fetching.fonts import SAMPLE_HTML, SAMPLE_SIZE, FontCheck, check_drawn
from crawler.fetching.rendering import LOOKS, Look, Rendered, RenderLimits
from crawler.fetching.reporting import Wish, report, unseen
from crawler.fetching.viewing import (
    LAST_READ_S,
    Answer,
    CdpFailed,
    PageCrashed,
    Viewing,
)
from crawler.fetching.watching import MEMORY_LIMIT, MemoryWatch, kill

T = TypeVar("T")

START_S = 30.0
CLOSE_S = 2.0
_STEP_S = 10.0
_CLOSING_S = 2 * CLOSE_S + LAST_READ_S  # kept free at the end of a page's time
_CRASHED = Ending(Outcome.BROWSER_FAILED, "浏览器进程崩溃")
_TOO_HEAVY = Ending(Outcome.BROWSER_FAILED, "页面占用内存超过上限，已终止")
_NOT_WEB = Ending(Outcome.BAD_RESPONSE, "不是 http(s) 地址")


@dataclass(frozen=True, kw_only=True, slots=True)
class BrowserSettings:
    """Which browser, and how it is kept."""

    executable: Path
    sandbox: bool = True  # switched off by hand only (browser.sandbox = "off")
    pages: int = 50  # then a new browser
    memory_bytes: int = MEMORY_LIMIT  # of the whole browser


class Browser:
    """Renders pages, several at a time. A crash costs the page that caused it, nobody else."""

    def __init__(self, settings: BrowserSettings, egress: Egress, clock: Clock) -> None:
        self.launches = 0
        self.peak_memory = 0
        self._settings = settings
        self._egress = egress
        self._clock = clock
        self._driver: Playwright | None = None
        self._life: _Life | None = None
        self._launching = asyncio.Lock()

    async def start(self) -> None:
        """Launch; GiveUp with one line for the operator if that cannot work here."""
        try:
            async with self._taken() as life:
                check = await life.check_sandbox()
        except (TryLater, PlaywrightError) as trouble:
            await self.stop()
            raise GiveUp(start_failure(str(trouble))) from trouble
        if self._settings.sandbox and not check.ok:
            await self.stop()
            raise GiveUp(check.message)

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
        with contextlib.suppress(PageCrashed):
            return await self._render_once(wish)
        try:
            return await self._render_once(wish)
        except PageCrashed:
            return unseen(wish, _CRASHED, self._clock())

    async def check_fonts(self) -> FontCheck:
        """Whether Chinese is drawn as characters here."""
        async with self._taken() as life:
            return check_drawn(await life.picture_of(SAMPLE_HTML, SAMPLE_SIZE))

    async def _render_once(self, wish: Wish) -> Rendered:
        try:
            async with self._taken() as life:
                return await self._render_in(life, wish)
        except TryLater as trouble:
            ending = Ending(Outcome.BROWSER_FAILED, start_failure(str(trouble)))
            return unseen(wish, ending, self._clock())

    async def _render_in(self, life: "_Life", wish: Wish) -> Rendered:
        kills = life.watch.kills
        try:
            async with await self._egress.open_slot() as slot:
                return await _Showing(life, slot, self._clock).of(wish)
        except PageCrashed:
            life.tired = True
            if life.watch.kills > kills:
                return unseen(wish, _TOO_HEAVY, self._clock())
            raise

    @asynccontextmanager
    async def _taken(self) -> AsyncIterator["_Life"]:
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
            if life is not self._life and not life.active:
                await life.close()

    async def _launched(self) -> "_Life":
        try:
            async with asyncio.timeout(START_S):
                if self._driver is None:
                    self._driver = await async_playwright().start()
                life = await _Life.begun(self._driver, self._settings)
        except (PlaywrightError, TimeoutError, OSError) as error:
            await self._drop_driver()
            raise TryLater(str(error) or "browser did not start in time") from error
        self.launches += 1
        return life

    async def _drop_driver(self) -> None:
        """A driver that fails once is not asked again."""
        driver, self._driver = self._driver, None
        if driver:
            with contextlib.suppress(PlaywrightError, TimeoutError):
                await asyncio.wait_for(driver.stop(), CLOSE_S)


class _Life:
    """One browser from launch to end."""

    def __init__(self, chromium: Chromium, line: CDPSession, pid: int, watch: MemoryWatch) -> None:
        self.chromium = chromium
        self.version = ""
        self.watch = watch
        self.active = 0
        self.served = 0
        self.tired = False
        self.viewings: WeakSet[Viewing] = WeakSet()
        self._line = line
        self._pid = pid
        chromium.on("disconnected", self._note_end)

    @classmethod
    async def begun(cls, driver: Playwright, settings: BrowserSettings) -> "_Life":
        """Launch the browser of the settings, watched from its first moment."""
        chromium = await driver.chromium.launch(
            executable_path=settings.executable,
            chromium_sandbox=settings.sandbox,
            args=list(ARGUMENTS),
            ignore_default_args=list(UNWANTED_DEFAULTS),
            proxy={"server": NOWHERE},
        )
        line = await chromium.new_browser_cdp_session()
        processes = await line.send("SystemInfo.getProcessInfo")
        pid = next(p["id"] for p in processes["processInfo"] if p["type"] == "browser")
        watch = MemoryWatch(pid, settings.memory_bytes)
        watch.start()
        life = cls(chromium, line, pid, watch)
        life.version = (await line.send("Browser.getVersion"))["product"]
        return life

    def is_spent(self, pages: int) -> bool:
        """Whether the next page wants a new one."""
        return self.tired or self.served >= pages or not self.chromium.is_connected()

    async def check_sandbox(self) -> SandboxCheck:
        """Look at the renderers of an open page from outside."""
        context = await self.chromium.new_context()
        try:
            await context.new_page()
            processes = (await self._line.send("SystemInfo.getProcessInfo"))["processInfo"]
            ids = [process["id"] for process in processes if process["type"] == "renderer"]
            return check_sandbox([_status_of(pid) for pid in ids])
        finally:
            await context.close()

    async def picture_of(self, html: str, size: tuple[int, int]) -> bytes:
        """A PNG of a page of our own, which asks for nothing."""
        width, height = size
        context = await self.chromium.new_context(viewport={"width": width, "height": height})
        try:
            page = await context.new_page()
            await page.set_content(html)
            return await page.screenshot()
        finally:
            await context.close()

    async def close(self) -> None:
        """Close, or kill what will not close."""
        self.watch.stop()
        try:
            await asyncio.wait_for(self.chromium.close(), CLOSE_S)
        except (PlaywrightError, TimeoutError):
            kill(self._pid)

    def _note_end(self, _: Chromium) -> None:
        self.tired = True
        self.watch.stop()
        for viewing in self.viewings:
            viewing.note_crash()


class _Showing:
    """One page in a context of its own, over a way out of its own."""

    def __init__(self, life: _Life, slot: Slot, clock: Clock) -> None:
        self._life = life
        self._slot = slot
        self._clock = clock

    async def of(self, wish: Wish) -> Rendered:
        """Look within the wish's time; PageCrashed if the browser dies under it."""
        look = LOOKS[wish.profile]
        deadline = asyncio.get_running_loop().time() + wish.limits.total_s - _CLOSING_S
        try:
            async with self._context(look) as context:
                viewing = await self._opened(context, wish, look)
                await self._look(viewing, wish, deadline)
                return report(wish, viewing, self._slot, self._life.version, self._clock())
        except PlaywrightError as error:
            raise PageCrashed from error

    @asynccontextmanager
    async def _context(self, look: Look) -> AsyncIterator[BrowserContext]:
        context = await _in_time(self._life.chromium.new_context(**self._context_options(look)))
        try:
            await _in_time(context.add_init_script(FORBIDDEN_APIS_SCRIPT))
            yield context
        finally:
            await self._close(context)

    def _context_options(self, look: Look) -> dict[str, Any]:
        major = self._life.version.rpartition("/")[2].partition(".")[0]
        return {
            "proxy": {"server": f"http://127.0.0.1:{self._slot.port}"},
            "viewport": {"width": look.width, "height": look.height},
            "device_scale_factor": look.scale,
            "is_mobile": look.phone,
            "has_touch": look.phone,
            "user_agent": look.user_agent.format(version=major),
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
            "ignore_https_errors": True,  # a broken certificate is recorded, not refused
            "service_workers": "block",
            "accept_downloads": False,
        }

    async def _close(self, context: BrowserContext) -> None:
        try:
            await asyncio.wait_for(context.close(), CLOSE_S)
        except TimeoutError:
            self._life.tired = True
        except PlaywrightError:
            pass

    async def _opened(self, context: BrowserContext, wish: Wish, look: Look) -> Viewing:
        page = await _in_time(context.new_page())
        line = _Line(await _in_time(context.new_cdp_session(page)))
        viewing = Viewing(line, wish.limits, look)
        context.on("page", lambda window: _shut(window, viewing))
        page.on("crash", lambda _: viewing.note_crash())
        self._life.viewings.add(viewing)
        await viewing.prepare()
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


async def _in_time(doing: Coroutine[Any, Any, T]) -> T:
    """Steps that a healthy browser takes in a moment; one that does not is given up."""
    try:
        return await asyncio.wait_for(doing, _STEP_S)
    except TimeoutError as error:
        raise PageCrashed from error


def _status_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return ""
