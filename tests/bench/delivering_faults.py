"""Exactly once through a receiver that fails in every way, with the sender killed by SIGKILL.

`python -m tests.bench.delivering_faults [TASKS] [KILLS]`: TASKS messages about TASKS / 4 tasks go
out over real HTTP on loopback to a receiver that answers 500 to a third, closes after accepting,
answers after the sender's patience, and restarts. The sender is a process of its own, killed KILLS
times, evenly over what has arrived; the last message is not taken before all that was done. Only
its clock is injected: it goes ten minutes whenever nothing is due.
"""

import asyncio
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from alerts.signing import signer_of
from crawler.domain.delivery import DeliveryState
from crawler.store.outbox import delivery_counts, put
from tests.integration.answering_house import a_delivery, an_endpoint
from tests.stores import a_database

PATIENCE_S = 1.5  # of the sender, for one answer
LATE_S = 2.5
RESTARTS = 3
LOOK_S = 0.005  # between two looks at what has arrived
SLACK_S = 0.2  # a kill comes up to that much after its turn, so that none knows its moment
_SENDER = """
import os, random, sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from alerts.delivering import Courier, deliver_due, replay_deliveries
from alerts.webhook import Poster
from crawler.domain.delivery import DeliveryState
from crawler.store.database import open_database
from crawler.store.outbox import delivery_counts
from tests.integration.answering_house import an_endpoint

url, database_url, clock_file, patience = sys.argv[1:]
clock_file = Path(clock_file)
now = datetime.fromisoformat(clock_file.read_text())
database = open_database(database_url)
endpoint = an_endpoint(url=url)
with Poster(lambda host, port: host, deadline_s=float(patience)) as poster:
    # signed with the true time, for the receiver checks it; everything else by the injected clock
    def send(one, delivery, at):
        return replace(poster.send(one, delivery, datetime.now(at.tzinfo)), at=at)
    courier = Courier(database=database, send=send, clock=lambda: now, spread=random.random,
                      token=lambda: os.urandom(8).hex(), most=1_000)
    while True:
        summary = deliver_due(courier, [endpoint])
        with clock_file.with_name("replayed").open("a") as file:
            print(*replay_deliveries(database, "bench", now), file=file)
        with database.reading() as db:
            waiting = delivery_counts(db).get(("platform", DeliveryState.WAITING), 0)
        if not waiting:
            break
        if not summary.delivered:
            now += timedelta(minutes=10)
            staged = clock_file.with_suffix(".new")
            staged.write_text(now.isoformat())
            staged.replace(clock_file)
"""


@dataclass
class Seen:
    """What the receiver took: by id, and each task's order of what was new."""

    attempts: int = 0
    forged: int = 0
    ids: Counter[str] = field(default_factory=Counter)
    order: dict[str, list[int]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    restarts: int = 0


@dataclass(frozen=True)
class Course:
    """What sender's and receiver's sides know of each other."""

    count: int
    arrived: Any  # a shared number
    killed: Event  # as often as was asked for

    def wait_for(self, arrived: int) -> None:
        while self.arrived.value < arrived:
            time.sleep(LOOK_S)

    def may_end(self, seen: Seen) -> bool:
        return self.killed.is_set() and seen.restarts == RESTARTS


class _Bad(asyncio.Protocol):
    """Takes a message or not, and answers well, badly, late or never."""

    def __init__(self, seen: Seen, chance: random.Random, course: Course) -> None:
        self._seen, self._chance, self._course = seen, chance, course
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            lines = self._held[:end].decode("latin-1").split("\r\n")[1:]
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
            length = int(headers["content-length"])
            if len(self._held) < end + 4 + length:
                return
            body, self._held = self._held[end + 4 :][:length], self._held[end + 4 + length :]
            self._answer(headers, body)

    def _answer(self, headers: dict[str, str], body: bytes) -> None:
        self._seen.attempts += 1
        lot = self._chance.random()
        if lot < 1 / 3:
            self._say("refused with 500", _REFUSED)
            return
        if self._is_the_last(headers) and not self._course.may_end(self._seen):
            self._say("last one, refused until the kills", _REFUSED)
            return
        self._take(headers, body)
        if lot < 0.42:
            self._seen.answers["taken, connection closed"] += 1
            self._transport.abort()
        elif lot < 0.425:
            self._seen.answers["taken, answered too late"] += 1
            loop = asyncio.get_running_loop()
            loop.call_later(LATE_S, self._transport.abort)
        else:
            self._say("taken, answered 204", b"HTTP/1.1 204 No Content\r\n\r\n")

    def _is_the_last(self, headers: dict[str, str]) -> bool:
        known = headers["webhook-id"] in self._seen.ids
        return not known and len(self._seen.ids) == self._course.count - 1

    def _say(self, what: str, answer: bytes) -> None:
        self._seen.answers[what] += 1
        self._transport.write(answer)

    def _take(self, headers: dict[str, str], body: bytes) -> None:
        id_ = signer_of(an_endpoint()).verify(headers, body, datetime.now(UTC))
        self._seen.ids[id_] += 1
        if self._seen.ids[id_] == 1:  # a receiver tells repeats by the id
            task, seq = body.decode().split(" ")
            self._seen.order.setdefault(task, []).append(int(seq))
            self._course.arrived.value = len(self._seen.ids)


_REFUSED = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"


def _receive(told: Connection, course: Course) -> None:
    seen, chance = Seen(), random.Random(8)

    def bad() -> _Bad:
        return _Bad(seen, chance, course)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(bad, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        told.send(port)
        for turn in _turns(course.count, RESTARTS):
            await asyncio.to_thread(course.wait_for, turn)
            server.close()
            await asyncio.sleep(0.5)
            server = await loop.create_server(bad, "127.0.0.1", port, reuse_address=True)
            seen.restarts += 1
        await asyncio.to_thread(told.recv)
        told.send(seen)

    asyncio.run(run())


def main() -> None:
    """Put, send, kill, send on; then the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    messages = [
        a_delivery(n, subject=f"task:{n // 4}", seq=n % 4 + 1, body=b"%d %d" % (n // 4, n % 4 + 1))
        for n in range(count)
    ]
    here, there = multiprocessing.Pipe()
    spawn = multiprocessing.get_context("spawn")
    course = Course(count=count, arrived=spawn.Value("i", 0), killed=spawn.Event())
    receiver = spawn.Process(target=_receive, args=(there, course))
    receiver.start()
    url = f"http://127.0.0.1:{here.recv()}/"
    try:
        with tempfile.TemporaryDirectory() as folder:
            database = a_database(Path(folder))
            with database.transaction() as db:
                put(db, messages)
            clock = Path(folder) / "clock"
            clock.write_text(messages[0].due_at.isoformat())
            started = time.monotonic()
            killed = _send(url, str(database.engine.url), clock, kills, course)
            spent = time.monotonic() - started
            with database.reading() as db:
                stands = delivery_counts(db)
            database.close()
            again = (Path(folder) / "replayed").read_text().split()
        here.send(None)
        seen = here.recv()
    finally:
        receiver.terminate()
    subjects = {one.id: one.subject for one in messages}
    _tell(seen, list(subjects), stands, killed, spent, {subjects[one] for one in again})
    if (killed, seen.restarts) != (kills, RESTARTS):
        sys.exit(f"asked for {kills} kills and {RESTARTS} restarts, made {killed} "
                 f"and {seen.restarts}: this run proves nothing")  # fmt: skip


def _send(url: str, database_url: str, clock: Path, kills: int, course: Course) -> int:
    """Run the sender to its end, killing it on the way; how often that was."""
    chance = random.Random(9)
    turns = _turns(course.count, kills)
    for killed in range(kills + 1):
        if killed == kills:
            course.killed.set()
        sender = subprocess.Popen(
            [sys.executable, "-c", _SENDER, url, database_url, str(clock), str(PATIENCE_S)],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )
        if killed < kills:
            while sender.poll() is None and course.arrived.value < turns[killed]:
                time.sleep(LOOK_S)
            time.sleep(SLACK_S * chance.random())
            sender.send_signal(signal.SIGKILL)
        code = sender.wait()
        if code == -signal.SIGKILL:
            _forward(clock)  # the lease of what it held has to end
            continue
        assert code == 0, code
        return killed
    return kills


def _turns(count: int, times: int) -> list[int]:
    """After how many messages something is done, so that it is done evenly over all of them."""
    return [count * one // (times + 1) for one in range(1, times + 1)]


def _forward(clock: Path) -> None:
    clock.write_text((datetime.fromisoformat(clock.read_text()) + timedelta(minutes=2)).isoformat())


def _tell(
    seen: Seen, ids: list[str], stands: Any, killed: int, spent: float, replayed: set[str]
) -> None:
    """What was given up and sent once more by hand comes after what followed it, and only that."""
    lost = set(ids) - set(seen.ids)
    repeats = sum(n - 1 for n in seen.ids.values())
    late = {task for task, seqs in seen.order.items() if seqs != sorted(seqs)}
    disordered = {task for task in late if f"task:{task}" not in replayed}
    print(f"messages {len(ids):,} of {len(seen.order):,} tasks; sender killed -9 {killed} times, "
          f"receiver restarted {seen.restarts} times; {spent:.0f} s")  # fmt: skip
    print(f"attempts that reached the receiver   {seen.attempts:>9,}")
    for what, times in sorted(seen.answers.items()):
        print(f"  {what:<35}{times:>9,}")
    print(f"lost                                 {len(lost):>9,}")
    print(f"told again under the same id         {repeats:>9,}  (a receiver tells repeats by it)")
    twice = sum(len(seqs) - len(set(seqs)) for seqs in seen.order.values())
    print(f"new twice under another id           {twice:>9,}")
    print(f"unknown to the sender                {len(set(seen.ids) - set(ids)):>9,}")
    print(f"tasks with a dead letter replayed    {len(replayed):>9,}  ({len(late)} of all late)")
    print(f"other tasks out of order             {len(disordered):>9,}")
    print(f"outbox at the end                    {dict(stands)}")
    assert not lost
    assert not twice
    assert not disordered
    assert set(stands) == {("platform", DeliveryState.DELIVERED)}


if __name__ == "__main__":
    main()
