"""`keep`: what is old and nobody holds: shown, removed; and what is held whatever its age."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from crawler.domain.errors import BadInput
from crawler.domain.retention import KEEP_RULE_NAMES, Hold, HoldScope, called
from crawler.service.compacting import waits_elsewhere
from crawler.service.doors import Door, now
from crawler.service.retaining import foresee, retention_of, run, too_many
from crawler.service.showing import as_json, moment, say, table, warn
from crawler.service.wiring import House
from crawler.store.holds import open_holds, put_hold, release
from crawler.store.leftovers import Leftovers

MIB = 1024 * 1024
_KINDS = {
    "pages_days": "无命中网页的存证",
    "found_days": "有命中网页的存证、未成立线索的副本",
    "messages_days": "已送达或放弃的消息正文",
    "sign_ins_days": "登录记录、已结束的会话",
}


class KeepAction(StrEnum):
    """What can be done about what is old."""

    SHOW = "show"
    RUN = "run"
    HOLDS = "holds"
    HOLD = "hold"
    RELEASE = "release"


def keep(
    context: typer.Context,
    what: Annotated[KeepAction, typer.Argument(help="做什么")] = KeepAction.SHOW,
    of: Annotated[
        str, typer.Argument(metavar="OF", help="保全的对象，如 site:a.cn；解除时为保全编号")
    ] = "",
    reason: Annotated[str, typer.Option(help="保全或解除的理由")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="超过 keep.most_share 也执行")] = False,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """按保存期限清理，先看后做；保全的不动。例：xunwang keep hold site:a.cn --reason 诉讼"""
    door: Door = context.obj
    with door.opened() as (house, _):
        if what is KeepAction.SHOW:
            _show(house, json=json)
        elif what is KeepAction.RUN:
            _run(house, door.actor, yes=yes, json=json)
        elif what is KeepAction.HOLDS:
            _holds(house, json=json)
        elif what is KeepAction.HOLD:
            _hold(house, door.actor, of, reason)
        else:
            _release(house, door.actor, of, reason)


def _show(house: House, *, json: bool) -> None:
    going = foresee(house, now())
    if json:
        as_json(going)
        return
    for name, days in asdict(retention_of(house)).items():
        say(f"{_KINDS[name]}：{f'{days} 天' if days else '一直保存'}")
    say("已确认、未办结、保全中的，以及每个网站最近一次的存证，不因年限移除；审计记录不删除")
    if not going.captures and going.leftovers == Leftovers():
        say(f"现在没有到期可移除的（存证在的采集 {going.left} 次）")
        return
    size = f"{going.size_bytes / MIB:,.1f} MiB"
    say(f"将移除：{going.captures} 次采集的 {going.records} 条存证，{size}（现存 {going.left} 次）")
    for rule, count in sorted(going.rules.items()):
        say(f"  {KEEP_RULE_NAMES[rule]}：{count} 次")
    say(f"  {_rows(going.leftovers)}")
    if why := too_many(house, going):
        warn(why)
    else:
        say("执行：xunwang keep run（serve 每日自动执行）")


def _run(house: House, actor: str, *, yes: bool, json: bool) -> None:
    gone = run(house, actor, now(), sure=yes)
    if json:
        as_json(gone)
        return
    freed = f"{gone.freed_bytes / MIB:,.1f} MiB"
    say(f"已移除 {gone.captures} 次采集的 {gone.records} 条存证，改写或删去的文件共 {freed}")
    say(_rows(gone.leftovers))
    if count := waits_elsewhere(house):
        say(f"另有 {count} 个文件在别的机器上，由那台机器的 serve、work 或 keep run 改写或删去")


def _rows(of: Leftovers) -> str:
    return f"旧消息正文 {of.messages} 条，登录记录 {of.sign_ins} 条，已结束的会话 {of.sessions} 个"


def _holds(house: House, *, json: bool) -> None:
    with house.database.reading() as db:
        found = open_holds(db)
    if json:
        as_json(found)
    elif not found:
        say("没有保全")
    else:
        rows = [[str(one.id), called(one), one.reason, one.actor, moment(one.at)]
                for one in found]  # fmt: skip
        table("保全", ("编号", "对象", "理由", "由谁", "自"), rows)


def _hold(house: House, actor: str, of: str, reason: str) -> None:
    scope, _, object_ = of.partition(":")
    if scope not in set(HoldScope):
        raise BadInput("请写明保全什么：case:线索编号、site:域名、capture:采集编号 或 all")
    wanted = Hold(
        scope=HoldScope(scope), object=object_.strip(), reason=reason, actor=actor, at=now(),
        region=house.config.region,
    )  # fmt: skip
    with house.database.transaction() as db:
        made = put_hold(db, wanted)
    say(f"保全 {made.id}：{called(made)}，不因年限移除，直到解除")


def _release(house: House, actor: str, of: str, reason: str) -> None:
    if not (of.isascii() and of.isdecimal()):
        raise BadInput("请写明保全编号：xunwang keep release 编号 --reason 理由")
    with house.database.transaction() as db:
        made = release(db, int(of), actor, reason, now())
    say(f"保全 {made.id}（{called(made)}）已解除，此后按保存期限")
