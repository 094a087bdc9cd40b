"""Signatures of messages, out and back: Standard Webhooks, with two live keys while one is changed,
and HMAC-SM3 beside it where 国密 is asked for.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import Webhook

from crawler.domain.delivery import Endpoint
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.signing_key import key_from

TOLERANCE = timedelta(minutes=5)
SM3_PREFIX = "v1sm3"

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_ID = re.compile(r"[!-~]{1,256}")
_MOST_SIGNATURES = 20
_LONGEST_HEADER = 8_192


@dataclass(frozen=True, kw_only=True, slots=True)
class KeySigner:
    """Signs with every live key, newest first, and believes any of them."""

    keys: tuple[bytes, ...] = field(repr=False)
    sm3: bool = False

    def sign(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """Standard Webhooks' three headers."""
        moment = at.astimezone(UTC)  # the library would take the wall clock of any zone for UTC
        return _headers(message_id, moment, self._signatures(message_id, moment, body))

    def sign_bytes(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """The same over a body that is no UTF-8, which `sign` refuses: for probes of a receiver."""
        signed = [f"v1,{_mac(key, message_id, at, body, hashlib.sha256)}" for key in self.keys]
        signed += [_sm3(key, message_id, at, body) for key in self.keys if self.sm3]
        return _headers(message_id, at, signed)

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """The id of a message that one of our keys signed within five minutes of now."""
        given = {name.lower(): value for name, value in headers.items()}
        message_id, at = _id_of(given), _moment_of(given)
        if abs(now - at) > TOLERANCE:
            raise NotAllowed("timestamp：时间戳超出五分钟，请核对双方时钟")
        offered = _offered(given)
        ours = self._signatures(message_id, at, body)
        if not any(_same(one, other) for one in ours for other in offered):
            raise NotAllowed("signature：签名不符")
        return message_id

    def _signatures(self, message_id: str, at: datetime, body: bytes) -> list[str]:
        text = _text_of(body)
        signed = [Webhook(key).sign(message_id, at, text) for key in self.keys]
        if self.sm3:
            signed += [_sm3(key, message_id, at, body) for key in self.keys]
        return signed


def signer_of(endpoint: Endpoint) -> KeySigner:
    """The signer for one endpoint; BadInput if a secret is none."""
    secrets = [secret for secret in (endpoint.secret, endpoint.former_secret) if secret]
    if not secrets:
        raise BadInput(f"投递端点 {endpoint.name} 没有密钥")
    return KeySigner(keys=tuple(key_from(secret) for secret in secrets), sm3=endpoint.sm3)


def _headers(message_id: str, at: datetime, signatures: Iterable[str]) -> dict[str, str]:
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _mac(key: bytes, message_id: str, at: datetime, body: bytes, digest: Any) -> str:
    signed = b".".join((message_id.encode(), str(int(at.timestamp())).encode(), body))
    return base64.b64encode(hmac.new(key, signed, digest).digest()).decode()


def _sm3(key: bytes, message_id: str, at: datetime, body: bytes) -> str:
    try:
        return f"{SM3_PREFIX},{_mac(key, message_id, at, body, lambda: hashlib.new('sm3'))}"
    except ValueError:
        raise BadInput("本机的 OpenSSL 不提供 SM3，请关闭该端点的 sm3 设置") from None


def _text_of(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise NotAllowed("body：正文不是 UTF-8") from None


def _id_of(headers: Mapping[str, str]) -> str:
    message_id = headers.get("webhook-id", "")
    if not _ID.fullmatch(message_id):
        raise NotAllowed("webhook-id：缺少或不合规")
    return message_id


def _moment_of(headers: Mapping[str, str]) -> datetime:
    stamp = headers.get("webhook-timestamp", "")
    if not _TIMESTAMP.fullmatch(stamp):
        raise NotAllowed("webhook-timestamp：缺少或不是秒数")
    try:
        return datetime.fromtimestamp(int(stamp), UTC)
    except (OverflowError, ValueError, OSError):
        raise NotAllowed("webhook-timestamp：不是可用的时间") from None


def _offered(headers: Mapping[str, str]) -> list[bytes]:
    header = headers.get("webhook-signature", "")
    if not header or len(header) > _LONGEST_HEADER:
        raise NotAllowed("webhook-signature：缺少或过长")
    return [one.encode("utf-8", "surrogateescape") for one in header.split(" ")[:_MOST_SIGNATURES]]


def _same(ours: str, offered: bytes) -> bool:
    return hmac.compare_digest(ours.encode(), offered)
