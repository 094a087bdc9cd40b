"""`register`: lists of subjects (持牌机构、信用分类、法人库、关注名单、白名单), in and asked."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.filing import shown_unit_name
from crawler.domain.subject import (
    CREDIT_NAMES,
    REGISTER_NAMES,
    Listed,
    Register,
    Standing,
    licence_state,
    proposed_class,
    usable_uscc,
)
from crawler.service.doors import Door, now
from crawler.service.registering import Handed, take_back, take_register
from crawler.service.showing import as_json, say, table, warn
from crawler.service.standing import day_from, lines_of, told_lists
from crawler.service.wiring import House
from crawler.store.sites import site_of_domain
from crawler.store.subjects import (
    RegisterReport,
    count_listed,
    list_registers,
    outcomes_of,
    standing_of,
)

SHOWN = 20


class RegisterAction(StrEnum):
    """What can be done with registers."""

    LIST = "list"
    IMPORT = "import"
    SHOW = "show"
    DROP = "drop"


@dataclass(frozen=True, kw_only=True)
class Given:
    """The command's arguments."""

    target: str
    kind: Register | None
    source: str
    as_of: str
    part: bool
    shrink: bool
    dry_run: bool
    reason: str
    json: bool


def register(
    context: typer.Context,
    what: Annotated[
        RegisterAction,
        typer.Argument(help="list 各份名录，import 导入，show 查一个主体，drop 撤下一份"),
    ] = RegisterAction.LIST,
    target: Annotated[
        str,
        typer.Argument(
            metavar="[文件|主体]", help="名录文件（import），或名称、代码、域名（show）"
        ),
    ] = "",
    kind: Annotated[Register | None, typer.Option(help="哪一种名录")] = None,
    source: Annotated[str, typer.Option(help="名录来源；整份名录替换该来源的上一份")] = "",
    as_of: Annotated[str, typer.Option(help="名录截至哪一天，如 2026-05-01")] = "",
    part: Annotated[bool, typer.Option("--part", help="只是一部分，不替换上一份")] = False,
    shrink: Annotated[bool, typer.Option("--shrink", help="确实比上一份少一半以上")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看结果，不写入")] = False,
    reason: Annotated[str, typer.Option(help="为什么撤下（drop）")] = "",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """名录：持牌机构、信用分类、法人库、关注名单、白名单。

    例：xunwang register import 持牌机构.xlsx --kind licences --source 总局 --as-of 2026-05-01

    例：xunwang register show 某某财富管理有限公司
    """
    door: Door = context.obj
    given = Given(
        target=target, kind=kind, source=source, as_of=as_of, part=part, shrink=shrink,
        dry_run=dry_run, reason=reason, json=json,
    )  # fmt: skip
    with door.opened() as (house, _):
        _ACTIONS[what](house, door, given)


def _list(house: House, _door: Door, given: Given) -> None:
    with house.database.reading() as db:
        found = [row for row in list_registers(db) if given.kind in (None, row.register)]
        lines = count_listed(db)
    told = told_lists(found, now().astimezone(CHINA).date())
    if given.json:
        as_json(told)
        return
    if not told:
        say("没有载入任何名录；用 xunwang register import 载入")
        return
    columns = ("编号", "名录", "来源", "截至", "行", "采用", "合并", "拒绝", "现状")
    names = ("id", "name", "source", "as_of", "rows", "accepted", "merged", "refused", "state")
    table("名录", columns, [[str(one[name]) for name in names] for one in told])
    for one, count in lines.items():
        say(f"{REGISTER_NAMES[one]}：现有 {count} 条")


def _import(house: House, door: Door, given: Given) -> None:
    if not given.target:
        raise BadInput("请给出名录文件")
    handed = Handed(
        path=Path(given.target),
        register=_kind(given),
        source=given.source,
        as_of=day_from(given.as_of),
        whole=not given.part,
        shrinks=given.shrink,
    )
    report, changed = take_register(house, handed, door.actor, now(), rehearse=given.dry_run)
    if given.json:
        as_json(msgspec.to_builtins(report) | {"sites_changed": changed})
        return
    _show_report(report, changed, rehearsed=given.dry_run)


def _show_report(report: RegisterReport, changed: int, *, rehearsed: bool) -> None:
    mark = "（只预演，未写入）" if rehearsed else ""
    say(
        f"共 {report.rows} 行 = 采用 {report.accepted} + 合并 {report.merged}"
        f" + 拒绝 {report.refused}{mark}"
    )
    say(f"该来源原有 {report.before} 条，现有 {report.after} 条；{report.noted} 条有附注")
    say(f"{changed} 个网站的核对结果因此改变，列入下一批巡查重新研判")
    for one in report.refusals[:SHOWN]:
        warn(f"第 {one.row} 行 {one.column}：{one.value} —— {one.reason}")
    if report.refused > SHOWN:
        warn(f"……另有 {report.refused - SHOWN} 行被拒绝")


def _drop(house: House, door: Door, given: Given) -> None:
    gone, changed = take_back(house, _kind(given), given.source, given.reason, door.actor, now())
    if given.json:
        as_json({"dropped": gone, "sites_changed": changed})
        return
    say(f"已撤下 {gone} 条；{changed} 个网站的核对结果因此改变，列入下一批巡查重新研判")


def _show(house: House, _door: Door, given: Given) -> None:
    if not given.target:
        raise BadInput("请给出主体名称、统一社会信用代码或域名")
    with house.database.reading() as db:
        site = site_of_domain(db, given.target.strip().lower())
        if site is not None:
            name, code, domain = site.unit_name, site.uscc, site.domain
        else:
            code = usable_uscc(given.target)
            name, domain = ("" if code else given.target), given.target.strip().lower()
        standing = standing_of(db, name, code, domain)
        proposal = proposed_class(outcomes_of(db, name)) if name else None
    shown = shown_unit_name(name, site.subject_kind) if site else name
    if given.json:
        as_json(told_standing(standing) | {"subject": shown, "proposal": proposal})
        return
    say(f"{shown or code}")
    for line in lines_of(standing):
        say(f"  {line}")
    if proposal is not None:
        named = CREDIT_NAMES[proposal.credit]
        say(f"  拟议信用类别（建议，须人工确认）：{named}，{proposal.grounds}")
    rows = [_row(one) for one in standing.found]
    if rows:
        columns = ("名录", "名称", "代码", "所载", "来源", "截至")
        table("名录所载", columns, rows)


def told_standing(standing: Standing) -> dict[str, Any]:
    """The same for a script."""
    return {
        "licence": licence_state(standing),
        "asked": standing.asked,
        "lines": lines_of(standing),
        "found": [msgspec.to_builtins(one) for one in standing.found],
    }


def _kind(given: Given) -> Register:
    if given.kind is None:
        names = "、".join(f"{one}（{name}）" for one, name in REGISTER_NAMES.items())
        raise BadInput(f"请用 --kind 写明名录种类：{names}")
    return given.kind


def _row(one: Listed) -> list[str]:
    said = (one.licence_number, one.credit_written, one.status, one.region, one.address, one.reason)
    facts = "；".join(part for part in said if part)
    return [REGISTER_NAMES[one.register], one.name, one.uscc, facts, one.source, str(one.as_of)]


_ACTIONS: dict[RegisterAction, Callable[[House, Door, Given], None]] = {
    RegisterAction.LIST: _list,
    RegisterAction.IMPORT: _import,
    RegisterAction.SHOW: _show,
    RegisterAction.DROP: _drop,
}
