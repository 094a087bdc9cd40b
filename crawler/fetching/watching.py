"""Keeps a browser's processes inside their memory, from a thread of its own: a page that floods the
event loop does not stop it.
"""

import contextlib
import os
import signal
import threading
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
_PAGE = 4096
MEMORY_LIMIT = 2 * 1024**3
LOOK_EVERY_S = 0.5


class Weight(NamedTuple):
    """One process and the bytes that it holds."""

    pid: int
    size: int


class MemoryWatch:
    """Kills the heaviest process of a tree that weighs too much; at the second time, its root."""

    def __init__(self, root: int, limit: int = MEMORY_LIMIT, every_s: float = LOOK_EVERY_S) -> None:
        self.kills = 0
        self.peak = 0
        self._root = root
        self._limit = limit
        self._every_s = every_s
        self._family = Family(root)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory-watch", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _watch(self) -> None:
        over_before = False
        while not self._stop.wait(self._every_s):
            weights = weights_of(self._family.members(), self._limit)
            total = sum(weight.size for weight in weights)
            self.peak = max(self.peak, total)
            over = total > self._limit
            if over:
                self.kills += 1
                heaviest = max(weights, key=lambda weight: weight.size)
                kill(self._root if over_before else heaviest.pid)
            over_before = over


class Unwatched:
    """A browser on another machine: whoever runs it there keeps it inside its memory."""

    kills = 0
    peak = 0

    def stop(self) -> None:
        """There is nothing to end."""


class Family:
    """A process and all that descend from it. Each process is asked for its parent only once:
    looking twice a second at everybody on the machine would cost more than the watch is worth.
    """

    def __init__(self, root: int) -> None:
        self._root = root
        self._parents: dict[int, int] = {}

    def members(self) -> tuple[int, ...]:
        """Who belongs to it now."""
        alive = {int(one.name) for one in Path(_PROC).iterdir() if one.name.isdigit()}
        self._parents = {pid: self._parents.get(pid) or _parent(pid) for pid in alive}
        children: dict[int, list[int]] = defaultdict(list)
        for pid, parent in self._parents.items():
            children[parent].append(pid)
        found = [self._root]
        for pid in found:
            found.extend(children.get(pid, ()))
        return tuple(found)


def tree_of(root: int) -> tuple[int, ...]:
    """A process and all that descend from it, as they are this moment."""
    return Family(root).members()


def weights_of(pids: Iterable[int], limit: int) -> tuple[Weight, ...]:
    """What processes hold. Shared pages are told apart (dearer to ask) only when the plain sum is
    above the limit.
    """
    plain = tuple(Weight(pid, _resident(pid)) for pid in pids)
    if sum(weight.size for weight in plain) <= limit:
        return plain
    return tuple(Weight(pid, _proportional(pid) or size) for pid, size in plain)


def kill(pid: int) -> None:
    """End a process at once, if it is still there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _parent(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return -1


def _resident(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    try:
        rows = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        return sum(int(row.split()[1]) * 1024 for row in rows if row.startswith("Pss:"))
    except (OSError, ValueError, IndexError):
        return 0
