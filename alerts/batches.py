"""Signed files for networks that no HTTP crosses: messages out, reports in.

JSON lines: a head, the messages, and a foot that signs every byte before it with the endpoint's
key. A file may be old when it arrives and may arrive twice; ids tell repeats as they always do.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.signing import signer_of
from crawler.domain.delivery import Delivery, Endpoint
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.letters import storable

FORMAT = "xunwang-batch/1"
LARGEST = 256 << 20
OLDEST = timedelta(days=90)
_AHEAD = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One report in a file from the other side."""

    id: str
    task_no: str
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What a file from the other side says: reports, and up to which place it has our messages."""

    id: str
    reports: tuple[Report, ...]
    confirmed: int = 0


def write_messages(
    endpoint: Endpoint, placed: Iterable[tuple[int, Delivery]], batch_id: str, now: datetime
) -> bytes:
    """Messages with their places, signed as one file."""
    lines = [
        {
            "position": position,
            "id": one.id,
            "event": str(one.event),
            "subject": one.subject,
            "seq": one.seq,
            "body": one.body.decode("utf-8", "replace"),
        }
        for position, one in placed
    ]
    last = lines[-1]["position"] if lines else 0
    head = {"kind": "messages", "endpoint": endpoint.name, "last": last}
    return _signed(endpoint, head, lines, batch_id, now)


def write_reports(
    endpoint: Endpoint,
    reports: Iterable[Report],
    batch_id: str,
    now: datetime,
    confirmed: int = 0,
) -> bytes:
    """The other side's part, for whoever builds it; our tests play that side with it."""
    lines = [
        {"id": one.id, "task_no": one.task_no, "body": one.body.decode("utf-8", "replace")}
        for one in reports
    ]
    head = {"kind": "reports", "endpoint": endpoint.name, "confirmed": confirmed}
    return _signed(endpoint, head, lines, batch_id, now)


def read_reports(endpoint: Endpoint, raw: bytes, now: datetime) -> Batch:
    """The reports in a file of the other side. NotAllowed: not signed by it, or too old; BadInput:
    signed, and of no use.
    """
    head, lines = opened(endpoint, raw, now)
    if head.get("kind") != "reports":
        raise BadInput("这不是反馈文件（kind 应为 reports）")
    confirmed = head.get("confirmed", 0)
    if isinstance(confirmed, bool) or not isinstance(confirmed, int) or not 0 <= confirmed < 2**53:
        raise BadInput("confirmed 应为已收到的位置")
    return Batch(
        id=str(head["id"]),
        reports=tuple(_report(number, line) for number, line in enumerate(lines, start=2)),
        confirmed=confirmed,
    )


def opened(
    endpoint: Endpoint, raw: bytes, now: datetime
) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """Head and lines of a file that this endpoint's key signed; nothing is read before that."""
    if len(raw) > LARGEST:
        raise BadInput(f"文件超过 {LARGEST >> 20} MB")
    signed, _, foot_line = raw.rstrip(b"\n").rpartition(b"\n")
    foot = _object(foot_line, "末行")
    headers = {name: str(foot.get(name, "")) for name in _SIGNED}
    at = _moment(headers["webhook-timestamp"])
    if at > now + _AHEAD:
        raise NotAllowed("文件的签名时间在未来，请核对双方时钟")
    if at < now - OLDEST:
        raise NotAllowed(f"文件的签名时间早于 {OLDEST.days} 天，请重新导出")
    id_ = signer_of(endpoint).verify(headers, signed, at)
    first, *rest = signed.split(b"\n")
    head = _object(first, "首行")
    if head.get("format") != FORMAT or head.get("id") != id_:
        raise BadInput(f"首行不是 {FORMAT}，或与签名的编号不符")
    if head.get("endpoint") != endpoint.name:
        raise BadInput(f"文件属于接收端 {str(head.get('endpoint'))[:40]!r}，不是 {endpoint.name}")
    if head.get("count") != len(rest):
        raise BadInput(f"首行说有 {str(head.get('count'))[:12]} 条，文件中有 {len(rest)} 条")
    return head, [_object(line, f"第 {number} 行") for number, line in enumerate(rest, start=2)]


_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


def _signed(
    endpoint: Endpoint,
    head: Mapping[str, Any],
    lines: list[dict[str, Any]],
    batch_id: str,
    now: datetime,
) -> bytes:
    whole = {"format": FORMAT, "id": batch_id, "made_at": now.isoformat()} | dict(head)
    rows = [whole | {"count": len(lines)}, *lines]
    signed = b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in rows)
    foot = json.dumps(signer_of(endpoint).sign(batch_id, now, signed))
    return signed + b"\n" + foot.encode() + b"\n"


def _report(number: int, line: Mapping[str, Any]) -> Report:
    values = [line.get(name) for name in ("id", "task_no", "body")]
    if not all(isinstance(one, str) and one for one in values):
        raise BadInput(f"第 {number} 行缺少 id、task_no 或 body")
    id_, task_no, body = (storable(str(one)) for one in values)
    return Report(id=id_, task_no=task_no, body=body.encode())


def _object(line: bytes, where: str) -> Mapping[str, Any]:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise BadInput(f"{where}不是 JSON 对象")
    return given


def _moment(stamp: str) -> datetime:
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        raise NotAllowed("末行没有签名")
    try:
        return datetime.fromtimestamp(int(stamp), UTC)
    except (OverflowError, ValueError, OSError):
        raise NotAllowed("末行的时间不可用") from None
