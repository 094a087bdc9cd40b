"""A browser that stops answering costs one page its turn, at whichever step it stops."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from crawler.domain.capture import Profile
from crawler.fetching.browser import life
from crawler.fetching.browser.life import Life
from crawler.fetching.browser.showing import Showing
from crawler.fetching.egress import Slot
from crawler.fetching.rendering import RenderLimits
from crawler.fetching.reporting import Wish
from crawler.fetching.viewing import PageCrashed
from tests.builders import NOON


class _Mute:
    """A context, a page, a session: each is there, and no command is ever answered."""

    async def new_page(self) -> "_Mute":
        return self

    async def new_cdp_session(self, _: object) -> "_Mute":
        return self

    def on(self, _: str, __: Callable[..., object]) -> None:
        return

    async def send(self, *_: object) -> None:
        await asyncio.sleep(3600)


class _Life:
    number = "150.0.1.2"

    def __init__(self) -> None:
        self.viewings: set[Any] = set()

    @asynccontextmanager
    async def context(self, *_: object) -> AsyncIterator[_Mute]:
        yield _Mute()


def test_a_page_that_does_not_even_listen_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "_STEP_S", 0.05)
    wish = Wish("http://a.test/", Profile.DESKTOP, RenderLimits(), full_page=False, started_at=NOON)

    async def look() -> None:
        showing = Showing(cast(Life, _Life()), cast(Slot, None), lambda: datetime.now(UTC))
        await asyncio.wait_for(showing.of(wish), 5)

    with pytest.raises(PageCrashed):
        asyncio.run(look())
