"""`inbox`: what docked installations told, and the answers to the tasks that came from above."""

import json as json_
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer

from alerts.answering import Effect
from alerts.reporting import read_feedback
from alerts.webhook import Poster
from crawler.domain.audit import Act
from crawler.domain.case import CHINA
from crawler.domain.delivery import Delivery, Endpoint, EventType, Receipt
from crawler.domain.errors import BadInput, TryLater
from crawler.domain.ids import ulid
from crawler.domain.peer import Incoming
from crawler.domain.task import TASK_STATE_NAMES
from crawler.service.api.app import PATH
from crawler.service.desks import poster_of
from crawler.service.doors import Door, now
from crawler.service.showing import as_json, say, table
from crawler.service.wiring import House, peers_of
from crawler.store.audit import note
from crawler.store.inbox import incoming_numbered, list_incoming


class InboxAction(StrEnum):
    """What can be done with what came in."""

    LIST = "list"
    SHOW = "show"
    ANSWER = "answer"


def inbox(
    context: typer.Context,
    what: Annotated[
        InboxAction, typer.Argument(help="list 列出，show 一条的全文，answer 向来处反馈")
    ] = InboxAction.LIST,
    number: Annotated[int, typer.Argument(help="序号")] = 0,
    status: Annotated[str, typer.Option(help="answer：已签收、处置中、已反馈、退回……")] = "",
    conclusion: Annotated[str, typer.Option(help="answer：处置结论，如 属实-整改")] = "",
    remark: Annotated[str, typer.Option("--note", help="answer：情况说明")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="至多几条")] = 100,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """对接的各套巡网的来件：区级上报的预警和任务，市级下派的任务；向上反馈。

    例：xunwang inbox　列出；xunwang inbox show 3

    例：xunwang inbox answer 3 --status 已反馈 --conclusion 属实-整改
    """
    door: Door = context.obj
    with door.opened() as (house, words):
        if what is InboxAction.LIST:
            with house.database.reading() as db:
                found = list_incoming(db, "", limit=limit)
            if json:
                as_json([msgspec.to_builtins(one) for one in found])
                return
            columns = ("序号", "来自", "级别", "状态", "对象", "标题", "变更")
            table("来件", columns, [_row(one, words.name) for one in found])
            return
        one = _known(house, number)
        if what is InboxAction.SHOW:
            say(one.body.decode("utf-8", "replace"))
            return
        said = {"status": status, "conclusion": conclusion or None, "note": remark,
                "operator": door.actor, "at": now().isoformat()}  # fmt: skip
        with poster_of(house) as poster:
            say(answer(house, one, json_.dumps(said).encode(), door.actor, now(), poster))


def answer(
    house: House, one: Incoming, body: bytes, actor: str, at: datetime, poster: Poster
) -> str:
    """Report about a task to the installation that it came from, noted once it was taken; what it
    did there, in one line.
    """
    if not one.task_no:
        raise BadInput(f"来件 {one.id} 不是任务，无须反馈")
    read_feedback(one.task_no, body)  # what they would refuse is not sent
    receipt = poster.send(_callback(house, one), _message(one, body, at), at)
    if receipt.status is None or receipt.status >= 500:
        raise TryLater(f"{one.peer} 没有收到，请稍后再试：{receipt.reason}")
    told = _told(receipt)
    if receipt.status >= 300:
        why = str(told.get("detail") or receipt.reason)[:200]
        raise BadInput(f"{one.peer} 没有采用：{''.join(c for c in why if c.isprintable())}")
    with house.database.transaction() as db:
        act = Act(at=at, actor=actor, action="incoming.answer", region=one.region,
                  object=f"{one.peer}/{one.subject}"[:200], after=body.decode()[:300])  # fmt: skip
        note(db, act)
    says = _EFFECTS.get(str(told.get("effect")), "已收到，没有说明如何办理")
    stands = told.get("task")
    state = stands.get("state") if isinstance(stands, dict) else None
    name = next((name for each, name in TASK_STATE_NAMES.items() if each == state), "")
    return f"{one.peer} {says}" + (f"；任务现为“{name}”" if name else "")


_EFFECTS: Mapping[str, str] = {
    Effect.TAKEN: "已采用",
    Effect.REPEATED: "此前已收到同一份反馈，没有再次办理",
    Effect.LATE: "已收到，没有采用：任务已过这一步",
}


def _told(receipt: Receipt) -> Mapping[str, Any]:
    """Their answer as they wrote it; nothing if it is not in our form."""
    try:
        given = json_.loads(receipt.body)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _callback(house: House, one: Incoming) -> Endpoint:
    peer = next((peer for peer in peers_of(house.config) if peer.name == one.peer), None)
    if peer is None or not peer.url:
        raise BadInput(f"没有登记 {one.peer} 的网址（delivery.peers 的 url），无法反馈")
    url = f"{peer.url.rstrip('/')}{PATH}/callbacks/tasks/{one.task_no}"
    return Endpoint(name=peer.name, url=url, secret=peer.secret)


def _message(one: Incoming, body: bytes, at: datetime) -> Delivery:
    return Delivery(
        id=ulid(int(at.timestamp() * 1_000), os.urandom(10)), event_key="",
        event=EventType.TASK_CHANGED, endpoint=one.peer, subject=one.subject, seq=0, body=body,
        region=one.region, created_at=at, due_at=at,
    )  # fmt: skip


def _row(one: Incoming, name: Callable[[str, str], str]) -> list[str]:
    level = name("level", one.level) if one.level else ""
    state = name("alert" if one.subject.startswith("alert:") else "task", one.state)
    changed = f"{one.changed_at.astimezone(CHINA):%m-%d %H:%M}"
    return [str(one.id), one.peer, level, state, one.subject, one.title, changed]


def _known(house: House, number: int) -> Incoming:
    with house.database.reading() as db:
        one = incoming_numbered(db, number)
    if one is None:
        raise BadInput(f"没有序号为 {number} 的来件")
    return one
