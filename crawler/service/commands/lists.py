"""`import` and `lists`: filing lists in, and what each one changed."""

from pathlib import Path
from typing import Annotated

import typer

from crawler.domain.errors import BadInput
from crawler.service.catalogue import Catalogue
from crawler.service.doors import Door, now
from crawler.service.importing import import_file
from crawler.service.showing import as_json, say, table, warn
from crawler.store.database import Connection
from crawler.store.lists import ImportReport, changes_of, lists, notes_of, refusals_of

SHOWN, NOTED = 20, 3


def import_(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="LIST", help="CSV、XLSX、XLS、ODS 或 JSON")],
    source: Annotated[str, typer.Option(help="名单来源；与它的上一份名单比较")] = "备案系统",
    part: Annotated[bool, typer.Option("--part", help="只是一部分，未列出的不算消失")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看结果，不写入")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="大量网站从名单消失也照样导入")] = False,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """导入备案名单。例：xunwang import 备案导出.xlsx --source 市通管局 --dry-run"""
    door: Door = context.obj
    with door.opened() as (house, words):
        report = import_file(
            house,
            path,
            source=source,
            actor=door.actor,
            at=now(),
            whole=not part,
            rehearse=dry_run,
            may_shrink=yes,
        )
        if json:
            as_json(report)
        else:
            show_report(report, words, rehearsed=dry_run)


def show_report(report: ImportReport, words: Catalogue, *, rehearsed: bool) -> None:
    """The sum that adds up, the difference, and the first rows that were refused."""
    mark = words.say("import.dry") if rehearsed else ""
    counts = {"rows": report.rows, "accepted": report.accepted}
    counts |= {"merged": report.merged, "refused": report.refused}
    say(words.say("import.summary", **counts) + mark)
    changes = (f"{words.name('change', k)} {n}" for k, n in report.changes.items())
    say(words.say("import.difference", changes="，".join(changes)))
    if report.noted:
        known = "N" if rehearsed else report.list_id
        warn(words.say("import.noted", count=report.noted, list_id=known))
    for odd in report.notes[:NOTED]:
        warn(words.say("import.noted_row", row=odd.row, note=odd.note))
    for one in report.refusals[:SHOWN]:
        place = {"row": one.row, "column": one.column, "value": one.value, "reason": one.reason}
        warn(words.say("import.refused_row", **place))
    if report.refused > SHOWN:
        more = {"count": report.refused - SHOWN, "list_id": report.list_id}
        key = "import.more_rehearsed" if rehearsed else "import.more_refused"
        warn(words.say(key, **more))


def lists_(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="名单编号；不给则列出全部")] = 0,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """备案名单及其差异。例：xunwang lists 3"""
    door: Door = context.obj
    with door.opened() as (house, words), house.database.reading() as db:
        if number:
            _show_list(db, words, number, json=json)
            return
        found = lists(db)
        if json:
            as_json(found)
            return
        columns = ("id", "source", "name", "rows", "accepted", "merged", "refused")
        rows = [[str(row[name]) for name in columns] for row in found]
        table("备案名单", ("编号", "来源", "文件", "行", "采用", "合并", "拒绝"), rows)


def _show_list(db: Connection, words: Catalogue, number: int, *, json: bool) -> None:
    if not any(row["id"] == number for row in lists(db)):
        raise BadInput(f"没有编号为 {number} 的名单")
    changes, notes, refused = changes_of(db, number), notes_of(db, number), refusals_of(db, number)
    if json:
        as_json({"changes": changes, "refusals": refused, "notes": notes})
        return
    rows = [[words.name("change", r["change"]), r["domain"]] for r in changes]
    table(f"名单 {number}", ("变化", "域名"), rows)
    if notes:
        table("有疑点", ("行", "疑点"), [[str(one.row), one.note] for one in notes])
    if refused:
        refusals = [[str(r.row), r.column, r.value, r.reason] for r in refused]
        table("拒绝", ("行", "列", "值", "原因"), refusals)
