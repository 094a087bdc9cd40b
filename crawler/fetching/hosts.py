"""The hosts file of `crawl.hosts`: it gives a name an address, and maybe a port, nothing more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import NamedTuple

import idna

from crawler.domain.address import Address
from crawler.domain.errors import BadInput

WEB_PORTS = (80, 443)
MOST_NAME = 253


class Spot(NamedTuple):
    """One place that can be dialled."""

    address: Address
    port: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What one line gives its names. A port that the line does not name stays the asked one."""

    address: Address
    http_port: int = 80
    https_port: int = 443

    def spot(self, port: int) -> Spot:
        """Where to dial when a page on this port is asked for."""
        ports = dict(zip(WEB_PORTS, (self.http_port, self.https_port), strict=True))
        return Spot(self.address, ports.get(port, port))


@dataclass(frozen=True, kw_only=True, slots=True)
class HostTable:
    """Names to places; a key `*.name` stands for everything below the name."""

    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()  # names that do not exist, whatever name servers say

    def places_of(self, host: str) -> tuple[Place, ...]:
        """The places of a name: its own, else those of the nearest `*.` above it."""
        name = host.rstrip(".").lower()
        if name in self.places:
            return self.places[name]
        labels = name.split(".")
        above = (f"*.{'.'.join(labels[n:])}" for n in range(1, len(labels)))
        return next((self.places[key] for key in above if key in self.places), ())

    def lacks(self, host: str) -> bool:
        """Whether a line says that this very name does not exist."""
        return host.rstrip(".").lower() in self.absent


def read_hosts(lines: Iterable[str]) -> HostTable:
    """Lines `address[:http-port[:https-port]] name…`; a name on several lines has several
    addresses. A line `- name…` says that these names do not exist. BadInput names the line.
    """
    places: dict[str, tuple[Place, ...]] = {}
    absent: set[str] = set()
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) == 1:
            raise BadInput(f"hosts 第 {number} 行：缺少域名")
        names = [_name(word, number) for word in words[1:]]
        if words[0] == "-":
            absent.update(names)
            continue
        place = _place(words[0], number)
        places |= {name: (*places.get(name, ()), place) for name in names}
    return HostTable(places=places, absent=frozenset(absent))


def ascii_name(name: str) -> str:
    """A host name as it is asked for: lower-case ASCII. IDNAError for what no browser would ask.

    An ASCII name is taken as it is: underscores occur, though no registry sells them.
    """
    bare = name.rstrip(".").lower()
    if not bare.isascii():
        bare = idna.encode(bare, uts46=True).decode("ascii")
    labels = bare.split(".")
    if len(bare) > MOST_NAME or not all(0 < len(label) < 64 for label in labels):
        raise idna.IDNAError(name[:80])
    return bare


def _place(word: str, number: int) -> Place:
    host, ports = _parted(word)
    try:
        values = [_port(port) for port in ports]
        http_port, https_port = [*values, *WEB_PORTS[len(values) :]]
        return Place(address=ip_address(host), http_port=http_port, https_port=https_port)
    except ValueError as error:
        raise BadInput(f"hosts 第 {number} 行：不是地址 {word[:60]!r}") from error


def _parted(word: str) -> tuple[str, list[str]]:
    """`[::1]:80:443`, `::1` without ports, `127.0.0.2:80:443`."""
    if word.startswith("["):
        host, bracket, rest = word[1:].partition("]")
        return host if bracket else word, rest.split(":")[1:]
    if "::" in word:
        return word, []
    host, *ports = word.split(":")
    return host, ports


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < port < 65536:
        raise ValueError(text)
    return port


def _name(word: str, number: int) -> str:
    star, bare = ("*.", word[2:]) if word.startswith("*.") else ("", word)
    try:
        return star + ascii_name(bare)
    except (idna.IDNAError, UnicodeError) as error:
        raise BadInput(f"hosts 第 {number} 行：不是域名 {word[:60]!r}") from error
