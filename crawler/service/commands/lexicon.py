"""`lexicon`: the life of the word lists, from a terminal."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from crawler.domain.errors import BadInput
from crawler.service.amending import propose_files
from crawler.service.commands import lexicon_shown as shown
from crawler.service.doors import Door, now
from crawler.service.lexicon_life import (
    difference_to,
    feedback,
    folder_of,
    publish_draft,
    put_back,
)
from crawler.service.rejudging import rejudge
from crawler.service.replaying import Replay, each_reading, replay
from crawler.service.responding import Responder
from crawler.service.showing import progress, say
from crawler.service.trying import Subject, tried
from crawler.service.wiring import House, endpoints_of
from lexicons.judging import Judge
from lexicons.publishing import check, copied, versions


class LexiconAction(StrEnum):
    """What can be done with the word lists."""

    LIST = "list"
    EXPORT = "export"
    CHECK = "check"
    TRY = "try"
    DIFF = "diff"
    PROPOSE = "propose"
    PUBLISH = "publish"
    ROLLBACK = "rollback"
    REJUDGE = "rejudge"
    FEEDBACK = "feedback"


@dataclass(frozen=True, kw_only=True)
class Given:
    """The command's arguments."""

    target: str
    subject: Subject
    note: str
    approved_by: str
    replays: bool
    region: str
    json: bool


def lexicon(
    context: typer.Context,
    what: Annotated[LexiconAction, typer.Argument(help="做什么")] = LexiconAction.LIST,
    target: Annotated[str, typer.Argument(metavar="[目录|版本号]", help="词库目录，或版本号")] = "",
    text: Annotated[str, typer.Option(help="试一段文字（try）")] = "",
    file: Annotated[Path | None, typer.Option(help="试一个网页或文本文件（try）")] = None,
    page: Annotated[str, typer.Option(help="试一个已采网站：域名或采集编号（try）")] = "",
    note: Annotated[str, typer.Option(help="改了什么、为什么（propose、publish、rollback）")] = "",
    approved_by: Annotated[str, typer.Option(help="同意发布的主管，其用户名（publish）")] = "",
    words_only: Annotated[
        bool, typer.Option("--words-only", help="只比词条，不重判（diff）")
    ] = False,
    region: Annotated[str, typer.Option(help="只看这个区划前缀的网站")] = "",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """词库：检查、试用、比较、提交修订、发布、回退。发布须由另一人（主管）同意，除非设置另有规定。

    例：xunwang lexicon export 新词库；改后 xunwang lexicon check 新词库；
    xunwang lexicon diff 新词库；xunwang lexicon propose 新词库 --note 补充养老类新话术
    """
    door: Door = context.obj
    subject = Subject(text=text, file=file, page=page)
    given = Given(
        target=target, subject=subject, note=note, approved_by=approved_by,
        replays=not words_only, region=region, json=json,
    )  # fmt: skip
    with door.opened() as (house, _):
        _ACTIONS[what](house, door, given)


def _list(house: House, _door: Door, given: Given) -> None:
    shown.versions(versions(house.shelf), house, json=given.json)


def _export(house: House, _door: Door, given: Given) -> None:
    folder = _wanted_folder(given)
    count = copied(house.lexicon, folder)
    say(f"现行词库的 {count} 个文件已复制到 {folder}，改后用 xunwang lexicon check {folder} 检查")


def _check(house: House, _door: Door, given: Given) -> None:
    folder = folder_of(house, given.target)
    problems = check(folder)
    shown.problems(problems, folder, json=given.json)
    if problems:
        raise typer.Exit(1)


def _try(house: House, _door: Door, given: Given) -> None:
    if given.subject.is_all:
        result = _replayed(house, folder_of(house, given.target), given)
        shown.replay(result, json=given.json)
        return
    at = now()
    old = Judge(house.lexicon, house.cache)
    new = Judge(folder_of(house, given.target), house.cache) if given.target else None
    page = given.subject.page_in(house, at)
    shown.trial(tried(page, old, at), tried(page, new, at) if new else None, json=given.json)


def _diff(house: House, _door: Door, given: Given) -> None:
    folder = folder_of(house, _wanted(given))
    change = difference_to(house, folder)
    if not given.json:
        shown.difference(change)
    result = _replayed(house, folder, given) if given.replays else None
    if given.json:
        shown.difference_and_replay(change, result)
    elif result:
        shown.replay(result)


def _replayed(house: House, folder: Path, given: Given) -> Replay:
    old, new = Judge(house.lexicon, house.cache), Judge(folder, house.cache)
    with progress() as bar:
        task = bar.add_task("重判已采页面")

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return replay(house.database, old, new, now(), show, given.region)


def _propose(house: House, door: Door, given: Given) -> None:
    folder = folder_of(house, _wanted(given))
    one = propose_files(house, folder, door.actor, given.note, now())
    say(f"已提交修订 {one.number}，请主管在“词库”页看过后发布")


def _publish(house: House, door: Door, given: Given) -> None:
    folder = folder_of(house, _wanted(given))
    version = publish_draft(house, folder, door.actor, given.note, given.approved_by, now())
    say(
        f"第 {version.number} 版词库已启用（{version.digest}），"
        "运行中的进程随即改用；已采页面可用 xunwang lexicon rejudge 重判"
    )


def _rollback(house: House, door: Door, given: Given) -> None:
    if not given.target.isdecimal():
        raise BadInput("rollback 之后应为版本号；0 为随程序的词库")
    number = int(given.target[:9])
    put_back(house, number, door.actor, given.note, now())
    say(f"第 {number} 版词库已重新启用" if number else "随程序的词库已重新启用")


def _rejudge(house: House, door: Door, given: Given) -> None:
    judge = Judge(house.lexicon, house.cache)
    categories = judge.tools.lexicon.categories
    responder = Responder(endpoints=endpoints_of(house.config), categories=categories)
    at = now()
    readings = each_reading(house.database, at, given.region)
    done = rejudge(house.database, readings, judge, responder.respond, door.actor, at)
    shown.rejudged(done, json=given.json)


def _feedback(house: House, _door: Door, given: Given) -> None:
    shown.feedback(feedback(house, given.region), json=given.json)


_ACTIONS: dict[LexiconAction, Callable[[House, Door, Given], None]] = {
    LexiconAction.LIST: _list,
    LexiconAction.EXPORT: _export,
    LexiconAction.CHECK: _check,
    LexiconAction.TRY: _try,
    LexiconAction.DIFF: _diff,
    LexiconAction.PROPOSE: _propose,
    LexiconAction.PUBLISH: _publish,
    LexiconAction.ROLLBACK: _rollback,
    LexiconAction.REJUDGE: _rejudge,
    LexiconAction.FEEDBACK: _feedback,
}


def _wanted(given: Given) -> str:
    if not given.target:
        raise BadInput("须写明词库目录，如 xunwang lexicon diff 新词库")
    return given.target


def _wanted_folder(given: Given) -> Path:
    return Path(_wanted(given))
