"""One request to carry out, and the exchange that it becomes."""

import ssl
from dataclasses import dataclass
from datetime import datetime

from crawler.domain.capture import Exchange, Outcome, Route
from crawler.fetching.answer import Answer
from crawler.fetching.answer_reader import AnswerReader
from crawler.fetching.tls import Handshake
from crawler.fetching.trouble import Trouble
from crawler.fetching.urls import Target


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """What to send to whom, who reads the answer, and how long it may take in all."""

    target: Target
    request: bytes
    reader: AnswerReader
    total_s: float
    note: str = ""  # addresses of this name that are left alone, and why


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """What one exchange brought, and what had to be noted on the way."""

    exchange: Exchange
    answer: Answer
    shake: Handshake | None = None
    note: str = ""


def brought_by(
    errand: Errand, peer: str, at: datetime, shake: Handshake | None, route: Route | None
) -> Brought:
    """The exchange as it stands now; Trouble that bears it if no answer can be read."""
    answer = errand.reader.answer()
    exchange = Exchange(
        url=errand.target.url,
        request=errand.request,
        response_head=answer.head,
        response_body=answer.body,
        peer=peer,
        at=at,
        truncated=answer.truncated,
        route=route,
    )
    if not errand.reader.head_seen:
        raise Trouble(Outcome.TIMED_OUT, "已连接，但限时内没有完整的应答头", exchange)
    if answer.status is None:
        raise Trouble(Outcome.BAD_RESPONSE, answer.problem, exchange)
    return Brought(exchange=exchange, answer=answer, shake=shake, note=errand.note)


def tls_trouble(error: OSError, peer: str) -> Trouble:
    """A handshake that failed or was broken off."""
    if isinstance(error, ssl.SSLError):
        why = (error.reason or "未说明").lower().replace("_", " ")
        return Trouble(Outcome.TLS_FAILED, f"与 {peer} 的加密握手失败（{why}）")
    return Trouble(Outcome.TLS_FAILED, f"与 {peer} 的加密握手中断")
