"""投递: what left the house, what did not get through and why, and once more."""

from starlette.responses import Response

from alerts.delivering import pause, replay_deliveries, resume
from crawler.domain.delivery import DELIVERY_STATE_NAMES, Delivery, DeliveryState, EventType
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.user import Role
from crawler.service.console.access import OPERATORS, SUPERVISORS, get, post
from crawler.service.console.calls import Call, Missing
from crawler.service.console.keeping import Notice
from crawler.service.desks import standings
from crawler.store.outbox import delivery_of, list_deliveries, receipts_of

WATCHERS = SUPERVISORS | OPERATORS | {Role.AUDITOR}
MOVERS = SUPERVISORS | OPERATORS
# who may read what a message says of a site; ops see that it went, not what it tells
TOLD = frozenset({Role.SUPERVISOR, Role.AUDITOR})
SHOWN = 100
EVENT_NAMES = {
    EventType.ALERT_OPENED: "新预警",
    EventType.ALERT_RAISED: "预警升级",
    EventType.ALERT_CLOSED: "预警关闭",
    EventType.TASK_CREATED: "新任务",
    EventType.TASK_CHANGED: "任务变更",
    EventType.TASK_CANCELLED: "任务撤销",
    EventType.SWEEP_FINISHED: "巡查完成",
    EventType.COVERAGE_DAILY: "覆盖日报",
}


def show(call: Call) -> Response:
    """How the receivers are doing, and the messages: ?state= ?endpoint= ?event= ?before=."""
    state, event = _state(call), _event(call)
    endpoint = call.query.get("endpoint", "")[:100]
    with call.house.database.reading() as db:
        found = list_deliveries(
            db, states=[state] if state else (), endpoint=endpoint, event=event,
            region=call.reach, before=call.query.get("before", "")[:26], limit=SHOWN,
        )  # fmt: skip
    return call.page(
        "deliveries.html",
        receivers=standings(call.house, call.now),
        found=found,
        more=found[-1].id if len(found) == SHOWN else "",
        asked={"state": state or "", "endpoint": endpoint, "event": event or ""},
        states=DELIVERY_STATE_NAMES,
        events=EVENT_NAMES,
        may_move=call.may(MOVERS),
        may_hold=call.may(MOVERS) and call.sees_all,
        may_audit=call.may(frozenset({Role.AUDITOR})),
    )


def show_one(call: Call) -> Response:
    """One message: every attempt and its answer, and what it says for those who may read it."""
    one = _one(call)
    with call.house.database.reading() as db:
        answers = receipts_of(db, one.id)
    return call.page(
        "delivery.html",
        one=one,
        answers=answers,
        states=DELIVERY_STATE_NAMES,
        events=EVENT_NAMES,
        body=one.body.decode("utf-8", "replace") if call.may(TOLD) else "",
        may_move=call.may(MOVERS) and one.state is not DeliveryState.WAITING,
    )


def send_again(call: Call) -> Response:
    """One message once more."""
    one = _one(call)
    _replayed(call, ids=[one.id])
    return call.go(f"/deliveries/{one.id}")


def send_dead_again(call: Call) -> Response:
    """All dead letters of one receiver once more."""
    _replayed(call, endpoint=call.field("endpoint", 100))
    return call.go("/deliveries")


def hold(call: Call) -> Response:
    """Leave a receiver alone, or send to it again."""
    endpoint, what = call.field("endpoint", 100), call.field("what", 10)
    if not call.sees_all:
        raise NotAllowed("接收端由整个系统共用，须由辖区不小于本系统的人员暂停或恢复")
    if endpoint not in {one.name for one in call.house.config.delivery.endpoints}:
        raise Missing
    if what == "pause":
        why = call.field("reason", 200)
        if not why:
            raise BadInput("请写明为什么暂停")
        pause(call.house.database, endpoint, call.actor, call.now, why)
        said = call.console.say("已暂停向 {name} 投递，消息留着。", name=endpoint)
    else:
        resume(call.house.database, endpoint, call.actor, call.now)
        said = call.console.say("已恢复向 {name} 投递。", name=endpoint)
    return call.go("/deliveries", Notice(text=said))


ROUTES = (
    get("/deliveries", show, WATCHERS),
    get("/deliveries/{message}", show_one, WATCHERS),
    post("/deliveries/again", send_dead_again, MOVERS),
    post("/deliveries/hold", hold, MOVERS),
    post("/deliveries/{message}/again", send_again, MOVERS),
)


def _one(call: Call) -> Delivery:
    with call.house.database.reading() as db:
        one = delivery_of(db, str(call.parts["message"])[:26])
    if one is None or not one.region.startswith(call.reach):
        raise Missing
    return one


def _replayed(call: Call, *, ids: list[str] | None = None, endpoint: str = "") -> None:
    if not ids and not endpoint:
        raise BadInput("请选接收端")
    again = replay_deliveries(
        call.house.database, call.actor, call.now, ids=ids or (), endpoint=endpoint,
        region=call.reach,
    )  # fmt: skip
    if ids and not again:
        raise NotAllowed("这条消息正在等待投递")
    said = call.console.say("将重新投递 {n} 条，编号不变，对方据此去重。", n=len(again))
    call.tell(Notice(text=said))


def _state(call: Call) -> DeliveryState | None:
    try:
        return DeliveryState(given) if (given := call.query.get("state", "")) else None
    except ValueError:
        raise BadInput("筛选条件无法使用") from None


def _event(call: Call) -> EventType | None:
    try:
        return EventType(given) if (given := call.query.get("event", "")) else None
    except ValueError:
        raise BadInput("筛选条件无法使用") from None
