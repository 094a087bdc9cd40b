"""The pace of one sweep: hears what children report, and says how much each crew may have in hand.

It blames the line only for sites that are known to live: a list half of which is dead must not
slow anybody down.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from crawler.domain.capture import Outcome
from crawler.domain.pace import (
    LEAST_ANSWERS,
    LEAST_PAGES,
    LONG_LAG_S,
    Bounds,
    Lever,
    Signs,
    next_pages,
    next_slots,
)
from crawler.domain.site import Visit, VisitState, ended_well, outcome_of
from crawler.service.hands import Crew
from crawler.service.pipes import Pulse, Report

LOOK_S = 2.0  # between two adjustments of one lever
RECENT = 6  # pulses: of three fetchers in two seconds
SETTLE_S = 12.0  # what was under way before a step down goes on telling for so long
FETCHING = frozenset({VisitState.WAITING, VisitState.PATIENT, VisitState.COMPARING})


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One step, written down and shown."""

    lever: Lever
    before: int
    after: int
    why: str


@dataclass(kw_only=True)
class Pace:
    """`strain` says in words what the machine lacks just now, or nothing. `moves` False: the
    numbers stay the settings'.
    """

    slots: Bounds
    pages: Bounds
    strain: Callable[[], str] = lambda: ""
    moves: bool = True
    settle_s: float = SETTLE_S
    received: int = 0  # bytes from outside that nobody wrote down yet
    now: dict[Lever, int] = field(init=False)
    _living: int = 0
    _timed_out: int = 0
    _drawn: int = 0
    _undrawn: int = 0
    _lags: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    _wait: dict[Lever, float] = field(default_factory=dict)
    _muted: dict[Lever, float] = field(default_factory=dict)  # after a step down

    def __post_init__(self) -> None:
        self.now = {Lever.SLOTS: self.slots.most, Lever.PAGES: self.pages.most}

    def places(self, crew: Crew) -> int:
        """How many visits a child of the crew may work on at once; 0: as it likes."""
        if crew.state in FETCHING:
            return self.now[Lever.SLOTS]
        return self.now[Lever.PAGES] if crew.state is VisitState.RENDERING else 0

    def window(self, crew: Crew) -> int:
        """How many visits it may hold: in proportion."""
        if crew.state in FETCHING:
            return max(1, crew.window * self.now[Lever.SLOTS] // self.slots.most)
        if crew.state is VisitState.RENDERING:
            return max(1, crew.window * self.now[Lever.PAGES] // self.pages.most)
        return crew.window

    def feel(self, pulse: Pulse) -> None:
        """How a child fares."""
        self._lags.append(pulse.lag_s)
        self.received += pulse.received

    def hear(self, visit: Visit, report: Report) -> None:
        """What came of a visit."""
        if not report.captures:
            return
        outcome = outcome_of(report.captures)
        if visit.state is VisitState.RENDERING:
            self._drawn += 1
            self._undrawn += outcome in (Outcome.BROWSER_FAILED, Outcome.TIMED_OUT)
        elif visit.state is VisitState.PATIENT:
            # it lives after all: the quick pass had lost it to the line
            lost = bool(visit.captures) and outcome_of(visit.captures) is Outcome.TIMED_OUT
            self._living += lost and ended_well(outcome)
            self._timed_out += lost and ended_well(outcome)
        elif visit.state is VisitState.WAITING:
            known = bool(visit.site.final_url) and not visit.site.failures_in_a_row
            self._living += known or ended_well(outcome)
            self._timed_out += known and outcome is Outcome.TIMED_OUT

    def adjust(self, now_s: float) -> list[Change]:
        """What is changed now; ask regularly."""
        return list(self._adjusted(now_s)) if self.moves else []

    def _adjusted(self, now_s: float) -> Iterator[Change]:
        for lever in Lever:
            if now_s < self._muted.get(lever, 0.0):
                self._forget(lever)
        signs = self._signs()
        alarm = bool(signs.strain) or signs.lag_s > LONG_LAG_S
        if self._is_time(Lever.SLOTS, now_s) and (alarm or signs.living >= LEAST_ANSWERS):
            found = next_slots(self.now[Lever.SLOTS], signs, self.slots)
            yield from self._moved(Lever.SLOTS, *found, now_s)
        if self._is_time(Lever.PAGES, now_s) and (alarm or signs.drawn >= LEAST_PAGES):
            found = next_pages(self.now[Lever.PAGES], signs, self.pages)
            yield from self._moved(Lever.PAGES, *found, now_s)
        if alarm:
            self._lags.clear()

    def _lag_s(self) -> float:
        """The second worst of late: one heavy page holds a loop once, and means nothing."""
        return sorted(self._lags)[-2] if len(self._lags) > 1 else 0.0

    def _is_time(self, lever: Lever, now_s: float) -> bool:
        return now_s >= max(self._wait.get(lever, 0.0), self._muted.get(lever, 0.0))

    def _forget(self, lever: Lever) -> None:
        if lever is Lever.SLOTS:
            self._living = self._timed_out = 0
        else:
            self._drawn = self._undrawn = 0

    def _signs(self) -> Signs:
        return Signs(
            living=self._living,
            timed_out=self._timed_out,
            lag_s=self._lag_s(),
            drawn=self._drawn,
            undrawn=self._undrawn,
            strain=self.strain(),
        )

    def _moved(self, lever: Lever, after: int, why: str, now_s: float) -> Iterator[Change]:
        before = self.now[lever]
        self._forget(lever)
        self._wait[lever] = now_s + LOOK_S
        if after < before:
            self._muted[lever] = now_s + self.settle_s
        if after != before:
            self.now[lever] = after
            yield Change(lever=lever, before=before, after=after, why=why)
