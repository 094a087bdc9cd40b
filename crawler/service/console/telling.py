"""New 红 and 橙, told to open pages as they arrive (server-sent events). One look at the audit
trail every two seconds while anybody listens, however many they are.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from crawler.domain.assessment import LEVEL_NAMES
from crawler.domain.case import CHINA
from crawler.domain.user import Session
from crawler.service.catalogue import Say
from crawler.service.console.access import READERS
from crawler.service.console.looking import name_of
from crawler.service.wiring import House
from crawler.store.arrivals import Arrival, arrivals_after, last_seq
from crawler.store.database import Connection
from crawler.store.sessions import live_sessions

T = TypeVar("T")
LOOK_S = 2.0
STILL_HERE_S = 20.0
MOST_LISTENERS = 200
MOST_OF_ONE = 6  # pages open at once
LONGEST_S = 3_600.0  # then the browser asks anew, and is looked at anew


@dataclass(eq=False, kw_only=True, slots=True)
class Listener:
    """One open page, and its language."""

    session: Session
    say: Say
    waiting: asyncio.Queue[Arrival] = field(default_factory=lambda: asyncio.Queue(50))


class News:
    """Looks while somebody listens, and hands each arrival to those who may see it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._listeners: set[Listener] = set()
        self._looking: asyncio.Task[None] | None = None

    async def answer(self, request: Request, session: Session | None, say: Say) -> Response:
        """The stream of one page; only for those who see alerts."""
        if session is None or not session.user.roles & READERS:
            return Response(status_code=403 if session else 401)
        mine = sum(1 for one in self._listeners if one.session.digest == session.digest)
        if len(self._listeners) >= MOST_LISTENERS or mine >= MOST_OF_ONE:
            return Response(status_code=429)
        listener = Listener(session=session, say=say)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        stream = self._stream(request, listener)
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def _stream(self, request: Request, listener: Listener) -> AsyncIterator[str]:
        self._listeners.add(listener)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        ends = asyncio.get_running_loop().time() + LONGEST_S
        yield "retry: 5000\n\n"
        try:
            while asyncio.get_running_loop().time() < ends and await self._holds(listener):
                try:
                    async with asyncio.timeout(STILL_HERE_S):
                        yield _event(await listener.waiting.get(), listener.say)
                except TimeoutError:
                    if await request.is_disconnected():
                        break
                    yield ": still here\n\n"
        finally:
            self._listeners.discard(listener)

    async def _look(self) -> None:
        seq = await run_in_threadpool(self._read, last_seq)
        while self._listeners:
            await asyncio.sleep(LOOK_S)
            ask = partial(arrivals_after, seq=seq)
            seq, found = await run_in_threadpool(self._read, ask)
            for one in found:
                self._hand_out(one)

    def _hand_out(self, arrival: Arrival) -> None:
        for one in self._listeners:
            if arrival.region.startswith(one.session.user.reach) and not one.waiting.full():
                one.waiting.put_nowait(arrival)

    async def _holds(self, listener: Listener) -> bool:
        digest = listener.session.digest
        return bool(await run_in_threadpool(self._read, lambda db: live_sessions(db, [digest])))

    def _read(self, ask: Callable[[Connection], T]) -> T:
        with self._house.database.reading() as db:
            return ask(db)


def _event(arrival: Arrival, say: Say) -> str:
    told = {
        "id": arrival.alert_id,
        "level": str(arrival.level),
        "level_name": say(LEVEL_NAMES[arrival.level]),
        "name": name_of(arrival.site)[:60],
        "at": _clock(arrival.at),
        "said": say("新到 1 条："),
    }
    return f"event: alert\nid: {arrival.seq}\ndata: {json.dumps(told)}\n\n"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%H:%M}"
