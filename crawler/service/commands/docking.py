"""`docking`: lists that come by themselves, and those among them that wait for a person."""

from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from crawler.domain.errors import BadInput
from crawler.service.commands.lists import show_report
from crawler.service.docking import decide, dock, preview
from crawler.service.doors import Door, now
from crawler.service.showing import as_json, say, table
from crawler.service.wiring import House
from crawler.store.dockings import Docked, all_docked, docked_like

NAMES = {"taken": "已采用", "waiting": "待确认", "refused": "不采用"}


class DockingAction(StrEnum):
    """What can be done with lists that came by themselves."""

    LIST = "list"
    LOOK = "look"
    ACCEPT = "accept"
    REFUSE = "refuse"


def docking(
    context: typer.Context,
    what: Annotated[
        DockingAction,
        typer.Argument(
            help="list 列出，look 收新来的（带摘要：采用它有何变化），accept 采用，refuse 不采用"
        ),
    ] = DockingAction.LIST,
    digest: Annotated[str, typer.Argument(metavar="[摘要]", help="名单摘要的开头几位")] = "",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """与备案系统对接：监视目录里的新名单。例：xunwang docking accept 3fa9"""
    door: Door = context.obj
    with door.opened() as (house, words):
        if what is DockingAction.LOOK and not digest:
            _look(house, json=json)
            return
        with house.database.reading() as db:
            if what is DockingAction.LIST:
                _show(all_docked(db), json=json)
                return
            one = docked_like(db, digest)
        if what is DockingAction.LOOK:
            report = preview(house, one, now())
            if json:
                as_json(report)
            else:
                show_report(report, words, rehearsed=True)
            return
        accept = what is DockingAction.ACCEPT
        made = decide(house, one, door.actor, now(), accept=accept)
    say(f"{made.name}：{NAMES[made.state]}")


def _look(house: House, *, json: bool) -> None:
    if house.config.ops.list_folder is None:
        raise BadInput("请先在 xunwang.toml 的 [ops] 里写明 list_folder")
    found = dock(house, now())
    if found or json:
        _show(found, json=json)
    else:
        say("目录里没有新的名单；等待确认的见 xunwang docking list")


def _show(found: list[Docked], *, json: bool) -> None:
    if json:
        as_json([msgspec.to_builtins(one) for one in found])
        return
    rows = [
        [one.sha256[:8], one.name, NAMES[one.state], str(one.list_id or ""), one.reason, one.actor]
        for one in found
    ]
    table("自动送来的名单", ("摘要", "文件", "状态", "名单", "说明", "由谁"), rows)
