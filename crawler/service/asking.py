"""One question over HTTP to an address from the settings: to exactly the address that is permitted,
nothing followed, the answer bounded, all after the name's resolution within a deadline.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.domain.errors import BadInput, TryLater, reason_of

Permit = Callable[[str, int], str]  # host and port → the address to dial; NotAllowed if none
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where an address leads."""

    scheme: str
    host: str
    port: int
    path: str  # with the query


def place_of(url: str) -> Place:
    """BadInput for what is no plain http or https address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadInput("的主机或端口无效") from error
    if parts.scheme not in _PORTS or not parts.hostname or parts.username:
        raise BadInput("须为不含用户名的 http 或 https 网址")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(
        scheme=parts.scheme, host=parts.hostname, port=port or _PORTS[parts.scheme], path=path
    )


def ask(
    url: str,
    permit: Permit,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str],
    within_s: float,
    most_bytes: int,
    trust: ssl.SSLContext | None = None,
) -> tuple[int, bytes]:
    """Status and content; a POST if there is a body. Each error's text follows on who was asked:
    BadInput for an address that is none, TryLater for whatever keeps the answer away.
    """
    place = place_of(url)
    until = time.monotonic() + within_s
    try:
        with _dialled(place, permit(place.host, place.port), within_s, trust) as connection:
            connection.request("GET" if body is None else "POST", place.path, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read(most_bytes + 1)
    except UnicodeError as error:  # a name or a path that cannot be written on the wire
        raise BadInput("的主机或路径无效") from error
    except ssl.SSLCertVerificationError as error:
        raise TryLater(f"的证书不可信：{error.verify_message}") from error
    except (http.client.HTTPException, OSError) as error:
        if time.monotonic() >= until:
            raise TryLater(f"没有应答：{within_s:g} 秒内没有答完") from error
        if isinstance(error, OSError):
            raise TryLater(f"没有应答：{reason_of(error)}") from error
        raise TryLater("没有应答，或答复不是 HTTP") from error
    if time.monotonic() >= until:  # cut short, which may look like an end
        raise TryLater(f"没有应答：{within_s:g} 秒内没有答完")
    if len(content) > most_bytes:
        raise TryLater(f"的答复超过 {most_bytes // 1024} KiB")
    return answer.status, content


@contextmanager
def _dialled(
    place: Place, address: str, within_s: float, trust: ssl.SSLContext | None
) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(place.host, place.port, timeout=within_s)
    plug: socket.socket = socket.create_connection((address, place.port), within_s)
    if place.scheme == "https":
        context = trust or ssl.create_default_context()
        plug = context.wrap_socket(plug, server_hostname=place.host, do_handshake_on_connect=False)
    # each single wait ends by itself; a server that drips is ended by this
    ender = threading.Timer(within_s, _pulled, [plug])
    ender.daemon = True
    ender.start()
    try:
        if isinstance(plug, ssl.SSLSocket):
            plug.do_handshake()
        connection.sock = plug
        yield connection
    finally:
        ender.cancel()
        connection.close()
        plug.close()


def _pulled(plug: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(plug, socket.SHUT_RDWR)  # TLS would want to say goodbye
