"""One hostile answer: what is said, what must come of it, whether a browser shows it."""

from dataclasses import dataclass
from enum import Enum, auto

from crawler.domain.capture import Flag, Outcome

MARK = "保本保息"
PAGE = f"<html><body><p>{MARK}</p></body></html>".encode()
OK = b"HTTP/1.1 200 OK\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n"
CLOSE = b"Connection: close\r\n"


class Then(Enum):
    """What the server does when all is said."""

    CLOSE = auto()
    HOLD = auto()
    RESET = auto()


@dataclass(frozen=True, kw_only=True)
class Said:
    """`pieces` go out one after the other, with a short pause between; `tail` again and again for
    as long as anybody reads.
    """

    name: str
    pieces: tuple[bytes, ...]
    tail: bytes = b""
    pause_s: float = 0.0  # before each tail
    then: Then = Then.CLOSE
    outcome: Outcome = Outcome.SEEN
    flags: frozenset[Flag] = frozenset()
    read: bool = True  # the mark is in what is handed on
    shown: bool = True  # Chromium shows the mark
    fault: str = ""


def said(name: str, *pieces: bytes, **facts: object) -> Said:
    """A row of the table; flags may be a single one."""
    flags = facts.pop("flags", ())
    flags = frozenset({flags}) if isinstance(flags, Flag) else frozenset(flags)
    return Said(name=name, pieces=pieces, flags=flags, **facts)  # type: ignore[arg-type]


def with_length(head: bytes, body: bytes = PAGE) -> bytes:
    """A head without its end, a true length, a body."""
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(*chunks: bytes, ends: bytes = b"0\r\n\r\n") -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in chunks) + ends
