"""What an internet address is, whatever spelling or wrapping it comes in, and whether it is
public.
"""

import re
from collections.abc import Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import unquote

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Not of the public internet: special registries, and inner nets that are registered as public.
NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "59.192.0.0/10",  # the Chinese e-government network, though registered as public
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "::/96",  # unspecified, loopback and the old compatible form
        "::ffff:0:0:0/96",  # translated
        "64:ff9b:1::/48",
        "100::/64",
        "100:0:0:1::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_NOT_PUBLIC_V4 = tuple(network for network in NOT_PUBLIC if network.version == 4)
_NOT_PUBLIC_V6 = tuple(network for network in NOT_PUBLIC if network.version == 6)
_GLOBAL_V6 = ip_network("2000::/3")
_MAPPED = ip_network("::ffff:0:0/96")
_COMPATIBLE = ip_network("::/96")
_TRANSLATED = ip_network("::ffff:0:0:0/96")
_NAT64 = ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ip_network("64:ff9b:1::/48")
_SIX_TO_FOUR = ip_network("2002::/16")
_TEREDO = ip_network("2001::/32")
_LOW_32 = 0xFFFFFFFF
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE)


def address_of(host: str) -> Address | None:
    """The address that a host of a URL spells, the way browsers read it (2130706433, 0x7f.1,
    0177.0.0.1, [::1], full-width digits); None for a name.
    """
    bare = host.strip().strip("[]")
    if ":" in bare:
        return _strict(bare.partition("%")[0])
    plain = _plain(bare)
    return _strict(plain) or _loose_v4(plain)


def ends_in_number(host: str) -> bool:
    """Whether a host can only be meant as an IPv4 address: its last label is a number."""
    last = _plain(host.strip()).rstrip(".").rpartition(".")[2]
    return bool(_NUMBER.fullmatch(last))


def is_public(address: Address) -> bool:
    """Whether it is an address of the public internet, in itself and in all that it wraps."""
    return all(is_public_itself(one) for one in (address, *embedded_v4(address)))


def is_public_itself(address: Address) -> bool:
    """The same, but what it wraps is left to the caller. By our own tables: what Python calls
    global differs from one of its versions to the next.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    if address in _MAPPED or address in _NAT64:
        return True
    return address in _GLOBAL_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def embedded_v4(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses hidden in an IPv6 one: mapped, compatible, translated, 6to4, Teredo,
    NAT64.
    """
    return () if isinstance(address, IPv4Address) else tuple(_hidden_in(address))


def unwrapped(address: Address) -> Address:
    """A mapped address as the IPv4 address that it really dials; any other one as it is."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _hidden_in(address: IPv6Address) -> Iterator[IPv4Address]:
    number = int(address)
    if any(address in network for network in (_MAPPED, _TRANSLATED, _NAT64, _LOCAL_NAT64)):
        yield IPv4Address(number & _LOW_32)
    if address in _COMPATIBLE and number > 1:
        yield IPv4Address(number & _LOW_32)
    if address in _SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & _LOW_32)
    if address in _TEREDO:
        yield IPv4Address(number >> 64 & _LOW_32)  # the server
        yield IPv4Address(~number & _LOW_32)  # the client, its bits turned


def _plain(host: str) -> str:
    """Percent signs, full-width digits and dots are what a browser undoes before it looks."""
    folded = unquote(host).translate(_FOLD)
    return folded[:-1] if folded.endswith(".") else folded


def _strict(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _loose_v4(text: str) -> IPv4Address | None:
    parts = text.split(".")
    numbers = [_number(part) for part in parts]
    if len(parts) > 4 or any(number is None for number in numbers):
        return None
    *first, last = [number for number in numbers if number is not None]
    if any(number > 255 for number in first) or last >= 256 ** (5 - len(parts)):
        return None
    return IPv4Address(sum(n << 8 * (3 - i) for i, n in enumerate(first)) + last)


def _number(part: str) -> int | None:
    if not _NUMBER.fullmatch(part) or len(part) > 40:
        return None
    if part[:2] in ("0x", "0X"):
        return int(part[2:] or "0", 16)
    if part.startswith("0") and len(part) > 1:
        return int(part, 8) if set(part) <= set("01234567") else None
    return int(part)


_FOLD = {ord("。"): ".", ord("．"): ".", ord("｡"): "."} | {
    0xFF01 + shift: chr(0x21 + shift) for shift in range(94)
}
