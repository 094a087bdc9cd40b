"""Probes of somebody's receiver: what it must take, what it must refuse, and where the guide says
so (docs/platform.md). Each sends something marked as a test, and nothing that looks like a case.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from alerts.dialects import SCHEMAS
from alerts.signing import signer_of
from alerts.translating import translate
from alerts.webhook import Posted, Poster
from crawler.domain.delivery import Endpoint
from crawler.domain.ids import ulid
from crawler.domain.signing_key import secret_from

SLOW_S = 5.0  # a delivery waits 20 s; whoever needs longer than this does its work first
SKEW = timedelta(seconds=60)
LARGE = 20_000


class Mark(StrEnum):
    """How a probe ended."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One line of the table."""

    name: str
    clause: str  # of docs/platform.md
    mark: Mark
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Prober:
    """What probes need: the endpoint, a way to it, a clock, chance."""

    endpoint: Endpoint
    poster: Poster
    clock: Callable[[], datetime]
    chance: Callable[[int], bytes]

    def message(self, **more: Any) -> tuple[str, bytes]:
        """A test message of its own, with its id."""
        now = self.clock()
        id_ = ulid(int(now.timestamp() * 1_000), self.chance(10))
        said = {
            "spec_version": "1.0", "type": "test.ping", "event": "test.ping", "event_id": id_,
            "event_key": "0" * 64, "subject_key": f"test:{id_[-8:]}", "seq": 1,
            "timestamp": now.isoformat(timespec="seconds"),
            "sent_at": now.isoformat(timespec="seconds"),
            "note": "联调测试，不是预警，不要办理",
        }  # fmt: skip
        return id_, json.dumps(said | more, ensure_ascii=False).encode()

    def signed(self, id_: str, body: bytes, late: timedelta = timedelta()) -> dict[str, str]:
        """Its headers, as if signed some time ago."""
        return signer_of(self.endpoint).sign(id_, self.clock() - late, body)

    def post(self, headers: Mapping[str, str], body: bytes) -> Posted:
        """One request."""
        return self.poster.post(self.endpoint, headers, body, self.clock())


Probe = Callable[[Prober], Found]


def probe_all(prober: Prober) -> Iterator[Found]:
    """One after the other; if nothing answers at all, the rest is skipped."""
    first = _reach(prober)
    yield first
    for name, clause, probe in PROBES:
        if first.mark is Mark.BAD:
            yield Found(name=name, clause=clause, mark=Mark.SKIPPED, says="地址不通，没有测")
            continue
        mark, says = probe(prober)
        yield Found(name=name, clause=clause, mark=mark, says=says)


Told = tuple[Mark, str]


def _reach(prober: Prober) -> Found:
    """Whether anything answers at this address, whatever it says."""
    id_, body = prober.message()
    posted = prober.post(prober.signed(id_, body), body)
    receipt = posted.receipt
    good = receipt.status is not None
    says = f"答 {receipt.status}，{posted.seconds * 1_000:.0f} 毫秒" if good else receipt.reason
    return Found(name="地址可达", clause="2.1", mark=Mark.GOOD if good else Mark.BAD, says=says)


def _encrypted(prober: Prober) -> Told:
    if prober.endpoint.url.startswith("https:"):
        return Mark.GOOD, "https，证书有效"
    return Mark.WARNING, "http 明文：只可用于政务内网"


def _answers_soon(prober: Prober) -> Told:
    posted = _ping(prober)
    if posted.seconds > SLOW_S:
        return Mark.WARNING, f"{posted.seconds:.1f} 秒才答复：应先答 2xx，再办理"
    return _accepted(posted)


def _clock(prober: Prober) -> Told:
    posted = _ping(prober)
    try:
        theirs = parsedate_to_datetime(posted.headers["date"])
    except (KeyError, ValueError, TypeError):
        return Mark.WARNING, "答复没有 Date 头，无法比较时钟"
    apart = abs(theirs.replace(tzinfo=theirs.tzinfo or UTC) - prober.clock())
    if apart > SKEW:
        return Mark.BAD, f"时钟相差 {apart.total_seconds():.0f} 秒，超过五分钟就会拒收"
    return Mark.GOOD, f"时钟相差 {apart.total_seconds():.0f} 秒"


def _again(prober: Prober) -> Told:
    id_, body = prober.message()
    headers = prober.signed(id_, body)
    posted = [prober.post(headers, body) for _ in range(3)]
    return _truthful(posted, "repeated", (False, True, True))


def _again_later(prober: Prober) -> Told:
    """A second attempt bears another time and so another signature, under the same id."""
    id_, body = prober.message()
    times = (timedelta(seconds=30), timedelta())
    posted = [prober.post(prober.signed(id_, body, late), body) for late in times]
    return _truthful(posted, "repeated", (False, True))


def _lost_answer(prober: Prober) -> Told:
    """They answered, and nobody heard it; the next attempt bears the same id."""
    id_, body = prober.message()
    with prober.poster.deaf() as deaf:
        unheard = deaf.post(prober.endpoint, prober.signed(id_, body), body, prober.clock())
    if unheard.receipt.reason:
        return Mark.BAD, f"第一次没有送到：{unheard.receipt.reason}"
    again = prober.post(prober.signed(id_, body), body)
    mark, says = _accepted(again)
    if mark is Mark.GOOD and _said(again, "repeated") is False:
        return Mark.WARNING, f"{says}，却说没有收到过：请核对没有办两次"
    return mark, says


def _disorder(prober: Prober) -> Told:
    _, first = prober.message()
    subject = {"subject_key": json.loads(first)["subject_key"]}  # new, however often this is run
    posted = []
    for seq in (2, 1):
        id_, body = prober.message(**subject, seq=seq)
        posted.append(prober.post(prober.signed(id_, body), body))
    return _truthful(posted, "stale", (False, True))


def _wrong_key(prober: Prober) -> Told:
    id_, body = prober.message()
    forged = replace(prober.endpoint, secret=secret_from(prober.chance(32)), former_secret="")
    return _refused(prober.post(signer_of(forged).sign(id_, prober.clock(), body), body))


def _changed_body(prober: Prober) -> Told:
    id_, body = prober.message()
    return _refused(prober.post(prober.signed(id_, body), body[:-1] + b" }"))


def _changed_id(prober: Prober) -> Told:
    id_, body = prober.message()
    other, _ = prober.message()
    return _refused(prober.post(prober.signed(id_, body) | {"webhook-id": other}, body))


def _without(header: str) -> Callable[[Prober], Told]:
    def probe(prober: Prober) -> Told:
        id_, body = prober.message()
        headers = prober.signed(id_, body)
        headers.pop(header)
        return _refused(prober.post(headers, body))

    return probe


def _out_of_time(late: timedelta) -> Callable[[Prober], Told]:
    def probe(prober: Prober) -> Told:
        id_, body = prober.message()
        return _refused(prober.post(prober.signed(id_, body, late), body))

    return probe


def _with_signature(change: Callable[[str], str]) -> Callable[[Prober], dict[str, Any]]:
    def changed(prober: Prober) -> dict[str, Any]:
        id_, body = prober.message()
        headers = prober.signed(id_, body)
        headers["webhook-signature"] = change(headers["webhook-signature"])
        return {"headers": headers, "body": body}

    return changed


def _several_signatures(prober: Prober) -> Told:
    made = _with_signature(lambda one: f"v1,{'A' * 43}= {one}")(prober)
    return _accepted(prober.post(**made))


def _bad_signature(form: str) -> Callable[[Prober], Told]:
    def probe(prober: Prober) -> Told:
        made = _with_signature(lambda all_: form.replace("SIGNATURE", _first(all_)))
        return _refused(prober.post(**made(prober)))

    return probe


def _first(signatures: str) -> str:
    return signatures.split(" ")[0].partition(",")[2]


def _former_key(prober: Prober) -> Told:
    former = prober.endpoint.former_secret
    if not former:
        return Mark.SKIPPED, "没有在更换密钥（former_secret）"
    id_, body = prober.message()
    old = replace(prober.endpoint, secret=former, former_secret="")
    return _accepted(prober.post(signer_of(old).sign(id_, prober.clock(), body), body))


def _unknown_event(prober: Prober) -> Told:
    id_, body = prober.message(type="future.event", event="future.event")
    return _accepted(prober.post(prober.signed(id_, body), body))


def _unknown_fields(prober: Prober) -> Told:
    id_, body = prober.message(future={"field": [1, 2.5, None, True]}, 新字段="值")
    return _accepted(prober.post(prober.signed(id_, body), body))


def _large(prober: Prober) -> Told:
    id_, body = prober.message(padding="长" * (LARGE // 3))
    return _accepted(prober.post(prober.signed(id_, body), body))


def _not_utf8(prober: Prober) -> Told:
    """Rightly signed, and JSON but for one word: nothing else is wrong with it."""
    id_, body = prober.message(word="词")
    spoilt = body.replace("词".encode(), b"\xff\xfe")
    headers = signer_of(prober.endpoint).sign_bytes(id_, prober.clock(), spoilt)
    return _refused(prober.post(headers, spoilt))


def _sample(prober: Prober) -> Told:
    """A whole warning in the endpoint's own form, by its mapping file."""
    message = json.loads((SCHEMAS / "examples" / "alert.opened.json").read_text("utf-8"))
    id_, _ = prober.message()
    message |= {"event_id": id_, "subject_key": f"test:{id_[-8:]}"}
    message["alert"] |= {"title": "【联调测试】不是预警，不要办理", "clue_no": f"TEST-{id_[-8:]}"}
    dialect = prober.endpoint.dialect
    body = translate(dialect, message) if dialect else json.dumps(message).encode()
    mark, says = _accepted(prober.post(prober.signed(id_, body), body))
    form = f"映射文件 {dialect.name}（{dialect.format}）" if dialect else "标准报文，没有映射文件"
    return mark, f"{form}，{len(body)} 字节：{says}"


# in the order of the table: the name, the clause of docs/platform.md, how it is tried
PROBES: Sequence[tuple[str, str, Callable[[Prober], Told]]] = (
    ("传输加密", "2.1", _encrypted),
    ("五秒内答复", "2.3", _answers_soon),
    ("时钟一致", "3.3", _clock),
    ("同一消息三次都收", "2.4", _again),
    ("重试的消息（新时间戳）也收", "2.4", _again_later),
    ("答复丢失后重发也收", "2.4", _lost_answer),
    ("旧状态后到也收", "2.5", _disorder),
    ("不认识的事件也收", "4.2", _unknown_event),
    ("不认识的字段不影响", "4.2", _unknown_fields),
    ("20 KB 的消息能收", "2.6", _large),
    ("多个签名中有一个对即可", "3.4", _several_signatures),
    ("更换密钥期间认旧钥", "3.4", _former_key),
    ("拒绝别的密钥", "3.2", _wrong_key),
    ("拒绝改过的正文", "3.2", _changed_body),
    ("拒绝改过的编号", "3.2", _changed_id),
    ("拒绝没有签名的", "3.2", _without("webhook-signature")),
    ("拒绝没有编号的", "3.2", _without("webhook-id")),
    ("拒绝没有时间的", "3.2", _without("webhook-timestamp")),
    ("拒绝十分钟前的", "3.3", _out_of_time(timedelta(minutes=10))),
    ("拒绝十分钟后的", "3.3", _out_of_time(-timedelta(minutes=10))),
    ("拒绝不认识的签名版本", "3.2", _bad_signature("v9,SIGNATURE")),
    ("拒绝不成形的签名", "3.2", _bad_signature("v1")),
    ("拒绝不是 base64 的签名", "3.2", _bad_signature("v1,***")),
    ("拒绝不是 UTF-8 的正文", "3.2", _not_utf8),
    ("一条测试预警（按报文映射）", "4.3", _sample),
)


def _ping(prober: Prober) -> Posted:
    id_, body = prober.message()
    return prober.post(prober.signed(id_, body), body)


def _accepted(*posted: Posted) -> Told:
    for number, one in enumerate(posted, start=1):
        status = one.receipt.status
        if status is None or not 200 <= status < 300:
            which = f"第 {number} 次" if len(posted) > 1 else ""
            return Mark.BAD, f"{which}应答 2xx，却是 {one.receipt.reason or status}"
    return Mark.GOOD, f"答 {posted[-1].receipt.status}"


def _truthful(posted: Sequence[Posted], word: str, expected: Sequence[bool]) -> Told:
    """All were taken; and where the receiver says more (2.4, 2.5), that it is so."""
    mark, says = _accepted(*posted)
    if mark is Mark.BAD:
        return mark, says
    told = [_said(one, word) for one in posted]
    if None in told:
        return mark, f"{says}；应答没有写 {word}，只核对了状态码"
    for number, (given, right) in enumerate(zip(told, expected, strict=True), start=1):
        if given is not right:
            wanted = json.dumps(right)
            return Mark.BAD, f"第 {number} 次应答 {word} 应为 {wanted}，却是 {json.dumps(given)}"
    return mark, f"{says}，{word} 如实"


def _said(posted: Posted, word: str) -> bool | None:
    """What an answer's body says of itself, if it says so."""
    try:
        given = json.loads(posted.receipt.body)
    except (ValueError, RecursionError):
        return None
    told = given.get(word) if isinstance(given, dict) else None
    return told if isinstance(told, bool) else None


def _refused(posted: Posted) -> Told:
    status = posted.receipt.status
    if status is not None and 400 <= status < 500:
        return Mark.GOOD, f"答 {status}"
    if status is not None and 200 <= status < 300:
        return Mark.BAD, f"应拒绝（4xx），却收下了（{status}）"
    return Mark.BAD, f"应答 4xx，却是 {posted.receipt.reason or status}"
