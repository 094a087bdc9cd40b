"""`schedule`: when sweeps start by themselves. It writes rows; a running `serve` follows them."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from crawler.domain.errors import BadInput, reason_of
from crawler.domain.schedule import (
    FIRING_NAMES,
    STATE_NAMES,
    Firing,
    Schedule,
    ScheduleState,
    selection_name,
    zone_of,
)
from crawler.service.catalogue import Catalogue
from crawler.service.doors import Door, now
from crawler.service.forecasting import forecast, forecast_line
from crawler.service.holding import holder_of
from crawler.service.planning import names_in, plan
from crawler.service.sampling import result_sheet
from crawler.service.scheduler import next_fires
from crawler.service.showing import as_json, say, table, warn
from crawler.service.wiring import House
from crawler.store.schedules import (
    all_schedules,
    ask_run,
    ask_stop,
    change_state,
    firings_in,
    schedule_named,
)


class ScheduleAction(StrEnum):
    """What can be done to the timetable."""

    LIST = "list"
    ADD = "add"
    SHOW = "show"
    PAUSE = "pause"
    RESUME = "resume"
    REMOVE = "remove"
    RUN = "run-now"
    STOP = "stop"
    SHEET = "sheet"
    FORECAST = "forecast"


_STATES = {
    ScheduleAction.PAUSE: ScheduleState.PAUSED,
    ScheduleAction.RESUME: ScheduleState.ACTIVE,
    ScheduleAction.REMOVE: ScheduleState.REMOVED,
}


def schedule(
    context: typer.Context,
    what: Annotated[ScheduleAction, typer.Argument(help="做什么")] = ScheduleAction.LIST,
    name: Annotated[str, typer.Argument(help="计划名称")] = "",
    cron: Annotated[
        str, typer.Option(help="五段时间：分 时 日 月 周，周写名称，如 “0 2 * * mon-fri”")
    ] = "",
    selection: Annotated[
        str, typer.Option("--of", help="范围：due、all、list:名单编号、sample:百分比")
    ] = "due",
    quiet: Annotated[str, typer.Option(help="静默时段，如 08:00-18:00，其间不巡查")] = "",
    zone: Annotated[str, typer.Option(help="时区")] = "Asia/Shanghai",
    officers: Annotated[str, typer.Option(help="双随机抽查的检查人员，逗号分隔")] = "",
    region: Annotated[str, typer.Option(help="区划六位代码；默认为本系统的")] = "",
    render: Annotated[bool, typer.Option(help="由浏览器查看并截图")] = True,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="公示表写到哪里")] = None,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """巡查计划。例：xunwang schedule add 每夜 --cron "0 2 * * *" --of due --quiet 08:00-18:00"""
    door: Door = context.obj
    with door.opened() as (house, words):
        if what is ScheduleAction.LIST:
            _list(house, json=json)
            return
        if what is ScheduleAction.SHEET:
            _sheet(house, name, words, output)
            return
        if not name:
            raise BadInput(f"请写明计划名称：xunwang schedule {what} 名称")
        if what is ScheduleAction.ADD:
            wanted = Schedule(
                name=name,
                cron=cron,
                zone=zone,
                selection=selection,
                quiet=quiet,
                officers=names_in(officers),
                render=render,
                region=region or house.config.region,
                actor=door.actor,
            )
            _add(house, wanted)
        elif what is ScheduleAction.SHOW:
            _show(house, name, json=json)
        elif what in _STATES:
            _change(house, name, _STATES[what], door.actor)
        elif what is ScheduleAction.FORECAST:
            _forecast(house, name, json=json)
        elif what is ScheduleAction.RUN:
            _run(house, name, door.actor)
        else:
            _stop(house, name, door.actor)


def _list(house: House, *, json: bool) -> None:
    at = now()
    with house.database.reading() as db:
        found = all_schedules(db)
        last = {one.id: firings_in(db, schedule_id=one.id, limit=1) for one in found}
    if json:
        as_json([_shown(one, at) for one in found])
        return
    rows = [
        [
            one.name,
            one.cron,
            selection_name(one.selection),
            one.quiet,
            STATE_NAMES[one.state],
            _moment(_next(one, at), one),
            _firing_line(last[one.id][0]) if last[one.id] else "",
        ]
        for one in found
    ]
    table("巡查计划", ("名称", "时间", "范围", "静默", "状态", "下一次", "上一次"), rows)
    _remind(house)


def _add(house: House, wanted: Schedule) -> None:
    made = plan(house, wanted, now())
    say(f"计划“{made.name}”已建立；下一次：{_moment(_next(made, now()), made)}")
    _remind(house)


def _show(house: House, name: str, *, json: bool) -> None:
    at = now()
    with house.database.reading() as db:
        one = schedule_named(db, name)
        found = firings_in(db, schedule_id=one.id, limit=20)
    coming = next_fires(one, at, 5) if one.state is ScheduleState.ACTIVE else []
    if json:
        firings = [msgspec.to_builtins(f) | {"schedule": one.name} for f in found]
        as_json(_shown(one, at) | {"firings": firings})
        return
    say(f"{one.name}  {one.cron}（{one.zone}）  {selection_name(one.selection)}")
    say(f"状态：{STATE_NAMES[one.state]}；静默：{one.quiet or '无'}；区划：{one.region}")
    say("将于：" + ("；".join(_moment(fire, one) for fire in coming) or "不会自动执行"))
    rows = [
        [
            _moment(f.fire_at, one),
            FIRING_NAMES[f.state],
            str(f.sweep_id or ""),
            f.asked_by,
            f.reason,
        ]
        for f in found
    ]
    table("执行记录", ("时间", "状态", "批次", "由谁", "说明"), rows)


def _change(house: House, name: str, state: ScheduleState, actor: str) -> None:
    with house.database.transaction() as db:
        one = change_state(db, name, state, actor, now())
    say(f"计划“{one.name}”：{STATE_NAMES[one.state]}")


def _run(house: House, name: str, actor: str) -> None:
    with house.database.transaction() as db:
        ask_run(db, schedule_named(db, name), actor, now())
    say(f"计划“{name}”已排队，几秒内开始")
    _remind(house)


def _stop(house: House, name: str, actor: str) -> None:
    with house.database.transaction() as db:
        count = ask_stop(db, schedule_named(db, name), actor, now())
    if not count:
        raise BadInput(f"计划“{name}”没有正在进行或等待的巡查")
    say(f"计划“{name}”已请求停止，已采集的保留")


def _sheet(house: House, number: str, words: Catalogue, output: Path | None) -> None:
    """一公开: by the number of the sweep."""
    if not number.isdecimal() or len(number) > 9:
        raise BadInput("请写明抽查的批次编号，如 xunwang schedule sheet 12 -o 公示.csv")
    if output is None:
        raise BadInput("请用 -o 写明公示表的文件")
    content = result_sheet(house, int(number), words, now())
    try:
        output.write_bytes(content)
    except OSError as error:
        raise BadInput(f"{output} 写不进去：{reason_of(error)}") from error
    say(f"公示表已写入 {output}")


def _forecast(house: House, name: str, *, json: bool) -> None:
    with house.database.reading() as db:
        effort, measured = forecast(db, schedule_named(db, name), now())
    if json:
        as_json(msgspec.to_builtins(effort) | {"measured": measured})
        return
    say(forecast_line(effort, measured=measured))


def _remind(house: House) -> None:
    if "serve" not in holder_of(house.home):
        warn("计划由 xunwang serve 执行，它现在没有运行")


def _next(one: Schedule, at: datetime) -> datetime | None:
    coming = next_fires(one, at) if one.state is ScheduleState.ACTIVE else []
    return coming[0] if coming else None


def _moment(at: datetime | None, one: Schedule) -> str:
    return f"{at.astimezone(zone_of(one.zone)):%Y-%m-%d %H:%M}" if at else ""


def _firing_line(firing: Firing) -> str:
    reason = f"：{firing.reason}" if firing.reason else ""
    return f"{_moment(firing.fire_at, firing.schedule)} {FIRING_NAMES[firing.state]}{reason}"


def _shown(one: Schedule, at: datetime) -> dict[str, object]:
    known: dict[str, object] = msgspec.to_builtins(one)
    return known | {"next": _next(one, at)}
