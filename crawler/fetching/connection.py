"""One connection for one exchange: the checked address is the dialled one, and whatever came by
the deadline is kept.
"""

import asyncio
import errno
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.domain.capture import Exchange, Outcome
from crawler.fetching.answer import Answer
from crawler.fetching.answer_reader import AnswerReader
from crawler.fetching.guard import may_connect
from crawler.fetching.hosts import Spot
from crawler.fetching.tls import Handshake, handshake_of
from crawler.fetching.trouble import Trouble
from crawler.fetching.urls import Target
from crawler.fetching.way_out import WayOut

SHORTEST_CONNECT_S = 1.0
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH})


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """What one exchange brought, and what had to be noted on the way."""

    exchange: Exchange
    answer: Answer
    shake: Handshake | None = None
    note: str = ""  # addresses of this name that were left alone, and why


class Conversation(asyncio.Protocol):
    """Sends one request, reads until the answer is whole, cut or lost."""

    def __init__(self, request: bytes, reader: AnswerReader) -> None:
        self.reader = reader
        self.shake: Handshake | None = None
        self.finished = asyncio.get_running_loop().create_future()
        self._request = request
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """One request to carry out, and who reads the answer to it."""

    target: Target
    request: bytes
    reader: AnswerReader
    note: str = ""


async def converse(target: Target, request: bytes, reader: AnswerReader, out: WayOut) -> Brought:
    """One exchange with whom the target names; Trouble if no answer could be had."""
    permitted, note = _checked(await _spots(target, out), out)
    errand = Errand(target=target, request=request, reader=reader, note=note)
    trouble = Trouble(Outcome.CONNECTION_REFUSED, "没有可连接的地址")
    for left, spot in zip(range(len(permitted), 0, -1), permitted, strict=True):
        share = max(out.limits.connect_s / left, min(SHORTEST_CONNECT_S, out.limits.connect_s))
        try:
            return await _in_turn(errand, spot, share, out)
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


async def _in_turn(errand: Errand, spot: Spot, share_s: float, out: WayOut) -> Brought:
    """Waiting for others at the same address is not held against the site."""
    try:
        async with asyncio.timeout(out.limits.queue_s) as queue, out.gate.turn(spot.address):
            queue.reschedule(None)
            return await _exchange(errand, spot, share_s, out)
    except TimeoutError as error:
        raise Trouble(Outcome.TIMED_OUT, "同一地址上的网站过多，未轮到") from error


async def _exchange(errand: Errand, spot: Spot, share_s: float, out: WayOut) -> Brought:
    loop = asyncio.get_running_loop()
    at, deadline = out.now(), loop.time() + out.limits.total_s
    talk = await _connected(errand, spot, share_s, out)
    alarm = loop.call_at(deadline, talk.time_over)
    try:
        await talk.finished
    finally:
        alarm.cancel()
        talk.hang_up()
    answer = errand.reader.answer()
    exchange = Exchange(
        url=errand.target.url,
        request=errand.request,
        response_head=answer.head,
        response_body=answer.body,
        peer=_peer(spot),
        at=at,
        truncated=answer.truncated,
    )
    if not errand.reader.head_seen:
        raise Trouble(Outcome.TIMED_OUT, "已连接，但限时内没有完整的应答头", exchange)
    if answer.status is None:
        raise Trouble(Outcome.BAD_RESPONSE, answer.problem, exchange)
    return Brought(exchange=exchange, answer=answer, shake=talk.shake, note=errand.note)


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
        raise Trouble(Outcome.TIMED_OUT, f"连接 {_peer(spot)} 超时") from error
    except OSError as error:
        raise _trouble(error, _peer(spot), secure=secure) from error
    except ValueError as error:
        raise Trouble(Outcome.TLS_FAILED, "主机名不能用于加密连接") from error
    return talk


def _peer(spot: Spot) -> str:
    shown = f"[{spot.address}]" if spot.address.version == 6 else str(spot.address)
    return f"{shown}:{spot.port}"


def _trouble(error: OSError, peer: str, *, secure: bool) -> Trouble:
    if isinstance(error, ConnectionRefusedError):
        return Trouble(Outcome.CONNECTION_REFUSED, f"{peer} 拒绝连接")
    if isinstance(error, ssl.SSLError):
        return Trouble(Outcome.TLS_FAILED, f"与 {peer} 的加密握手失败：{error.reason or '未说明'}")
    if error.errno in _NO_ROUTE:
        return Trouble(Outcome.CONNECTION_REFUSED, f"没有到 {peer} 的路由")
    if error.errno == errno.ETIMEDOUT:
        return Trouble(Outcome.TIMED_OUT, f"连接 {peer} 超时")
    if secure:
        return Trouble(Outcome.TLS_FAILED, f"与 {peer} 的加密握手中断")
    return Trouble(Outcome.BAD_RESPONSE, f"与 {peer} 的连接中断")
