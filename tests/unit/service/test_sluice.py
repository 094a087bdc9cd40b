"""How many visits are of use at once, in made-up time: answers queue before one who reads."""

import heapq
import statistics
from collections import deque
from typing import Any, NamedTuple, cast

import pytest

from crawler.service.sluice import Sluice

SLOTS = 1_024
SILENT_S = 11.0


class Seen(NamedTuple):
    """How a crawl went once it had found its pace."""

    waits: list[float]  # from answer to reading
    per_s: float


def crawl(seconds: float, read_s: float, line_s: float, silent: float = 0.0) -> Seen:
    """Sites without end: so many of a hundred are silent, the rest answer after `line_s` and are
    read one after the other, `read_s` each.
    """
    sluice: Any = Sluice(SLOTS)
    events: list[tuple[float, int, bool]] = []  # when, which, whether it answers
    queue: deque[float] = deque()
    now, number, free_at, waits, read = 0.0, 0, 0.0, list[float](), 0
    while now < seconds:
        while not sluice._is_full():
            sluice._inside, number = sluice._inside + 1, number + 1
            dead = number * silent // 100 != (number - 1) * silent // 100
            heapq.heappush(events, (now + (SILENT_S if dead else line_s), number, not dead))
        comes = events[0][0] if events else seconds
        if queue and max(free_at, queue[0]) <= comes:
            answered = queue.popleft()
            now = max(free_at, answered)
            sluice.leave_read(answered, now)
            free_at = now + read_s
            if now > seconds / 2:
                waits.append(now - answered)
                read += 1
        else:
            now, _, answers = heapq.heappop(events)
            if answers:
                queue.append(now)
            else:  # a silent one is reported at once: there is nothing to read
                sluice.leave_read(now, now)
    return Seen(waits, read / (seconds / 2))


@pytest.mark.parametrize("read_s", [0.005, 0.01, 0.1])
def test_an_answer_is_read_soon_however_slow_the_machine_is(read_s: float) -> None:
    seen = crawl(400, read_s, line_s=0.3)

    assert statistics.quantiles(seen.waits, n=20)[-1] < 5.0
    assert seen.per_s > 0.95 / read_s  # and whoever reads is never idle


def test_silent_hosts_get_the_room_that_they_need() -> None:
    alive = crawl(400, 0.01, line_s=0.3)

    among_silent = crawl(400, 0.01, line_s=0.3, silent=30)

    assert among_silent.per_s > 0.9 * alive.per_s
    assert statistics.quantiles(among_silent.waits, n=20)[-1] < 5.0


def test_a_machine_that_follows_gets_all_places() -> None:
    sluice = cast("Any", Sluice(SLOTS))
    for moment in range(SLOTS):
        sluice._inside += 1
        sluice.leave_read(float(moment), float(moment))

    assert sluice._useful == SLOTS


def test_the_parents_word_is_the_most() -> None:
    sluice = cast("Any", Sluice(SLOTS))
    sluice.set(40)
    sluice._inside = 40

    assert sluice._is_full()
