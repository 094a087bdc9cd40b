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

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from crawler.domain.assessment import LEVEL_NAMES
from crawler.domain.case import CHINA
from crawler.domain.user import Session
from crawler.service.catalogue import Say
from crawler.service.console.access import READERS
from crawler.service.console.calls import whole_number
from crawler.service.console.looking import name_of
from crawler.service.wiring import House
from crawler.store.arrivals import MOST_MISSED, Arrival, arrivals_after, where_to_begin
from crawler.store.database import Connection

T = TypeVar("T")
LOOK_S = 2.0
STILL_HERE_S = 20.0
MOST_LISTENERS = 200
MOST_OF_ONE = 4  # pages open at once; a browser opens six connections, and needs some for pages
LONGEST_S = 3_600.0  # then the browser asks anew

log = structlog.get_logger()


@dataclass(eq=False, kw_only=True, slots=True)
class Listener:
    """One open page, and its language."""

    session: Session
    say: Say
    told: int  # up to which entry of the trail
    waiting: asyncio.Queue[Arrival] = field(default_factory=lambda: asyncio.Queue(MOST_MISSED))
    is_full: bool = False


class News:
    """Looks while somebody listens, and hands each arrival to those who may see it."""

    def __init__(self, house: House, held: Callable[[str], Session | None]) -> None:
        """`held` gives the session of a digest as long as it holds."""
        self._house = house
        self._held = held
        self._listeners: set[Listener] = set()
        self._looking: asyncio.Task[None] | None = None

    async def answer(self, request: Request, session: Session | None, say: Say) -> Response:
        """The stream of one page; only for those who see alerts."""
        if session is None or not session.user.roles & READERS:
            return Response(status_code=403 if session else 401)
        mine = sum(1 for one in self._listeners if one.session.digest == session.digest)
        if len(self._listeners) >= MOST_LISTENERS or mine >= MOST_OF_ONE:
            return Response(status_code=429)
        begin = partial(where_to_begin, heard=_heard(request), reach=session.user.reach)
        told = await run_in_threadpool(self._read, begin)
        stream = self._stream(request, Listener(session=session, say=say, told=told))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def _stream(self, request: Request, listener: Listener) -> AsyncIterator[str]:
        self._listeners.add(listener)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        ends = asyncio.get_running_loop().time() + LONGEST_S
        yield f"retry: 5000\n{_here(listener)}"
        try:
            while asyncio.get_running_loop().time() < ends and not listener.is_full:
                arrival = await _next(listener)
                if not await self._holds(listener):
                    break
                if arrival is not None:
                    yield _event(arrival, listener.say)
                elif await request.is_disconnected():
                    break
                else:
                    yield _here(listener)
        finally:
            self._listeners.discard(listener)

    async def _look(self) -> None:
        while self._listeners:
            await asyncio.sleep(LOOK_S)
            try:
                while await self._round():
                    pass
            except Exception as error:  # noqa: BLE001 one bad round must not be the last
                log.warning("news not read", action="news", why=str(error))

    async def _round(self) -> bool:
        """Whether there was something, so that there may be more."""
        listeners = list(self._listeners)  # who comes meanwhile begins elsewhere
        after = min((one.told for one in listeners), default=0)
        ask = partial(arrivals_after, seq=after)
        read, found = await run_in_threadpool(self._read, ask)
        for listener in listeners:
            for one in found:
                _hand(one, listener)
            listener.told = max(listener.told, read)
        return read > after and bool(self._listeners)

    async def _holds(self, listener: Listener) -> bool:
        """Asked again until the store says so: nobody hears anything meanwhile."""
        while True:
            try:
                session = await run_in_threadpool(self._held, listener.session.digest)
            except Exception as error:  # noqa: BLE001 a store that is away comes back
                log.warning("session not read", action="news", why=str(error))
                await asyncio.sleep(LOOK_S)
                continue
            if session is None or not session.user.roles & READERS:
                return False
            listener.session = session
            return True

    def _read(self, ask: Callable[[Connection], T]) -> T:
        with self._house.database.reading() as db:
            return ask(db)


def _heard(request: Request) -> int | None:
    """Up to which entry a page heard before, if it says so."""
    given = request.headers.get("last-event-id") or request.query_params.get("after", "")
    return whole_number(given)


async def _next(listener: Listener) -> Arrival | None:
    try:
        async with asyncio.timeout(STILL_HERE_S):
            return await listener.waiting.get()
    except TimeoutError:
        return None


def _hand(arrival: Arrival, listener: Listener) -> None:
    if arrival.seq <= listener.told or not arrival.region.startswith(listener.session.user.reach):
        return
    try:
        listener.waiting.put_nowait(arrival)
    except asyncio.QueueFull:
        listener.is_full = True  # the stream ends, and the browser asks for what it has not got


def _here(listener: Listener) -> str:
    """Nothing new, and up to where: a browser that comes back begins there."""
    told = listener.told if listener.waiting.empty() else 0
    mark = f"id: {told}\n" if told else ""
    return f"event: here\n{mark}data: here\n\n"


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
