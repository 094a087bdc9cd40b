"""`tasks`, `deliver`, `replay`: what must be done, and what leaves the house."""

from typing import Annotated

import msgspec
import typer

from alerts.delivering import replay_deliveries
from alerts.tasking import approve as approve_task
from crawler.domain.errors import BadInput
from crawler.service.desks import desk_of
from crawler.service.doors import Door, now
from crawler.service.moving import Mover
from crawler.service.showing import as_json, say, table
from crawler.store.outbox import list_deliveries
from crawler.store.tasks import list_tasks, moves_of, task_numbered


def tasks(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="[list|show|approve]")] = "list",
    number: Annotated[str, typer.Argument(metavar="[N]")] = "",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """督办任务。例：xunwang tasks show 任务号；审核：xunwang tasks approve 任务号"""
    door: Door = context.obj
    with door.opened() as (house, words):
        if what == "list":
            with house.database.reading() as db:
                found = list_tasks(db)
            if json:
                as_json(found)
                return
            rows = [
                [
                    one.number,
                    words.name("level", one.level),
                    words.name("task", one.state),
                    one.lead.name,
                    f"{one.due_at.astimezone():%Y-%m-%d %H:%M}",
                    one.title,
                ]
                for one in found
            ]
            columns = ("任务号", "级别", "状态", "主办", "时限", "标题")
            table(words.say("tasks.title"), columns, rows)
            return
        if what not in ("show", "approve"):
            raise BadInput("tasks 之后应为 list、show 或 approve")
        with house.database.reading() as db:
            task = task_numbered(db, number)
            moves = moves_of(db, task.id) if task else []
        if task is None:
            raise BadInput(words.say("tasks.no_such", number=number or "（空）"))
        if what == "approve":
            approve_task(house.database, task.id, door.actor, now(), desk_of(house))
            say(words.say("tasks.approved", number=task.number))
            return
        if json:
            as_json(msgspec.to_builtins(task))
            return
        say(f"{task.number}  {words.name('level', task.level)}  {words.name('task', task.state)}")
        say(task.title)
        say(task.summary)
        co = "、".join(one.name for one in task.cooperating)
        say(f"主办：{task.lead.name}；协办：{co}；依据：{task.rule}")
        for move in moves:
            say(f"  {move.at:%Y-%m-%d %H:%M} {move.actor} {words.name('task', move.state)}")


def deliver(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """投递到期的消息。例：xunwang deliver"""
    door: Door = context.obj
    with door.opened() as (house, words):
        if not house.config.delivery.endpoints:
            raise BadInput(words.say("deliver.no_endpoints"))
        done = Mover(house).deliver()
        if json:
            as_json(done)
            return
        counts = {"delivered": done.delivered, "later": done.later, "given_up": done.given_up}
        say(words.say("deliver.summary", **counts))


def replay(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="ID", help="消息编号（webhook-id）")],
) -> None:
    """重新投递一条消息。例：xunwang replay 01JV…"""
    door: Door = context.obj
    with door.opened() as (house, words):
        replay_deliveries(house.database, door.actor, now(), ids=[number])
        say(words.say("deliver.replayed", id=number))


def outbox(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """外发消息及其投递情况。例：xunwang outbox"""
    door: Door = context.obj
    with door.opened() as (house, words):
        with house.database.reading() as db:
            found = list_deliveries(db)
        if json:
            as_json([msgspec.to_builtins(one) for one in found])
            return
        rows = [
            [one.id, one.event, one.endpoint, words.name("delivery", one.state), one.last_reason]
            for one in found
        ]
        table("外发消息", ("编号", "事件", "接收端", "状态", "说明"), rows)
