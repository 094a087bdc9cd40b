"""A time stamp by somebody else's clock (RFC 3161) on a statement: asked for over HTTP, or by a
file that is carried to the authority where the network goes nowhere.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from importlib.util import find_spec

from crawler.domain.errors import BadInput, TryLater
from crawler.service.asking import Permit, ask

MOST_BYTES = 256 * 1024
WAIT_S = 20.0
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
    try:
        status, answer = ask(
            url, permit, body=request_for(statement), within_s=WAIT_S, most_bytes=MOST_BYTES,
            headers={"Content-Type": "application/timestamp-query"},
        )  # fmt: skip
    except BadInput as mistake:
        raise BadInput(f"evidence.timestamp_url {mistake}") from mistake
    except TryLater as trouble:
        raise TryLater(f"时间戳服务{trouble}") from trouble
    if status != HTTPStatus.OK:
        raise TryLater(f"时间戳服务应答 {status}，{len(answer)} 字节")
    return stamp_from(answer, statement)
