"""One shared number per child: the visit it is at, so that the parent knows the trap."""

import ctypes
import mmap
import signal
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SLOT = struct.Struct("<QQ")
_PR_SET_PDEATHSIG = 1
SEVERAL = (1 << 64) - 1  # at work, but on several visits at once: a heartbeat blames nobody


class Watch:
    """Sixteen bytes both sides see: the visit under work (0: none), and how many there were."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_SLOT.size))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SLOT.size)

    def put(self, visit_id: int, count: int) -> None:
        """Say both at once: a heartbeat."""
        self._memory[:] = _SLOT.pack(visit_id, count)

    @contextmanager
    def at(self, visit_id: int) -> Iterator[None]:
        """Between these lines this visit may be what hangs."""
        _, count = _SLOT.unpack(self._memory[:])
        self._memory[:] = _SLOT.pack(visit_id, count + 1)
        yield
        self._memory[:] = _SLOT.pack(0, count + 1)

    def look(self) -> tuple[int, int]:
        """The visit under work and the count: the same twice means no progress."""
        visit_id, count = _SLOT.unpack(self._memory[:])
        return visit_id, count


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends, however that happens."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
