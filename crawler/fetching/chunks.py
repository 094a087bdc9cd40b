"""Taking the chunk framing off a body while it comes in, piece by piece."""

import re
from enum import Enum, auto

LONGEST_LINE = 16_384
MOST_CHUNKS = 100_000  # each costs as much as a long one; a page of 8 MiB has 1.4 million of a byte
MOST_TRAILER = 64 * 1024  # bytes of header lines after the last chunk; nobody reads them
_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}")


class _Turn(Enum):
    SIZE = auto()
    BYTES = auto()
    GAP = auto()
    TRAILER = auto()


class ChunkReader:
    """Reads on in a growing buffer. `closed_at` is where the body ends in it, None until known;
    `broken` tells that it ends there because no browser could read on, `is_shredded` that we do
    not, for there are too many.
    """

    def __init__(self) -> None:
        self.payload = bytearray()
        self.closed_at: int | None = None
        self.broken = False
        self.is_shredded = False
        self._count = 0
        self._at = 0
        self._searched = 0
        self._left = 0
        self._trailing = 0
        self._turn = _Turn.SIZE

    def read(self, raw: bytearray) -> None:
        """Takes what the buffer has grown by."""
        while self.closed_at is None and self._step(raw):
            pass

    @property
    def whole(self) -> bool:
        """Whether the last chunk was seen; the blank line after it may be missing."""
        return not self.broken and self._turn is _Turn.TRAILER

    def _step(self, raw: bytearray) -> bool:
        if self._turn is _Turn.BYTES:
            return self._take_bytes(raw)
        line = self._line(raw)
        if line is None:
            return False
        if self._turn is _Turn.SIZE:
            return self._take_size(line)
        if self._turn is _Turn.TRAILER:
            self._trailing += len(line) + 1
            return (bool(line) and self._trailing < MOST_TRAILER) or self._close()
        self._turn = _Turn.SIZE
        return not line or self._break()

    def _take_bytes(self, raw: bytearray) -> bool:
        end = min(self._at + self._left, len(raw))
        with memoryview(raw) as view:
            self.payload += view[self._at : end]
        self._left -= end - self._at
        self._at = end
        if self._left == 0:
            self._turn = _Turn.GAP
        return self._left == 0

    def _take_size(self, line: bytes) -> bool:
        digits = line.partition(b";")[0].strip(b" \t")
        if not _SIZE.fullmatch(digits):
            return self._break()
        self._count += 1
        if self._count > MOST_CHUNKS:
            self.is_shredded = True
            return self._close()
        self._left = int(digits, 16)
        self._turn = _Turn.BYTES if self._left else _Turn.TRAILER
        return True

    def _line(self, raw: bytearray) -> bytes | None:
        last = self._at + LONGEST_LINE
        end = raw.find(b"\n", max(self._at, self._searched), last)
        self._searched = len(raw)
        if end >= 0:
            line = bytes(raw[self._at : end]).removesuffix(b"\r")
            self._at = self._searched = end + 1
            return line
        if len(raw) >= last:
            self._at = last
            self._break()
        return None

    def _break(self) -> bool:
        self.broken = True
        return self._close()

    def _close(self) -> bool:
        self.closed_at = self._at
        return False
