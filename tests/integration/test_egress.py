"""The checking proxy over real sockets: what may pass passes whole, what may not never leaves."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from crawler.domain.address import Address
from crawler.domain.capture import Outcome
from crawler.fetching.answer_reader import AnswerReader
from crawler.fetching.connection import converse
from crawler.fetching.dialling import Dialler, Straight, Through, UpstreamProxy, upstream_from
from crawler.fetching.egress import Egress, EgressLimits, Slot
from crawler.fetching.errand import Errand
from crawler.fetching.guard import Policy, networks_of
from crawler.fetching.hosts import read_hosts
from crawler.fetching.limits import QUICK
from crawler.fetching.resolving import Resolver
from crawler.fetching.urls import target_of
from spiders.homepage import way_out
from tests.builders import NOON
from tests.site.sentinel import Sentinel

Answer = Callable[[bytes], bytes]
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@asynccontextmanager
async def an_origin(answer: Answer = lambda _: HELLO) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that keeps its connections open, and what was asked of it."""
    asked: list[bytes] = []
    writers = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                asked.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer(asked[-1]))

    server = await asyncio.start_server(serve, "127.0.0.2", 0)
    yield server.sockets[0].getsockname()[1], asked
    server.close()
    for writer in writers:
        writer.close()


async def _no_answer(_: str) -> tuple[Address, ...]:
    return ()


def a_resolver(*hosts: str) -> Resolver:
    return Resolver(read_hosts(hosts), _no_answer, time.monotonic)


def a_policy(*ports: int, allowed: str = "127.0.0.2") -> Policy:
    return Policy(ports=frozenset({80, 443, *ports}), allowed=networks_of([allowed]))


def straight(port: int, *hosts: str, **more: Any) -> Straight:
    resolver = a_resolver(f"127.0.0.2:{port}:{port} a.test", *hosts)
    return Straight(resolver=resolver, policy=a_policy(port, **more))


@asynccontextmanager
async def a_slot(dialler: Dialler, limits: EgressLimits | None = None) -> AsyncIterator[Slot]:
    egress = Egress(dialler, lambda: NOON, limits)
    await egress.start()
    async with await egress.open_slot() as slot:
        yield slot
    await egress.close()


async def say(slot: Slot, *parts: bytes) -> bytes:
    """Everything the proxy answers until it closes, or has been silent for a while."""
    reader, writer = await asyncio.open_connection("127.0.0.1", slot.port)
    heard = b""
    for part in parts:
        writer.write(part)
        heard += await _heard(reader)
    writer.close()
    return heard


async def _heard(reader: asyncio.StreamReader) -> bytes:
    heard = b""
    with contextlib.suppress(TimeoutError, ConnectionResetError):
        async with asyncio.timeout(0.3):
            while data := await reader.read(65_536):
                heard += data
    return heard


def get(url: str) -> bytes:
    return f"GET {url} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


async def test_a_permitted_page_passes_and_is_written_down() -> None:
    async with an_origin() as (port, asked), a_slot(straight(port)) as slot:
        heard = await say(slot, get("http://a.test/p?q"))

        assert heard == HELLO
        assert asked == [b"GET /p?q HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"]
        (one,) = slot.connections
        assert (one.host, one.port, one.peer) == ("a.test", 80, f"127.0.0.2:{port}")
        assert (one.received, one.at, one.refused) == (len(HELLO), NOON, False)


async def test_a_tunnel_carries_bytes_unread() -> None:
    async with an_origin(lambda head: head[::-1]) as (port, _), a_slot(straight(port)) as slot:
        heard = await say(slot, b"CONNECT a.test:443 HTTP/1.1\r\n\r\n", b"\x16\x03\r\n\r\n")

        assert heard == b"HTTP/1.1 200 Connection established\r\n\r\n\n\r\n\r\x03\x16"
        assert slot.connections[0].sent == 6


@pytest.mark.parametrize(
    "target",
    ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "inner.test", "10.0.0.1"],
)
@pytest.mark.fault("B11")
async def test_inner_addresses_are_refused_in_any_spelling(target: str) -> None:
    async with Sentinel() as sentinel:
        dialler = straight(sentinel.port, f"127.0.0.1:{sentinel.port} inner.test")
        async with a_slot(dialler) as slot:
            page = await say(slot, get(f"http://{target}:{sentinel.port}/"))
            tunnel = await say(slot, f"CONNECT {target}:{sentinel.port} HTTP/1.1\r\n\r\n".encode())

            assert page.startswith(b"HTTP/1.1 403")
            assert tunnel.startswith(b"HTTP/1.1 403")
            assert [one.refused for one in slot.connections] == [True, True]
            assert all(one.reason and not one.peer for one in slot.refusals())
            assert sentinel.seen == []


@pytest.mark.parametrize(
    ("target", "outcome", "status"),
    [
        ("http://nowhere.test/", Outcome.NAME_NOT_FOUND, b"502"),
        ("http://dead.test/", Outcome.CONNECTION_REFUSED, b"502"),
        ("http://a.test:22/", Outcome.BLOCKED_ADDRESS, b"403"),
    ],
)
async def test_who_cannot_be_reached_is_named_by_its_outcome(
    target: str, outcome: Outcome, status: bytes
) -> None:
    async with an_origin() as (port, _), an_origin() as (closed, _):
        pass
    dialler = straight(port, f"127.0.0.2:{port} dead.test")
    async with a_slot(dialler) as slot:
        heard = await say(slot, get(target))

        assert heard[9:12] == status
        assert slot.connections[0].outcome is outcome
        assert closed


async def test_a_second_request_on_a_line_never_reaches_the_first_ones_host() -> None:
    async with an_origin() as (port, asked), a_slot(straight(port)) as slot:
        await say(slot, get("http://a.test/"), get("http://bank.test/"))

        assert len(asked) == 1


async def test_a_body_longer_than_announced_is_cut() -> None:
    async with an_origin() as (port, asked), a_slot(straight(port)) as slot:
        post = b"POST http://a.test/ HTTP/1.1\r\nContent-Length: 4\r\n\r\n"
        await say(slot, post, b"four" + get("http://bank.test/"))

        assert len(asked) == 1


async def test_a_capture_that_has_had_enough_gets_no_more() -> None:
    limits = EgressLimits(received_bytes=100_000)
    async with (
        an_origin(lambda _: b"x" * 300_000) as (port, _),
        a_slot(straight(port), limits) as slot,
    ):
        first = await say(slot, get("http://a.test/"))
        second = await say(slot, get("http://a.test/"))

        assert slot.is_spent
        assert len(first) < 300_000
        assert second.startswith(b"HTTP/1.1 502")
        assert slot.connections[1].outcome is Outcome.BUDGET_REACHED


async def test_a_capture_that_has_sent_enough_sends_no_more() -> None:
    limits = EgressLimits(sent_bytes=1_000)
    async with an_origin() as (port, asked), a_slot(straight(port), limits) as slot:
        long = b"POST http://a.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"
        await say(slot, long, b"x" * 1_001)

        assert slot.is_spent
        assert (await say(slot, get("http://a.test/"))).startswith(b"HTTP/1.1 502")
        assert len(asked) == 1


async def test_no_more_connections_stand_open_than_a_capture_may_have() -> None:
    limits = EgressLimits(open_connections=1)
    async with an_origin() as (port, _), a_slot(straight(port), limits) as slot:
        reader, writer = await asyncio.open_connection("127.0.0.1", slot.port)
        writer.write(b"CONNECT a.test:443 HTTP/1.1\r\n\r\n")
        assert b"200" in await reader.readline()

        assert await say(slot, get("http://a.test/")) == b""
        writer.close()
        await asyncio.sleep(0.1)
        assert (await say(slot, get("http://a.test/"))).endswith(HELLO)


async def test_captures_do_not_see_each_others_connections() -> None:
    async with an_origin() as (port, _):
        egress = Egress(straight(port), lambda: NOON)
        one, other = await egress.open_slot(), await egress.open_slot()
        await say(one, get("http://a.test/"))

        assert one.port != other.port
        assert (len(one.connections), len(other.connections)) == (1, 0)
        await egress.close()


async def test_nothing_passes_a_slot_that_is_closed() -> None:
    async with an_origin() as (port, _):
        async with a_slot(straight(port)) as slot:
            reader, writer = await asyncio.open_connection("127.0.0.1", slot.port)
            writer.write(b"CONNECT a.test:443 HTTP/1.1\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")

        assert await reader.read() == b""
        writer.close()
        with pytest.raises(OSError, match="onnect"):
            await asyncio.open_connection("127.0.0.1", slot.port)


@pytest.mark.parametrize("noise", [b"\x16\x03\x01" * 50, b"GET / HTTP/1.1\r\n\r\n", b"A" * 200_000])
async def test_noise_is_turned_away(noise: bytes) -> None:
    async with a_slot(straight(1)) as slot:
        heard = await say(slot, noise + b"\r\n\r\n")

        assert heard == b"" or heard.startswith(b"HTTP/1.1 400")
        assert slot.connections == []


# --- by way of an upstream proxy: another Egress stands in for it


@asynccontextmanager
async def through(
    upstream_dialler: Dialler, policy: Policy, *hosts: str
) -> AsyncIterator[tuple[Slot, Slot]]:
    """Our slot, and the upstream's."""
    async with a_slot(upstream_dialler) as upstream:
        proxy = UpstreamProxy(host="127.0.0.1", port=upstream.port)
        dialler = Through(proxy=proxy, resolver=a_resolver(*hosts), policy=policy)
        async with a_slot(dialler) as slot:
            yield slot, upstream


@pytest.mark.parametrize(
    "ask",
    [get("http://a.test/"), b"CONNECT a.test:443 HTTP/1.1\r\n\r\n" + get("/")],
    ids=["page", "tunnel"],
)
async def test_names_unknown_here_go_upstream_by_name(ask: bytes) -> None:
    async with an_origin() as (port, _), through(straight(port), a_policy()) as (slot, upstream):
        heard = await say(slot, ask)

        assert heard.endswith(HELLO)
        assert upstream.connections[0].host == "a.test"
        assert slot.connections[0].peer == ""  # the upstream knows, we do not


@pytest.mark.parametrize(
    "target", ["127.0.0.1", "169.254.169.254", "[::1]", "inner.test", "0x7f.1"]
)
async def test_what_resolves_here_is_checked_here(target: str) -> None:
    hosts = ("127.0.0.1 inner.test",)
    async with through(straight(1), a_policy(), *hosts) as (slot, upstream):
        page = await say(slot, get(f"http://{target}/"))
        tunnel = await say(slot, f"CONNECT {target}:443 HTTP/1.1\r\n\r\n".encode())

        assert page.startswith(b"HTTP/1.1 403")
        assert tunnel.startswith(b"HTTP/1.1 403")
        assert upstream.connections == []


@pytest.mark.parametrize("target", ["mixed.test", "1.2.3.4.5", "256.1.1.1"])
async def test_what_is_partly_inward_or_no_address_goes_nowhere(target: str) -> None:
    hosts = ("127.0.0.2 mixed.test", "127.0.0.1 mixed.test")
    async with through(straight(1), a_policy(), *hosts) as (slot, upstream):
        page = await say(slot, get(f"http://{target}/"))

        assert page.startswith((b"HTTP/1.1 403", b"HTTP/1.1 502"))
        assert upstream.connections == []


async def _silence(_: str) -> tuple[Address, ...]:
    await asyncio.sleep(60)
    return ()


async def test_name_servers_that_say_nothing_keep_nobody_from_the_upstream() -> None:
    async with an_origin() as (port, _), a_slot(straight(port)) as upstream:
        silent = Resolver(read_hosts(()), _silence, time.monotonic)
        proxy = UpstreamProxy(host="127.0.0.1", port=upstream.port)
        by = Through(proxy=proxy, resolver=silent, policy=a_policy(), lookup_s=0.2)
        limits = replace(QUICK, connect_s=0.2, total_s=5.0)
        target = target_of("http://a.test/")
        assert target is not None
        errand = Errand(
            target=target,
            request=b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
            reader=AnswerReader(),
            total_s=5.0,
        )

        brought = await converse(errand, way_out(a_policy(), silent, limits, proxy=by))

        assert HELLO.endswith(brought.answer.payload)
        assert brought.answer.status == 200
        assert brought.exchange.request.startswith(b"GET http://a.test/ HTTP/1.1\r\n")
        assert brought.exchange.peer == ""


@pytest.mark.parametrize(
    ("hosts", "at_once"),
    [
        (("a.one-demo.cn", "b.one-demo.cn", "one-demo.cn"), 1),  # one domain, whoever bears it
        (("one-demo.cn", "two-demo.cn", "three-demo.cn"), 3),
        (("known.test", "alias.test"), 1),  # one address, as far as it is known here
    ],
)
async def test_what_only_the_upstream_knows_waits_its_turn_by_domain(
    hosts: tuple[str, ...], at_once: int
) -> None:
    inside, most, all_here = 0, 0, asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal inside, most
        await reader.readuntil(b"\r\n\r\n")
        inside += 1
        most = max(most, inside)
        if inside == at_once:
            all_here.set()
        await asyncio.wait_for(all_here.wait(), 5)
        await asyncio.sleep(0.05)
        inside -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    proxy = UpstreamProxy(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    known = a_resolver("127.0.0.2 known.test alias.test")
    by = Through(proxy=proxy, resolver=known, policy=a_policy())
    out = way_out(a_policy(), known, replace(QUICK, at_one_address=1), proxy=by)

    def errand(host: str) -> Errand:
        target = target_of(f"http://{host}/")
        assert target is not None
        request = f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        return Errand(target=target, request=request, reader=AnswerReader(), total_s=8.0)

    async with server:
        came = await asyncio.gather(*(converse(errand(host), out) for host in hosts))

    assert [one.answer.status for one in came] == [200] * len(hosts)
    assert most == at_once


async def test_a_port_that_is_not_listed_is_refused_for_unknown_names_too() -> None:
    async with through(straight(1), a_policy()) as (slot, upstream):
        heard = await say(slot, get("http://unknown.test:22/"))

        assert heard.startswith(b"HTTP/1.1 403")
        assert upstream.connections == []


async def test_an_upstream_that_refuses_is_no_connection() -> None:
    async with through(straight(1), a_policy()) as (slot, _):
        heard = await say(slot, b"CONNECT unknown.test:443 HTTP/1.1\r\n\r\n")

        assert heard.startswith(b"HTTP/1.1 502")
        assert "上级代理" in slot.connections[0].reason


async def test_the_upstreams_password_goes_to_it_and_nowhere_else() -> None:
    async with an_origin() as (port, asked):
        proxy = upstream_from(f"http://me:s%40e@127.0.0.2:{port}")
        dialler = Through(proxy=proxy, resolver=a_resolver(), policy=a_policy())
        async with a_slot(dialler) as slot:
            await say(slot, get("http://unknown.test/"))

            assert b"\r\nProxy-Authorization: Basic bWU6c0Bl\r\n\r\n" in asked[0]
            assert asked[0].startswith(b"GET http://unknown.test/ HTTP/1.1\r\n")
            assert "s@e" not in repr(proxy)
