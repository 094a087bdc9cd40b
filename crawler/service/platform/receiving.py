"""What a main platform does with a message: believes it or not, takes it once, keeps the newest
state, and plans what to report back.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alerts.signing import KeySigner
from crawler.domain.errors import NotAllowed

KEPT = 500  # messages shown by the stand-in
EVENT_NAMES = {
    "alert.opened": "收到预警",
    "alert.raised": "预警升级",
    "alert.closed": "预警关闭",
    "task.created": "收到督办任务",
    "task.changed": "任务变更",
    "task.cancelled": "任务撤销",
    "sweep.finished": "巡查完成",
    "coverage.daily": "覆盖日报",
    "test.ping": "联调测试",
}
# where a message says what a person asks for first
_TOLD = (
    ("task", "task_no"), ("task", "level_name"), ("task", "state_name"), ("alert", "level_name"),
    ("alert", "verified"), ("site", "domain"), ("subject", "name"), ("task", "title"),
    ("alert", "title"), ("task", "conclusion_name"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What became of one request."""

    status: int
    line: str  # for the terminal
    id: str = ""
    event: str = ""
    valid: bool = False
    repeated: bool = False
    stale: bool = False  # older than what is known of its subject
    task_no: str = ""  # of a task that is new here


@dataclass(kw_only=True, slots=True)
class Platform:
    """The stand-in's memory: ids once, the newest state a subject."""

    signer: KeySigner
    seen: dict[str, int] = field(default_factory=dict)  # id → how often
    newest: dict[str, int] = field(default_factory=dict)  # subject → seq
    kept: list[dict[str, Any]] = field(default_factory=list)

    def take(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Taken:
        """One message; nothing of it is believed before its signature."""
        try:
            id_ = self.signer.verify(headers, body, now)
        except NotAllowed as refusal:
            return Taken(status=401, line=f"✗ 不予采信：{refusal}")
        message = _object(body)
        self.seen[id_] = self.seen.get(id_, 0) + 1
        event = str(message.get("event") or message.get("type") or "")
        again = self.seen[id_] > 1
        old = not again and self._is_old(message)
        self._keep(id_, event, message, now)
        known = EVENT_NAMES.get(event, "收到消息")
        parts = [f"✓ {known}", event, *_words(message), "签名有效"]
        parts += [f"第 {self.seen[id_]} 次，不重复办理"] if again else []
        parts += ["比已有的旧，不改变状态"] if old else []
        new_task = event == "task.created" and not again and not old
        return Taken(
            status=200,
            line=" ".join(tame(part) for part in parts if part),
            id=id_,
            event=event,
            valid=True,
            repeated=again,
            stale=old,
            task_no=_text(message, "task", "task_no") if new_task else "",
        )

    def _is_old(self, message: Mapping[str, Any]) -> bool:
        subject, seq = str(message.get("subject_key", "")), message.get("seq")
        if not subject or not isinstance(seq, int):
            return False
        newest = self.newest.get(subject, 0)
        self.newest[subject] = max(newest, seq)
        return seq < newest

    def _keep(self, id_: str, event: str, message: Mapping[str, Any], now: datetime) -> None:
        self.kept.append({"id": id_, "event": event, "at": now.isoformat(), "message": message})
        del self.kept[:-KEPT]


def tame(text: str) -> str:
    """No control characters reach a terminal, and no part takes more than its share."""
    return "".join(c if c.isprintable() else "�" for c in text)[:60]


def _object(body: bytes) -> Mapping[str, Any]:
    """The message; one in another format is taken as it is, and only not understood."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return {"body": body.decode("utf-8", "replace")}
    return given if isinstance(given, dict) else {"body": given}


def _words(message: Mapping[str, Any]) -> list[str]:
    found = (_text(message, part, name) for part, name in _TOLD)
    return list(dict.fromkeys(one for one in found if one))


def _text(message: Mapping[str, Any], part: str, name: str) -> str:
    inner = message.get(part)
    value = inner.get(name) if isinstance(inner, dict) else None
    return value if isinstance(value, str) else ""
