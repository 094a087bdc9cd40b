"""Leaving others in peace: how many exchanges one address has to bear at a time; where only a
proxy knows the address, one registered domain.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from crawler.domain.address import Address


@dataclass(slots=True)
class _Queue:
    inside: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


Whom = Address | str  # an address, else a registered domain


class AddressGate:
    """Lets at most so many in for one address; the others wait their turn. It remembers only
    addresses that are in use.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._queues: dict[Whom, _Queue] = {}

    @asynccontextmanager
    async def turn(self, address: Whom) -> AsyncIterator[None]:
        """One exchange's time at an address."""
        queue = self._queues.setdefault(address, _Queue())
        await self._enter(queue)
        try:
            yield
        finally:
            self._leave(address, queue)

    def __len__(self) -> int:
        return len(self._queues)

    async def _enter(self, queue: _Queue) -> None:
        if queue.inside < self._limit and not queue.waiting:
            queue.inside += 1
            return
        mine = asyncio.get_running_loop().create_future()
        queue.waiting.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._hand_on(queue)  # let in and called off in one moment
            raise

    def _leave(self, address: Whom, queue: _Queue) -> None:
        self._hand_on(queue)
        if not queue.inside and not queue.waiting:
            self._queues.pop(address, None)

    def _hand_on(self, queue: _Queue) -> None:
        while queue.waiting:
            next_one = queue.waiting.popleft()
            if not next_one.done():
                next_one.set_result(None)
                return
        queue.inside -= 1
