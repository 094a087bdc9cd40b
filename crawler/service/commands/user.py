"""`user`: accounts of the console, from a terminal. The first administrator is made here."""

import secrets
import sys
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput
from crawler.domain.user import (
    ROLE_NAMES,
    Role,
    User,
    changed,
    checked_password,
    user_from,
)
from crawler.service.console.passwords import hash_of
from crawler.service.doors import Door, now
from crawler.service.showing import as_json, say, table
from crawler.service.wiring import House
from crawler.store.audit import note
from crawler.store.factors import reset_factor
from crawler.store.people import change_user, list_users, save_user, set_password, user_named
from crawler.store.sessions import end_sessions


class UserAction(StrEnum):
    """What can be done to an account."""

    ADD = "add"
    LIST = "list"
    ROLE = "role"
    PASSWD = "passwd"
    DISABLE = "disable"
    ENABLE = "enable"
    FACTOR = "factor"


def user(
    context: typer.Context,
    what: Annotated[UserAction, typer.Argument(help="做什么")] = UserAction.LIST,
    name: Annotated[str, typer.Argument(help="用户名")] = "",
    roles: Annotated[
        str, typer.Option("--role", help="角色，逗号分隔：officer supervisor ops auditor admin")
    ] = "",
    region: Annotated[str, typer.Option(help="区划六位代码，000000 为不限")] = "",
    shown: Annotated[str, typer.Option(help="显示的姓名")] = "",
    stdin: Annotated[bool, typer.Option("--stdin", help="从标准输入读口令")] = False,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """控制台的用户；factor 重置两步验证。例：xunwang user add shenlan --role officer"""
    door: Door = context.obj
    with door.opened() as (house, _):
        if what is UserAction.LIST:
            _list(house, json=json)
        elif what is UserAction.ADD:
            _add(house, door.actor, name, roles, region or house.config.region, shown, stdin=stdin)
        elif what is UserAction.PASSWD:
            _password(house, door.actor, name, stdin=stdin)
        elif what is UserAction.FACTOR:
            _factor(house, door.actor, name)
        else:
            _change(house, door.actor, name, what, roles, region)


def _add(
    house: House, actor: str, name: str, roles: str, region: str, shown: str, *, stdin: bool
) -> None:
    person = user_from(name, _roles(roles), region, now(), shown)
    password, made = _asked(person.name, stdin=stdin)
    with house.database.transaction() as db:
        save_user(db, person, hash_of(password), actor)
        note(db, _act(actor, "user.add", person))
    say(f"已建用户 {person.name}（{_names(person)}，{person.region}）")
    if made:
        say(f"口令（只显示这一次，请当面交给本人，登录后即改）：{password}")


def _password(house: House, actor: str, name: str, *, stdin: bool) -> None:
    person = _known(house, name)
    password, made = _asked(person.name, stdin=stdin)
    with house.database.transaction() as db:
        set_password(db, person.id, hash_of(password))
        end_sessions(db, person.id, now(), "password reset")
        note(db, _act(actor, "user.password", person))
    say(f"已重置 {person.name} 的口令，其登录已失效")
    if made:
        say(f"口令（只显示这一次）：{password}")


def _factor(house: House, actor: str, name: str) -> None:
    person = _known(house, name)
    with house.database.transaction() as db:
        reset_factor(db, person, actor, now())
    say(f"已重置 {person.name} 的两步验证，其登录已失效")


def _change(house: House, actor: str, name: str, what: UserAction, roles: str, region: str) -> None:
    before = _known(house, name)
    after = before
    if what is UserAction.ROLE:
        kept = _roles(roles) if roles else before.roles
        after = changed(before, roles=kept, region=region, disabled=before.disabled)
    else:
        after = replace(before, disabled=what is UserAction.DISABLE)
    with house.database.transaction() as db:
        change_user(db, after)
        end_sessions(db, after.id, now(), f"{what} at the terminal")
        note(db, _act(actor, f"user.{what}", after))
    state = "停用" if after.disabled else "可用"
    say(f"{after.name}：{_names(after)}，{after.region}，{state}")


def _list(house: House, *, json: bool) -> None:
    with house.database.reading() as db:
        found = list_users(db)
    if json:
        as_json([
            {"name": one.name, "shown_name": one.shown_name, "roles": sorted(one.roles),
             "region": one.region, "disabled": one.disabled, "created_at": one.created_at}
            for one in found
        ])  # fmt: skip
        return
    if not found:
        say("还没有用户。先建管理员：xunwang user add 名字 --role admin")
        return
    rows = [
        [one.name, one.shown_name, _names(one), one.region, "停用" if one.disabled else "可用"]
        for one in found
    ]
    table("用户", ("用户名", "姓名", "角色", "区划", "状态"), rows)


def _asked(name: str, *, stdin: bool) -> tuple[str, bool]:
    """The password: from standard input, typed twice at a terminal, else made up (and True)."""
    if stdin:
        return checked_password(sys.stdin.readline().rstrip("\r\n"), name), False
    if not sys.stdin.isatty():
        return secrets.token_urlsafe(12), True
    typed = typer.prompt("口令", hide_input=True, confirmation_prompt="再输一次")
    return checked_password(typed, name), False


def _known(house: House, name: str) -> User:
    with house.database.reading() as db:
        person = user_named(db, name)
    if person is None:
        raise BadInput(f"没有用户 {name or '（请写用户名）'}")
    return person


def _roles(text: str) -> frozenset[Role]:
    try:
        return frozenset(Role(one) for one in text.replace("，", ",").split(",") if one.strip())
    except ValueError:
        raise BadInput(f"没有这种角色：{text}（可用 {' '.join(Role)}）") from None


def _names(person: User) -> str:
    return "、".join(ROLE_NAMES[role] for role in Role if role in person.roles)


def _act(actor: str, action: str, person: User) -> Act:
    return Act(
        at=now(),
        actor=actor,
        action=action,
        object=f"user:{person.name}",
        region=person.region,
        after=f"{','.join(sorted(person.roles))} {'disabled' if person.disabled else 'active'}",
    )
