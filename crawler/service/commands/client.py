"""`client`: programs that may use the API, their tokens, scopes and lives."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from crawler.domain.audit import Act
from crawler.domain.client import LONGEST_LIFE, SCOPE_NAMES, Client, Scope, client_from, is_live
from crawler.domain.errors import BadInput
from crawler.service.api.access import digest_of
from crawler.service.doors import Door, now
from crawler.service.showing import as_json, moment, say, table
from crawler.service.wiring import House
from crawler.store.audit import note
from crawler.store.clients import (
    client_named,
    end_client,
    list_clients,
    renew_client,
    save_client,
)


class ClientAction(StrEnum):
    """What can be done to a client."""

    LIST = "list"
    ADD = "add"
    RENEW = "renew"
    END = "end"


@dataclass(frozen=True, kw_only=True)
class Given:
    """The command's arguments."""

    house: House
    actor: str
    name: str
    scopes: str
    region: str
    endpoint: str
    days: int
    json: bool


def client(
    context: typer.Context,
    what: Annotated[
        ClientAction,
        typer.Argument(help="add 发放令牌（只显示一次），renew 换新令牌，end 停用，list 列出"),
    ] = ClientAction.LIST,
    name: Annotated[str, typer.Argument(help="名称")] = "",
    scopes: Annotated[str, typer.Option("--scope", help=f"权限，逗号分隔：{' '.join(Scope)}")] = "",
    region: Annotated[str, typer.Option(help="辖区六位代码，000000 为不限")] = "",
    endpoint: Annotated[str, typer.Option(help="取哪个接收端的消息，与它对账")] = "",
    days: Annotated[int, typer.Option(help=f"令牌有效天数，至多 {LONGEST_LIFE.days}")] = 365,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """使用 API 的程序及其令牌：谁、能做什么、管哪个辖区、到哪天。

    例：xunwang client add zhupingtai --scope tasks:read,tasks:answer --region 310118

    例：xunwang client end zhupingtai　即刻停用；留痕不删
    """
    door: Door = context.obj
    with door.opened() as (house, _):
        _ACTIONS[what](
            Given(house=house, actor=door.actor, name=name, scopes=scopes, region=region,
                  endpoint=endpoint, days=days, json=json)
        )  # fmt: skip


def _list(given: Given) -> None:
    with given.house.database.reading() as db:
        found = list_clients(db)
    if given.json:
        as_json([msgspec.to_builtins(one) for one in found])
        return
    columns = ("名称", "权限", "辖区", "接收端", "有效至", "最近使用", "状态")
    table("使用 API 的程序", columns, [_row(one, now()) for one in found])


def _row(one: Client, at: datetime) -> list[str]:
    used = moment(one.last_used_at) if one.last_used_at else "—"
    stands = "有效" if is_live(one, at) else "已停用" if one.ended_at else "已过期"
    scopes = "、".join(SCOPE_NAMES[scope] for scope in Scope if scope in one.scopes)
    until = moment(one.expires_at)
    return [one.name, scopes, one.region, one.endpoint, until, used, stands]


def _add(given: Given) -> None:
    made = client_from(
        given.name, _scopes(given.scopes), given.region or given.house.config.region, now(),
        timedelta(days=given.days), given.endpoint,
    )  # fmt: skip
    _check_endpoint(given.house, made)
    token = _token()
    with given.house.database.transaction() as db:
        save_client(db, made, digest_of(token), given.actor)
        note(db, _act(given.actor, "client.add", made, " ".join(sorted(made.scopes))))
    _tell(given, made, token)


def _renew(given: Given) -> None:
    known = _known(given)
    made = client_from(
        known.name, known.scopes, known.region, now(), timedelta(days=given.days), known.endpoint
    )
    token = _token()
    with given.house.database.transaction() as db:
        renew_client(db, made.name, digest_of(token), made.expires_at)
        note(db, _act(given.actor, "client.renew", made, ""))
    _tell(given, made, token)


def _end(given: Given) -> None:
    known = _known(given)
    with given.house.database.transaction() as db:
        end_client(db, known.name, now())
        note(db, _act(given.actor, "client.end", known, ""))
    say(f"已停用 {known.name}，其令牌不再有效")


def _tell(given: Given, made: Client, token: str) -> None:
    if given.json:
        as_json({"name": made.name, "token": token, "expires_at": made.expires_at})
        return
    say(f"{made.name}：{'、'.join(sorted(made.scopes))}，{made.region}，"
        f"有效至 {moment(made.expires_at)}")  # fmt: skip
    say(f"令牌（只显示这一次，请当面或以加密方式交给对方）：{token}")


def _check_endpoint(house: House, made: Client) -> None:
    """A client gets no message of a region that is not its own."""
    if not made.endpoint:
        return
    known = {one.name: one for one in house.config.delivery.endpoints}
    endpoint = known.get(made.endpoint)
    if endpoint is None:
        raise BadInput(f"没有接收端 {made.endpoint}；有：{'、'.join(known) or '无'}")
    within = endpoint.regions and all(one.startswith(made.reach) for one in endpoint.regions)
    if made.reach and not within:
        said = "接收端的消息超出这个程序的辖区：请限定该接收端的 regions，或给 --region 000000"
        raise BadInput(said)


def _scopes(given: str) -> frozenset[Scope]:
    try:
        return frozenset(Scope(one.strip()) for one in given.split(",") if one.strip())
    except ValueError:
        raise BadInput(f"没有这项权限：{given[:80]}；有：{'、'.join(Scope)}") from None


def _known(given: Given) -> Client:
    with given.house.database.reading() as db:
        known = client_named(db, given.name)
    if known is None:
        raise BadInput(f"没有名为 {given.name or '（空）'} 的程序")
    return known


def _token() -> str:
    return f"xw_{secrets.token_urlsafe(32)}"


def _act(actor: str, action: str, one: Client, after: str) -> Act:
    return Act(
        at=now(),
        actor=actor,
        action=action,
        object=f"client:{one.name}",
        region=one.region,
        after=after,
    )


_ACTIONS: dict[ClientAction, Callable[[Given], None]] = {
    ClientAction.LIST: _list,
    ClientAction.ADD: _add,
    ClientAction.RENEW: _renew,
    ClientAction.END: _end,
}
