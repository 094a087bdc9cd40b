"""What a page is asked, and how often: one that answers nothing once it was halted is left at once,
one that has come to rest is read once.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from crawler.domain.capture import Profile
from crawler.fetching import snapshot, viewing
from crawler.fetching.rendering import LOOKS, RenderLimits
from crawler.fetching.viewing import CdpFailed, Viewing

LIMITS = RenderLimits(load_s=0.1, settle_s=0.1, read_s=0.2)
SETTING_UP = {"Page.getFrameTree": {"frameTree": {"frame": {"id": "F"}}}, "Page.enable": {}}
SETTING_UP |= {"Network.enable": {}, "Page.navigate": {}}
METRICS = {"cssVisualViewport": {"scale": 1.0}, "cssContentSize": {"width": 1, "height": 1}}


class Line:
    """A page that never ends loading; `wakes` says whether it answers once it was halted."""

    def __init__(self, *, wakes: bool) -> None:
        self.asked: list[str] = []
        self._wakes = wakes
        self._halted = False

    def on(self, event: str, handler: Callable[[Mapping[str, Any]], None]) -> None:
        return

    async def send(self, method: str, params: Any = None) -> Mapping[str, Any]:
        if method in SETTING_UP:
            return SETTING_UP[method]
        self.asked.append(method)
        self._halted = self._halted or method == "Page.stopLoading"
        if not (self._halted and self._wakes):
            await asyncio.sleep(3600)
        if method == "Page.getLayoutMetrics":
            return METRICS
        if method == "Page.captureScreenshot":
            return {"data": "eA=="}
        raise CdpFailed(method)


@pytest.fixture(autouse=True)
def _haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "PING_S", 0.1)
    monkeypatch.setattr(viewing, "HALT_S", 0.1)


async def looked(*, wakes: bool) -> tuple[Viewing, Line]:
    line = Line(wakes=wakes)
    seen = Viewing(line, LIMITS, LOOKS[Profile.DESKTOP])
    await seen.prepare()
    async with asyncio.timeout(5):
        await seen.look("http://a.cn/", full_page=True)
    return seen, line


class Resting:
    """A small page that loads at once and rests; its words come with the second look, or never."""

    def __init__(self, *snapshots: Any, is_error: bool = False) -> None:
        self.asked: list[str] = []
        self._is_error = is_error
        self._snapshots = list(snapshots)
        self._handlers: dict[str, Callable[[Mapping[str, Any]], None]] = {}

    def on(self, event: str, handler: Callable[[Mapping[str, Any]], None]) -> None:
        self._handlers[event] = handler

    async def send(self, method: str, params: Any = None) -> Mapping[str, Any]:
        self.asked.append(method)
        if method == "Page.navigate":
            if self._is_error:
                gone = {"id": "F", "url": "chrome-error://x/", "unreachableUrl": "http://a.cn/"}
                self._handlers["Page.frameNavigated"]({"frame": gone})
            self._handlers["Page.loadEventFired"]({})
        if method == "DOMSnapshot.captureSnapshot":
            left = self._snapshots
            return left.pop(0) if len(left) > 1 else left[0]
        known = {"Memory.getDOMCounters": {"nodes": 9}, "Page.getLayoutMetrics": METRICS}
        known["Page.captureScreenshot"] = {"data": "eA=="}
        return (SETTING_UP | known).get(method, {})


RECORDED = Path(__file__).parent / "recorded" / "words.json"
SAYS = json.loads(RECORDED.read_text("utf-8"))
BARE = {"documents": [], "strings": ["SCRIPT"]}
BEGUN = {"documents": [], "strings": []}


@pytest.mark.parametrize(
    ("snapshots", "asked"), [((SAYS,), 1), ((BARE, SAYS), 2), ((BEGUN, SAYS), 2)]
)
async def test_what_was_read_when_the_page_rested_is_not_read_again(
    monkeypatch: pytest.MonkeyPatch, snapshots: tuple[Any, ...], asked: int
) -> None:
    monkeypatch.setattr(viewing, "_AGAIN_S", 0.01)
    monkeypatch.setattr(snapshot, "BARE", 10)
    line = Resting(*snapshots)
    seen = Viewing(line, RenderLimits(quiet_s=0.01, settle_s=2.0), LOOKS[Profile.DESKTOP])
    await seen.prepare()

    await seen.look("http://a.cn/", full_page=False)

    assert line.asked.count("DOMSnapshot.captureSnapshot") == asked
    assert "保本高息" in seen.text.field("body")
    assert not seen.sighting().blank


async def test_the_browsers_own_words_are_not_read_however_many_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snapshot, "BARE", 10)
    seen = Viewing(
        Resting(SAYS, is_error=True),
        RenderLimits(quiet_s=0.01, settle_s=2.0),
        LOOKS[Profile.DESKTOP],
    )
    await seen.prepare()

    await seen.look("http://a.cn/", full_page=False)

    assert not seen.text.fields
    assert not seen.sighting().read


async def test_a_page_that_never_answers_again_is_left() -> None:
    seen, line = await looked(wakes=False)

    assert not seen.sighting().read
    assert line.asked.count("Page.getLayoutMetrics") == 2  # before it was halted, and after
    assert not {"DOMSnapshot.captureSnapshot", "Page.captureScreenshot"} & set(line.asked)


async def test_a_page_that_answers_once_it_was_halted_is_read() -> None:
    seen, line = await looked(wakes=True)

    assert seen.picture == b"x"
    assert "DOMSnapshot.captureSnapshot" in line.asked
