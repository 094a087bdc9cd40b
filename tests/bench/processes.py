"""What processes use, as /proc tells it."""

import ctypes
import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_SUBREAPER = 36  # prctl: orphans of ours become our children, so that their CPU is not lost


def adopt_orphans() -> None:
    """What children leave behind counts as ours from now on."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def tree_of(pid: int) -> list[int]:
    """A process and all that it started, as far as they live."""
    found = [pid]
    for one in found:
        found += _children(one)
    return found


def cpu_of(pid: int) -> float:
    """Seconds of one process, 0 once it is gone."""
    return sum(_times(pid)[:2])


def tree_cpu_s(pid: int) -> float:
    """Seconds of a tree, of those too that ended and were waited for."""
    return sum(sum(_times(one)) for one in tree_of(pid))


def resident_mb(pid: int) -> float:
    """Memory that one process holds now."""
    return _kib(pid, "status", "VmRSS") / 1024


def peak_mb(pid: int) -> float:
    """The most that it ever held."""
    return _kib(pid, "status", "VmHWM") / 1024


def tree_mb(pid: int) -> float:
    """Memory of a tree, what several share counted once among them (PSS)."""
    return sum(_kib(one, "smaps_rollup", "Pss") for one in tree_of(pid)) / 1024


def tree_resident_mb(pid: int) -> float:
    """The same, what several share counted for each (RSS)."""
    return sum(map(resident_mb, tree_of(pid)))


def tree_handles(pid: int) -> int:
    """Open files of a tree."""
    return sum(_handles(one) for one in tree_of(pid))


def _children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(one) for task in threads for one in (task / "children").read_text().split()]
    except OSError:
        return []


def _times(pid: int) -> list[float]:
    """User, system, and both of the children it waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return [0.0]
    return [int(one) / _TICK for one in fields[11:15]]


def _kib(pid: int, file: str, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0
    return next((int(one.split()[1]) for one in lines if one.startswith(f"{name}:")), 0)


def _handles(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0
