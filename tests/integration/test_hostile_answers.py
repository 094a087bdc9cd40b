"""Every answer of the hostile table, walked as a sweep walks: the stated outcome, nothing dropped
that a browser shows, the bytes kept as they came.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from crawler.domain.site import Visit
from crawler.fetching.capturing import Fetched
from crawler.fetching.hosts import read_hosts
from crawler.fetching.resolving import Resolver
from tests.builders import a_site, a_visit
from tests.hostile.bodies import CHUNKS, CODINGS, LENGTHS, TYPES
from tests.hostile.heads import HEADER_LINES, STATUS_LINES
from tests.hostile.said import MARK, Said
from tests.hostile.server import DOMAIN, HostileServer
from tests.hostile.times import SLOW
from tests.hostile.walk import never, walked

ANSWERS = (*STATUS_LINES, *HEADER_LINES, *LENGTHS, *CHUNKS, *CODINGS, *TYPES, *SLOW)
# shown by a browser and not read by us: beyond three codings (a cap), and plain JSON (no page)
DROPPED = {"gzip-60-times", "type-json"}
MARKS = (MARK.encode(), MARK.encode("gb18030"))


def visits() -> list[Visit]:
    return [
        a_visit(id=number, site=a_site(id=number, domain=f"{one.name}.{DOMAIN}"))
        for number, one in enumerate(ANSWERS, 1)
    ]


@pytest.fixture(scope="module")
def brought() -> dict[str, Fetched]:
    async def walk() -> dict[int, Fetched]:
        async with HostileServer(ANSWERS) as server:
            hosts = read_hosts([f"127.0.0.2:{server.port}:1 *.{DOMAIN}"])
            return await walked(visits(), Resolver(hosts, never, lambda: 0.0), {server.port, 1})

    fetched = asyncio.run(walk())
    return {one.name: fetched[number] for number, one in enumerate(ANSWERS, 1)}


def cases(answers: Iterable[Said]) -> list[Any]:
    """Each answer as a case of its own, under the fault it covers."""
    return [
        pytest.param(one, id=one.name, marks=[pytest.mark.fault(one.fault)] if one.fault else [])
        for one in answers
    ]


@pytest.mark.parametrize("said", cases(ANSWERS))
def test_each_answer_ends_as_the_table_states(brought: dict[str, Fetched], said: Said) -> None:
    capture = brought[said.name].capture

    assert (capture.outcome, set(capture.flags)) == (said.outcome, set(said.flags))


@pytest.mark.parametrize("said", cases(ANSWERS))
def test_the_mark_is_handed_on_where_the_table_says_so(
    brought: dict[str, Fetched], said: Said
) -> None:
    assert any(mark in brought[said.name].body for mark in MARKS) is said.read


def test_nothing_else_is_dropped_that_a_browser_shows(brought: dict[str, Fetched]) -> None:
    shown = [one.name for one in ANSWERS if one.shown]

    dropped = [name for name in shown if not any(mark in brought[name].body for mark in MARKS)]

    assert len(shown) > 100
    assert set(dropped) == DROPPED


def test_the_bytes_are_kept_as_they_came(brought: dict[str, Fetched]) -> None:
    kept = 0
    for one in ANSWERS:
        came = b"".join(one.pieces) + one.tail * 20_000
        for exchange in brought[one.name].exchanges:
            bytes_kept = exchange.response_head + exchange.response_body
            assert came.find(bytes_kept) >= 0, one.name
            kept += bool(bytes_kept)

    assert kept > 100
