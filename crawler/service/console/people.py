"""用户: accounts, roles, regions. An administrator makes them and puts them out; they decide
nothing else.
"""

from starlette.responses import Response

from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.user import (
    ROLE_NAMES,
    Role,
    User,
    changed,
    checked_password,
    user_from,
)
from crawler.service.console import passwords
from crawler.service.console.access import ADMINS, get, post
from crawler.service.console.calls import Call, Missing
from crawler.service.console.keeping import Notice
from crawler.store.people import change_user, list_users, save_user, set_password, user_named
from crawler.store.sessions import end_sessions


def show(call: Call) -> Response:
    """Everybody under one's region."""
    with call.house.database.reading() as db:
        found = list_users(db, call.reach)
    return call.page("people.html", people=found, roles=ROLE_NAMES)


def add(call: Call) -> Response:
    """A new account."""
    user = user_from(
        call.field("name"), _roles(call), call.field("region", 6), call.now, call.field("shown", 60)
    )
    _within(call, user)
    made = passwords.hash_of(checked_password(call.field("password", 500), user.name))
    with call.house.database.transaction() as db:
        save_user(db, user, made, call.actor)
        call.note(db, "user.add", f"user:{user.name}", user.region, _said(user))
    return call.go("/people", Notice(text=call.console.say("已建用户 {name}。", name=user.name)))


def change(call: Call) -> Response:
    """Roles, region, whether they may come in; their sessions end, so that it holds at once."""
    before = _known(call)
    if before.id == call.user.id:
        raise NotAllowed("不能改自己的角色或停用自己，请另一位管理员来做")
    after = changed(
        before,
        roles=_roles(call),
        region=call.field("region", 6),
        disabled=call.field("disabled") == "yes",
    )
    _within(call, after)
    with call.house.database.transaction() as db:
        change_user(db, after)
        end_sessions(db, after.id, call.now, "changed by an administrator")
        call.note(db, "user.change", f"user:{after.name}", after.region, _said(after))
    return call.go("/people", Notice(text=call.console.say("已改用户 {name}。", name=after.name)))


def reset_password(call: Call) -> Response:
    """A new password, told to the person by another way."""
    user = _known(call)
    if user.id == call.user.id:  # a session that somebody got hold of would keep the account
        raise NotAllowed("自己的口令在“我的账户”里改，须先输入现在的口令")
    made = passwords.hash_of(checked_password(call.field("password", 500), user.name))
    with call.house.database.transaction() as db:
        set_password(db, user.id, made)
        end_sessions(db, user.id, call.now, "password reset")
        call.note(db, "user.password", f"user:{user.name}", user.region)
    said = call.console.say("已重置 {name} 的口令，其登录已失效。", name=user.name)
    return call.go("/people", Notice(text=said))


ROUTES = (
    get("/people", show, ADMINS),
    post("/people", add, ADMINS),
    post("/people/{name}", change, ADMINS),
    post("/people/{name}/password", reset_password, ADMINS),
)


def _known(call: Call) -> User:
    with call.house.database.reading() as db:
        user = user_named(db, str(call.parts["name"]))
    if user is None or not user.region.startswith(call.reach):
        raise Missing
    return user


def _within(call: Call, user: User) -> None:
    if not user.region.startswith(call.reach):
        raise BadInput("不能设到自己辖区之外")


def _roles(call: Call) -> frozenset[Role]:
    try:
        return frozenset(Role(one) for one in call.fields("role"))
    except ValueError:
        raise BadInput("没有这个角色") from None


def _said(user: User) -> str:
    state = "disabled" if user.disabled else "active"
    return f"{','.join(sorted(user.roles))} {user.region} {state}"
