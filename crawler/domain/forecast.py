"""What a sweep will take, foreseen from what the last one took."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """What a sweep of so many sites took, or will take."""

    sites: int
    seconds: float
    bytes: int  # of evidence on the disk
    traffic: int = 0  # bytes that come in
    pictures: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """What a disk has left, and what it loses a day."""

    free_bytes: int
    a_day: int  # bytes, of the last days; what retention gave back is taken off

    @property
    def days(self) -> int | None:
        """Until it is full at this pace; None where it does not grow."""
        return self.free_bytes // self.a_day if self.a_day > 0 else None


# before the first sweep: domain.md §6.5, one district of 30,000 sites, the slower figure
_FIRST = Effort(
    sites=30_000, seconds=14_400, bytes=6 * 1024**3, traffic=12 * 1024**3, pictures=7_500
)


def foreseen(sites: int, last: Effort | None) -> Effort:
    """In proportion (traffic that nobody measured is at least what was kept); a guess from the
    field's figures where nothing was measured yet.
    """
    known = last or _FIRST
    share = sites / known.sites if known.sites else 0.0
    return Effort(
        sites=sites,
        seconds=known.seconds * share,
        bytes=int(known.bytes * share),
        traffic=int((known.traffic or known.bytes) * share),
        pictures=round(known.pictures * share),
    )
