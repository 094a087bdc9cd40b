"""From a host to the places that can be dialled: literals, the hosts file, then the name
servers. Nothing here decides whether they may be.
"""

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import cast

import aiodns

from crawler.domain.address import Address, address_of, ends_in_number, unwrapped
from crawler.domain.capture import HOSTS_FILE, Outcome, Route
from crawler.fetching.hosts import HostTable, Spot
from crawler.fetching.trouble import Trouble

Lookup = Callable[[str], Awaitable[tuple[Address, ...]]]

REMEMBERED = 4096  # names; bounded, for a sweep asks for each name a few times and never again
KEPT_S = 60.0
MOST_ADDRESSES = 4
MOST_TOLD = 16  # of an answer, in a route

_NO_NAME = Trouble(Outcome.NAME_NOT_FOUND, "域名没有解析记录")
_FAILURES = {
    aiodns.error.ARES_ENOTFOUND: (Outcome.NAME_NOT_FOUND, "域名不存在"),
    aiodns.error.ARES_ENODATA: (Outcome.NAME_NOT_FOUND, "域名没有地址记录"),
    aiodns.error.ARES_EBADNAME: (Outcome.NAME_NOT_FOUND, "域名写法不合规范"),
    aiodns.error.ARES_ETIMEOUT: (Outcome.TIMED_OUT, "域名服务器没有应答"),
    aiodns.error.ARES_ESERVFAIL: (Outcome.NAME_NOT_FOUND, "域名服务器报告故障（SERVFAIL）"),
    aiodns.error.ARES_EREFUSED: (Outcome.NAME_NOT_FOUND, "域名服务器拒绝应答"),
    aiodns.error.ARES_ECONNREFUSED: (Outcome.TIMED_OUT, "连不上域名服务器"),
}


class Resolver:
    """Places of a host, each answer remembered for a minute. Literals in odd spellings are read
    as browsers read them, so that the guard sees the true address.
    """

    def __init__(
        self,
        hosts: HostTable,
        lookup: Lookup,
        clock: Callable[[], float],
        asked: Callable[[], str] = str,
    ) -> None:
        self._hosts = hosts
        self._lookup = lookup
        self._clock = clock
        self._asked = asked  # which name servers the lookup asks
        self._known: OrderedDict[str, tuple[float, tuple[Address, ...]]] = OrderedDict()

    async def spots(self, host: str, port: int) -> tuple[Spot, ...]:
        """Where a host can be dialled, never empty; Trouble if it has no address."""
        literal = address_of(host)
        if literal is not None:
            return (Spot(unwrapped(literal), port),)
        if self._hosts.lacks(host):
            raise Trouble(_NO_NAME.outcome, _NO_NAME.reason)
        places = self._hosts.places_of(host)
        if places:
            return tuple(place.spot(port) for place in places)
        if not host or ends_in_number(host):
            raise Trouble(_NO_NAME.outcome, "主机名不是域名，也不是地址")
        addresses = await self._addresses(host.lower())
        return tuple(Spot(unwrapped(address), port) for address in addresses[:MOST_ADDRESSES])

    def is_given(self, host: str) -> bool:
        """Whether the hosts file says where it is."""
        return bool(self._hosts.places_of(host))

    def route(self, host: str, own: str) -> Route:
        """What `spots` went by, for a connection from this address of ours."""
        _, known = self._known.get(host.lower(), (0.0, ()))
        if known:  # first, for it costs least: each exchange asks
            answers = tuple(map(str, known[:MOST_TOLD]))
            return Route(answers=answers, told_by=self._asked(), own=own)
        if address_of(host) is not None:
            return Route(own=own)
        given = tuple(str(place.address) for place in self._hosts.places_of(host))
        return Route(answers=given, told_by=HOSTS_FILE if given else self._asked(), own=own)

    async def _addresses(self, name: str) -> tuple[Address, ...]:
        until, known = self._known.get(name, (0.0, ()))
        if until > self._clock():
            return known
        addresses = await self._lookup(name)
        if not addresses:
            raise Trouble(_NO_NAME.outcome, _NO_NAME.reason)
        self._known[name] = (self._clock() + KEPT_S, addresses)
        self._known.move_to_end(name)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return addresses


class NameServers:
    """A lookup over the machine's name servers (c-ares): no threads, so none can run out."""

    def __init__(self, *, timeout_s: float = 3.0, tries: int = 2) -> None:
        self._timeout_s = timeout_s
        self._tries = tries
        self._resolver: aiodns.DNSResolver | None = None

    async def __call__(self, name: str) -> tuple[Address, ...]:
        """IPv4 first: it is what most filed sites have."""
        try:
            answer = await self._opened().getaddrinfo(name, type=socket.SOCK_STREAM)
        except aiodns.error.DNSError as error:
            raise _trouble(error) from error
        found = [ip_address(cast(bytes, node.addr[0]).decode("ascii")) for node in answer.nodes]
        return tuple(sorted(found, key=lambda address: address.version))

    def servers(self) -> str:
        """Addresses of those that are asked; which of them answered, c-ares does not tell."""
        return "、".join(self._opened().nameservers)

    async def close(self) -> None:
        """Ends all questions under way."""
        if self._resolver is not None:
            await self._resolver.close()
            self._resolver = None

    def _opened(self) -> aiodns.DNSResolver:
        if self._resolver is None:
            loop = asyncio.get_running_loop()
            self._resolver = aiodns.DNSResolver(
                loop=loop, timeout=self._timeout_s, tries=self._tries
            )
        return self._resolver


def _trouble(error: aiodns.error.DNSError) -> Trouble:
    code = error.args[0] if error.args else -1
    outcome, reason = _FAILURES.get(code, (Outcome.NAME_NOT_FOUND, f"域名查询失败（{code}）"))
    return Trouble(outcome, reason)
