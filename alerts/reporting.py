"""What the responsible party reports about a task, read from the published form."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from crawler.domain.errors import BadInput
from crawler.domain.letters import storable
from crawler.domain.task import (
    CONCLUSION_NAMES,
    TASK_STATE_NAMES,
    Conclusion,
    Feedback,
    Move,
    TaskState,
)

_LONGEST_NOTE = 2_000
_MOST_ATTACHMENTS = 20

# What a receiver may say, and the move it means. Their "closed" is their answer: whether the matter
# is at an end is checked here.
_MOVES: Mapping[TaskState, Move] = {
    TaskState.ACKNOWLEDGED: Move.ACKNOWLEDGE,
    TaskState.WORKING: Move.WORK,
    TaskState.ANSWERED: Move.ANSWER,
    TaskState.CLOSED: Move.ANSWER,
    TaskState.RETURNED: Move.RETURN,
    TaskState.SUSPENDED: Move.SUSPEND,
    TaskState.TRANSFERRED: Move.TRANSFER,
}


def read_feedback(number: str, body: bytes) -> Feedback:
    """The report in a body; BadInput says which field cannot be used."""
    given = _object(body)
    if given.get("task_no") not in (None, "", number):
        raise BadInput("task_no：与网址中的任务号不一致")
    status = _status(given.get("status"))
    conclusion, result_of = _conclusion(given.get("conclusion")), _text(given, "result_of", 40)
    if result_of and (_MOVES[status] is not Move.ANSWER or conclusion is None):
        raise BadInput("result_of：联合检查部门的结果须为“已反馈”，并写明结论")
    return Feedback(
        task_number=number,
        move=_MOVES[status],
        actor=_text(given, "operator", 100) or _text(given, "dept", 100) or "经办人未署名",
        at=_moment(given.get("at")),
        conclusion=conclusion,
        note=_text(given, "note", _LONGEST_NOTE),
        attachments=_digests(given.get("attachments")),
        result_of=result_of,
    )


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise BadInput("反馈不是 JSON") from None
    if not isinstance(given, dict):
        raise BadInput("反馈须为 JSON 对象")
    return given


def _status(given: Any) -> TaskState:
    by_name = {name: state for state, name in TASK_STATE_NAMES.items()}
    by_value = {str(state): state for state in TaskState}
    status = (by_value | by_name).get(given) if isinstance(given, str) else None
    if status is None or status not in _MOVES:
        raise BadInput(f"status：不是可以反馈的状态 {str(given)[:40]!r}")
    return status


def _conclusion(given: Any) -> Conclusion | None:
    if given is None or given == "":
        return None
    by_name = {name: one for one, name in CONCLUSION_NAMES.items()}
    by_value = {str(one): one for one in Conclusion}
    conclusion = (by_value | by_name).get(given) if isinstance(given, str) else None
    if conclusion is None:
        raise BadInput(f"conclusion：没有这种结论 {str(given)[:40]!r}")
    return conclusion


def _moment(given: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
        aware = moment.astimezone(UTC) if moment.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        aware = None
    if aware is None:
        raise BadInput(f"at：不是带时区的时间 {str(given)[:40]!r}")
    return aware


def _text(given: Mapping[str, Any], name: str, longest: int) -> str:
    value = given.get(name, "")
    if not isinstance(value, str | None):
        raise BadInput(f"{name}：须为文字")
    return storable(value or "").strip()[:longest]


def _digests(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > _MOST_ATTACHMENTS:
        raise BadInput(f"attachments：至多 {_MOST_ATTACHMENTS} 个")
    digests = tuple(str(one) for one in given)
    if any(len(one) != 64 or set(one) - set("0123456789abcdef") for one in digests):
        raise BadInput("attachments：须为 SHA-256 摘要")
    return digests
