"""What the machine lacks just now, as the kernel says it: nothing, or one line."""

from pathlib import Path

MUCH_STALL = 10.0  # percent of the last ten seconds in which somebody waited for memory
LEAST_FREE = 0.05  # of all memory
_PROC = Path("/proc")


def strain_of(proc: Path = _PROC) -> str:
    """Memory only: a busy processor is what a sweep is for, and its effect on the line is seen in
    how late the fetchers' loops are. Kernels without pressure figures have the other one.
    """
    stall = _stall(proc / "pressure" / "memory")
    if stall > MUCH_STALL:
        return f"内存吃紧：近 10 秒有 {stall:.0f}% 的时间在等内存"
    free = _free_share(proc / "meminfo")
    return f"内存只余 {free:.0%}" if free < LEAST_FREE else ""


def _stall(file: Path) -> float:
    try:
        first = file.read_text("ascii").splitlines()[0]
        return float(dict(part.split("=") for part in first.split()[1:])["avg10"])
    except (OSError, ValueError, KeyError, IndexError):
        return 0.0


def _free_share(file: Path) -> float:
    try:
        lines = dict(line.split(":", 1) for line in file.read_text("ascii").splitlines())
        free, all_of_it = (int(lines[key].split()[0]) for key in ("MemAvailable", "MemTotal"))
    except (OSError, ValueError, KeyError, IndexError):
        return 1.0
    return free / all_of_it if all_of_it else 1.0
