"""One child of the product, worked as its parent works it, with nobody else about."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

from crawler.domain.site import Visit, ended_well, outcome_of
from crawler.service.children import Child
from crawler.service.pipes import Order, Ready, Report

Moment = tuple[float, float]  # CPU of the child, and the clock


@dataclass(kw_only=True)
class Driven:
    """What a child did. A page's clocks run from the first that was seen to the last, so that
    neither start-up nor the last silent host is its cost.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    pages: int = 0  # that were seen
    _first: Moment = (0.0, 0.0)
    _last: Moment = (0.0, 0.0)
    _end: Moment = (0.0, 0.0)

    def take(self, report: Report, cpu_s: float, at_s: float) -> None:
        """One more report, after so many seconds of CPU, at that time."""
        self.attempts += 1
        self._end = (cpu_s, at_s)
        if report.captures:
            self.outcomes[str(outcome_of(report.captures))] += 1
        if report.captures and not ended_well(outcome_of(report.captures)):
            return
        self._last = self._end
        if not self.pages:
            self._first = self._end
        self.pages += 1

    @property
    def cpu_ms(self) -> float:
        """Of a page."""
        return 1000 * (self._last[0] - self._first[0]) / max(1, self.pages - 1)

    @property
    def per_s(self) -> float:
        """Pages."""
        return max(1, self.pages - 1) / max(1e-9, self._last[1] - self._first[1])

    @property
    def attempts_per_s(self) -> float:
        """Sites, whatever came of them, until the last one is given up."""
        return max(1, self.attempts - 1) / max(1e-9, self._end[1] - self._first[1])

    def line(self) -> dict[str, object]:
        """What the bench reads."""
        return {
            "pages": self.pages, "cpu_ms": self.cpu_ms, "per_s": self.per_s,
            "attempts_per_s": self.attempts_per_s, "per_cpu_s": 1000 / max(1e-9, self.cpu_ms),
            "outcomes": self.outcomes,
        }  # fmt: skip


async def driven(
    child: Child,
    visits: Iterable[Visit],
    window: int,
    spent: Callable[[], float],
    note: Callable[[int], None] = lambda _: None,
) -> Driven:
    """All visits through one child, so many in its hands at a time; `note` hears how many are done.
    SystemExit if it says that it cannot work, or dies.
    """
    done, waiting = Driven(), iter(visits)
    for visit in islice(waiting, window):
        await child.give(Order(visit=visit))
    async for record in child.records():
        if isinstance(record, Ready) and record.notice:
            raise SystemExit(record.notice)
        if not isinstance(record, Report):
            continue
        done.take(record, spent(), time.perf_counter())
        note(done.attempts)
        if (visit := next(waiting, None)) is not None:
            await child.give(Order(visit=visit))
        if not child.outstanding:
            break
    if child.outstanding:
        raise SystemExit(f"子进程提前结束，还欠 {len(child.outstanding)} 份")
    await child.end()
    return done
