"""我的账户: how somebody is told of new alerts outside the console, each for themselves."""

from collections.abc import Iterator, Sequence

from starlette.responses import Response

from crawler.domain.assessment import Level
from crawler.domain.errors import BadInput
from crawler.domain.telling import (
    TOLD_FROM,
    WAY_NAMES,
    Telling,
    Way,
    checked_address,
    checked_secret,
)
from crawler.service.console.access import EVERYONE, READERS, get, post
from crawler.service.console.calls import Call
from crawler.service.console.keeping import Notice
from crawler.service.console.signing_in import may_type_password
from crawler.service.notifying import say_to
from crawler.store.tellings import keep_tellings, tellings_of

ROBOTS = {way: name for way, name in WAY_NAMES.items() if way is not Way.MAIL}


def show(call: Call) -> Response:
    """Oneself: roles, region, password, by which ways one is told."""
    with call.house.database.reading() as db:
        ways = tellings_of(db, call.user.id)
    return call.page(
        "me.html",
        mail=next((one for one in ways if one.way is Way.MAIL), None),
        robot=next((one for one in ways if one.way is not Way.MAIL), None),
        ways=ways,
        way_names=WAY_NAMES,
        robots=ROBOTS,
        levels=TOLD_FROM,
        is_told=call.may(READERS),
        has_post=bool(call.house.config.ops.smtp),
        typed=may_type_password(call.console, call.user),
    )


def keep(call: Call) -> Response:
    """These ways from now on, in place of those before."""
    with call.house.database.transaction() as db:
        wanted = list(_wanted(call, tellings_of(db, call.user.id)))
        keep_tellings(db, call.user, wanted, call.now)
        said = "、".join(f"{one.way} {one.shown} {one.level}" for one in wanted)
        call.note(db, "user.telling", f"user:{call.user.name}", call.user.region, said)
    told = "已保存，上班时间内有新预警会告诉你。" if wanted else "已保存，不再在页面之外告诉你。"
    return call.go("/me", Notice(text=call.console.say(told)))


def try_out(call: Call) -> Response:
    """One message by each way that is kept, now."""
    with call.house.database.reading() as db:
        ways = tellings_of(db, call.user.id)
    if not ways:
        raise BadInput("还没有保存任何方式")
    return call.go("/me", *(_tried(call, one) for one in ways))


ROUTES = (
    get("/me", show, EVERYONE),
    post("/me/told", keep, READERS),
    post("/me/told/try", try_out, READERS),
)


def _wanted(call: Call, before: Sequence[Telling]) -> Iterator[Telling]:
    level = Level.ORANGE if call.field("level", 10) == Level.ORANGE else Level.RED
    if mail := call.field("mail", 254):
        yield _telling(call, Way.MAIL, mail, level)
    if not (robot := call.field("robot", 20)):
        return
    if robot not in ROBOTS:
        raise BadInput("没有这种机器人")
    known = next((one for one in before if one.way == robot), None)
    address, secret = call.field("robot_address", 500), call.field("robot_secret", 500)
    if known and not address:  # the robot stays as it is; a key may come to it
        address, secret = known.address, secret or known.secret
    yield _telling(call, Way(robot), address, level, secret)


def _telling(call: Call, way: Way, address: str, level: Level, secret: str = "") -> Telling:
    kept, key = checked_address(way, address), checked_secret(way, secret)
    return Telling(user_id=call.user.id, way=way, address=kept, level=level, secret=key)


def _tried(call: Call, one: Telling) -> Notice:
    text = call.console.say("收到这一条，就能收到预警。")
    why = say_to(call.house, one, call.console.say("巡网：试发"), text, call.now)
    name = call.console.say(WAY_NAMES[one.way])
    if why:
        return Notice(
            text=call.console.say("{way} 没有送到：{why}", way=name, why=why[:120]), bad=True
        )
    return Notice(text=call.console.say("{way} 已送出，请看是否收到。", way=name))
