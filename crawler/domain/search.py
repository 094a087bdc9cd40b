"""Where a distinct text stands, and what narrows a search for it."""

from dataclasses import dataclass
from datetime import UTC, datetime

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_DIGEST_BITS = 32
_MOST_SECONDS = (1 << 31) - 1  # either way: the number fits into 64 bits, whatever is asked for


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Sites that show (or showed) a text and of which the same was judged; the one named is the
    last that was seen. A text may stand at thousands of sites, but at few such places.
    """

    digest: str
    site_id: int
    domain: str
    unit_name: str
    region: str
    kind: str  # of the subject
    level: str = "none"
    categories: tuple[str, ...] = ()
    rates: tuple[float, ...] = ()  # annual percent
    terms: tuple[str, ...] = ()  # watched words that were hit
    family: str = ""
    capture_id: str = ""  # the newest
    first_seen_at: datetime
    last_seen_at: datetime
    sites: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Narrowing:
    """What one place must satisfy, all of it. Region is a prefix; empty means any."""

    region: str = ""
    levels: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    family: str = ""
    rate_from: float | None = None
    rate_to: float | None = None
    since: datetime | None = None  # when the text was first seen
    until: datetime | None = None  # before this

    @property
    def of_place(self) -> bool:
        """Whether it says anything of the place, and not only of time."""
        return bool(
            self.region or self.levels or self.categories or self.kinds or self.family
        ) or not (self.rate_from is None and self.rate_to is None)


def suits(place: Place, wanted: Narrowing) -> bool:
    """Whether a place satisfies everything that is asked of one."""
    return (
        place.region.startswith(wanted.region)
        and (not wanted.levels or place.level in wanted.levels)
        and (not wanted.categories or not set(wanted.categories).isdisjoint(place.categories))
        and (not wanted.kinds or place.kind in wanted.kinds)
        and (not wanted.family or place.family == wanted.family)
        and _has_rate(place, wanted)
    )


def order_of(first_seen_at: datetime, digest: str) -> int:
    """A text's number in time: the second it was first seen, then its digest. It never changes, so
    deep paging stays steady while the index grows.
    """
    return start_of(first_seen_at) + int(digest[:8], 16)


def start_of(moment: datetime) -> int:
    """The lowest number of that second."""
    seconds = int((moment - _EPOCH).total_seconds())
    return max(-_MOST_SECONDS, min(seconds, _MOST_SECONDS)) << _DIGEST_BITS


def _has_rate(place: Place, wanted: Narrowing) -> bool:
    if wanted.rate_from is None and wanted.rate_to is None:
        return True
    low = wanted.rate_from if wanted.rate_from is not None else float("-inf")
    high = wanted.rate_to if wanted.rate_to is not None else float("inf")
    return any(low <= rate <= high for rate in place.rates)
