"""An HTTP/1.1 answer as it came over the wire, and what its head says; read as browsers read
it, not as the standard wants it written.
"""

import re
from dataclasses import dataclass

Header = tuple[bytes, bytes]

NO_NUMBER = 200  # a status line without a number is taken as this
MOST_DIGITS = 18
BODYLESS = frozenset({204, 304})
_STATUS_LINE = re.compile(rb"[^\r\n]*")
_LINE_BREAK = re.compile(rb"[\r\n]+")
_STATUS = re.compile(rb"\S*[ \t]+(\d{1,6})")
_BLANK = b" \t"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one request brought. `head` and `body` are the exact bytes; `payload` is the body
    without chunk framing, its content coding untouched.
    """

    head: bytes = b""
    body: bytes = b""
    payload: bytes = b""
    status: int | None = None
    headers: tuple[Header, ...] = ()
    truncated: str = ""  # length, time, disconnect, as in WARC-Truncated
    data_loss: bool = False  # its end or a part of it never came
    is_shredded: bool = False  # the rest is left: it comes in more chunks than are taken apart
    problem: str = ""  # why a browser would refuse it, in words

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a header, in their order."""
        wanted = name.lower().encode("ascii")
        return tuple(shown(value) for key, value in self.headers if key.lower() == wanted)

    def value(self, name: str) -> str:
        """The first value of a header, empty if it is absent."""
        return next(iter(self.values(name)), "")


NOTHING_CAME = Answer(problem="对方未作应答即断开连接", truncated="disconnect")


@dataclass(frozen=True, kw_only=True, slots=True)
class Framing:
    """How the end of the body is told: by chunks, by a length, or by the close."""

    chunked: bool = False
    length: int | None = None
    problem: str = ""


def shown(value: bytes) -> str:
    """A header value as text: UTF-8, else GB18030, else byte by byte."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return value.decode(encoding)
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")


def answer_from(head: bytes) -> Answer:
    """The answer that a head announces; nothing in it can be so wrong that this fails."""
    line = _STATUS_LINE.match(head.lstrip(b"\r\n \t"))
    return Answer(head=head, status=_status(line[0] if line else b""), headers=_headers(head))


def framing_of(answer: Answer) -> Framing:
    """Chunked beats lengths; a length that is no number, or two that differ, are none."""
    coding = b",".join(v for k, v in answer.headers if k.lower() == b"transfer-encoding")
    if any(token.strip().lower() == b"chunked" for token in coding.split(b",")):
        return Framing(chunked=True)
    given = b",".join(v for k, v in answer.headers if k.lower() == b"content-length")
    lengths = {value.strip() for value in given.split(b",")} - {b""}
    if len(lengths) > 1:
        return Framing(problem="应答头中有互相矛盾的 Content-Length")
    if lengths:
        return Framing(length=_length(lengths.pop()))
    return Framing(length=0 if answer.status in BODYLESS else None)


def _status(line: bytes) -> int:
    found = _STATUS.match(line)
    return int(found[1]) if found else NO_NUMBER


def _headers(head: bytes) -> tuple[Header, ...]:
    """Lines without a colon or a name are passed over, folded ones joined; a bare CR ends a
    line.
    """
    headers: list[Header] = []
    for line in _LINE_BREAK.split(head.lstrip(b"\r\n \t"))[1:]:
        if line[:1] in (b" ", b"\t") and headers:
            name, value = headers[-1]
            headers[-1] = (name, (value + b" " + line.strip(_BLANK)).strip(_BLANK))
            continue
        name, colon, value = line.partition(b":")
        if colon and name.strip(_BLANK):
            headers.append((name.strip(_BLANK), value.strip(_BLANK)))
    return tuple(headers)


def _length(text: bytes) -> int | None:
    return int(text) if text.isdigit() and len(text) <= MOST_DIGITS else None
