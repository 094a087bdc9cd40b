"""Where the house may connect to: one pure policy, asked by every door with the very address
that is dialled next.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network, summarize_address_range

from crawler.domain.address import Address, Network, embedded_v4, is_public_itself
from crawler.domain.errors import BadInput

DEFAULT_PORTS = frozenset({80, 443, 8080, 8443})


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """Public addresses on listed ports. Only `allowed` and `ports` open it; `denied` wins over
    both.
    """

    ports: frozenset[int] = DEFAULT_PORTS
    allowed: tuple[Network, ...] = ()
    denied: tuple[Network, ...] = ()  # our own hosts, and what the operator adds


@dataclass(frozen=True, kw_only=True, slots=True)
class Permit:
    """The policy's answer; a refusal says why, for an officer."""

    granted: bool
    reason: str = ""


_GRANTED = Permit(granted=True)


def may_connect(address: str | Address, port: int, policy: Policy) -> Permit:
    """Whether this address and port may be dialled; an address hidden inside it counts too."""
    ip = _strict(address) if isinstance(address, str) else address
    if ip is None:
        return Permit(granted=False, reason=f"不是网络地址：{str(address)[:80]!r}")
    for one in (ip, *embedded_v4(ip)):
        objection = _objection(one, policy)
        if objection:
            return Permit(granted=False, reason=objection)
    if port not in policy.ports:
        return Permit(granted=False, reason=f"端口 {port} 不在允许之列")
    return _GRANTED


def networks_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """Ranges as people write them: an address, a prefix (10.0.0.0/8), or first-last."""
    return tuple(network for text in texts for network in _range(text.strip()))


def _objection(address: Address, policy: Policy) -> str:
    if _lies_in(address, policy.denied):
        return f"{address} 在禁止访问的网段内"
    if _lies_in(address, policy.allowed) or is_public_itself(address):
        return ""
    return f"{address} 不是公网地址"


def _lies_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def _range(text: str) -> tuple[Network, ...]:
    first, dash, last = text.partition("-")
    try:
        if dash:
            low, high = ip_address(first.strip()), ip_address(last.strip())
            return tuple(summarize_address_range(low, high))
        return (ip_network(text, strict=False),)
    except (ValueError, TypeError) as error:
        raise BadInput(f"不是网段：{text[:80]!r}") from error


def _strict(text: str) -> Address | None:
    """No odd spelling is taken here: who has one asks `address_of` first."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None
