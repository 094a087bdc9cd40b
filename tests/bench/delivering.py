"""Deliveries a second through the outbox, beside a bare client loop over the same bodies.

`python -m tests.bench.delivering [COUNT]`: one receiver process on loopback that answers at once,
keep-alive on; the outbox is on disk with full synchronous commits.
"""

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import httpx2

from alerts.delivering import Courier, deliver_due
from alerts.signing import signer_of
from alerts.webhook import Poster
from crawler.domain.delivery import Delivery, Endpoint
from crawler.store.outbox import delivery_counts, put
from tests.integration.answering_house import a_delivery, an_endpoint
from tests.stores import a_database

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class _Fast(asyncio.Protocol):
    """Reads a request by its length, answers, goes on."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._held = b""

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end].lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            if len(self._held) < end + 4 + length:
                return
            self._held = self._held[end + 4 + length :]
            self._transport.write(_ANSWER)  # type: ignore[attr-defined]


def _receive(told: Connection) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(_Fast, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def _bare(endpoint: Endpoint, messages: list[Delivery]) -> float:
    """What anybody would write: sign, post, next."""
    start = time.perf_counter()
    with httpx2.Client() as client:
        for one in messages:
            headers = signer_of(endpoint).sign(one.id, datetime.now(UTC), one.body)
            client.post(endpoint.url, content=one.body, headers=headers).raise_for_status()
    return len(messages) / (time.perf_counter() - start)


def _outbox(endpoint: Endpoint, messages: list[Delivery]) -> float:
    with tempfile.TemporaryDirectory() as folder, Poster(lambda host, port: host) as poster:
        database = a_database(Path(folder))
        with database.transaction() as db:
            put(db, messages)
        courier = Courier(
            database=database,
            send=poster.send,
            clock=lambda: datetime.now(UTC),
            spread=lambda: 0.5,
            token=lambda: os.urandom(8).hex(),
            most=len(messages) + 1_000,
        )
        start = time.perf_counter()
        summary = deliver_due(courier, [endpoint])
        spent = time.perf_counter() - start
        assert summary.delivered == len(messages), summary
        with database.reading() as db:
            assert sum(delivery_counts(db).values()) == len(messages)
        database.close()
    return len(messages) / spent


def main() -> None:
    """Interleaved, three rounds; the best of each is told."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    here, there = multiprocessing.Pipe()
    receiver = multiprocessing.get_context("spawn").Process(target=_receive, args=(there,))
    receiver.start()
    try:
        endpoint = an_endpoint(url=f"http://127.0.0.1:{here.recv()}/")
        body = b'{"type":"task.created","x":"' + b"x" * 4_000 + b'"}'
        messages = [a_delivery(number, body=body) for number in range(count)]
        bare, ours = [], []
        for _ in range(3):
            bare.append(_bare(endpoint, messages))
            ours.append(_outbox(endpoint, messages))
        print(f"bare client loop  {max(bare):7.0f} a second")
        print(f"through the outbox{max(ours):7.0f} a second, {max(ours) / max(bare):.2f} ×")
    finally:
        receiver.terminate()


if __name__ == "__main__":
    main()
