"""审计: who did what, as the chain holds it, and whether the chain is whole."""

from datetime import date, datetime, time, timedelta
from itertools import islice

from starlette.responses import Response

from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.user import Role
from crawler.service.console.access import get, post
from crawler.service.console.calls import Call, whole_number
from crawler.service.console.keeping import Notice
from crawler.store.audit import acts_where, audit_head, broken_entries

AUDITORS = frozenset({Role.AUDITOR})
SHOWN = 100
_MOST_BROKEN = 5


def show(call: Call) -> Response:
    """Acts, newest first: ?actor= ?action= ?object= ?day= ?before=."""
    day = _day(call)
    since = datetime.combine(day, time(), CHINA) if day else None
    asked = {name: call.query.get(name, "")[:100] for name in ("actor", "action", "object")}
    with call.house.database.reading() as db:
        found = acts_where(
            db, call.reach, unplaced=call.house.config.region.startswith(call.reach),
            actor=asked["actor"], action=asked["action"],
            object_=asked["object"], since=since,
            until=since + timedelta(days=1) if since else None,
            before=whole_number(call.query.get("before", "")) or 0, limit=SHOWN,
        )  # fmt: skip
        seq, digest = audit_head(db)
    return call.page(
        "audit.html",
        found=found,
        more=found[-1].seq if len(found) == SHOWN else 0,
        asked=asked | {"day": day.isoformat() if day else ""},
        seq=seq,
        digest=digest,
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
    post("/audit/verify", verify, AUDITORS),
)


def _day(call: Call) -> date | None:
    given = call.query.get("day", "")
    try:
        day = date.fromisoformat(given) if given else None
    except ValueError:
        raise BadInput("筛选条件无法使用") from None
    if day is not None and not 2000 <= day.year < 2200:
        raise BadInput("筛选条件无法使用")
    return day
