"""`exceptions`: what raises no alert for a while, why, by which two persons, until when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from alerts.excepting import Wish, approve_exemption, end_exemption, propose
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.exception import (
    EXEMPTION_STATE_NAMES,
    SCOPE_NAMES,
    Exemption,
    ExemptionState,
    state_of,
)
from crawler.service.doors import Door, now
from crawler.service.showing import as_json, say, table
from crawler.service.wiring import House
from crawler.store.exceptions import list_exemptions

_DAYS = 180


class ExceptionAction(StrEnum):
    """What can be done with exemptions."""

    LIST = "list"
    PROPOSE = "propose"
    APPROVE = "approve"
    END = "end"


@dataclass(frozen=True, kw_only=True)
class Given:
    """The command's arguments."""

    number: int
    site: str
    subject: str
    term: str
    reason: str
    days: int
    all: bool
    json: bool


def exceptions(
    context: typer.Context,
    what: Annotated[
        ExceptionAction,
        typer.Argument(help="list 列出，propose 提出，approve 由另一人批准，end 终止"),
    ] = ExceptionAction.LIST,
    number: Annotated[int, typer.Argument(metavar="[N]", help="例外编号（approve、end）")] = 0,
    site: Annotated[str, typer.Option(help="哪个网站（域名）")] = "",
    subject: Annotated[str, typer.Option(help="哪个主体（备案名称）：其全部网站")] = "",
    term: Annotated[str, typer.Option(help="只这个词条，与 --site 同用")] = "",
    reason: Annotated[str, typer.Option(help="理由（必填）")] = "",
    days: Annotated[int, typer.Option(help="多少天后到期，最多 365")] = _DAYS,
    all_: Annotated[bool, typer.Option("--all", help="已终止的也列出")] = False,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """白名单例外：一人提出、另一人批准，到期、转移主体或内容变严重即失效。

    例：xunwang exceptions propose --site a.cn --term 保本保息 --reason 银行存款宣传 --days 90
    """
    door: Door = context.obj
    given = Given(
        number=number, site=site, subject=subject, term=term, reason=reason, days=days, all=all_,
        json=json,
    )  # fmt: skip
    with door.opened() as (house, _):
        _ACTIONS[what](house, door, given)


def _list(house: House, _door: Door, given: Given) -> None:
    at = now()
    states = () if given.all else (ExemptionState.PROPOSED, ExemptionState.IN_FORCE)
    with house.database.reading() as db:
        found = list_exemptions(db, at, states=states)
    if given.json:
        as_json([msgspec.to_builtins(one) | {"state": state_of(one, at)} for one in found])
        return
    if not found:
        say("没有例外")
        return
    columns = ("编号", "状态", "范围", "对象", "理由", "提出", "批准", "到期", "免除")
    table("白名单例外", columns, [_row(one, at) for one in found])


def _row(one: Exemption, at: datetime) -> list[str]:
    return [
        str(one.id),
        EXEMPTION_STATE_NAMES[state_of(one, at)],
        SCOPE_NAMES[one.scope],
        " ".join(part for part in (one.domain or one.subject, one.term) if part),
        one.reason + (f"（终止：{one.ended_because}）" if one.ended_because else ""),
        one.proposed_by,
        one.approved_by,
        f"{one.expires_at.astimezone(CHINA):%Y-%m-%d}",
        f"{one.silenced} 次",
    ]


def _propose(house: House, door: Door, given: Given) -> None:
    wish = Wish(
        domain=given.site, subject=given.subject, term=given.term, reason=given.reason,
        days=given.days,
    )  # fmt: skip
    made = propose(house.database, wish, door.actor, now())
    _tell(made, f"例外 {made.id} 已提出，待另一人批准", json=given.json)


def _approve(house: House, door: Door, given: Given) -> None:
    made = approve_exemption(house.database, _number(given), door.actor, now())
    until = f"{made.expires_at.astimezone(CHINA):%Y-%m-%d}"
    _tell(made, f"例外 {made.id} 已批准，至 {until} 有效", json=given.json)


def _end(house: House, door: Door, given: Given) -> None:
    made = end_exemption(house.database, _number(given), door.actor, now(), given.reason)
    _tell(made, f"例外 {made.id} 已终止", json=given.json)


def _tell(made: Exemption, said: str, *, json: bool) -> None:
    if json:
        as_json(msgspec.to_builtins(made))
        return
    say(said)


def _number(given: Given) -> int:
    if not given.number:
        raise BadInput("请给出例外编号")
    return given.number


_ACTIONS: dict[ExceptionAction, Callable[[House, Door, Given], None]] = {
    ExceptionAction.LIST: _list,
    ExceptionAction.PROPOSE: _propose,
    ExceptionAction.APPROVE: _approve,
    ExceptionAction.END: _end,
}
