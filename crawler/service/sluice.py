"""How many visits a child works on at once: the parent says it, at any time."""

import asyncio
from collections.abc import AsyncIterator

from crawler.service.pipes import Downward, Order, Places


class Sluice:
    """Whoever begins a visit enters, whoever ends it leaves; what is under way is never cut."""

    def __init__(self, places: int) -> None:
        self._places, self._inside = places, 0
        self._room = asyncio.Event()
        self._room.set()

    def set(self, places: int) -> None:
        """From now on so many."""
        self._places = max(1, places)
        self._look()

    async def enter(self) -> None:
        """Wait for a place and take it."""
        while self._inside >= self._places:
            await self._room.wait()
        self._inside += 1
        self._look()

    def leave(self) -> None:
        """Give the place back."""
        self._inside -= 1
        self._look()

    def _look(self) -> None:
        if self._inside < self._places:
            self._room.set()
        else:
            self._room.clear()


async def orders_through(records: AsyncIterator[Downward], sluice: Sluice) -> AsyncIterator[Order]:
    """The orders as places become free. A changed number counts at once, however many wait."""
    waiting: asyncio.Queue[Order | None] = asyncio.Queue()
    listening = asyncio.create_task(_listen(records, sluice, waiting))
    try:
        while (order := await waiting.get()) is not None:
            await sluice.enter()
            yield order
        await listening
    finally:
        listening.cancel()


async def _listen(
    records: AsyncIterator[Downward], sluice: Sluice, waiting: "asyncio.Queue[Order | None]"
) -> None:
    try:
        async for record in records:
            if isinstance(record, Places):
                sluice.set(record.places)
            elif isinstance(record, Order):
                waiting.put_nowait(record)
    finally:
        waiting.put_nowait(None)
