"""All that a request needs on its way out, built once at the door and handed down."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.x509.verification import Store

from crawler.fetching.dialling import Through
from crawler.fetching.guard import Policy
from crawler.fetching.limits import Limits
from crawler.fetching.politeness import AddressGate
from crawler.fetching.resolving import Resolver
from crawler.fetching.robots import RecentRobots, RobotsPolicy


@dataclass(frozen=True, kw_only=True)
class WayOut:
    """The policy, the names, the limits and the clock of one pass."""

    policy: Policy
    resolver: Resolver
    limits: Limits
    gate: AddressGate
    context: ssl.SSLContext
    roots: Store | None  # to judge certificates by, afterwards
    now: Callable[[], datetime]
    chance: Callable[[int], bytes]  # so many bytes of it, for ids
    proxy: Through | None = None
    robots: RobotsPolicy = RobotsPolicy.RESPECT
    memory: RecentRobots = field(default_factory=RecentRobots)
    owner_of: Callable[[str], str] = str  # whose a host is: its registered domain
    agent: str = ""  # in place of the desktop profile's own
