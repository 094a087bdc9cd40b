"""Listeners on forbidden addresses. They must see nothing; what they see is told by name."""

import asyncio
import contextlib
import socket
from types import TracebackType
from typing import Self


class Sentinel:
    """TCP and UDP on 127.0.0.1, and on ::1 where there is one, all on one free port."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: list[str] = []
        self._servers: list[asyncio.Server] = []
        self._transports: list[asyncio.DatagramTransport] = []

    async def __aenter__(self) -> Self:
        await self._listen("127.0.0.1")
        with contextlib.suppress(OSError):  # a machine without IPv6 has no door to watch there
            await self._listen("::1")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for transport in self._transports:
            transport.close()
        for server in self._servers:
            server.close()
            await server.wait_closed()

    async def _listen(self, address: str) -> None:
        server = await asyncio.start_server(self._connected, address, self.port)
        self._servers.append(server)
        self.port = server.sockets[0].getsockname()[1]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Watcher(self.seen), local_addr=(address, self.port), family=family
        )
        self._transports.append(transport)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.append(f"tcp {writer.get_extra_info('sockname')[0]}")
        writer.close()


class _Watcher(asyncio.DatagramProtocol):
    def __init__(self, seen: list[str]) -> None:
        self._seen = seen

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._seen.append(f"udp {len(data)} bytes from {addr[0]}")
