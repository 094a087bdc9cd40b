"""Hosts that never answer, and hosts at the end of a long line, all in one process.

`python -m tests.bench.slow_hosts FOLDER SILENT NEAR FAR`: on port SILENT whoever connects hears
nothing. On NEAR and FAR the bench's pages lie behind TLS (RSA-2048, no resumption); FAR answers as
over a line with 100 ms from here to there and back: two such times pass before the handshake (for
connection and handshake), one before the answer.
"""

import asyncio
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast

import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

ROUND_TRIP_S = 0.1
BACKLOG = 4_096
READY = "ready"
_PAGE = re.compile(rb"(?:Host: *p|GET /p/)(\d+)", re.IGNORECASE)
_HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\n"
    "Content-Length: {length}\r\nConnection: close\r\n\r\n"
)
_ABSENT = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def slow_hosts(folder: Path, silent: int, near: int, far: int) -> Iterator[None]:
    """They stand until the block ends; `folder` is that of the bench's web."""
    command = [sys.executable, "-m", "tests.bench.slow_hosts", str(folder)]
    server = subprocess.Popen(
        [*command, *map(str, (silent, near, far))], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        if server.stdout.readline().strip() != READY:
            raise SystemExit("慢的主机没有起来")
        yield
    finally:
        server.terminate()
        server.wait(10)


class Silent(asyncio.Protocol):
    """Takes the call and says nothing."""


class Far(asyncio.Protocol):
    """One page, after the time that the line takes."""

    def __init__(self, pages: dict[bytes, bytes], trip_s: float) -> None:
        self._pages, self._trip_s, self._asked = pages, trip_s, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._out = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._asked += data
        if b"\r\n\r\n" in self._asked:
            asyncio.get_running_loop().call_later(self._trip_s, self._answer)

    def _answer(self) -> None:
        found = None if b"robots.txt" in self._asked else _PAGE.search(self._asked)
        body = self._pages.get(found[1]) if found else None
        head = _HEAD.format(length=len(body)).encode() if body is not None else _ABSENT
        if not self._out.is_closing():
            self._out.write(head + (body or b""))
            self._out.close()


async def _receive(
    port: int, meet: Callable[[], Far], context: ssl.SSLContext, wait_s: float
) -> None:
    """Whoever calls waits so long before the handshake."""
    loop, listening = (
        asyncio.get_running_loop(),
        socket.create_server(("0.0.0.0", port), backlog=BACKLOG),
    )
    listening.setblocking(False)
    under_way: set[asyncio.Task[None]] = set()

    async def shake(caller: socket.socket) -> None:
        await asyncio.sleep(wait_s)
        with suppress(OSError):  # who has left meanwhile
            await loop.connect_accepted_socket(meet, caller, ssl=context)

    while True:
        caller, _ = await loop.sock_accept(listening)
        shaking = asyncio.create_task(shake(caller))
        under_way.add(shaking)
        shaking.add_done_callback(under_way.discard)


async def serve(folder: Path, silent: int, near: int, far: int) -> None:
    """All three, for ever."""
    context = _context(folder)
    pages = {
        file.name.split(".")[0].encode(): file.read_bytes()
        for file in (folder / "www" / "p").glob("*.gz")
    }
    await asyncio.get_running_loop().create_server(Silent, "0.0.0.0", silent, backlog=BACKLOG)
    async with asyncio.TaskGroup() as group:
        for port, trip_s in ((near, 0.0), (far, ROUND_TRIP_S)):
            meet = partial(Far, pages, trip_s)
            group.create_task(_receive(port, meet, context, 2 * trip_s))
        await asyncio.sleep(0)  # both listen
        print(READY, flush=True)


def _context(folder: Path) -> ssl.SSLContext:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench.cn")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        issuer_name=name, subject_name=name, public_key=key.public_key(),
        serial_number=x509.random_serial_number(), not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=30),
    ).sign(key, hashes.SHA256())  # fmt: skip
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "tls.pem").write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    context.num_tickets = 0
    return context


def main(folder: str, *ports: str) -> None:
    uvloop.run(serve(Path(folder), *map(int, ports)))


if __name__ == "__main__":
    main(*sys.argv[1:])
