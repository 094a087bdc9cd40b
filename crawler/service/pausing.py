"""A wait that ends early when something happens."""

import asyncio
import contextlib


async def until_set(event: asyncio.Event, seconds: float) -> None:
    """Until it is set, or so long. `asyncio.wait_for` may swallow a cancellation that comes with
    the event (Python 3.11).
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
