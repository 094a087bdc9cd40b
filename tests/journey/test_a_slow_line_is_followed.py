"""A line that holds little: the sweep does less at once, loses no living site, and comes back."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawler.domain.pace import Lever
from crawler.service.wiring import open_house
from crawler.store.paces import latest_steps
from tests.serving_house import told

SITES = 1_500
SLOW_S = 16.0  # from the first page asked for
PLACES = 12  # answers at the same time, while the line is slow
ANSWER_S = 0.9
PAGE = "<html><title>某公司</title><body><p>欢迎光临，主营钢材批发。</p></body></html>".encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"


class Line:
    """One server behind all names. Slow, it answers few at once; the others wait."""

    def __init__(self) -> None:
        self.port = 0
        self.slow_until = 0.0
        self.turns_slow = False
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._server.close()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._loop.run_forever()

    async def _listen(self) -> None:
        self._places = asyncio.Semaphore(PLACES)
        server = await asyncio.start_server(self._answer, "0.0.0.0", 0, backlog=4_096)
        self.port = server.sockets[0].getsockname()[1]
        self._server = server
        self._ready.set()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
            asked = await reader.readuntil(b"\r\n\r\n")
            if b"robots.txt" in asked.split(b"\r\n")[0]:
                writer.write(HEAD.replace(b"200 OK", b"404 Not Found") + b"\r\n")
            else:
                await self._page(reader, writer)
            await writer.drain()
        writer.close()

    async def _page(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.turns_slow:
            self.turns_slow, self.slow_until = False, time.monotonic() + SLOW_S
        if time.monotonic() < self.slow_until:
            async with self._places:
                if reader.at_eof():  # who asked has left
                    return
                if time.monotonic() < self.slow_until:
                    await asyncio.sleep(ANSWER_S)
        writer.write(HEAD + f"Content-Length: {len(PAGE)}\r\n\r\n".encode() + PAGE)


@contextmanager
def a_line() -> Iterator[Line]:
    line = Line()
    line.start()
    try:
        yield line
    finally:
        line.stop()


def a_home(home: Path, line: Line) -> None:
    """So many sites, each at an address of its own: politeness is not what slows them."""
    home.mkdir()
    spots = [f"127.{n // 200 + 1}.0.{n % 200 + 2}" for n in range(SITES)]
    hosts = [f"{spot}:{line.port}:1 s{n}.example.cn" for n, spot in enumerate(spots)]
    (home / "xunwang.toml").write_text(
        f'region = "310118"\n[crawl]\nallow = ["127.0.0.0/8"]\nports = [{line.port}, 1]\n'
        f"hosts = {json.dumps(hosts)}\nslots = 256\nleast_slots = 8\nfetchers = 1\n"
        f"[browser]\nenabled = false\n",
        "utf-8",
    )
    rows = "".join(f"某{n}公司,s{n}.example.cn\n" for n in range(SITES))
    (home / "list.csv").write_text("主办单位名称,域名\n" + rows, "utf-8")
    assert told(home, "import", str(home / "list.csv")).code == 0


@pytest.mark.soak
def test_slots_go_down_on_a_slow_line_no_living_site_is_lost_and_they_come_back(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    with a_line() as line:
        a_home(home, line)
        first = json.loads(told(home, "sweep", "--all", "--json").out)
        assert first["outcomes"] == {"seen": SITES}
        house = open_house(home)
        try:
            with house.database.reading() as db:
                assert latest_steps(db, first["sweep"]) == []  # a sound line costs nothing

            line.turns_slow = True
            second = json.loads(told(home, "sweep", "--all", "--json").out)  # no log line in it
            with house.database.reading() as db:
                steps = latest_steps(db, second["sweep"], limit=100)[::-1]
        finally:
            house.database.close()
    slots = [one.after for one in steps if one.lever is Lever.SLOTS]
    print(second, slots, steps[0].why)
    assert second["outcomes"] == {"seen": SITES}  # none is lost
    assert slots[0] < 256
    assert slots[-1] > min(slots)
