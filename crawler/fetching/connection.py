"""One connection for one exchange: the checked address is the dialled one, and whatever came by
the deadline is kept.
"""

import asyncio
import errno
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from crawler.domain.capture import Outcome
from crawler.fetching.answer_reader import AnswerReader
from crawler.fetching.dialling import Through, own_name, peer_name
from crawler.fetching.errand import Brought, Errand, brought_by, tls_trouble
from crawler.fetching.guard import may_connect
from crawler.fetching.hosts import Spot
from crawler.fetching.politeness import Whom
from crawler.fetching.proxied import converse_by
from crawler.fetching.tls import Handshake, handshake_of
from crawler.fetching.trouble import Trouble
from crawler.fetching.urls import Target
from crawler.fetching.way_out import WayOut

SHORTEST_CONNECT_S = 1.0
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH})


class Conversation(asyncio.Protocol):
    """Sends one request, reads until the answer is whole, cut or lost."""

    def __init__(self, request: bytes, reader: AnswerReader) -> None:
        self.reader = reader
        self.shake: Handshake | None = None
        self.own = ""
        self.finished = asyncio.get_running_loop().create_future()
        self._request = request
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.own = own_name(transport)
        channel = transport.get_extra_info("ssl_object")
        if channel is not None:
            self.shake = handshake_of(channel)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.reader.feed(data)
        if self.reader.done:
            self.hang_up()

    def eof_received(self) -> bool:
        self.reader.end()
        self.hang_up()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None:
            self.reader.end()
        else:
            self.reader.lose()
        self.hang_up()

    def time_over(self) -> None:
        """The deadline: what came is what there is."""
        self.reader.cut()
        self.hang_up()

    def hang_up(self) -> None:
        """Nothing more is wanted; the other side is not waited for."""
        if self._transport is not None:
            self._transport.abort()
        if not self.finished.done():
            self.finished.set_result(None)


async def converse(errand: Errand, out: WayOut) -> Brought:
    """One exchange with whom the target names; Trouble if no answer could be had."""
    if out.proxy is not None:
        return await _by_proxy(out.proxy, errand, out)
    permitted, note = _checked(await _spots(errand.target, out), out)
    errand = replace(errand, note=note)
    trouble = Trouble(Outcome.CONNECTION_REFUSED, "没有可连接的地址")
    for left, spot in zip(range(len(permitted), 0, -1), permitted, strict=True):
        share = max(out.limits.connect_s / left, min(SHORTEST_CONNECT_S, out.limits.connect_s))
        try:
            exchange = partial(_exchange, errand, spot, share, out)
            return await _in_turn(spot.address, exchange, out)
        except Trouble as one:
            if one.exchange is not None:
                raise
            trouble = one
    raise trouble


async def _spots(target: Target, out: WayOut) -> tuple[Spot, ...]:
    try:
        async with asyncio.timeout(out.limits.lookup_s):
            return await out.resolver.spots(target.host, target.port)
    except TimeoutError as error:
        raise Trouble(Outcome.TIMED_OUT, "域名服务器没有应答") from error


def _checked(spots: Sequence[Spot], out: WayOut) -> tuple[list[Spot], str]:
    answers = [(spot, may_connect(spot.address, spot.port, out.policy)) for spot in spots]
    note = "；".join(dict.fromkeys(permit.reason for _, permit in answers if not permit.granted))
    permitted = [spot for spot, permit in answers if permit.granted]
    if not permitted:
        raise Trouble(Outcome.BLOCKED_ADDRESS, note)
    return permitted, note


async def _by_proxy(proxy: Through, errand: Errand, out: WayOut) -> Brought:
    """Whom the proxy asks is known as far as the name is known here."""
    host = errand.target.host.strip("[]")
    spots = await proxy.check(host, errand.target.port)
    whom = spots[0].address if spots else out.owner_of(host)
    return await _in_turn(whom, partial(converse_by, proxy, errand, out), out)


async def _in_turn(whom: Whom, exchange: Callable[[], Awaitable[Brought]], out: WayOut) -> Brought:
    """Waiting for others at the same address is not held against the site."""
    try:
        async with asyncio.timeout(out.limits.queue_s) as queue, out.gate.turn(whom):
            queue.reschedule(None)
            return await exchange()
    except TimeoutError as error:
        raise Trouble(Outcome.TIMED_OUT, "同一地址上的网站过多，未轮到") from error


async def _exchange(errand: Errand, spot: Spot, share_s: float, out: WayOut) -> Brought:
    loop = asyncio.get_running_loop()
    at, deadline = out.now(), loop.time() + errand.total_s
    talk = await _connected(errand, spot, share_s, out)
    alarm = loop.call_at(deadline, talk.time_over)
    try:
        await talk.finished
    finally:
        alarm.cancel()
        talk.hang_up()
    route = out.resolver.route(errand.target.host, talk.own)
    return brought_by(errand, peer_name(spot), at, talk.shake, route)


async def _connected(errand: Errand, spot: Spot, share_s: float, out: WayOut) -> Conversation:
    secure = errand.target.scheme == "https"
    try:
        async with asyncio.timeout(share_s):
            _, talk = await asyncio.get_running_loop().create_connection(
                lambda: Conversation(errand.request, errand.reader),
                str(spot.address),
                spot.port,
                ssl=out.context if secure else None,
                server_hostname=errand.target.host.strip("[]") if secure else None,
            )
    except TimeoutError as error:
        raise Trouble(Outcome.TIMED_OUT, f"连接 {peer_name(spot)} 超时") from error
    except OSError as error:
        raise _trouble(error, peer_name(spot), secure=secure) from error
    except ValueError as error:
        raise Trouble(Outcome.TLS_FAILED, "主机名不能用于加密连接") from error
    return talk


def _trouble(error: OSError, peer: str, *, secure: bool) -> Trouble:
    if isinstance(error, ConnectionRefusedError):
        return Trouble(Outcome.CONNECTION_REFUSED, f"{peer} 拒绝连接")
    if error.errno in _NO_ROUTE:
        return Trouble(Outcome.CONNECTION_REFUSED, f"没有到 {peer} 的路由")
    if error.errno == errno.ETIMEDOUT:
        return Trouble(Outcome.TIMED_OUT, f"连接 {peer} 超时")
    if secure:
        return tls_trouble(error, peer)
    return Trouble(Outcome.BAD_RESPONSE, f"与 {peer} 的连接中断")
