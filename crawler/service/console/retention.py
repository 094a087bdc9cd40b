"""保存: for how long what is kept, what went, and what is held whatever its age. A hold may be put
by whoever decides; only a supervisor lets one go.
"""

from dataclasses import asdict

from starlette.responses import Response

from crawler.domain.errors import BadInput
from crawler.domain.retention import HOLD_SCOPE_NAMES, Hold, HoldScope, called
from crawler.service.console.access import DECIDERS, LOOKERS, SUPERVISORS, get, post
from crawler.service.console.calls import Call, Missing
from crawler.service.console.keeping import Notice
from crawler.service.retaining import refused, retention_of
from crawler.store.holds import ended_holds, open_holds, put_hold, release
from crawler.store.removals import latest_removals

PAGE = "/keeping"


def show(call: Call) -> Response:
    """All of it on one page; `of` fills the form in."""
    scope, _, object_ = call.query.get("of", "").partition(":")
    with call.house.database.reading() as db:
        standing, ended = open_holds(db, call.reach), ended_holds(db, call.reach)
        gone = latest_removals(db)  # counts, of the whole installation
    keep = call.house.config.keep
    return call.page(
        "keeping.html",
        times=asdict(retention_of(call.house)),
        daily=keep.daily,
        hour=keep.hour,
        refused=refused(call.house),
        standing=standing,
        ended=ended,
        removals=gone,
        scopes=HOLD_SCOPE_NAMES,
        scope=scope,
        object=object_[:253],
        may_hold=call.may(DECIDERS),
        may_release=call.may(SUPERVISORS),
    )


def hold(call: Call) -> Response:
    """From now on it does not go by age."""
    try:
        scope = HoldScope(call.field("scope", 20))
    except ValueError:
        raise BadInput("没有这种保全") from None
    wanted = Hold(
        scope=scope, object=call.field("object", 253), reason=call.field("reason", 1_000),
        actor=call.actor, at=call.now, region=call.house.config.region,
    )  # fmt: skip
    with call.house.database.transaction() as db:
        made = put_hold(db, wanted, call.reach)
    said = call.console.say("保全 {id} 已登记：{of}", id=made.id, of=called(made))
    return call.go(PAGE, Notice(text=said))


def let_go(call: Call) -> Response:
    """The times count again."""
    number, reason = call.number("id"), call.field("reason", 1_000)
    with call.house.database.transaction() as db:
        if number not in {one.id for one in open_holds(db, call.reach)}:
            raise Missing
        made = release(db, number, call.actor, reason, call.now, call.reach)
    said = call.console.say("保全 {id} 已解除：{of}", id=made.id, of=called(made))
    return call.go(PAGE, Notice(text=said))


ROUTES = (
    get(PAGE, show, LOOKERS),
    post(PAGE, hold, DECIDERS),
    post(f"{PAGE}/{{id}}/release", let_go, SUPERVISORS),
)
