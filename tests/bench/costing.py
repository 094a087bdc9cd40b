"""How CPU is counted: of the process and of the children it waited for, after the first page."""

import json
import os
import time
from dataclasses import dataclass, field


def cpu_s() -> float:
    """User and system time so far, of this process and of the children it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@dataclass(kw_only=True)
class Tally:
    """Pages done; the clock starts at the first, so that start-up is not a page's cost."""

    pages: int = 0
    _first: tuple[float, float] = field(default=(0.0, 0.0))

    def page(self) -> None:
        """One more is done."""
        if not self.pages:
            self._first = (cpu_s(), time.perf_counter())
        self.pages += 1

    def line(self, **more: object) -> str:
        """What the bench reads from a child's last line."""
        cpu, wall = cpu_s() - self._first[0], time.perf_counter() - self._first[1]
        after = max(1, self.pages - 1)
        figures = {"pages": self.pages, "cpu_ms": 1000 * cpu / after, "per_s": after / wall}
        return json.dumps(figures | more)
