"""One page in a browser, from its address to what can be read of it. It speaks to the browser in
its debugging protocol only: nothing of the page's own code is asked or believed.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from crawler.domain.capture import Flag, PageText, TlsFacts
from crawler.domain.letters import storable
from crawler.fetching.ending import GATE_ANSWERS, Sighting
from crawler.fetching.rendering import Look, RenderLimits
from crawler.fetching.snapshot import (
    COMPUTED_STYLES,
    has_scripts,
    is_bare,
    page_text_from,
    shows_pictures,
)
from crawler.fetching.trail import EVENTS, Trail

Answer = Mapping[str, Any]
T = TypeVar("T")

PING_S = 4.0
HALT_S = 2.0
LAST_READ_S = 3.0
_MOST_MOVES_WITHIN = 50
_AGAIN_S = 0.5  # between two looks at a page that shows hardly a word
_ON_THE_WAY = 40  # characters; a page of fewer only leads on (正在跳转，请稍候)
_FEW_NODES = 2_000  # a page of more is no shell, and would be dear to look at twice
_PATIENCE_AFTER_HALT = 0.5  # of the usual reading time


class CdpFailed(Exception):
    """The browser could not do what it was told."""


class PageCrashed(Exception):
    """The page's process, or the whole browser, is gone."""


class Cdp(Protocol):
    """A line to one page of the browser."""

    async def send(self, method: str, params: Answer | None = None) -> Answer:
        """The answer; CdpFailed if the browser refuses."""
        ...

    def on(self, event: str, handler: Callable[[Answer], None]) -> None:
        """Have the handler called with every such event."""
        ...


class Viewing:
    """Goes to a page, waits until it has settled, reads it; halts it if it will not let itself be
    read.
    """

    def __init__(self, cdp: Cdp, limits: RenderLimits, look: Look) -> None:
        self.trail = Trail("")
        self.text = PageText()
        self.dom = ""
        self.picture = b""
        self.full_picture: bytes | None = None
        self.flags: set[Flag] = set()
        self.stopped_for = ""
        self.windows = 0
        self.scale = look.scale  # pixels of the pictures a CSS pixel
        self._frame = ""
        self._dead_end = ("", "")  # where the page may not go once it stands
        self._metrics: Answer | None = None
        self._blank = True
        self._cdp = cdp
        self._limits = limits
        self._look = look
        self._halted = False
        self._is_lost = False
        self._refused_start = False
        self._changed = asyncio.Event()
        self._crash: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def note_window(self) -> None:
        """The page opened another window."""
        self.windows += 1
        if self.windows > self._limits.windows:
            self._stop_for("页面不断弹出新窗口")

    def note_crash(self) -> None:
        """The page's process is gone."""
        if not self._crash.done():
            self._crash.set_result(None)

    def sighting(self) -> Sighting:
        """What came of it."""
        read = bool(self.picture or self.text.fields)
        return Sighting(read=read, blank=self._blank, stopped_for=self.stopped_for)

    async def prepare(self) -> None:
        """Listen before anything happens."""
        for event in EVENTS:
            self._cdp.on(event, self._listener(event))
        self._cdp.on("Fetch.requestPaused", self._way_on)
        tree, _, _ = await asyncio.gather(
            self._cdp.send("Page.getFrameTree"),
            self._cdp.send("Page.enable"),
            self._cdp.send("Network.enable"),
        )
        self._frame = str(tree["frameTree"]["frame"]["id"])
        self.trail = Trail(self._frame)

    async def look(self, url: str, *, full_page: bool) -> None:
        """Go there and read, text before pictures."""
        await self._arrive(url)
        if self.trail.left_a_page and await self._leads_nowhere():
            await self._stay(url)
        if self.trail.unreachable or self._refused_start:
            return
        if self.trail.broke_off:
            self.flags.add(Flag.DATA_LOSS)
        if not self.stopped_for and await self._responds() and self._is_unfinished():
            self._stop_for("页面在时限内未加载完")
        if self.stopped_for:
            await self.halt()
        if self._is_lost:
            return
        if not self.text.fields:  # else it was read when it came to rest
            await self._read_text()
        await self._read_dom()
        if self.trail.broke_off and not self.dom:
            return  # it broke off before its first tag: a picture would be waited for in vain
        await self._read_picture()
        if full_page and not self._is_lost:
            await self._read_full_picture()
        await self._read_certificate()

    async def look_once_more(self) -> None:
        """After the time is up: what can still be had of text and first screen."""
        self.flags.add(Flag.TIME_LIMIT)
        self._stop_for("到时限仍未读完")
        await self.halt()
        if not self.text.fields:
            await self._read_text()
        if not self.picture:
            await self._read_picture()

    async def halt(self) -> None:
        """Stop the page's scripts and loading, from outside."""
        if self._halted:
            return
        self._halted = True
        self._metrics = None
        commands = (
            self._cdp.send("Emulation.setScriptExecutionDisabled", {"value": True}),
            self._cdp.send("Runtime.terminateExecution"),
            self._cdp.send("Page.stopLoading"),
        )
        await asyncio.gather(*(self._tried(command, HALT_S) for command in commands))
        patience = self._limits.read_s * _PATIENCE_AFTER_HALT
        asking = self._cdp.send("Page.getLayoutMetrics")
        self._metrics = await self._tried(asking, patience)
        # who answers nothing now answers nothing later: each thing asked would be waited for
        self._is_lost = self._metrics is None

    # --- going there

    async def _arrive(self, url: str) -> None:
        started = self._now()
        self._navigate(url)
        load_until = started + self._limits.load_s
        end = load_until + self._limits.settle_s
        if not await self._until(self._is_there, load_until):
            self.flags |= set() if self.stopped_for else {Flag.TIME_LIMIT}
            return
        bare_until = 0.0
        while not self.stopped_for and self._now() < end and not self._refused_start:
            if not await self._is_quiet(min(end, self._now() + self._limits.settle_s)):
                continue
            bare_until = bare_until or self._now() + self._limits.settle_s
            if self._now() >= bare_until or not await self._is_bare():
                return
            await self._change(_AGAIN_S)

    async def _leads_nowhere(self) -> bool:
        """Whether what came last is no page but a refusal, by the browser or by our way out."""
        if self.trail.unreachable:
            return True
        if self.trail.status not in GATE_ANSWERS:
            return False
        await self._read_text()
        return self._blank

    async def _stay(self, url: str) -> None:
        """Go there again, and no further than the page that left: for a visitor it still stands
        while the browser waits for an address that nobody answers at, or that is not for us. One
        that hardly says a word was only a way there.
        """
        gone, self.trail, self.text = self.trail, Trail(self._frame), PageText()
        self._dead_end = _origin(gone.final_url)
        patterns = [{"urlPattern": "*", "resourceType": "Document"}]
        await self._tried(self._cdp.send("Fetch.enable", {"patterns": patterns}), PING_S)
        await self._arrive(url)
        if not self.text.fields:
            await self._read_text()
        said = "".join(self.text.field("body").split())
        if len(said) < _ON_THE_WAY or not self.trail.stands:
            self.trail, self.text, self._blank = gone, PageText(), True
            self.flags.clear()
            self.stopped_for, self._is_lost = "", True

    def _way_on(self, params: Answer) -> None:
        """Let a document be fetched, but for the dead end: of an aborted one the page stays."""
        known = {"requestId": params["requestId"]}
        leads_nowhere = _origin(str(params["request"]["url"])) == self._dead_end
        if leads_nowhere and params.get("frameId") == self._frame and self.trail.stands:
            saying = self._cdp.send("Fetch.failRequest", known | {"errorReason": "Aborted"})
        else:
            saying = self._cdp.send("Fetch.continueRequest", known)
        asyncio.ensure_future(self._tried(saying, PING_S)).add_done_callback(_forgotten)

    def _navigate(self, url: str) -> None:
        params = {"url": url}
        if self._look.referer:
            params |= {"referrer": self._look.referer, "referrerPolicy": "unsafeUrl"}
        task = asyncio.ensure_future(self._tried(self._cdp.send("Page.navigate", params), 3600.0))
        task.add_done_callback(self._navigated)

    def _navigated(self, task: "asyncio.Task[Answer | None]") -> None:
        answer = None if task.cancelled() or task.exception() else task.result()
        if answer and answer.get("errorText"):
            self.trail.failure = self.trail.failure or str(answer["errorText"])[:100]
            self._refused_start = not self.trail.final_url
        self._changed.set()

    def _is_there(self) -> bool:
        return self.trail.is_loaded or self.trail.broke_off or self._refused_start

    def _is_unfinished(self) -> bool:
        """A page whose words have come is seen; one whose document never ends is a part."""
        return Flag.TIME_LIMIT in self.flags and not self.trail.is_parsed

    async def _is_quiet(self, until: float) -> bool:
        """Whether nothing is under way any more; False when the page has gone on, or time is up."""
        navigations = self.trail.navigations
        while self._now() < until and not self.stopped_for:
            resting = self.trail.pending == 0 and self._is_there() and not self._is_announced(until)
            wait = self._limits.quiet_s if resting else until - self._now()
            if not await self._change(wait) and resting:
                return True
            if self.trail.navigations != navigations:
                await self._until(self._is_there, self._now() + self._limits.load_s)
                return False
        return False

    async def _is_bare(self) -> bool:
        """Whether a quiet page shows hardly a word and has scripts that may still fetch them: who
        waits a second before the words come, or the way goes on, is waited for.
        """
        if self.trail.unreachable:  # the browser's own words are nobody's
            return False
        counted = await self._tried(self._cdp.send("Memory.getDOMCounters"), PING_S)
        if counted is None or counted["nodes"] > _FEW_NODES:
            return False
        params = {"computedStyles": list(COMPUTED_STYLES)}
        asking = self._cdp.send("DOMSnapshot.captureSnapshot", params)
        snapshot = await self._tried(asking, self._limits.read_s)
        if snapshot is None:
            return False
        text = page_text_from(snapshot)
        if is_bare(text):  # maybe for it has just begun: what little there is is read at the end
            return has_scripts(snapshot)
        self._take(snapshot, text)
        return False

    def _is_announced(self, until: float) -> bool:
        delay = self.trail.scheduled_s
        return delay is not None and self._now() + delay < until

    async def _until(self, holds: Callable[[], bool], until: float) -> bool:
        while not holds():
            if self.stopped_for or not await self._change(until - self._now()):
                return holds()
        return True

    async def _change(self, seconds: float) -> bool:
        """Whether something happened in time."""
        self._changed.clear()
        try:
            await self._within(self._changed.wait(), max(seconds, 0.0))
        except TimeoutError:
            return False
        return True

    def _listener(self, event: str) -> Callable[[Answer], None]:
        def note(params: Answer) -> None:
            self.trail.take(event, params)
            self._changed.set()
            self._watch_for_loops()

        return note

    def _watch_for_loops(self) -> None:
        if self.trail.dialogs > self._limits.dialogs:
            self._stop_for("页面不断弹出对话框")
        elif (
            self.trail.navigations > self._limits.navigations
            or self.trail.moves_within > _MOST_MOVES_WITHIN
        ):
            self._loops()

    def _loops(self) -> None:
        self.flags.add(Flag.NAVIGATION_LOOP)
        self._stop_for("页面不停跳转")

    def _stop_for(self, reason: str) -> None:
        self.stopped_for = self.stopped_for or reason
        self._changed.set()

    # --- reading

    async def _responds(self) -> bool:
        self._metrics = await self._tried(self._cdp.send("Page.getLayoutMetrics"), PING_S)
        if self._metrics is None:
            self._stop_for("页面脚本不停运行")
        return self._metrics is not None

    async def _read_text(self) -> None:
        params = {"computedStyles": list(COMPUTED_STYLES)}
        snapshot = await self._asked("DOMSnapshot.captureSnapshot", params)
        if snapshot:
            self._take(snapshot, page_text_from(snapshot))

    def _take(self, snapshot: Answer, text: PageText) -> None:
        self.text = text
        self._blank = not text.fields and not shows_pictures(snapshot)

    async def _read_dom(self) -> None:
        document = await self._asked("DOM.getDocument", {"depth": 0})
        if not document:
            return
        params = {"nodeId": document["root"]["nodeId"], "includeShadowDOM": True}
        answer = await self._asked("DOM.getOuterHTML", params)
        dom = storable(str(answer["outerHTML"])) if answer else ""
        self.dom = dom[: self._limits.dom_characters]
        if len(dom) > len(self.dom):
            self.flags.add(Flag.SIZE_LIMIT)

    async def _read_picture(self) -> None:
        """The first screen. A phone zooms out on a page made for a desk: the clip does as well."""
        metrics = self._metrics or await self._asked("Page.getLayoutMetrics")
        visible = metrics["cssVisualViewport"] if metrics else {}
        self.scale = self._look.scale * float(visible.get("scale", 1.0))
        if self.scale == 1.0:
            self.picture = await self._pictured({})
            return
        clip = self._clip(*self._look.size_at(self.scale))
        zoomed_out = self.scale < self._look.scale
        self.picture = await self._pictured({"clip": clip, "captureBeyondViewport": zoomed_out})

    async def _read_full_picture(self) -> None:
        """All of the page, as far as limits go. Without it the page is seen all the same."""
        metrics = await self._tried(self._cdp.send("Page.getLayoutMetrics"), PING_S)
        size = metrics["cssContentSize"] if metrics else {"width": 0, "height": 0}
        least_width, least_height = self._look.size_at(self.scale)
        width = max(min(size["width"], self._limits.picture_width / self.scale), least_width)
        height = max(min(size["height"], self._limits.picture_height / self.scale), least_height)
        how = {"clip": self._clip(width, height), "captureBeyondViewport": True}
        shooting = self._cdp.send("Page.captureScreenshot", self._picture_params(how))
        answer = await self._tried(shooting, self._limits.full_picture_s) if metrics else None
        self.full_picture = _decoded(answer) or None
        if not self.full_picture or size["width"] > width or size["height"] > height:
            self.flags.add(Flag.CLIPPED)

    def _clip(self, width: float, height: float) -> Answer:
        return {"x": 0, "y": 0, "width": width, "height": height, "scale": self.scale}

    async def _pictured(self, how: Answer) -> bytes:
        return _decoded(await self._asked("Page.captureScreenshot", self._picture_params(how)))

    def _picture_params(self, how: Answer) -> Answer:
        quality = self._limits.jpeg_quality
        return {"format": "jpeg", "quality": quality, "optimizeForSpeed": True, **how}

    async def _read_certificate(self) -> None:
        if self.trail.tls is None:
            return
        origin = "/".join(self.trail.final_url.split("/")[:3])
        answer = await self._tried(
            self._cdp.send("Network.getCertificate", {"origin": origin}), HALT_S
        )
        chain = answer.get("tableNames", ()) if answer else ()
        if chain:
            self.trail.tls = _with_certificate(self.trail.tls, base64.b64decode(chain[0]))
        if self.trail.tls.problem:
            self.flags.add(Flag.TLS_INVALID)

    async def _asked(self, method: str, params: Answer | None = None) -> Answer | None:
        """The answer; at first failure the page is halted and asked again, then None."""
        if self._is_lost:
            return None
        if not self._halted:
            answer = await self._tried(self._cdp.send(method, params), self._limits.read_s)
            if answer is not None:
                return answer
            self._stop_for("页面不让读取")
            await self.halt()
            return await self._asked(method, params)
        patience = self._limits.read_s * _PATIENCE_AFTER_HALT
        return await self._tried(self._cdp.send(method, params), patience)

    async def _tried(self, asking: Awaitable[T], seconds: float) -> T | None:
        try:
            return await self._within(asking, seconds)
        except (TimeoutError, CdpFailed):
            return None

    async def _within(self, asking: Awaitable[T], seconds: float) -> T:
        """The result in time; PageCrashed at once when the page is gone, for it never answers."""
        task = asyncio.ensure_future(asking)
        try:
            either: set[asyncio.Future[Any]] = {task, self._crash}
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.cancel()
        if task.done() and not task.cancelled():
            return task.result()
        if self._crash.done():
            raise PageCrashed
        raise TimeoutError

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", url
    return parts.scheme, parts.netloc


def _forgotten(task: "asyncio.Task[Any]") -> None:
    """What an answer to the browser came to; that the page is gone is noticed elsewhere."""
    if not task.cancelled():
        task.exception()


def _decoded(answer: Answer | None) -> bytes:
    try:
        return base64.b64decode(answer["data"]) if answer else b""
    except (binascii.Error, KeyError):
        return b""


def _with_certificate(facts: TlsFacts, der: bytes) -> TlsFacts:
    return replace(facts, certificate_der=der, certificate_sha256=hashlib.sha256(der).hexdigest())
