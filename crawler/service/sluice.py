"""How many visits a child works on at once: the parent says how many at most, at any time; how soon
what answered is read says whether so many are of use.
"""

import asyncio
from collections.abc import AsyncIterator

from crawler.service.pipes import Downward, Order, Places

FIRST = 64  # at the start; more as long as what answers is read at once
LEAST = 32
SOON_S = 2.0  # between answer and reading
DOWN = 0.7


class Sluice:
    """Whoever begins a visit enters, whoever ends it leaves; what is under way is never cut."""

    def __init__(self, places: int, first: int = FIRST) -> None:
        self._places, self._most, self._inside = places, places, 0
        self._useful, self._lowered_s = first, float("-inf")
        self._room = asyncio.Event()
        self._room.set()

    def set(self, places: int) -> None:
        """From now on so many at most."""
        self._places = max(1, places)
        self._most = max(self._most, self._places)
        self._look()

    async def enter(self) -> None:
        """Wait for a place and take it."""
        while self._is_full():
            await self._room.wait()
        self._inside += 1
        self._look()

    def leave(self) -> None:
        """Give the place back."""
        self._inside -= 1
        self._look()

    def leave_read(self, answered_s: float, now_s: float) -> None:
        """The same, by who answered then and is read now. Where answers come faster than they are
        read, more visits would only wait longer, and an alert with them: each that was read soon
        makes room for one more, one that waited takes a part of the room, once for all that wait.
        """
        if now_s - answered_s <= SOON_S:
            self._useful = min(self._most, self._useful + 1)
        elif answered_s > self._lowered_s:
            self._useful, self._lowered_s = max(LEAST, int(self._useful * DOWN)), now_s
        self.leave()

    def _is_full(self) -> bool:
        return self._inside >= min(self._places, self._useful)

    def _look(self) -> None:
        if self._is_full():
            self._room.clear()
        else:
            self._room.set()


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
