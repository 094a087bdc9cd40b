"""What parent and child say to each other: length-prefixed records, versioned by the first one.

A child has no database, key or secret; all it knows comes in `Greeting` and `Order`.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import BinaryIO

import msgspec
import structlog

from crawler.domain.assessment import Assessment
from crawler.domain.capture import Capture, Field, PageText
from crawler.domain.discrepancy import Discrepancy
from crawler.domain.errors import BadInput
from crawler.domain.family import Mark
from crawler.domain.page import Imprint, PageStructure
from crawler.domain.robots import RobotsWord
from crawler.domain.site import Visit

VERSION = 4
LONGEST = 256 * 1024 * 1024
_LENGTH = 4


class Greeting(msgspec.Struct, tag="greeting", frozen=True, kw_only=True):
    """The first record a child gets: who it is and how it works."""

    version: int = VERSION
    worker: str  # unique; its segments bear it
    evidence: str  # folder of the segments
    lexicon: str  # folder of the word lists
    cache: str  # private folder
    watch: str  # file in which it says what it is at
    agent: str
    slots: int
    patient: bool = False
    looks: bool = False  # as a phone and from a search engine, instead of as a desktop
    hosts: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    proxy: str = ""
    robots: str = "respect"
    browser: str = ""
    remote: str = ""  # the browser's address, where it runs elsewhere
    remote_from: tuple[str, ...] = ()  # whence it calls
    way_back: str = "127.0.0.1"
    sandbox: bool = True
    tool: str = ""
    egress: str = ""  # public addresses of ours, as operations stated them


class PictureReading(msgspec.Struct, frozen=True, kw_only=True):
    """What a capture's picture says, beside its text."""

    capture_id: str
    field: Field
    qr_codes: tuple[str, ...] = ()
    tool: str = ""


class Order(msgspec.Struct, tag="order", frozen=True, kw_only=True):
    """One visit to work on, with the texts that only a browser could read, and what was read in
    its pictures.
    """

    visit: Visit
    texts: tuple[PageText, ...] = ()
    readings: tuple[PictureReading, ...] = ()


class Keepsake(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that a worker without a segment of its own asks the parent to keep."""

    capture_id: str
    kind: str
    media_type: str
    url: str
    content: bytes


class Report(msgspec.Struct, tag="report", frozen=True, kw_only=True):
    """What came of a visit. Without assessment it is the reader's turn."""

    visit_id: int
    captures: tuple[Capture, ...] = ()
    texts: tuple[PageText, ...] = ()
    structure: PageStructure | None = None
    tokens: tuple[str, ...] = ()
    assessment: Assessment | None = None
    render_reason: str = ""
    look_reason: str = ""
    picture_reason: str = ""
    imprint: Imprint | None = None
    marks: tuple[Mark, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()
    readings: tuple[PictureReading, ...] = ()
    keepsakes: tuple[Keepsake, ...] = ()
    robots: tuple[RobotsWord, ...] = ()


class Places(msgspec.Struct, tag="places", frozen=True, kw_only=True):
    """How many visits may be worked on at once, from now on."""

    places: int


class Pulse(msgspec.Struct, tag="pulse", frozen=True, kw_only=True):
    """How a child fares: by how much its loop is late, what it took in from outside since."""

    lag_s: float = 0.0
    received: int = 0


class Ready(msgspec.Struct, tag="ready", frozen=True, kw_only=True):
    """The child can work; `notice` is one line a person should see, or empty."""

    notice: str = ""


log = structlog.get_logger()

Downward = Greeting | Order | Places
Upward = Ready | Report | Pulse
_encoder = msgspec.msgpack.Encoder()
_down = msgspec.msgpack.Decoder(Downward)
_up = msgspec.msgpack.Decoder(Upward)


def framed(record: Downward | Upward) -> bytes:
    """One record as it goes over the pipe."""
    body = _encoder.encode(record)
    return len(body).to_bytes(_LENGTH, "big") + body


async def records_from_child(stream: asyncio.StreamReader) -> AsyncIterator[Upward]:
    """What a child says, until it closes the pipe; a torn record, or one that is none, ends it
    too: whoever says such a thing is treated as dead, and no sweep dies of it.
    """
    while (body := await _body(stream)) is not None:
        try:
            record = _up.decode(body)
        except (msgspec.DecodeError, UnicodeError) as error:
            log.error("child not understood", action="end", error=str(error))
            return
        yield record


async def records_from_parent(stream: asyncio.StreamReader) -> AsyncIterator[Downward]:
    """What the parent says, until it closes the pipe."""
    while (body := await _body(stream)) is not None:
        yield _down.decode(body)


async def greeting_from(records: AsyncIterator[Downward]) -> Greeting:
    """The first record, which must be a greeting of this version."""
    first = await anext(records, None)
    if not isinstance(first, Greeting) or first.version != VERSION:
        raise BadInput("子进程没有收到本版本的问候，不能单独启动")
    return first


async def _body(stream: asyncio.StreamReader) -> bytes | None:
    try:
        length = int.from_bytes(await stream.readexactly(_LENGTH), "big")
        if length > LONGEST:
            return None
        return await stream.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def open_stdin(pipe: BinaryIO) -> asyncio.StreamReader:
    """The child's standard input as a stream of the running loop."""
    loop = asyncio.get_running_loop()
    stream = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), pipe)
    return stream


class Outlet:
    """The child's way up: never blocks the loop, and tells when the parent does not keep up."""

    FULL = 8 * 1024 * 1024

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd, self._waiting = fd, bytearray()
        self._room, self._empty = asyncio.Event(), asyncio.Event()
        self._room.set()
        self._empty.set()
        self._loop = asyncio.get_running_loop()

    def put(self, record: Upward) -> None:
        """Queue one record; it leaves as soon as the pipe has room."""
        if not self._waiting:
            self._loop.add_writer(self._fd, self._write)
        self._waiting += framed(record)
        self._empty.clear()
        if len(self._waiting) > self.FULL:
            self._room.clear()

    async def room(self) -> None:
        """Wait while too much is queued."""
        await self._room.wait()

    async def drained(self) -> None:
        """Wait until everything left."""
        await self._empty.wait()

    def _write(self) -> None:
        try:
            sent = os.write(self._fd, self._waiting[: 1 << 16])
        except BlockingIOError:
            return
        except BrokenPipeError:
            os._exit(3)  # nobody is left to report to
        del self._waiting[:sent]
        if len(self._waiting) <= self.FULL:
            self._room.set()
        if not self._waiting:
            self._loop.remove_writer(self._fd)
            self._empty.set()
