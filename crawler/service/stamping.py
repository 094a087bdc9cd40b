"""A time stamp by somebody else's clock (RFC 3161) on a statement: asked for over HTTP, or by a
file that is carried to the authority where the network goes nowhere.
"""

import http.client
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.util import find_spec
from urllib.parse import urlsplit

from crawler.domain.errors import BadInput, NotAllowed, TryLater, reason_of

Permit = Callable[[str, int], str]  # host and port → the address to dial; NotAllowed if none
MOST_BYTES = 256 * 1024
WAIT_S = 20.0
_PORTS = {"http": 80, "https": 443}
_NO_LIBRARY = "时间戳需要 rfc3161-client：请以 pip install xunwang[timestamp] 安装"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """An authority's answer, and the moment that it says."""

    token: bytes
    at: datetime


def request_for(statement: str) -> bytes:
    """What an authority is asked: a stamp on the SHA-256 of the statement, with its certificate."""
    if find_spec("rfc3161_client") is None:
        raise BadInput(_NO_LIBRARY)
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415 – an extra

    made = TimestampRequestBuilder().data(statement.encode()).hash_algorithm(HashAlgorithm.SHA256)
    return made.cert_request(cert_request=True).nonce(nonce=True).build().as_bytes()


def stamp_from(answer: bytes, statement: str) -> Stamp:
    """The answer, if it is a granted stamp on this statement; BadInput says what it is instead.
    Whose signature it bears is for whoever trusts that authority to check (openssl ts -verify).
    """
    if find_spec("rfc3161_client") is None:
        raise BadInput(_NO_LIBRARY)
    from rfc3161_client import PKIStatus, decode_timestamp_response  # noqa: PLC0415 – an extra

    try:
        read = decode_timestamp_response(answer)
        granted = read.status in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS)
        info = read.tst_info if granted else None
    except ValueError as error:
        raise BadInput("时间戳应答无法解析") from error
    if info is None:
        raise BadInput(f"时间戳服务拒绝了请求（状态 {read.status}）")
    if info.message_imprint.message != sha256(statement.encode()).digest():
        raise BadInput("时间戳不是盖在这份陈述上的")
    return Stamp(token=answer, at=info.gen_time)


def ask_authority(url: str, statement: str, permit: Permit) -> Stamp:
    """One POST to a time-stamp authority, to exactly the address that was permitted."""
    scheme, host, port = _place_of(url)
    try:
        address = permit(host, port)
        answer = _posted(scheme, host, address, port, url, request_for(statement))
    except NotAllowed:
        raise
    except UnicodeError as error:  # a name or a path that cannot be written on the wire
        raise BadInput("evidence.timestamp_url 的主机或路径无效") from error
    except http.client.HTTPException as error:
        raise TryLater("时间戳服务没有应答，或答复不是 HTTP") from error
    except OSError as error:
        raise TryLater(f"时间戳服务没有应答：{reason_of(error)}") from error
    return stamp_from(answer, statement)


def _place_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port; BadInput for what ops wrote wrong."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadInput("evidence.timestamp_url 的主机或端口无效") from error
    if parts.scheme not in _PORTS or not parts.hostname or parts.username:
        raise BadInput("evidence.timestamp_url 须为不含用户名的 http 或 https 网址")
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _posted(scheme: str, host: str, address: str, port: int, url: str, body: bytes) -> bytes:
    connection = http.client.HTTPConnection(host, port, timeout=WAIT_S)
    try:
        connection.sock = socket.create_connection((address, port), WAIT_S)
        if scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/timestamp-query"})
        answer = connection.getresponse()
        content = answer.read(MOST_BYTES + 1)
        if answer.status != http.client.OK or len(content) > MOST_BYTES:
            raise TryLater(f"时间戳服务应答 {answer.status}，{len(content)} 字节")
        return content
    finally:
        connection.close()
