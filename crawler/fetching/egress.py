"""The checking forward proxy: whatever a browser or an outgoing call exchanges with the world
passes here, on a port of its own for each capture, and is written down.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Self

from crawler.domain.capture import Outcome, Route
from crawler.fetching.dialling import Dialler, Line, Refused
from crawler.fetching.proxy_request import Ask, read_ask
from crawler.fetching.trouble import Trouble

MOST_CONNECTIONS_KEPT = 5_000  # records a capture; later ones are only counted
_HEAD_LIMIT = 64 * 1024
_HEAD_S = 15.0
_CHUNK = 64 * 1024
_MOST_OPEN = 128
_ENDS_IN_S = 2.0
_CAP_REASON = "本次采集的流量已达上限"

Clock = Callable[[], datetime]


@dataclass(kw_only=True, slots=True)
class Connection:
    """One way out that was asked for; the byte counts grow while it is open."""

    host: str
    port: int
    at: datetime
    peer: str = ""  # address:port really connected to
    route: Route | None = None
    outcome: Outcome | None = None  # why there was no connection
    reason: str = ""
    received: int = 0
    sent: int = 0

    @property
    def refused(self) -> bool:
        """Whether the policy said no."""
        return self.outcome is Outcome.BLOCKED_ADDRESS


@dataclass(frozen=True, kw_only=True, slots=True)
class EgressLimits:
    """What one capture may use."""

    received_bytes: int = 64 * 1024 * 1024
    sent_bytes: int = 8 * 1024 * 1024
    open_connections: int = _MOST_OPEN


@dataclass(frozen=True, kw_only=True, slots=True)
class Doorway:
    """Where slots listen, and who may come in: whoever can reach it, or callers from some ranges
    only (a browser on another machine).
    """

    address: str = "127.0.0.1"
    callers: tuple[IPv4Network | IPv6Network, ...] = ()

    def admits(self, caller: str) -> bool:
        """Whether somebody at this address may use a slot."""
        return not self.callers or any(ip_address(caller) in one for one in self.callers)


class Egress:
    """Hands out slots; each is a proxy on a port of its own."""

    def __init__(
        self,
        dialler: Dialler,
        clock: Clock,
        limits: EgressLimits | None = None,
        doorway: Doorway | None = None,
    ) -> None:
        self.doorway = doorway or Doorway()
        self._dialler = dialler
        self._clock = clock
        self._limits = limits or EgressLimits()
        self._slots: set[Slot] = set()
        self._taken = 0

    async def start(self) -> None:
        """Prove that a port can be opened at all."""
        async with await self.open_slot():
            pass

    async def open_slot(self) -> "Slot":
        """A proxy for one capture. Close it when the capture ends."""
        slot = Slot(self._dialler, self._clock, self._limits, self._forget, self.doorway)
        await slot.open()
        self._slots.add(slot)
        return slot

    def taken(self) -> int:
        """Bytes that came in over slots closed since the last time this was asked."""
        taken, self._taken = self._taken, 0
        return taken

    def _forget(self, slot: "Slot") -> None:
        if slot in self._slots:
            self._taken += slot.received
        self._slots.discard(slot)

    async def close(self) -> None:
        """End every slot and all that runs over it."""
        for slot in tuple(self._slots):
            await slot.close()


class Slot:
    """One capture's way out: a listening port, and the record of what went over it."""

    def __init__(
        self,
        dialler: Dialler,
        clock: Clock,
        limits: EgressLimits,
        when_closed: Callable[["Slot"], None],
        doorway: Doorway,
    ) -> None:
        self.connections: list[Connection] = []
        self.uncounted = 0  # connections beyond what is kept
        self.received = 0
        self.sent = 0
        self.port = 0
        self._dialler = dialler
        self._clock = clock
        self._limits = limits
        self._when_closed = when_closed
        self._doorway = doorway
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def is_spent(self) -> bool:
        """Whether the capture has used up what it may exchange."""
        over = self.received > self._limits.received_bytes
        return over or self.sent > self._limits.sent_bytes

    def refusals(self) -> tuple[Connection, ...]:
        """What the policy forbade, in order."""
        return tuple(one for one in self.connections if one.refused)

    def latest(self, host: str, port: int) -> Connection | None:
        """The last connection asked for to this host and port."""
        found = (c for c in reversed(self.connections) if (c.host, c.port) == (host, port))
        return next(found, None)

    @property
    def url(self) -> str:
        """As a browser is told of it."""
        return f"http://{self._doorway.address}:{self.port}"

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(
            self._accept, self._doorway.address, 0, limit=_HEAD_LIMIT, backlog=256
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and cut what is under way."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_ENDS_IN_S)
        self._when_closed(self)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = writer.get_extra_info("peername")[0]
        if len(self._tasks) >= self._limits.open_connections or not self._doorway.admits(caller):
            writer.close()
            return
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            try:
                await self._answer(reader, writer)
            finally:
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ask = await _asked(reader)
        if ask is None:
            writer.write(_error(400, "Bad Request"))
            return
        connection = Connection(host=ask.host, port=ask.port, at=self._clock())
        self._keep(connection)
        try:
            line = await self._dial(ask)
        except Trouble as trouble:
            connection.outcome, connection.reason = trouble.outcome, trouble.reason
            writer.write(_answer_to(trouble))
            return
        connection.peer, connection.route = line.peer, line.route
        try:
            await self._carry(ask, reader, writer, line, connection)
        finally:
            line.writer.close()

    async def _dial(self, ask: Ask) -> Line:
        if self.is_spent:
            raise Trouble(Outcome.BUDGET_REACHED, _CAP_REASON)
        return await self._dialler.dial(ask.host, ask.port, tunnel=ask.tunnel)

    def _keep(self, connection: Connection) -> None:
        if len(self.connections) < MOST_CONNECTIONS_KEPT:
            self.connections.append(connection)
        else:
            self.uncounted += 1

    async def _carry(
        self,
        ask: Ask,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        line: Line,
        connection: Connection,
    ) -> None:
        """Bytes both ways, until one side ends or the capture has had enough."""
        if ask.tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            line.writer.write(_head_for(line, ask))
        up = self._up(ask, reader, line.writer, connection)
        down = self._down(line.reader, writer, connection)
        await _until_one_ends(up, down)

    async def _up(
        self,
        ask: Ask,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        connection: Connection,
    ) -> None:
        left = self._limits.sent_bytes if ask.tunnel else ask.body_length
        while data := await reader.read(_CHUNK):
            # A second request on the same line might be meant for another host: cut, asked anew.
            if len(data) > left or self.is_spent:
                return
            left -= len(data)
            self.sent += len(data)
            connection.sent += len(data)
            writer.write(data)
            await writer.drain()

    async def _down(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
    ) -> None:
        while data := await reader.read(_CHUNK):
            self.received += len(data)
            connection.received += len(data)
            writer.write(data)
            await writer.drain()
            if self.is_spent:
                connection.reason = _CAP_REASON
                return


async def _asked(reader: asyncio.StreamReader) -> Ask | None:
    try:
        async with asyncio.timeout(_HEAD_S):
            return read_ask((await reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n"))
    except (TimeoutError, EOFError, asyncio.LimitOverrunError):
        return None


async def _until_one_ends(*ways: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _head_for(line: Line, ask: Ask) -> bytes:
    if not line.speaks_to_proxy:
        return ask.head
    return ask.proxy_head.removesuffix(b"\r\n") + line.authorization + b"\r\n"


def _answer_to(trouble: Trouble) -> bytes:
    if isinstance(trouble, Refused):
        return _error(403, "Forbidden")
    if trouble.outcome is Outcome.TIMED_OUT:
        return _error(504, "Gateway Timeout")
    return _error(502, "Bad Gateway")


def _error(status: int, words: str) -> bytes:
    head = f"HTTP/1.1 {status} {words}\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n"
    return f"{head}Connection: close\r\n\r\n".encode()
