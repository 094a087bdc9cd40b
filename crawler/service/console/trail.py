"""审计: who did what, as the chain holds it, and whether the chain is whole."""

import hashlib
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from starlette.responses import Response

from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.user import Role
from crawler.service.console.access import get, post
from crawler.service.console.calls import Call, whole_number
from crawler.service.console.keeping import Notice
from crawler.service.reporting import Sheet, as_csv
from crawler.store.audit import Entry, acts_where, audit_head, broken_entries

AUDITORS = frozenset({Role.AUDITOR})
SHOWN = 100
MOST_EXPORTED = 100_000  # rows that one spreadsheet takes without pain
COLUMNS = (
    "序号", "时间", "谁", "做了什么", "对象", "辖区", "之前", "之后", "前一条的摘要", "摘要",
)  # fmt: skip
_FILTERS = ("actor", "action", "object", "day", "to")
_AT_ONCE = 5_000
_MOST_BROKEN = 5


def show(call: Call) -> Response:
    """Acts, newest first: ?actor= ?action= ?object= ?day= ?to= ?before=."""
    wanted = _wanted(call)
    before = whole_number(call.query.get("before", "")) or 0
    with call.house.database.reading() as db:
        found = acts_where(db, call.reach, **wanted, before=before, limit=SHOWN)
        seq, digest = audit_head(db)
    return call.page(
        "audit.html",
        found=found,
        more=found[-1].seq if len(found) == SHOWN else 0,
        asked=_asked(call),
        seq=seq,
        digest=digest,
    )


def download(call: Call) -> Response:
    """The same as one table, oldest at the end; that it was taken is an act too."""
    wanted = _wanted(call)
    rows = []
    with call.house.database.reading() as db:
        before = 0
        while found := acts_where(db, call.reach, **wanted, before=before, limit=_AT_ONCE):
            rows += [_cells(entry) for entry in found]
            before = found[-1].seq
            if len(rows) > MOST_EXPORTED:
                most = f"{MOST_EXPORTED:,}"
                raise BadInput(f"超过 {most} 条，请缩小范围再导出")
    content = as_csv([Sheet(title="审计记录", columns=COLUMNS, rows=rows)])
    asked = " ".join(f"{name}={value}" for name, value in _asked(call).items() if value)
    taken = f"{len(rows)} 条 {asked} sha256:{hashlib.sha256(content).hexdigest()}"
    with call.house.database.transaction() as db:
        call.note(db, "audit.export", "audit", call.user.region, taken.replace("  ", " "))
    return Response(
        content,
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="xunwang-audit.csv"'},
    )


def verify(call: Call) -> Response:
    """Walk the whole chain; whoever asked is told, and that they asked is noted."""
    with call.house.database.reading() as db:
        broken = list(islice(broken_entries(db), _MOST_BROKEN))
        seq, _ = audit_head(db)
    with call.house.database.transaction() as db:
        call.note(db, "audit.verify", "audit", call.user.region, f"{seq} {broken}")
    if broken:
        said = call.console.say(
            "第 {n} 条起与链不符：有人改过或删过审计记录，请保全现场。", n=broken[0]
        )
        return call.go("/audit", Notice(text=said, bad=True))
    said = call.console.say("{n} 条全部核对，链完整，没有改动。", n=seq)
    return call.go("/audit", Notice(text=said))


ROUTES = (
    get("/audit", show, AUDITORS),
    get("/audit/file", download, AUDITORS),
    post("/audit/verify", verify, AUDITORS),
)


def _asked(call: Call) -> dict[str, str]:
    return {name: call.query.get(name, "").strip()[:100] for name in _FILTERS}


def _wanted(call: Call) -> dict[str, Any]:
    """One day, or from one day to another."""
    asked = _asked(call)
    first, last = _day(asked["day"]), _day(asked["to"])
    if first and last and last < first:
        raise BadInput("筛选条件无法使用")
    until = last or first
    return {
        "unplaced": call.sees_all,
        "actor": asked["actor"],
        "action": asked["action"],
        "object_": asked["object"],
        "since": datetime.combine(first, time(), CHINA) if first else None,
        "until": datetime.combine(until, time(), CHINA) + timedelta(days=1) if until else None,
    }


def _cells(entry: Entry) -> tuple[str | int, ...]:
    act = entry.act
    at = f"{act.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
    said = (at, act.actor, act.action, act.object, act.region, act.before, act.after)
    return (entry.seq, *said, entry.prev, entry.hash)


def _day(given: str) -> date | None:
    try:
        day = date.fromisoformat(given) if given else None
    except ValueError:
        raise BadInput("筛选条件无法使用") from None
    if day is not None and not 2000 <= day.year < 2200:
        raise BadInput("筛选条件无法使用")
    return day
