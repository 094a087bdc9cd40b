"""Who works in a sweep, what each has in hand, and which page a dead child died over."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from crawler.domain.site import Visit, VisitState
from crawler.service.children import Child
from crawler.service.pipes import Report

BLOCK = 200  # visits a claim


@dataclass(frozen=True, kw_only=True, slots=True)
class Crew:
    """All children of one kind: whose turn they serve, how many, how much each may hold."""

    state: VisitState
    size: int
    window: int
    start: Callable[[int], Awaitable[Child]]
    set_aside: Callable[[Visit, datetime], Report]  # what is recorded of a page that kills them
    foreseen_by: VisitState | None = None  # started as soon as many stand there
    one_at_a_time: bool = False  # after a death: it cannot say which of several pages it was

    def is_due(self, number: int, counts: Mapping[VisitState, int]) -> bool:
        """Whether its child of that number is of use: a few visits those before it do sooner alone;
        who many visits will surely need has the word lists loaded before the first of them asks.
        """
        foreseen = self.foreseen_by is not None and counts.get(self.foreseen_by, 0) > BLOCK
        return foreseen or counts.get(self.state, 0) > number * BLOCK


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A visit in the hands of one child; a report by another is of no worth."""

    visit: Visit
    crew: Crew
    child: Child

    def aside(self, at: datetime) -> "Came":
        """What is recorded instead of a report."""
        return Came(held=self, report=self.crew.set_aside(self.visit, at))


@dataclass(frozen=True, kw_only=True, slots=True)
class Came:
    """What was reported, waiting to be recorded."""

    held: Held
    report: Report


def blamed(crew: Crew, child: Child) -> int:
    """The visit over which a child died, if that can be known, else 0."""
    at = child.watch.look()[0]
    if at in child.outstanding:
        return at
    only = crew.one_at_a_time and child.ready and len(child.outstanding) == 1
    return next(iter(child.outstanding)) if only else 0
