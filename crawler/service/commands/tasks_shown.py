"""How the terminal shows tasks: a list by the limit that runs, and one with all that happened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from crawler.domain.calendar import Calendar
from crawler.domain.recheck import RECHECK_NAMES, Recheck
from crawler.domain.task import (
    CONCLUSION_NAMES,
    STEP_NAMES,
    SupervisionTask,
    TaskResult,
    Urgency,
    limit_of,
    urgency_of,
)
from crawler.service.catalogue import Catalogue
from crawler.service.showing import as_json, moment, say, table

_URGENCY = {Urgency.IN_TIME: "", Urgency.AMBER: "将到期", Urgency.OVERDUE: "超期"}


def show_list(
    found: Sequence[SupervisionTask], words: Catalogue, at: datetime, calendar: Calendar
) -> None:
    """The limit that runs now, and whether somebody should hurry."""
    rows = [
        [
            one.number,
            words.name("level", one.level),
            words.name("task", one.state),
            one.lead.name + (f"（1+{len(one.joint)}）" if one.joint else ""),
            _day(limit_of(one)),
            "待定主办" if one.contested else _URGENCY[urgency_of(one, at, calendar)],
            one.title,
        ]
        for one in found
    ]
    columns = ("任务号", "级别", "状态", "主办", "现行时限", "提示", "标题")
    table(words.say("tasks.title"), columns, rows)


def show_one(
    task: SupervisionTask,
    moves: Sequence[Any],
    results: Sequence[TaskResult],
    looks: Sequence[Recheck],
    words: Catalogue,
    *,
    json: bool,
) -> None:
    """What it is about, who has it by which rule, what happened, what was found afterwards."""
    if json:
        told = {"results": results, "rechecks": looks, "moves": [dict(m._mapping) for m in moves]}
        as_json(msgspec.to_builtins(task) | msgspec.to_builtins(told, enc_hook=str))
        return
    conclusion = f"  {CONCLUSION_NAMES[task.conclusion]}" if task.conclusion else ""
    state = words.name("task", task.state)
    say(f"{task.number}  {words.name('level', task.level)}  {state}{conclusion}")
    say(task.title)
    say(task.summary)
    co = "、".join(one.name for one in task.cooperating)
    say(f"主办：{task.lead.name}；协办：{co or '无'}")
    say(f"派发依据：{task.rule}")
    if task.contested:
        say(f"待定：{task.contested}")
    say(
        f"时限：签收 {_day(task.acknowledge_by)}，反馈 {_day(task.answer_by)}，"
        f"办结 {_day(task.due_at)}"
    )
    for move in moves:
        name = STEP_NAMES.get(move.move, move.move)
        say(f"  {_day(move.at)} {name} {move.actor} {words.name('task', move.state)} {move.note}")
    _show_joint(task, results)
    for look in looks:
        when = _day(look.done_at) if look.done_at else f"应于 {_day(look.due_at)}"
        say(f"  办结后第 {look.day} 天复查：{RECHECK_NAMES[look.result]}（{when}）")


def _show_joint(task: SupervisionTask, results: Sequence[TaskResult]) -> None:
    given = {one.department: one for one in results}
    names = {one.code: one.name for one in task.cooperating}
    for code in task.joint:
        one = given.get(code)
        said = f"{CONCLUSION_NAMES[one.conclusion]} {one.note}" if one else "尚无结果"
        say(f"  联合检查 {names.get(code, code)}：{said}")


def _day(at: datetime | None) -> str:
    return moment(at) if at else "—"
