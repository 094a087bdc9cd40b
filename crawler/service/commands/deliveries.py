"""`deliveries`, `outbox`, `deliver`, `replay`: what leaves the house, what did not get through, and
once more.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from alerts.delivering import DeliverySummary, pause, replay_deliveries, resume
from crawler.domain.case import CHINA
from crawler.domain.delivery import DELIVERY_STATE_NAMES, Delivery, DeliveryState, EventType
from crawler.domain.errors import BadInput
from crawler.service.catalogue import Catalogue
from crawler.service.desks import EndpointStands, standings
from crawler.service.doors import LATER, Door, now
from crawler.service.moving import Mover
from crawler.service.showing import as_json, say, table, warn
from crawler.service.standing import day_from
from crawler.service.wiring import House
from crawler.store.outbox import delivery_of, kept_among, list_deliveries, receipts_of

_ULID, _KEY = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}"), re.compile(r"[0-9a-f]{64}")
_MOST_MISSING = 100_000
_SOME = 5_000  # asked of the store at once
_SHOWN = 20
_LACKING = {None: "没有这条消息", False: "内容已按期清除"}


class DeliveryAction(StrEnum):
    """What can be done with deliveries."""

    LIST = "list"
    SHOW = "show"
    RETRY = "retry"
    ENDPOINTS = "endpoints"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True, kw_only=True)
class Given:
    """The command's arguments."""

    house: House
    actor: str
    name: str
    state: DeliveryState | None
    endpoint: str
    event: EventType | None
    everything: bool
    why: str
    limit: int
    json: bool


def deliveries(
    context: typer.Context,
    what: Annotated[
        DeliveryAction,
        typer.Argument(
            help="list 列出，show 一条及应答，retry 重投，endpoints 接收端，pause、resume 暂停恢复"
        ),
    ] = DeliveryAction.LIST,
    name: Annotated[str, typer.Argument(help="消息编号；pause、resume 为接收端名称")] = "",
    state: Annotated[DeliveryState | None, typer.Option(help="状态；死信为 given_up")] = None,
    endpoint: Annotated[str, typer.Option(help="接收端")] = "",
    event: Annotated[EventType | None, typer.Option(help="事件")] = None,
    everything: Annotated[bool, typer.Option("--all", help="retry：全部死信")] = False,
    why: Annotated[str, typer.Option("--reason", help="pause：为何暂停")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="至多几条")] = 100,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """外发消息的投递：到了没有，没到是为什么，暂停与重投（编号不变，对方据此去重）。

    例：xunwang deliveries list --state given_up　死信及原因

    例：xunwang deliveries retry --endpoint 主平台　重投一个接收端的死信

    例：xunwang deliveries pause 主平台 --reason 割接　消息留着，resume 之后照投
    """
    door: Door = context.obj
    with door.opened() as (house, _):
        _ACTIONS[what](
            Given(house=house, actor=door.actor, name=name, state=state, endpoint=endpoint,
                  event=event, everything=everything, why=why, limit=limit, json=json)
        )  # fmt: skip


def outbox(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """外发消息及其投递情况。例：xunwang outbox"""
    deliveries(context, json=json)


def deliver(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """把到期的消息投出去，一遍即止；xunwang serve 运行时会自己投。有没送达的，退出码为 3。

    例：xunwang deliver
    """
    door: Door = context.obj
    with door.opened() as (house, words):
        if not house.config.delivery.endpoints:
            raise BadInput(words.say("deliver.no_endpoints"))
        done = Mover(house).deliver()
        if json:
            as_json(done)
        else:
            _show_delivered(done, words)
    if done.later or done.held_back:
        raise typer.Exit(LATER)


def _show_delivered(done: DeliverySummary, words: Catalogue) -> None:
    counts = {"delivered": done.delivered, "later": done.later, "given_up": done.given_up}
    say(words.say("deliver.summary", **counts))
    for name, reason in done.held_back.items():
        say(f"{name} 暂不投递：{reason}")


def replay(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="[ID]", help="消息编号（webhook-id）")] = "",
    missing: Annotated[
        Path | None, typer.Option(help="对账缺少的：每行一个 event_key 或消息编号")
    ] = None,
    since: Annotated[str, typer.Option(help="重投这天起生成的，如 2026-05-01")] = "",
    until: Annotated[str, typer.Option(help="到这天为止（含），默认与 since 同一天")] = "",
    endpoint: Annotated[str, typer.Option(help="只重投给这个接收端")] = "",
) -> None:
    """重新投递。例：xunwang replay 01JV…；对账之后：xunwang replay --missing 缺少.txt

    按天重投：xunwang replay --since 2026-05-01 --until 2026-05-03，已送达的也再送一次，编号不变。
    文件中有我方没有的，逐条列出，其余照投，退出码为 2。
    """
    door: Door = context.obj
    if (bool(number), bool(missing), bool(since)).count(True) != 1:
        raise BadInput("请给出一个消息编号，或以 --missing 给出文件，或以 --since 给出日期")
    with door.opened() as (house, words):
        if endpoint:
            _known(house, endpoint)
        if since:
            again = replay_deliveries(
                house.database, door.actor, now(), endpoint=endpoint,
                between=_days(since, until or since), limit=_MOST_MISSING,
            )  # fmt: skip
            most = f"；一次最多 {_MOST_MISSING} 条，请缩短日期"
            say(f"将重新投递 {len(again)} 条{most if len(again) == _MOST_MISSING else ''}")
            return
        named = list(dict.fromkeys(_names_in(missing))) if missing else [number]
        _replay_named(house, door.actor, named, endpoint, single=bool(number), words=words)


def _days(since: str, until: str) -> tuple[datetime, datetime]:
    """From the first moment of one day to the last of another, by the clock of China."""
    first, last = day_from(since), day_from(until)
    if last < first:
        raise BadInput(f"--until {last} 早于 --since {first}")
    return (
        datetime.combine(first, time(), CHINA),
        datetime.combine(last + timedelta(days=1), time(), CHINA),
    )


def _replay_named(
    house: House, actor: str, named: Sequence[str], endpoint: str, *, single: bool, words: Catalogue
) -> None:
    again: list[str] = []
    unsent: dict[str, str] = {}
    for start in range(0, len(named), _SOME):
        some = named[start : start + _SOME]
        ids = [one for one in some if _ULID.fullmatch(one)]
        keys = [one for one in some if _KEY.fullmatch(one)]
        with house.database.reading() as db:
            stands = kept_among(db, ids=ids, keys=keys, endpoint=endpoint)
        unsent |= {one: _LACKING[stands.get(one)] for one in some if not stands.get(one)}
        again += replay_deliveries(
            house.database, actor, now(), endpoint=endpoint, ids=ids, keys=keys,
            limit=_MOST_MISSING,
        )  # fmt: skip
    if single and not again:
        why = unsent.get(named[0], "正在等待投递")
        raise BadInput(f"没有可以重投的消息 {named[0]}（{why}）")
    if single:
        say(words.say("deliver.replayed", id=named[0]))
        return
    say(f"文件列出 {len(named)} 条，将重新投递 {len(again)} 条")
    _tell_unsent(unsent, endpoint)


def _tell_unsent(unsent: Mapping[str, str], endpoint: str) -> None:
    """BadInput, after a line for each of the first, if there is one that we cannot send."""
    for name, why in list(unsent.items())[:_SHOWN]:
        warn(f"{name}：{why}")
    if unsent:
        whose = f"给 {endpoint} 的" if endpoint else ""
        more = f"（只列前 {_SHOWN} 条）" if len(unsent) > _SHOWN else ""
        raise BadInput(f"有 {len(unsent)} 条无法重投，我方没有{whose}这些消息或其内容{more}")


def _list(given: Given) -> None:
    with given.house.database.reading() as db:
        found = list_deliveries(
            db, states=[given.state] if given.state else (), endpoint=given.endpoint,
            event=given.event, limit=given.limit,
        )  # fmt: skip
    if given.json:
        as_json([msgspec.to_builtins(one) for one in found])
        return
    columns = ("编号", "事件与对象", "接收端", "状态", "说明")
    table("投递", columns, [_row(one) for one in found])
    if len(found) == given.limit:
        say(f"只列前 {given.limit} 条，更多请用 --limit")


def _row(one: Delivery) -> list[str]:
    state = DELIVERY_STATE_NAMES[one.state]
    if one.attempts > 1 or (one.attempts and one.state is DeliveryState.WAITING):
        state += f"，已试 {one.attempts} 次"
    if one.attempts and one.state is DeliveryState.WAITING:
        state += f"，{one.due_at.astimezone(CHINA):%m-%d %H:%M:%S} 再投"
    return [one.id, f"{one.event} {one.subject}", one.endpoint, state, one.last_reason]


def _show(given: Given) -> None:
    with given.house.database.reading() as db:
        one = delivery_of(db, given.name)
        answers = receipts_of(db, given.name)
    if one is None:
        raise BadInput(f"没有编号为 {given.name or '（空）'} 的消息")
    if given.json:
        as_json({"delivery": msgspec.to_builtins(one), "receipts": answers})
        return
    say(f"{one.id}  {one.event}  {one.subject}  → {one.endpoint}")
    say(f"{DELIVERY_STATE_NAMES[one.state]}，已尝试 {one.attempts} 次；{one.last_reason}")
    rows = [
        [f"{r.at.astimezone(CHINA):%m-%d %H:%M:%S}", str(r.status or "—"), r.reason,
         r.body.decode("utf-8", "replace")[:200]]
        for r in answers
    ]  # fmt: skip
    table("各次答复", ("时间", "状态码", "原因", "答复正文"), rows)
    say(one.body.decode("utf-8", "replace"))


def _retry(given: Given) -> None:
    if not (given.name or given.everything or given.endpoint or given.event):
        raise BadInput("请给出消息编号，或以 --endpoint、--event、--all 说明重投哪些死信")
    if given.endpoint:
        _known(given.house, given.endpoint)
    again = replay_deliveries(
        given.house.database, given.actor, now(), ids=[given.name] if given.name else (),
        endpoint=given.endpoint, event=given.event,
    )  # fmt: skip
    if given.name and not again:
        raise BadInput(f"没有可以重投的消息 {given.name}（不存在，或正在等待投递）")
    if given.json:
        as_json(again)
        return
    say(f"将重新投递 {len(again)} 条")


def _endpoints(given: Given) -> None:
    found = standings(given.house, now())
    if given.json:
        as_json(found)
        return
    columns = ("接收端", "地址", "情况", "等待", "已送达", "死信", "最久等待")
    table("接收端", columns, [_endpoint_row(one) for one in found])


def _endpoint_row(one: EndpointStands) -> list[str]:
    oldest = f"{one.oldest_waiting.astimezone(CHINA):%m-%d %H:%M}" if one.oldest_waiting else "—"
    counts = [str(n) for n in (one.waiting, one.delivered, one.given_up)]
    return [one.name, one.url or "（对方来取）", one.says, *counts, oldest]


def _pause(given: Given) -> None:
    pause(given.house.database, _known(given.house, given.name), given.actor, now(), given.why)
    say(f"已暂停向 {given.name} 投递，消息留着；恢复：xunwang deliveries resume {given.name}")


def _resume(given: Given) -> None:
    resume(given.house.database, _known(given.house, given.name), given.actor, now())
    say(f"已恢复向 {given.name} 投递")


def _known(house: House, name: str) -> str:
    names = [one.name for one in house.config.delivery.endpoints]
    if name not in names:
        raise BadInput(f"没有接收端 {name[:60] or '（空）'}；有：{'、'.join(names) or '无'}")
    return name


def _names_in(file: Path) -> Iterator[str]:
    try:
        lines = file.read_text("utf-8-sig").split()
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"文件 {file} 无法读取") from None
    if len(lines) > _MOST_MISSING:
        raise BadInput(f"文件 {file.name} 超过 {_MOST_MISSING} 行")
    for number, line in enumerate(lines, start=1):
        if not _ULID.fullmatch(line) and not _KEY.fullmatch(line):
            said = f"{file.name} 第 {number} 行不是 event_key 或消息编号：{line[:40]!r}"
            raise BadInput(said)
        yield line


_ACTIONS: dict[DeliveryAction, Callable[[Given], None]] = {
    DeliveryAction.LIST: _list,
    DeliveryAction.SHOW: _show,
    DeliveryAction.RETRY: _retry,
    DeliveryAction.ENDPOINTS: _endpoints,
    DeliveryAction.PAUSE: _pause,
    DeliveryAction.RESUME: _resume,
}
