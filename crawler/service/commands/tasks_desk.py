"""`tasks`: what must be done, by whom, by when; every move of the closed table from a terminal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from alerts.desk import Desk
from alerts.dispatching import Dispatch, department_coded, reassigned, region_after
from alerts.escalating import escalate
from alerts.tasking import approve, extend, join, move_task, record_result, redirect
from crawler.domain.errors import BadInput
from crawler.domain.task import (
    CONCLUSION_NAMES,
    Conclusion,
    Department,
    Move,
    SupervisionTask,
    TaskResult,
    TaskState,
    Urgency,
    urgency_of,
)
from crawler.service.catalogue import Catalogue
from crawler.service.commands.tasks_shown import show_list, show_one
from crawler.service.desks import desk_of
from crawler.service.doors import Door, now
from crawler.service.showing import as_json, say
from crawler.service.wiring import House
from crawler.store.rechecks import rechecks_of
from crawler.store.task_results import results_of
from crawler.store.tasks import list_tasks, moves_of, task_numbered

_MOST_LISTED = 1_000


class TaskAction(StrEnum):
    """What can be done with tasks."""

    LIST = "list"
    SHOW = "show"
    APPROVE = "approve"
    ACKNOWLEDGE = "acknowledge"
    WORK = "work"
    ANSWER = "answer"
    CHECK = "check"
    CLOSE = "close"
    RETURN = "return"
    EXTEND = "extend"
    SUSPEND = "suspend"
    RESUME = "resume"
    TRANSFER = "transfer"
    CANCEL = "cancel"
    REDIRECT = "redirect"
    JOIN = "join"
    RESULT = "result"
    REMIND = "remind"


@dataclass(frozen=True, kw_only=True)
class Given:
    """The command's arguments."""

    number: str
    remark: str
    conclusion: Conclusion | None
    days: int
    department: str
    partners: tuple[str, ...]
    state: TaskState | None
    overdue: bool
    region: str
    json: bool


@dataclass(frozen=True, kw_only=True)
class At:
    """Where a command acts: the house, its words, who asks, what was given."""

    house: House
    words: Catalogue
    actor: str
    given: Given
    desk: Desk


def tasks(
    context: typer.Context,
    what: Annotated[
        TaskAction,
        typer.Argument(
            help="list 列出，show 一件的始末；其余为办理，如 approve 审核并派发，close 办结"
        ),
    ] = TaskAction.LIST,
    number: Annotated[str, typer.Argument(metavar="[N]", help="任务号")] = "",
    remark: Annotated[str, typer.Option(help="意见或理由；退回、延期、挂起、移送、撤销必填")] = "",
    conclusion: Annotated[
        Conclusion | None, typer.Option(help="处置结论（answer、close、result）")
    ] = None,
    days: Annotated[int, typer.Option(help="延长几个工作日（extend）")] = 0,
    department: Annotated[
        str, typer.Option(help="部门代码，如 310118-GA（redirect 的新主办、result）")
    ] = "",
    partner: Annotated[
        list[str] | None, typer.Option("--with", help="联合检查或协办的部门代码，可写多次")
    ] = None,
    state: Annotated[TaskState | None, typer.Option(help="只列这个状态的")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列超过现行时限的")] = False,
    region: Annotated[str, typer.Option(help="只列这个区划前缀的")] = "",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """督办任务：审核、签收、反馈、复核、办结，及退回、延期、挂起、移送、撤销、联合检查、催办。

    例：xunwang tasks list --overdue　超过现行时限的；xunwang tasks show 任务号

    例：xunwang tasks approve 任务号　主管审核并派发（不能审自己起草的）

    例：xunwang tasks close 任务号 --conclusion rectified --remark 页面已撤下
    """
    door: Door = context.obj
    given = Given(
        number=number, remark=remark, conclusion=conclusion, days=days, department=department,
        partners=tuple(partner or ()), state=state, overdue=overdue, region=region, json=json,
    )  # fmt: skip
    with door.opened() as (house, words):
        at = At(house=house, words=words, actor=door.actor, given=given, desk=desk_of(house))
        if what in _WHOLE:
            _WHOLE[what](at)
            return
        task = _task(at)
        if what is TaskAction.SHOW:
            _show(at, task)
            return
        _tell(at, task, _acted(at, what, task))


def _list(at: At) -> None:
    given, moment = at.given, now()
    states = (given.state,) if given.state else ()
    with at.house.database.reading() as db:
        found = list_tasks(db, states=states, region=given.region, limit=_MOST_LISTED)
    if given.overdue:
        late = Urgency.OVERDUE
        found = [one for one in found if urgency_of(one, moment, at.desk.calendar) is late]
    if given.json:
        as_json(found)
        return
    if not found:
        say(at.words.say("tasks.none"))
        return
    show_list(found, at.words, moment, at.desk.calendar)


def _remind(at: At) -> None:
    done = escalate(at.house.database, now(), at.desk)
    if at.given.json:
        as_json({"reminded": done.reminded, "escalated": done.escalated})
        return
    say(f"催办 {done.reminded} 件，超期督办 {done.escalated} 件（每个时限只提一次）")


_WHOLE: Mapping[TaskAction, Callable[[At], None]] = {
    TaskAction.LIST: _list,
    TaskAction.REMIND: _remind,
}


def _show(at: At, task: SupervisionTask) -> None:
    with at.house.database.reading() as db:
        moves, results = moves_of(db, task.id), results_of(db, task.id)
        looks = rechecks_of(db, task.id)
    show_one(task, moves, results, looks, at.words, json=at.given.json)


def _acted(at: At, what: TaskAction, task: SupervisionTask) -> SupervisionTask:
    database, given, moment = at.house.database, at.given, now()
    match what:
        case TaskAction.APPROVE:
            return approve(database, task.id, at.actor, moment, at.desk, given.remark)
        case TaskAction.EXTEND:
            return extend(database, task.id, given.days, at.actor, moment, at.desk, given.remark)
        case TaskAction.REDIRECT:
            return redirect(
                database,
                task.id,
                _other(at, task),
                at.actor,
                moment,
                at.desk,
                remark=at.given.remark,
            )
        case TaskAction.JOIN:
            return join(database, task.id, _partners(at), at.actor, moment)
        case TaskAction.RESULT:
            return record_result(database, task.id, _result(at), at.desk)
        case _:
            return move_task(
                database, task.id, Move(what), at.actor, moment, at.desk, given.remark,
                given.conclusion,
            )  # fmt: skip


def _tell(at: At, before: SupervisionTask, after: SupervisionTask) -> None:
    if at.given.json:
        as_json(after)
        return
    was, stands = (at.words.name("task", one.state) for one in (before, after))
    say(
        f"任务 {after.number}：{was} → {stands}" if was != stands else f"任务 {after.number} 已记录"
    )


def _task(at: At) -> SupervisionTask:
    with at.house.database.reading() as db:
        task = task_numbered(db, at.given.number)
    if task is None:
        raise BadInput(at.words.say("tasks.no_such", number=at.given.number[:60] or "（空）"))
    return task


def _other(at: At, task: SupervisionTask) -> Dispatch:
    lead = department_coded(at.given.department, at.desk.departments.names)
    rule = reassigned(task.rule, at.actor)
    others = _partners(at) or task.cooperating
    return Dispatch(
        lead=lead,
        cooperating=tuple(one for one in others if one.code != lead.code),
        region=region_after(lead, task.region),
        rule=rule,
    )


def _partners(at: At) -> Sequence[Department]:
    names = at.desk.departments.names
    return tuple(department_coded(code, names) for code in at.given.partners)


def _result(at: At) -> TaskResult:
    given = at.given
    if given.conclusion is None:
        named = "、".join(f"{one}（{name}）" for one, name in CONCLUSION_NAMES.items())
        raise BadInput(f"请用 --conclusion 写明结果：{named}")
    return TaskResult(
        department=given.department,
        conclusion=given.conclusion,
        note=given.remark[:1_000],
        actor=at.actor,
        at=now(),
    )
