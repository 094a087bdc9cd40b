"""What a browser asks of a forward proxy: CONNECT or an absolute address. The head that goes on to
the other side is made anew, for one request and one answer.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_HOP_BY_HOP = frozenset({"connection", "proxy-connection", "proxy-authorization", "keep-alive",
                         "te", "trailer", "upgrade"})  # fmt: skip
_REQUEST_LINE = re.compile(r"([A-Z]{1,20}) (\S{1,65536}) HTTP/1\.[01]")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One request to the proxy."""

    host: str
    port: int
    tunnel: bool  # CONNECT: bytes both ways, unread
    head: bytes = b""  # for the origin itself
    proxy_head: bytes = b""  # the same for a further proxy
    body_length: int = 0


def read_ask(head: bytes) -> Ask | None:
    """The request of a head up to its blank line; None for what no browser sends."""
    first, *rest = head.decode("latin-1").split("\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    headers = _headers(rest)
    if not line or headers is None:
        return None
    method, target = line.groups()
    return _tunnel(target) if method == "CONNECT" else _request(method, target, headers)


def _headers(lines: list[str]) -> list[tuple[str, str]] | None:
    parted = [line.partition(":") for line in lines if line]
    if not all(colon and _TOKEN.fullmatch(name) for name, colon, _ in parted):
        return None
    return [(name, value.strip(" 	")) for name, _, value in parted]


def _tunnel(target: str) -> Ask | None:
    place = _host_and_port(f"//{target}", 0)
    return Ask(host=place[0], port=place[1], tunnel=True) if place and place[1] else None


def _request(method: str, target: str, headers: list[tuple[str, str]]) -> Ask | None:
    place = _host_and_port(target, 80)
    length = _body_length(headers)
    if not target.lower().startswith("http://") or place is None or length is None:
        return None
    address, _, after_scheme = target.partition("://")[2].partition("/")
    path = _origin_path(address, after_scheme)
    kept = [pair for pair in headers if pair[0].lower() not in _HOP_BY_HOP]
    return Ask(
        host=place[0],
        port=place[1],
        tunnel=False,
        head=_head(method, path, kept),
        proxy_head=_head(method, target, kept),
        body_length=length,
    )


def _origin_path(authority: str, rest: str) -> str:
    query = authority.partition("?")[2]
    return f"/?{query}" if query else f"/{rest}"


def _host_and_port(target: str, default: int) -> tuple[str, int] | None:
    try:
        parts = urlsplit(target)
        port = parts.port or default
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname else None


def _body_length(headers: list[tuple[str, str]]) -> int | None:
    """How many bytes follow; None if it cannot be told beforehand."""
    named = {name.lower(): value for name, value in headers}
    length = named.get("content-length", "0")
    if "transfer-encoding" in named or not (length.isascii() and length.isdigit()):
        return None
    return int(length)


def _head(method: str, target: str, headers: list[tuple[str, str]]) -> bytes:
    # One answer a connection: nobody can slip a second answer under another host's name.
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")
