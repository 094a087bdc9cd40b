"""How a child gets out: the policy and the names it was greeted with."""

import time
from dataclasses import dataclass

from crawler.fetching.dialling import Through, upstream_from
from crawler.fetching.guard import Policy, networks_of
from crawler.fetching.hosts import read_hosts
from crawler.fetching.resolving import NameServers, Resolver
from crawler.service.pipes import Greeting


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """What may be connected to, and who knows the addresses."""

    policy: Policy
    resolver: Resolver
    proxy: Through | None  # what the network prescribes


def passage_from(greeting: Greeting) -> Passage:
    """The way out that the settings describe; BadInput names the line that is wrong."""
    policy = Policy(
        ports=frozenset(greeting.ports),
        allowed=networks_of(greeting.allow),
        denied=networks_of(greeting.deny),
    )
    servers = NameServers()
    hosts = read_hosts(greeting.hosts)
    names = Resolver(hosts, servers, time.monotonic, servers.servers)
    return Passage(policy=policy, resolver=names, proxy=_proxy(greeting.proxy, policy, names))


def _proxy(url: str, policy: Policy, names: Resolver) -> Through | None:
    if not url:
        return None
    return Through(proxy=upstream_from(url), resolver=names, policy=policy)
