"""Waiting for an event within a time."""

import asyncio
import time

import pytest

from crawler.service.pausing import until_set


def test_it_ends_with_the_event_or_with_the_time() -> None:
    async def both() -> tuple[float, float]:
        event = asyncio.Event()
        began = time.monotonic()
        await until_set(event, 0.05)
        late = time.monotonic() - began
        event.set()
        began = time.monotonic()
        await until_set(event, 30)
        return late, time.monotonic() - began

    late, soon = asyncio.run(both())
    assert late >= 0.05
    assert soon < 5


@pytest.mark.parametrize("turns", range(4))
def test_a_cancellation_that_comes_with_the_event_is_heard(turns: int) -> None:
    async def cancelled_late() -> tuple[bool, bool]:
        event = asyncio.Event()
        waiting = asyncio.create_task(until_set(event, 30))
        for _ in range(3):
            await asyncio.sleep(0)
        event.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        was_over = waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])
        return was_over, waiting.cancelled()

    was_over, was_cancelled = asyncio.run(cancelled_late())
    assert was_cancelled is not was_over
