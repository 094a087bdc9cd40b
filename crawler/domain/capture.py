"""What came back: one page at one moment, where its bytes lie, what it says."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How an attempt ended; a closed list (design.md §3)."""

    SEEN = "seen"
    PARTIAL = "partial"
    EMPTY = "empty"
    NOT_HTML = "not_html"
    HTTP_ERROR = "http_error"
    RATE_LIMITED = "rate_limited"
    ROBOTS_REFUSED = "robots_refused"
    BLOCKED_ADDRESS = "blocked_address"
    NAME_NOT_FOUND = "name_not_found"
    CONNECTION_REFUSED = "connection_refused"
    TIMED_OUT = "timed_out"
    TLS_FAILED = "tls_failed"
    BAD_RESPONSE = "bad_response"
    REDIRECT_LIMIT = "redirect_limit"
    DOWNLOAD = "download"
    BROWSER_FAILED = "browser_failed"
    BUDGET_REACHED = "budget_reached"


class Flag(StrEnum):
    """What must be known about a capture beside its outcome."""

    SIZE_LIMIT = "size_limit"
    TIME_LIMIT = "time_limit"
    DATA_LOSS = "data_loss"
    DECODE_ERROR = "decode_error"
    DECODE_TRUNCATED = "decode_truncated"
    DECODE_LIMIT = "decode_limit"
    TLS_INVALID = "tls_invalid"
    CLIPPED = "clipped"
    NAVIGATION_LOOP = "navigation_loop"
    DIVERGENT = "divergent"


class PageKind(StrEnum):
    """What stands at the address, apart from what it says."""

    ORDINARY = "ordinary"
    PARKED = "parked"
    FOR_SALE = "for_sale"
    CONSTRUCTION = "construction"
    LOGIN_WALL = "login_wall"
    WILDCARD = "wildcard"
    SHELL = "shell"
    ERROR_PAGE = "error_page"


class Fetcher(StrEnum):
    """Which worker made the capture."""

    HTTP = "http"
    BROWSER = "browser"


class Profile(StrEnum):
    """As whom it looked."""

    DESKTOP = "desktop"
    PHONE = "phone"
    SEARCH = "search"


class HopKind(StrEnum):
    """What made the page go on to the next address."""

    START = "start"
    REDIRECT = "redirect"
    META = "meta"
    SCRIPT = "script"
    FORM = "form"
    LINK = "link"  # the only door of an empty hall (进入首页)
    SIBLING = "sibling"  # no way of the page: a made-up name beside its own, asked the same


class EvidenceKind(StrEnum):
    """What a kept record holds."""

    REQUEST = "request"
    RESPONSE = "response"
    DOM = "dom"
    PICTURE = "picture"  # of the first screen
    FULL_PICTURE = "full_picture"
    OCR = "ocr"  # derived, never seen by anybody


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """How a request reached its peer, as far as this machine knows: 网络环境 in the record of an
    extraction (DB3202/T 1024-2021). Captures made before it was written down have none.
    """

    answers: tuple[str, ...] = ()  # addresses of the name, all that were answered
    told_by: str = ""  # name servers asked; HOSTS_FILE or UPSTREAM; empty: the host is an address
    own: str = ""  # address:port of this machine on that connection


HOSTS_FILE, UPSTREAM = "hosts", "proxy"


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One request and its answer, byte for byte. It is kept first; all else is read from it."""

    url: str
    request: bytes  # head and body as sent
    response_head: bytes  # status line to blank line, as it came; empty if nothing came
    response_body: bytes  # all after the head, chunk framing and content coding untouched
    peer: str  # address:port really connected to
    at: datetime
    truncated: str = ""  # WARC-Truncated: length, time, disconnect; empty if whole
    route: Route | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Where one kept record lies. Offset and length are of the gzip member in the segment file."""

    kind: EvidenceKind
    segment: str  # name of the segment, not a path
    offset: int
    length: int
    sha256: str  # of the record's block: what went over the wire, or the picture's bytes
    stored_sha256: str = ""  # of the gzip member as it lies in the file
    hop: int = 0  # which hop of the capture it belongs to


@dataclass(frozen=True, kw_only=True, slots=True)
class TlsFacts:
    """What the other side showed; `problem` is empty for a certificate that a browser would
    accept.
    """

    version: str = ""
    cipher: str = ""
    certificate_sha256: str = ""
    certificate_der: bytes = b""
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hop:
    """One request on the way to the page."""

    url: str
    kind: HopKind = HopKind.START
    status: int | None = None
    location: str = ""
    peer: str = ""  # address:port that was really connected to
    route: Route | None = None
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Capture:
    """One page, one moment, one fetcher, one profile. A site that is down has captures too."""

    id: str  # ULID, made where the capture is made
    visit_id: int
    site_id: int
    fetcher: Fetcher
    profile: Profile = Profile.DESKTOP
    outcome: Outcome
    reason: str = ""  # in words, for an officer
    flags: tuple[Flag, ...] = ()
    hops: tuple[Hop, ...] = ()
    final_url: str = ""
    status: int | None = None
    content_type: str = ""
    encoding: str = ""
    title: str = ""
    page_kind: PageKind = PageKind.ORDINARY
    started_at: datetime
    ended_at: datetime
    tls: TlsFacts | None = None
    body_sha256: str = ""  # of the body as it went over the wire
    body_size: int = 0
    text_digest: str = ""
    evidence: tuple[Evidence, ...] = ()
    render_reason: str = ""  # why the browser was sent (browser captures)
    tool: str = ""  # program, browser and lexicon versions
    clock: str = ""  # how the machine's clock stood against its time source
    egress: str = ""  # by which public address the world sees us, as operations stated it
    runs_sha256: str = ""  # of the boxes of its text as they are kept; empty: there are none

    @property
    def has_picture(self) -> bool:
        """Whether its first screen was kept: words may be read where no picture could be had."""
        return any(one.kind is EvidenceKind.PICTURE for one in self.evidence)


def manifest_of(capture: Capture) -> str:
    """All facts of a capture as canonical JSON: sorted keys, no spaces. Its digest is what the
    chain links.
    """
    return json.dumps(
        capture, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
    )


def manifest_digest(manifest: str) -> str:
    """SHA-256 of a manifest, hexadecimal."""
    return hashlib.sha256(manifest.encode()).hexdigest()


def _plain(value: Any) -> object:
    if is_dataclass(value):  # level by level: `asdict` copies every leaf, at five times the cost
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A rectangle on the picture, CSS pixels of the document."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A stretch of one field's text, with its place on the picture where a browser drew it."""

    start: int
    end: int
    box: Box | None = None
    hidden: bool = False


UNSEEN = "hidden"  # the field of what no visitor sees


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One named part of the page's words, in DOM order. Lines are blocks, tabs are cells."""

    name: str  # title, body, alt, placeholder, description, keywords, hidden, ocr
    text: str
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PageText:
    """What a person can read, by field; stored once a distinct text."""

    fields: tuple[Field, ...] = ()

    def field(self, name: str) -> str:
        """The text of one field, empty if the page has none."""
        return next((field.text for field in self.fields if field.name == name), "")

    @property
    def digest(self) -> str:
        """SHA-256 over names and texts: the identity of a distinct text. Boxes do not count."""
        hasher = hashlib.sha256()
        for part in self._parts():
            hasher.update(f"{len(part)}:".encode())
            hasher.update(part)
        return hasher.hexdigest()

    def _parts(self) -> Iterator[bytes]:
        for field in self.fields:
            yield field.name.encode()
            yield field.text.encode("utf-8", "surrogatepass")


def is_blank(text: PageText) -> bool:
    """Whether nobody could read anything on the page."""
    return not any(field.text.strip() for field in text.fields)
