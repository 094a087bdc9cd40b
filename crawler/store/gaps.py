"""Stretches that a file loses when it is written anew, and where the rest of it comes to lie."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

Gap = tuple[int, int]  # [start, end)


def merged(gaps: Iterable[Gap]) -> list[Gap]:
    """In order, none touching another."""
    found: list[Gap] = []
    for start, end in sorted(gaps):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif end > start:
            found.append((start, end))
    return found


def rest(gaps: Sequence[Gap], size: int) -> Iterator[Gap]:
    """What lies between merged gaps, up to `size`."""
    at = 0
    for start, end in gaps:
        if start > at:
            yield at, min(start, size)
        at = end
    if at < size:
        yield at, size


def length(gaps: Iterable[Gap]) -> int:
    """Bytes in merged gaps."""
    return sum(end - start for start, end in gaps)


def moved_to(gaps: Sequence[Gap], offset: int) -> int | None:
    """Where what lay at an offset lies once merged gaps are closed; None inside one of them."""
    before = bisect_right(gaps, offset, key=lambda gap: gap[0])
    if before and offset < gaps[before - 1][1]:
        return None
    return offset - length(gaps[:before])
