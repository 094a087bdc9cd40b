"""One browser from launch to end: started by the recipe, watched, closed or killed."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar
from weakref import WeakSet

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, CDPSession, Playwright
from playwright.async_api import Error as PlaywrightError

from crawler.domain.errors import TryLater
from crawler.fetching.chromium import (
    ARGUMENTS,
    FORBIDDEN_APIS_SCRIPT,
    NOWHERE,
    UNMARKED,
    UNWANTED_DEFAULTS,
    SandboxCheck,
    check_sandbox,
    fault_in_command_line,
)
from crawler.fetching.egress import Slot
from crawler.fetching.rendering import LANGUAGE, Look
from crawler.fetching.viewing import PageCrashed, Viewing
from crawler.fetching.watching import MEMORY_LIMIT, MemoryWatch, Unwatched, kill

T = TypeVar("T")

CLOSE_S = 2.0
_STEP_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class BrowserRecipe:
    """Which browser, and how it is kept."""

    executable: Path = Path()
    remote: str = ""  # instead: the address of a browser that runs elsewhere
    sandbox: bool = True  # switched off by hand only (browser.sandbox = "off")
    pages: int = 50  # then a new browser
    memory_bytes: int = MEMORY_LIMIT  # of the whole browser


class Life:
    """One browser from launch to end."""

    def __init__(
        self, chromium: Chromium, line: CDPSession, watch: MemoryWatch | Unwatched, pid: int = 0
    ) -> None:
        self.chromium = chromium
        self.version = ""  # product/number
        self.watch = watch
        self.active = 0
        self.served = 0
        self.tired = False
        self.viewings: WeakSet[Viewing] = WeakSet()
        self._line = line
        self._pid = pid
        chromium.on("disconnected", self._note_end)

    @classmethod
    async def begun(cls, driver: Playwright, settings: BrowserRecipe) -> Self:
        """The browser of the settings: launched and watched from its first moment, or joined.
        TryLater if it runs elsewhere and was not started as it must be.
        """
        life = await (cls._joined if settings.remote else cls._launched)(driver, settings)
        life.version = (await life._line.send("Browser.getVersion"))["product"]
        return life

    @classmethod
    async def _joined(cls, driver: Playwright, settings: BrowserRecipe) -> Self:
        speaks_cdp = settings.remote.startswith("http") or "/devtools/" in settings.remote
        join = driver.chromium.connect_over_cdp if speaks_cdp else driver.chromium.connect
        chromium = await join(settings.remote)
        line = await chromium.new_browser_cdp_session()
        told = await line.send("SystemInfo.getInfo")
        # each time: behind the address another one may stand by now
        if why := fault_in_command_line(told["commandLine"], sandbox=settings.sandbox):
            await chromium.close()
            raise TryLater(why)
        return cls(chromium, line, Unwatched())

    @classmethod
    async def _launched(cls, driver: Playwright, settings: BrowserRecipe) -> Self:
        chromium = await driver.chromium.launch(
            executable_path=settings.executable,
            chromium_sandbox=settings.sandbox,
            args=[*ARGUMENTS, UNMARKED],
            ignore_default_args=list(UNWANTED_DEFAULTS),
            proxy={"server": NOWHERE},
        )
        line = await chromium.new_browser_cdp_session()
        processes = await line.send("SystemInfo.getProcessInfo")
        pid = next(p["id"] for p in processes["processInfo"] if p["type"] == "browser")
        watch = MemoryWatch(pid, settings.memory_bytes)
        watch.start()
        return cls(chromium, line, watch, pid)

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

    @asynccontextmanager
    async def context(self, look: Look, slot: Slot) -> AsyncIterator[BrowserContext]:
        """A place of its own for one page: nothing kept, one way out."""
        options = self._options(look, slot)
        context = await in_time(self.chromium.new_context(**options))
        try:
            await in_time(context.add_init_script(FORBIDDEN_APIS_SCRIPT))
            yield context
        finally:
            await self._close_context(context)

    @property
    def number(self) -> str:
        """Its version without the product's name."""
        return self.version.rpartition("/")[2]

    def _options(self, look: Look, slot: Slot) -> dict[str, Any]:
        return {
            "proxy": {"server": slot.url},
            "viewport": {"width": look.width, "height": look.height},
            "device_scale_factor": look.scale,
            "is_mobile": look.phone,
            "has_touch": look.phone,
            "user_agent": look.agent_of(self.number),
            "locale": LANGUAGE,
            "timezone_id": "Asia/Shanghai",
            "ignore_https_errors": True,  # a broken certificate is recorded, not refused
            "service_workers": "block",
            "accept_downloads": False,
        }

    async def _close_context(self, context: BrowserContext) -> None:
        try:
            await asyncio.wait_for(context.close(), CLOSE_S)
        except TimeoutError:
            self.tired = True
        except PlaywrightError:
            pass

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
            if self._pid:
                kill(self._pid)

    def _note_end(self, _: Chromium) -> None:
        self.tired = True
        self.watch.stop()
        for viewing in self.viewings:
            viewing.note_crash()


async def in_time(doing: Coroutine[Any, Any, T]) -> T:
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
