"""The server of the made-up web: raw asyncio streams, one behaviour a name, several addresses.

Not a web framework: that would correct the faults that are its purpose.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.site.behaviours import BEHAVIOURS, Call, answer, missing
from tests.site.certificate import self_signed
from tests.site.names import NAMES, Name, hosts_lines
from tests.site.sentinel import Sentinel

ADDRESSES = tuple(f"127.0.0.{n}" for n in range(2, 10))
HERE = Path(__file__).parent
FILINGS = HERE / "filings.csv"
WORKBOOK = HERE / "filings.xlsx"
_LONGEST_HEAD = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request that reached the web."""

    host: str
    path: str
    peer: str
    user_agent: str


class Site:
    """The whole made-up web, from `async with` until its end. Deterministic but for its ports."""

    def __init__(
        self,
        names: tuple[Name, ...] = NAMES,
        *,
        addresses: tuple[str, ...] = ADDRESSES,
        port: int = 0,
    ) -> None:
        self.names = names
        self.addresses = addresses
        self.http_port = port
        self.https_port = 0
        self.refused_port = 0
        self.sentinel = Sentinel()
        self.asked: list[Asked] = []
        self._by_host = {host: name for name in names for host in name.hosts}
        self._servers: list[asyncio.Server] = []
        self._held: list[socket.socket] = []
        self._conversations: set[asyncio.Task[None]] = set()

    def _named(self, host: str) -> Name | None:
        found = self._by_host.get(host)
        if found is None:
            above = self._by_host.get(host.partition(".")[2])
            return above if above and above.catch_all else None
        return found

    @property
    def hosts(self) -> tuple[str, ...]:
        """Lines for the setting `crawl.hosts`."""
        return tuple(
            hosts_lines(
                self.names,
                addresses=self.addresses,
                http=self.http_port,
                https=self.https_port,
                refused=self.refused_port,
            )
        )

    @property
    def allow(self) -> tuple[str, ...]:
        """Ranges for the setting `crawl.allow`: these addresses and no other of loopback."""
        single = map(ipaddress.IPv4Network, self.addresses)
        return tuple(str(net) for net in ipaddress.collapse_addresses(single))

    @property
    def ports(self) -> tuple[int, ...]:
        """Ports for the setting `crawl.ports`."""
        return (self.http_port, self.https_port, self.refused_port)

    async def __aenter__(self) -> Self:
        await self.sentinel.__aenter__()
        self.refused_port = self._hold_a_port()
        self.http_port = await self._serve(self.http_port, None)
        self.https_port = await self._serve(0, self_signed("demo.invalid"))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.close()
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        for held in self._held:
            held.close()
        await self.sentinel.__aexit__(kind, error, trace)

    def _hold_a_port(self) -> int:
        """A port that is taken but not listened on: connecting to it is refused, always."""
        port = 0
        for address in self.addresses:
            held = socket.socket()
            held.bind((address, port))
            port = held.getsockname()[1]
            self._held.append(held)
        return port

    async def _serve(self, port: int, tls: ssl.SSLContext | None) -> int:
        for address in self.addresses:
            server = await asyncio.start_server(
                self._converse, address, port, ssl=tls, limit=_LONGEST_HEAD
            )
            self._servers.append(server)
            port = server.sockets[0].getsockname()[1]
        return port

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        task.add_done_callback(self._conversations.discard)
        try:
            while await self._one_request(reader, writer):
                pass
            writer.close()
            await writer.wait_closed()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the other side went away, or spoke no HTTP
        finally:
            writer.transport.abort()  # what was not read by now never will be

    async def _one_request(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; False if the connection must end with it."""
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = [*lines[0].split(" "), "", ""][1]
        headers = dict(_fields(lines[1:]))
        host = headers.get("host", "").rsplit(":", 1)[0].lower()
        self.asked.append(
            Asked(
                host=host,
                path=path,
                peer=writer.get_extra_info("peername")[0],
                user_agent=headers.get("user-agent", ""),
            )
        )

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        name = self._named(host)
        call = Call(
            name=name or Name(domain="nobody-demo.cn"),
            host=host,
            path=path,
            headers=headers,
            write=write,
            sentinel=self.sentinel.port,
        )
        stays = await _answer(call, known=name is not None)
        return stays and headers.get("connection", "").lower() != "close"


async def _answer(call: Call, *, known: bool) -> bool:
    if call.path == "/robots.txt" and call.name.robots:
        return await answer(call, 200, call.name.robots.encode(), content_type="text/plain")
    if not known or call.path == "/robots.txt":
        return await missing(call)
    return await BEHAVIOURS[call.name.does](call)


def _fields(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, colon, value = line.partition(":")
        if colon:
            yield key.strip().lower(), value.strip()
