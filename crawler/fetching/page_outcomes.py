"""How one attempt at a site ended: the outcome of what came, however broken, with its reason in
words.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.domain.capture import Flag, Outcome, TlsFacts
from crawler.fetching.answer import Answer
from crawler.fetching.chunks import MOST_CHUNKS
from crawler.fetching.errand import Brought
from crawler.fetching.sniffing import Kind, kind_of
from crawler.fetching.trouble import Trouble

SUBSTANCE = 1024  # bytes; a page of which less came in time was not seen
_TRUNCATED = {"length": Flag.SIZE_LIMIT, "time": Flag.TIME_LIMIT}
_INCOMPLETE = frozenset(
    {
        Flag.SIZE_LIMIT,
        Flag.TIME_LIMIT,
        Flag.DATA_LOSS,
        Flag.DECODE_TRUNCATED,
        Flag.DECODE_LIMIT,
    }
)
_WHY_INCOMPLETE = {
    Flag.SIZE_LIMIT: "页面超过大小上限，只取前一部分",
    Flag.TIME_LIMIT: "限时内只收到一部分",
    Flag.DATA_LOSS: "对方没有发完就断开",
    Flag.DECODE_TRUNCATED: "压缩内容不完整，只解开一部分",
    Flag.DECODE_LIMIT: "压缩内容超过解压上限，只解开一部分",
}
_CHARSET_MARK = "charset="


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """Where an attempt ended, and what it had then."""

    url: str
    outcome: Outcome
    reason: str = ""
    flags: tuple[Flag, ...] = ()
    body: bytes = b""  # decoded; only what a person could read
    content_type: str = ""
    status: int | None = None
    declared_encodings: tuple[str, ...] = ()
    tls: TlsFacts | None = None
    wire_sha256: str = ""
    wire_size: int = 0


def ended_by(
    url: str, brought: Brought, body: bytes, decode_flags: Sequence[Flag], tls: TlsFacts | None
) -> Ended:
    """The outcome of an answer."""
    answer = brought.answer
    kind = kind_of(answer.value("content-type"), body)
    flags = _flags(answer, decode_flags, tls)
    outcome, reason = _outcome(answer, body, flags, kind)
    return Ended(
        url=url,
        outcome=outcome,
        reason="；".join(part for part in (reason, brought.note) if part),
        flags=flags,
        body=body if kind.readable else b"",
        content_type=kind.words,
        status=answer.status,
        declared_encodings=declared_in(answer),
        tls=tls,
        wire_sha256=hashlib.sha256(answer.body).hexdigest(),
        wire_size=len(answer.body),
    )


def ended_in(url: str, trouble: Trouble) -> Ended:
    """The outcome of an attempt that brought no answer."""
    return Ended(url=url, outcome=trouble.outcome, reason=trouble.reason)


def declared_in(answer: Answer) -> tuple[str, ...]:
    """The charset of the header, if it names one."""
    _, mark, rest = answer.value("content-type").lower().partition(_CHARSET_MARK)
    label = rest.split(";")[0].strip(" \"'")[:60]
    return (label,) if mark and label else ()


def _flags(answer: Answer, decode_flags: Sequence[Flag], tls: TlsFacts | None) -> tuple[Flag, ...]:
    flags = [_TRUNCATED[answer.truncated]] if answer.truncated in _TRUNCATED else []
    flags += [Flag.DATA_LOSS] * answer.data_loss
    flags += decode_flags
    flags += [Flag.TLS_INVALID] * bool(tls and tls.problem)
    return tuple(dict.fromkeys(flags))


def _outcome(
    answer: Answer, body: bytes, flags: tuple[Flag, ...], kind: Kind
) -> tuple[Outcome, str]:
    """The first of these that holds: refused, no page, nothing to read, a part, all of it."""
    return (
        _refused(answer)
        or _late(body, flags)
        or _unread(answer, body, flags, kind)
        or _incomplete(answer, flags)
        or (Outcome.SEEN, "")
    )


def _refused(answer: Answer) -> tuple[Outcome, str] | None:
    if answer.problem:
        return Outcome.BAD_RESPONSE, answer.problem
    if answer.status == 429:
        return Outcome.RATE_LIMITED, "网站要求降低访问频率（429）"
    if answer.status is not None and answer.status >= 400:
        return Outcome.HTTP_ERROR, f"网站应答状态 {answer.status}"
    return None


def _late(body: bytes, flags: tuple[Flag, ...]) -> tuple[Outcome, str] | None:
    if Flag.TIME_LIMIT in flags and len(body) < SUBSTANCE:
        return Outcome.TIMED_OUT, f"限时内只收到正文 {len(body)} 字节"
    return None


def _unread(
    answer: Answer, body: bytes, flags: tuple[Flag, ...], kind: Kind
) -> tuple[Outcome, str] | None:
    if answer.value("content-disposition").lower().lstrip().startswith("attachment"):
        return Outcome.DOWNLOAD, "打开即下载文件"
    if not body.strip():
        return Outcome.EMPTY, "对方没有发来正文" if flags else "页面没有内容"
    if kind.readable:
        return None
    if Flag.DECODE_ERROR in flags:
        return Outcome.BAD_RESPONSE, "正文的压缩格式有误，无法解开"
    return Outcome.NOT_HTML, f"不是网页（{kind.named}）"


def _incomplete(answer: Answer, flags: tuple[Flag, ...]) -> tuple[Outcome, str] | None:
    if answer.is_shredded:
        return Outcome.PARTIAL, f"正文切得过碎（超过 {MOST_CHUNKS} 块），只取前一部分"
    why = next((_WHY_INCOMPLETE[flag] for flag in flags if flag in _INCOMPLETE), "")
    if not why and Flag.DECODE_ERROR in flags:
        why = "正文的压缩格式与声明不符，按收到的读取"
    return (Outcome.PARTIAL, why) if why else None
