"""Answers that take their time: the deadline is one of the whole exchange."""

from crawler.domain.capture import Flag, Outcome
from tests.hostile.said import HTML, OK, PAGE, Said, Then, said

_LATE = {"outcome": Outcome.TIMED_OUT, "read": False, "shown": False}
_LONG = PAGE + b"<p>more</p>" * 200

SLOW: tuple[Said, ...] = (
    said("silent", then=Then.HOLD, **_LATE, fault="W19"),
    said("drips-head", OK, tail=b"X: y\r\n", pause_s=0.05, **_LATE, fault="W18"),
    said("drips-body", OK + HTML + b"Content-Length: 9000\r\n\r\n", PAGE, tail=b"x", pause_s=0.05,
         outcome=Outcome.TIMED_OUT, flags=Flag.TIME_LIMIT, fault="W17"),
    said("drips-long-body", OK + HTML + b"Content-Length: 9000\r\n\r\n", _LONG, tail=b"x",
         pause_s=0.05, outcome=Outcome.PARTIAL, flags=Flag.TIME_LIMIT, fault="W17"),
    said("head-then-silence", OK + HTML + b"Content-Length: 9000\r\n\r\n", then=Then.HOLD,
         flags=Flag.TIME_LIMIT, **_LATE, fault="W17"),
    said("half-a-status-line", b"HTTP/1.1 2", then=Then.HOLD, **_LATE, fault="W19"),
    said("five-bytes", b"HTTP/", then=Then.HOLD, **_LATE, fault="W19"),
)  # fmt: skip
