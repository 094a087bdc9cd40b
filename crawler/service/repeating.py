"""A thread that does one thing again and again until told to end, whatever goes wrong once."""

import threading
import time
from collections.abc import Callable
from datetime import date, datetime

import structlog

from crawler.domain.case import CHINA

LONGEST_PAUSE_S = 60.0
LATE_S = 300.0

log = structlog.get_logger()


class Repeating:
    """Pauses `pause_s` between two goes; longer, up to a minute, while the act fails."""

    def __init__(self, name: str, act: Callable[[], object], pause_s: float) -> None:
        self.name = name
        self._act, self._pause_s = act, pause_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.failures = 0  # in a row
        self._done_at = time.monotonic()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """No further go; `join` waits for the one under way."""
        self._over.set()

    def join(self, seconds: float) -> bool:
        """Whether it ended in time."""
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def trouble(self) -> str:
        """Says so where no go went well for a long time."""
        idle_s = time.monotonic() - self._done_at
        return f"no good round for {idle_s:.0f} s" if idle_s > LATE_S + 2 * self._pause_s else ""

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._act()
            except Exception:  # the next go may fare better; it must take place
                self.failures += 1
                if self.failures in (1, 10, 100):
                    log.exception("failed", action=self.name, count=self.failures)
            else:
                self.failures, self._done_at = 0, time.monotonic()
            more_s = min(self._pause_s * 2 ** min(self.failures, 10), LONGEST_PAUSE_S)
            self._over.wait(more_s if self.failures else self._pause_s)


class Daily:
    """Done once a day: at an hour in China, or as soon after it as somebody asks."""

    def __init__(self, act: Callable[[], object], hour: int, now: Callable[[], datetime]) -> None:
        self._act, self._hour, self._now = act, hour, now
        self._done: date | None = None

    def __call__(self) -> None:
        """Look; act if it is time. One that failed is asked for again."""
        here = self._now().astimezone(CHINA)
        if here.hour < self._hour or here.date() == self._done:
            return
        self._act()
        self._done = here.date()


class WhenChanged:
    """A costly act, left out while nothing came: done when the mark is another than before the
    last one that went well, and every `at_least_s` in any case.
    """

    def __init__(
        self,
        mark: Callable[[], object],
        act: Callable[[], object],
        at_least_s: float,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mark, self._act, self._seconds = mark, act, seconds
        self._at_least_s, self._next_s = at_least_s, float("-inf")
        self._last: object = None

    def __call__(self) -> None:
        """Look; act if there may be something."""
        mark, now_s = self._mark(), self._seconds()  # before the act: what comes meanwhile counts
        if mark == self._last and now_s < self._next_s:
            return
        self._act()
        self._last, self._next_s = mark, now_s + self._at_least_s
