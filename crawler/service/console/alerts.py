"""预警列表: filters in the address, sorted by a closed list of keys, views that can be kept."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import Response

from crawler.domain.alert import ALERT_STATE_NAMES, AlertState
from crawler.domain.assessment import LEVEL_NAMES, Level
from crawler.domain.errors import BadInput
from crawler.service.console.access import DECIDERS, READERS, get, post
from crawler.service.console.calls import Call, cleaned, whole_number
from crawler.service.console.deciding import REASONS
from crawler.service.console.keeping import Notice
from crawler.service.console.looking import deadline, name_of, pictures, top_promise
from crawler.store.cards import SORTS, Wanted, cards, families, pictured
from crawler.store.views import delete_view, save_view, views_of

PAGE_SIZE = 50
SORT_NAMES = {
    "level": "等级",
    "new": "新发现",
    "old": "最早发现",
    "seen": "最近看到",
    "score": "分数",
    "repeats": "重复次数",
    "domain": "域名",
}
_MOST_PAGES = 2_000


def show(call: Call) -> Response:
    """The page."""
    wanted, page = wanted_of(call)
    desk = call.console.desk()
    with call.house.database.reading() as db:
        total, found = cards(db, wanted)
        sizes = families(db, [one.case.id for one in found], call.reach)
        shots = pictured(db, [one.alert.visit_id for one in found])
        views = views_of(db, call.user.id, "alerts")
    first = {visit: pictures(seen)[:1] for visit, seen in shots.items()}
    return call.page(
        "alerts.html",
        total=total,
        cards=found,
        families=sizes,
        shots=first,
        views=views,
        wanted=wanted,
        page=page,
        pages=max((total + PAGE_SIZE - 1) // PAGE_SIZE, 1),
        address=lambda **changes: address(call, changes),
        asked=str(call.query),
        deadlines={one.alert.id: deadline(one, desk) for one in found},
        promise=top_promise,
        name_of=name_of,
        states=ALERT_STATE_NAMES,
        levels={k: v for k, v in LEVEL_NAMES.items() if k is not Level.NONE},
        categories={k: v.name for k, v in desk.categories.items() if not v.modifier},
        sorts=SORT_NAMES,
        choices=REASONS,
        may_decide=call.may(DECIDERS),
    )


def keep_view(call: Call) -> Response:
    """A filter under a name, for this person."""
    name, query = call.field("name", 40), call.field("query", 1_000)
    if not name:
        raise BadInput("视图要有名字")
    with call.house.database.transaction() as db:
        save_view(db, call.user, "alerts", name, query, call.now)
    said = call.console.say("已存视图“{name}”。", name=name)
    return call.go(f"/alerts?{query}", Notice(text=said))


def drop_view(call: Call) -> Response:
    """A view that is not wanted any more."""
    with call.house.database.transaction() as db:
        delete_view(db, call.user.id, "alerts", call.field("name", 40))
    return call.go("/alerts")


def wanted_of(call: Call) -> tuple[Wanted, int]:
    """What the address asks for. Unknown values of closed lists are refused, not ignored."""
    query = call.query
    sort = query.get("sort", "level")
    if sort not in SORTS:
        raise BadInput("没有这种排序")
    states = _closed(query.getlist("state"), AlertState) or (AlertState.OPEN,)
    page = _number(query.get("page", "1"))
    if not 1 <= page <= _MOST_PAGES:
        raise BadInput("没有这一页")
    wanted = Wanted(
        reach=call.reach,
        states=() if "all" in query.getlist("state") else states,
        levels=_closed(query.getlist("level"), Level),
        category=cleaned(query.get("category", ""))[:40],
        words=cleaned(query.get("q", ""))[:100],
        case_id=_number(query.get("case", "0")),
        unseen_in=_number(query.get("unseen", "0")),
        again=query.get("again") == "1",
        sort=sort,
        limit=PAGE_SIZE,
        offset=(page - 1) * PAGE_SIZE,
    )
    return wanted, page


def address(call: Call, changes: Mapping[str, object]) -> str:
    """The same list with something changed; another filter begins at its first page."""
    kept = [
        (key, value)
        for key, value in call.query.multi_items()
        if key not in changes and not (key == "page" and changes)
    ]
    more = [(key, str(value)) for key, value in changes.items() if value not in ("", None)]
    query = urlencode(kept + more)
    return f"/alerts?{query}" if query else "/alerts"


ROUTES = (
    get("/alerts", show, READERS),
    post("/alerts/views", keep_view, READERS),
    post("/alerts/views/drop", drop_view, READERS),
)


def _closed(given: list[str], of: type) -> tuple:  # type: ignore[type-arg]
    try:
        return tuple(of(one) for one in given if one not in ("", "all"))
    except ValueError:
        raise BadInput("筛选条件无法使用") from None


def _number(given: str) -> int:
    number = whole_number(given, 9)
    if number is None:
        raise BadInput("筛选条件无法使用")
    return number
