"""Pages that come all at once do not keep the fetching child from the network."""

import asyncio
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from crawler.service.fetcher import Fetching
from crawler.service.pipes import Outlet, Report
from crawler.service.sluice import Sluice
from crawler.service.watching import Watch
from tests.builders import a_visit

PAGES, PAGE_S = 30, 0.01


class _Open(Outlet):
    def __init__(self) -> None:
        return

    async def room(self) -> None:
        return


@dataclass(kw_only=True)
class _Slow(Fetching):
    def _report(self, visit: Any, fetched: Any) -> Report:
        time.sleep(PAGE_S)
        return Report(visit_id=visit.id)


def test_who_answers_while_many_pages_wait_is_heard_before_they_are_all_read(
    tmp_path: Path,
) -> None:
    async def read_before_heard() -> int:
        fetching = _Slow(
            writer=cast("Any", None), judge=None, watch=Watch(tmp_path / "watch"), outlet=_Open(),
            tool="", egress="", sluice=Sluice(PAGES),
        )  # fmt: skip
        many = [
            asyncio.create_task(fetching.take(a_visit(id=n), cast("Any", None)))
            for n in range(PAGES)
        ]
        here, there = socket.socketpair()
        with here, there:
            there.setblocking(False)
            asyncio.get_running_loop().call_soon(here.send, b"x")
            await asyncio.sleep(0)
            await asyncio.get_running_loop().sock_recv(there, 1)
        read = sum(one.done() for one in many)
        await asyncio.gather(*many)
        return read

    assert asyncio.run(read_before_heard()) < PAGES // 2


def test_a_child_that_cannot_tell_what_it_has_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ended(BaseException):
        pass

    def ended(code: int) -> None:
        raise Ended(code)

    class Untold(Fetching):
        def flush(self) -> None:
            raise UnicodeError("no such letter")

    monkeypatch.setattr("os._exit", ended)
    fetching = Untold(
        writer=cast("Any", None), judge=None, watch=Watch(tmp_path / "watch"), outlet=_Open(),
        tool="", egress="", sluice=Sluice(PAGES),
    )  # fmt: skip

    with pytest.raises(Ended):
        asyncio.run(fetching.speak())
