"""The server that says them: raw sockets, the name asked for decides what is said."""

import asyncio
import socket
import struct
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from tests.hostile.said import Said, Then

ADDRESS = "127.0.0.2"
DOMAIN = "hostile.test"


class HostileServer:
    """One port for all answers. `asked` are the request heads, by name."""

    def __init__(self, answers: Iterable[Said], port: int = 0) -> None:
        self.port = port
        self.asked: dict[str, list[bytes]] = {}
        self._answers = {one.name: one for one in answers}
        self._talks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, ADDRESS, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            answer = self._answers.get(self._name(head))
            if answer is not None:
                await _say(answer, writer)
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass  # the other side has gone, which is its good right
        finally:
            writer.transport.abort()

    def _name(self, head: bytes) -> str:
        line = next((li for li in head.split(b"\r\n") if li.lower().startswith(b"host:")), b"")
        name = line[5:].decode("latin-1").strip().removeprefix("www.").partition(f".{DOMAIN}")[0]
        self.asked.setdefault(name, []).append(head)
        return "" if b" /favicon.ico " in head else name


async def _say(answer: Said, writer: asyncio.StreamWriter) -> None:
    for piece in answer.pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.01)
    while answer.tail:
        writer.write(answer.tail)
        await writer.drain()
        await asyncio.sleep(answer.pause_s)
    if answer.then is Then.HOLD:
        await asyncio.Event().wait()
    if answer.then is Then.RESET:
        _reset(writer)
        return
    writer.write_eof()
    await asyncio.sleep(0.05)  # so that what was said arrives before the connection goes


def _reset(writer: asyncio.StreamWriter) -> None:
    """Closing with nothing to linger for is a reset."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
