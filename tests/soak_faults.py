"""What the soak breaks: processes, the receiver, the disk, the clock, the store, the search server.

The disk and the clock are real where they can be: a small memory disk that an administrator mounts
over the home, and libfaketime around `serve` (the parent's clock alone: leases, timetable and
outbox are there; children keep the true one).
"""

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
DISK_MB = 1_536
CLOCKS = ("+86400", "-3600")


@contextmanager
def small_disk(home: Path, size_mb: int = DISK_MB) -> Iterator[bool]:
    """A disk of its own for the home, so that it can be filled; only an administrator may."""
    options = ["-t", "tmpfs", "-o", f"size={size_mb}m,mode=700", "tmpfs", str(home)]
    if subprocess.run(["mount", *options], check=False, stderr=subprocess.DEVNULL).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "--lazy", str(home)], check=False)


@contextmanager
def eat(home: Path) -> Iterator[None]:
    """Not a byte left meanwhile."""
    filler = home / "filler"
    try:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
        with filler.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(512))
        yield
    finally:
        filler.unlink(missing_ok=True)


def hold_store(file: Path, seconds: float) -> None:
    """Another process writes to the embedded database and does not let go."""
    program = (
        "import sqlite3,sys,time; c=sqlite3.connect(sys.argv[1],timeout=30);"
        "c.execute('BEGIN IMMEDIATE'); time.sleep(float(sys.argv[2])); c.rollback()"
    )
    with suppress(subprocess.TimeoutExpired, sqlite3.Error):
        subprocess.run(
            ["python3", "-c", program, str(file), str(seconds)], check=False, timeout=seconds + 40
        )


def clock_environment(file: Path) -> Mapping[str, str]:
    """Around `serve`: it reads its distance from the true time from a file, once a second."""
    file.write_text("+0", "ascii")
    return os.environ | {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_CACHE_DURATION": "1",
    }


def move_clock(file: Path, by: str, seconds: float) -> None:
    """So far off for so long, then right again."""
    file.write_text(by, "ascii")
    time.sleep(seconds)
    file.write_text("+0", "ascii")
