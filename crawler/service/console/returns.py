"""来件: what came back about tasks; what was refused is kept, with its reason."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response

from crawler.domain.errors import BadInput
from crawler.service.console.access import LOOKERS, READERS, get
from crawler.service.console.calls import Call
from crawler.store.inbox import list_incoming
from crawler.store.returns import list_attachments, list_reports

SHOWN = 100
LONGEST_BODY = 4_000
STATES = {"refused": False, "taken": True, "all": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One report as the page shows it."""

    id: str
    at: datetime
    task_number: str
    task_id: int | None
    task_state: str
    taken: bool
    reason: str
    says: str  # the state that it reports, as it was written
    body: str


def show(call: Call) -> Response:
    """Reports by what became of them (?state=), files beside tasks, what docked houses told."""
    asked = call.query.get("state", "refused")
    if asked not in STATES:
        raise BadInput("筛选条件无法使用")
    may_read = call.may(READERS)
    with call.house.database.reading() as db:
        reports = list_reports(
            db, call.reach, nowhere=call.sees_all, taken=STATES[asked], limit=SHOWN
        )
        files = list_attachments(db, call.reach, SHOWN) if may_read else []
        told = list_incoming(db, call.reach, limit=SHOWN)
    return call.page(
        "returns.html",
        asked=asked,
        reports=[_shown(one, may_read=may_read) for one in reports],
        files=files,
        told=told,
        may_read=may_read,
    )


ROUTES = (get("/inbox", show, LOOKERS),)


def _shown(row: Any, *, may_read: bool) -> Report:
    body = bytes(row.body).decode("utf-8", "replace")
    return Report(
        id=row.id,
        at=row.at,
        task_number=row.task_number,
        task_id=row.task_id,
        task_state=row.task_state or "",
        taken=row.taken,
        reason=row.reason,
        says=_state_in(body),
        body=body[:LONGEST_BODY] if may_read else "",
    )


def _state_in(body: str) -> str:
    """What it gives as the state, whatever that is; empty where nobody can tell."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    said = given.get("status") if isinstance(given, dict) else None
    return said[:40] if isinstance(said, str) else ""
