"""Addresses of pages as browsers read them, brought to plain ASCII; what is no web address is
None, never an error.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes, urljoin

import idna

from crawler.fetching.hosts import ascii_name

LONGEST_URL = 8192
_REMEMBERED = 2_048  # an address is looked at several times on its way
PORTS = {"http": 80, "https": 443}
_SAFE = "!$%&'()*+,/:;=?@[]~|#"
_ENDS = "".join(map(chr, range(33)))
_PARTS = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_SLASHES = re.compile(r"(https?):[/\\]*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where one request goes. Credentials in the address are dropped: none is ever sent."""

    url: str
    scheme: str
    host: str
    port: int
    path: str  # with the query, as it stands in the request line

    @property
    def authority(self) -> str:
        """Host and, where it is not the scheme's own, port."""
        return self.host if self.port == PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority."""
        return f"{self.scheme}://{self.authority}"


@lru_cache(maxsize=_REMEMBERED)
def target_of(url: str) -> Target | None:
    """The target of an absolute web address; None if it is none."""
    found = _PARTS.match(url)
    if found is None or len(url) > LONGEST_URL:
        return None
    scheme = found[1].lower()
    host, port = _host_and_port(found[2].rpartition("@")[2], PORTS[scheme])
    if not host or not 0 < port < 65536:
        return None
    path = in_ascii(found[3])
    path = path if path.startswith("/") else f"/{path}"
    plain = Target(url="", scheme=scheme, host=host, port=port, path=path)
    url = f"{scheme}://{plain.authority}{path}"
    return Target(url=url, scheme=scheme, host=host, port=port, path=path)


def resolved(base: str, reference: str | bytes) -> str:
    """What a link or Location on a page means, as an absolute address of whatever scheme; empty
    if it means nothing.
    """
    text = reference.decode("latin-1") if isinstance(reference, bytes) else reference
    raw = isinstance(reference, bytes)
    bare = text.strip(_ENDS).replace("\t", "").replace("\n", "").replace("\r", "")
    ascii_text = quote(bare.encode("latin-1"), safe=_SAFE + "\\") if raw else in_ascii(bare, "\\")
    if not ascii_text or len(ascii_text) > LONGEST_URL:
        return ""
    scheme = scheme_of(ascii_text)
    if scheme and scheme not in PORTS:
        return ascii_text
    if scheme and scheme == scheme_of(base):
        ascii_text = _without_scheme(ascii_text)
    try:
        return urljoin(base, _slashed(ascii_text))
    except ValueError:
        return ""


def scheme_of(url: str) -> str:
    """The scheme that an address names, lower-case; empty for a relative one."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def _without_scheme(text: str) -> str:
    """On a page of the same scheme `http:/x` and `http:x` are paths there, not hosts (WHATWG URL,
    special relative or authority state).
    """
    rest = text.partition(":")[2]
    return text if len(rest) > 1 and rest[0] in "/\\" and rest[1] in "/\\" else rest


def _slashed(text: str) -> str:
    """Backslashes and missing or surplus slashes as browsers take them."""
    head, mark, query = text.partition("?")
    return _SLASHES.sub(r"\1://", head.replace("\\", "/"), count=1) + mark + query


def _host_and_port(authority: str, usual: int) -> tuple[str, int]:
    bracket = authority.rfind("]")
    host, colon, digits = authority[bracket + 1 :].partition(":")
    host = authority[: bracket + 1] + host
    if colon and digits:
        if not (digits.isascii() and digits.isdigit() and len(digits) < 8):
            return "", 0
        return _host(host), int(digits)
    return _host(host), usual


def _host(host: str) -> str:
    if host.startswith("["):
        return host.lower() if host.endswith("]") and host.isascii() else ""
    try:
        name = ascii_name(unquote_to_bytes(host).decode("utf-8"))
    except (idna.IDNAError, UnicodeError):
        return ""
    return name if _NAME.fullmatch(name) else ""


def in_ascii(text: str, also: str = "") -> str:
    """A part of an address with all that is not ASCII in percent signs, as a browser sends it."""
    return quote(text, safe=_SAFE + also, errors="replace")


_NAME = re.compile(r"[a-z0-9._~!$&'()*+,;=-]+")
