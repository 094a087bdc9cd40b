"""From what a visit's requests brought to a Capture: outcome, reason, flags, hops."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.domain.capture import (
    Capture,
    Exchange,
    Fetcher,
    Flag,
    Hop,
    HopKind,
    Outcome,
    Profile,
    TlsFacts,
)
from crawler.fetching.answer import Answer
from crawler.fetching.answer_reader import BODY_CAP, HEAD_CAP, AnswerReader
from crawler.fetching.inflating import inflate
from crawler.fetching.sniffing import kind_of

_TRUNCATED = {"length": Flag.SIZE_LIMIT, "time": Flag.TIME_LIMIT}
_LOSSES = frozenset(
    {
        Flag.SIZE_LIMIT,
        Flag.TIME_LIMIT,
        Flag.DATA_LOSS,
        Flag.DECODE_ERROR,
        Flag.DECODE_TRUNCATED,
        Flag.DECODE_LIMIT,
    }
)
_CHARSET_MARK = "charset="


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """What one visit of a fetcher brought: every hop's bytes, and the last page decoded."""

    capture: Capture
    exchanges: tuple[Exchange, ...] = ()
    body: bytes = b""
    declared_encodings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How the last request of a visit ended."""

    outcome: Outcome
    reason: str = ""
    flags: tuple[Flag, ...] = ()
    body: bytes = b""
    content_type: str = ""
    status: int | None = None
    declared_encodings: tuple[str, ...] = ()
    tls: TlsFacts | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """The readable part of an answer that was kept."""

    body: bytes
    declared_encodings: tuple[str, ...]


def ended_by(
    answer: Answer, body: bytes, decode_flags: Sequence[Flag], tls: TlsFacts | None
) -> Ended:
    """The outcome of a page that came, however broken."""
    kind = kind_of(answer.value("content-type"), body)
    flags = _flags(answer, decode_flags, tls)
    outcome, reason = _outcome(answer, body, flags, readable=kind.readable)
    return Ended(
        outcome=outcome,
        reason=reason,
        flags=flags,
        body=body if kind.readable else b"",
        content_type=kind.words,
        status=answer.status,
        declared_encodings=_declared(answer),
        tls=tls,
    )


def html_of_answer(block: bytes) -> Opened:
    """A kept answer, read again as it was read when it came."""
    reader = AnswerReader(head_cap=HEAD_CAP, body_cap=BODY_CAP)
    reader.feed(block)
    if not reader.done:
        reader.end()
    answer = reader.answer()
    body = inflate(answer.payload, answer.values("content-encoding"), BODY_CAP).body
    return Opened(body=body, declared_encodings=_declared(answer))


@dataclass(frozen=True, kw_only=True, slots=True)
class Going:
    """Who a capture belongs to."""

    id: str
    visit_id: int
    site_id: int
    profile: Profile
    started_at: datetime


def capture_of(going: Going, ended: Ended, hops: tuple[Hop, ...], at: datetime) -> Capture:
    """The capture of a whole visit, whatever became of it."""
    return Capture(
        id=going.id,
        visit_id=going.visit_id,
        site_id=going.site_id,
        fetcher=Fetcher.HTTP,
        profile=going.profile,
        outcome=ended.outcome,
        reason=ended.reason,
        flags=ended.flags,
        hops=hops,
        final_url=hops[-1].url if hops else "",
        status=ended.status,
        content_type=ended.content_type,
        started_at=going.started_at,
        ended_at=at,
        tls=ended.tls,
    )


def hop_of(url: str, kind: HopKind, at: datetime, answer: Answer | None, peer: str) -> Hop:
    """One request on the way."""
    return Hop(
        url=url,
        kind=kind,
        status=answer.status if answer else None,
        location=answer.value("location")[:2_000] if answer else "",
        peer=peer,
        at=at,
    )


def _flags(answer: Answer, decode_flags: Sequence[Flag], tls: TlsFacts | None) -> tuple[Flag, ...]:
    flags = [_TRUNCATED[answer.truncated]] if answer.truncated in _TRUNCATED else []
    flags += [Flag.DATA_LOSS] if answer.data_loss else []
    flags += decode_flags
    flags += [Flag.TLS_INVALID] if tls and tls.problem else []
    return tuple(dict.fromkeys(flags))


def _outcome(
    answer: Answer, body: bytes, flags: tuple[Flag, ...], *, readable: bool
) -> tuple[Outcome, str]:
    status = answer.status or 0
    if status == 429:
        return Outcome.RATE_LIMITED, "网站限制了访问频次（429）"
    if status >= 400:
        return Outcome.HTTP_ERROR, f"网站应答 {status}"
    if not body.strip():
        if Flag.TIME_LIMIT in flags:
            return Outcome.TIMED_OUT, "限时内只来了应答头"
        return Outcome.EMPTY, "页面没有内容"
    if "attachment" in answer.value("content-disposition").lower() and not readable:
        return Outcome.DOWNLOAD, "应答是下载文件"
    if not readable:
        return Outcome.NOT_HTML, "应答不是网页"
    if _LOSSES.intersection(flags):
        return Outcome.PARTIAL, "页面只收到或只解开一部分"
    return Outcome.SEEN, ""


def _declared(answer: Answer) -> tuple[str, ...]:
    """The charset of the header, if it names one."""
    _, mark, rest = answer.value("content-type").lower().partition(_CHARSET_MARK)
    label = rest.split(";")[0].strip(" \"'")[:60]
    return (label,) if mark and label else ()
