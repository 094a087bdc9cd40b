"""`doctor`: is this machine able, and what to do where it is not."""

from typing import Annotated

import typer

from crawler.domain.errors import WatchError
from crawler.service.checkups import Finding, checkups, without_house
from crawler.service.doors import Door
from crawler.service.showing import as_json, table


def doctor(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """体检：数据库、存证、磁盘、时钟、密钥、词库、检索、浏览器等，各有办法。例：xunwang doctor"""
    door: Door = context.obj
    try:
        with door.opened() as (house, _):
            found = list(checkups(house))
    except WatchError as refusal:  # support is told to look here most of all then
        found = list(without_house(door.home, str(refusal)))
    if json:
        as_json(found)
    else:
        rows = [[_mark(one), one.name, one.text] for one in found]
        table("体检（✗ 须先解决，! 只影响一部分）", ("", "项目", "情况"), rows)
    if any(one.needed and not one.fine for one in found):
        raise typer.Exit(1)


def _mark(one: Finding) -> str:
    return "✓" if one.fine else "✗" if one.needed else "!"
