"""How long and how much one visit may take, in one record a pass."""

from dataclasses import dataclass

from crawler.fetching.answer_reader import BODY_CAP, HEAD_CAP


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Times are totals, never idle times: a page that drips does not win time by it."""

    lookup_s: float = 3.0
    connect_s: float = 3.0  # connection and TLS together
    total_s: float = 8.0  # one exchange, from the first dialling on
    robots_s: float = 3.0
    queue_s: float = 120.0  # waiting for one's turn at a shared address
    head_cap: int = HEAD_CAP
    body_cap: int = BODY_CAP  # on the wire, and decoded
    robots_cap: int = 512 * 1024
    hops: int = 10  # redirects of all kinds
    slots: int = 128  # visits under way
    at_one_address: int = 8  # exchanges under way with one address


QUICK = Limits()
PATIENT = Limits(lookup_s=8.0, connect_s=10.0, total_s=20.0, robots_s=8.0)
