"""One parent a home: whoever holds the lock says so in it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crawler.domain.errors import TryLater


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
