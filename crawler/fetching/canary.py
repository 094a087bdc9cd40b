"""The proof at start that a page cannot reach this machine: listeners that must hear nothing while
a page of ours tries what hostile pages try.
"""

import asyncio
import socket
from dataclasses import dataclass
from typing import Self

TRIES_S = 1.5

_ATTEMPTS = """<!doctype html><img src="http://{place}/"><iframe
src="http://{place}/"></iframe><script>
const tries = [
  () => fetch("http://{place}/", {{mode: "no-cors"}}).catch(() => 0),
  () => navigator.sendBeacon("http://{place}/", "x"),
  () => new WebSocket("ws://{place}/"),
  () => {{
    const peer = new RTCPeerConnection({{iceServers: [{{urls: "stun:{place}"}}]}});
    peer.createDataChannel("x");
    peer.createOffer().then(offer => peer.setLocalDescription(offer));
  }},
];
for (const attempt of tries) try {{ attempt(); }} catch {{ }}
</script>"""


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardCheck:
    """Whether the way out is the only one; the message is for the operator."""

    ok: bool
    message: str


class Canary(asyncio.DatagramProtocol):
    """TCP and UDP on one port of an address of this machine."""

    def __init__(self, address: str) -> None:
        self.port = 0
        self._address = address
        self.heard = 0
        self._server: asyncio.Server | None = None
        self._datagrams: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, self._address, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        self._datagrams, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self._address, self.port), family=socket.AF_INET
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._datagrams:
            self._datagrams.close()
        if self._server:
            self._server.close()

    @property
    def page(self) -> str:
        """A page that tries to reach it."""
        return _ATTEMPTS.format(place=f"{self._address}:{self.port}")

    def judge(self) -> GuardCheck:
        """What its silence, or its noise, means."""
        if self.heard:
            return GuardCheck(ok=False, message="浏览器可绕过出口检查直接访问本机，不能使用")
        return GuardCheck(ok=True, message="浏览器只能经出口检查访问网络")

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Something came over UDP."""
        self.heard += 1

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard += 1
        writer.close()
