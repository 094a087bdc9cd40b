"""From a host and a port to an open connection that the policy permits: straight, or through the
proxy that the network prescribes.
"""

import asyncio
import base64
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from crawler.domain.address import ends_in_number
from crawler.domain.capture import UPSTREAM, Outcome, Route
from crawler.domain.errors import BadInput, reason_of
from crawler.fetching.guard import Policy, may_connect
from crawler.fetching.hosts import Spot
from crawler.fetching.resolving import Resolver
from crawler.fetching.trouble import Trouble

CONNECT_S = 10.0
LOOKUP_S = 3.0  # of a name that need not be known here
_SILENT_AFTER = 3  # questions in a row
_HARDLY_S = 0.3  # a resolver that is there answers the most of what it is asked in less
_TRIED_AGAIN_S = 60.0
_MOST_TRIES = 3
_HEAD_LIMIT = 64 * 1024


class Refused(Trouble):
    """The policy forbids it."""

    def __init__(self, reason: str) -> None:
        super().__init__(Outcome.BLOCKED_ADDRESS, reason)


class Line(NamedTuple):
    """An open connection, and whom it reaches."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    peer: str  # address:port; empty where a further proxy chose it
    speaks_to_proxy: bool = False
    authorization: bytes = b""  # header that the further proxy wants with every request
    route: Route = Route()


class Silence:
    """Whether the name servers have lately answered nobody: then each new name is waited for only
    as long as an answer takes that does come, until it is time to try them again.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._unanswered = 0
        self._until = 0.0

    def patience(self, usual_s: float) -> float:
        """How long to wait for the next answer."""
        silent = self._unanswered >= _SILENT_AFTER and self._clock() < self._until
        return min(usual_s, _HARDLY_S) if silent else usual_s

    def lasts(self) -> None:
        """One more question without an answer."""
        if self._unanswered < _SILENT_AFTER or self._clock() >= self._until:
            self._until = self._clock() + _TRIED_AGAIN_S
        self._unanswered += 1

    def is_broken(self) -> None:
        """They answered."""
        self._unanswered = 0


class Dialler(Protocol):
    """The only way out."""

    async def dial(self, host: str, port: int, *, tunnel: bool) -> Line:
        """An open connection; Refused by the policy, Trouble if nobody answers."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Straight:
    """Resolves once, asks the policy, connects to that very address."""

    resolver: Resolver
    policy: Policy
    connect_s: float = CONNECT_S

    async def dial(self, host: str, port: int, *, tunnel: bool) -> Line:
        """The first permitted address that answers."""
        spots = permitted(await self.resolver.spots(host, port), self.policy)
        line = await _first_that_answers(spots, self.connect_s)
        return line._replace(route=self.resolver.route(host, line.route.own))


@dataclass(frozen=True, kw_only=True, slots=True)
class UpstreamProxy:
    """The forward proxy of `crawl.proxy`."""

    host: str
    port: int
    credentials: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Through:
    """By way of an upstream proxy. Literals and names that resolve here are checked here; other
    names go upstream by name. Only the proxy's own address needs no permit.
    """

    proxy: UpstreamProxy
    resolver: Resolver
    policy: Policy
    connect_s: float = CONNECT_S
    lookup_s: float = LOOKUP_S
    silence: Silence = field(default_factory=lambda: Silence(time.monotonic))

    async def dial(self, host: str, port: int, *, tunnel: bool) -> Line:
        """A tunnel through the proxy, or a line on which it takes absolute addresses."""
        await self.check(host, port)
        return await self.open(host, port, tunnel=tunnel)

    async def open(self, host: str, port: int, *, tunnel: bool) -> Line:
        """The same to a place that was checked."""
        spots = await self.resolver.spots(self.proxy.host, self.proxy.port)
        line = await _first_that_answers(spots, self.connect_s)
        if tunnel:
            await self._ask_tunnel(line, host, port)
        return line._replace(
            peer="",
            speaks_to_proxy=not tunnel,
            authorization=self._authorization,
            route=replace(line.route, told_by=UPSTREAM),
        )

    @property
    def _authorization(self) -> bytes:
        if not self.proxy.credentials:
            return b""
        token = base64.b64encode(self.proxy.credentials.encode())
        return b"Proxy-Authorization: Basic " + token + b"\r\n"

    async def check(self, host: str, port: int) -> Sequence[Spot]:
        """Where it is, as far as that is known here. The proxy may take any of a name's addresses,
        so all of them must be permitted. Where only the proxy leads outside, name servers that
        know nothing may say nothing at all: they are waited for once, then hardly.
        """
        if port not in self.policy.ports:
            raise Refused(f"端口 {port} 不在允许之列")
        try:
            async with asyncio.timeout(self.silence.patience(self.lookup_s)):
                spots = await self.resolver.spots(host, port)
        except TimeoutError:
            self.silence.lasts()
            return ()
        except Trouble as trouble:
            if ends_in_number(host) or ":" in host:
                raise
            if trouble.outcome is Outcome.TIMED_OUT:
                self.silence.lasts()
            else:
                self.silence.is_broken()
            return ()
        if not self.resolver.is_given(host):
            self.silence.is_broken()
        if len(permitted(spots, self.policy)) < len(spots):
            raise Refused(f"{host[:80]} 解析到的地址不全允许访问")
        return spots

    async def _ask_tunnel(self, line: Line, host: str, port: int) -> None:
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        ask = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n".encode()
        line.writer.write(ask + self._authorization + b"\r\n")
        try:
            async with asyncio.timeout(self.connect_s):
                head = await line.reader.readuntil(b"\r\n\r\n")
        except (TimeoutError, OSError, EOFError, asyncio.LimitOverrunError) as error:
            line.writer.close()
            raise Trouble(Outcome.TIMED_OUT, "上级代理没有应答") from error
        if head[9:10] != b"2":
            line.writer.close()
            answer = head[9:12].decode("ascii", "replace")
            raise Trouble(Outcome.CONNECTION_REFUSED, f"上级代理拒绝转接（{answer}）")


def permitted(spots: Sequence[Spot], policy: Policy) -> tuple[Spot, ...]:
    """Those that may be dialled, never none; Refused with the first one's reason."""
    permits = [may_connect(spot.address, spot.port, policy) for spot in spots]
    granted = tuple(spot for spot, permit in zip(spots, permits, strict=True) if permit.granted)
    if not granted:
        raise Refused(permits[0].reason if permits else "没有地址")
    return granted


def upstream_from(url: str) -> UpstreamProxy:
    """An upstream proxy as people write it: http://[user:password@]host:port."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 3128
    except ValueError as error:
        raise BadInput("crawl.proxy 不是地址") from error
    if parts.scheme != "http" or not host:
        raise BadInput("crawl.proxy 应写作 http://主机:端口")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return UpstreamProxy(host=host, port=port, credentials=f"{user}:{password}" if user else "")


async def _first_that_answers(spots: Sequence[Spot], connect_s: float) -> Line:
    trouble = Trouble(Outcome.TIMED_OUT, "连接超时")
    for spot in spots[:_MOST_TRIES]:
        try:
            async with asyncio.timeout(connect_s):
                reader, writer = await asyncio.open_connection(
                    str(spot.address), spot.port, limit=_HEAD_LIMIT
                )
        except (OSError, TimeoutError) as error:
            trouble = _trouble(error)
            continue
        _send_at_once(writer)
        return Line(reader, writer, peer_name(spot), route=Route(own=own_name(writer)))
    raise trouble


def peer_name(spot: Spot) -> str:
    """address:port as it is kept with the evidence."""
    return _place(str(spot.address), spot.port)


def own_name(end: asyncio.BaseTransport | asyncio.StreamWriter) -> str:
    """The same of our own end of a connection."""
    name = end.get_extra_info("sockname")
    return _place(name[0], name[1]) if name else ""


def _place(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _trouble(error: OSError) -> Trouble:
    if isinstance(error, TimeoutError):
        return Trouble(Outcome.TIMED_OUT, "连接超时")
    if isinstance(error, ConnectionRefusedError):
        return Trouble(Outcome.CONNECTION_REFUSED, "对方拒绝连接")
    return Trouble(Outcome.CONNECTION_REFUSED, f"无法连接（{reason_of(error)}）"[:120])


def _send_at_once(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
