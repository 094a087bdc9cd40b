"""One parent a home: whoever holds the lock says so in it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crawler.domain.errors import TryLater
from crawler.store.database import Database

_AT_REST = "存证正在清理、核验、备份或导出，请稍后再试"


@contextmanager
def held(home: Path, purpose: str) -> Iterator[None]:
    """Hold this home while the lines below run; TryLater names who holds it."""
    with (home / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "另一个进程"
            raise TryLater(f"{home} 正由 {holder} 使用，请等它结束后再试") from None
        file.truncate(0)
        file.write(f"xunwang {purpose}（进程 {os.getpid()}）")
        file.flush()
        yield
        file.truncate(0)


def holder_of(home: Path) -> str:
    """Who holds this home, as they wrote it; empty for nobody."""
    try:
        with (home / "lock").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return (home / "lock").read_text("utf-8").strip() or "另一个进程"
    return ""


@contextmanager
def evidence_at_rest(home: Path, *, alone: bool = False, wait_s: float = 60.0) -> Iterator[None]:
    """While the lines below run no evidence file is written anew or goes; `alone`: the lines below
    are what does it. TryLater after a while.
    """
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    with _locked(home / "run" / "evidence-at-rest", kind, wait_s):
        yield


@contextmanager
def keeping_alone(home: Path) -> Iterator[None]:
    """Nobody else removes what is old meanwhile; TryLater at once."""
    with _locked(home / "run" / "keeping", fcntl.LOCK_EX, 0.0):
        yield


@contextmanager
def shelf_alone(home: Path, wait_s: float = 30.0) -> Iterator[None]:
    """Nobody else publishes or amends word lists meanwhile; TryLater after a while."""
    busy = "词库正由他人改动，请稍后再试"
    with _locked(home / "run" / "lexicons", fcntl.LOCK_EX, wait_s, busy):
        yield


@contextmanager
def rebuilding_alone(home: Path, database: Database) -> Iterator[None]:
    """Nobody else, here or on another machine, builds the index anew meanwhile: each would take the
    other's half-built one for its own. TryLater at once.
    """
    busy = "另一次索引重建正在进行，请等它结束"
    here = _locked(home / "run" / "index-rebuild", fcntl.LOCK_EX, 0.0, busy)
    with here, database.named("index-rebuild", busy):
        yield


@contextmanager
def _locked(path: Path, kind: int, wait_s: float, busy: str = _AT_REST) -> Iterator[None]:
    until = time.monotonic() + wait_s
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise TryLater(busy) from None
                time.sleep(0.05)
        yield
