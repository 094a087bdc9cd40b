"""`doctor`: is this machine able, and what to do where it is not."""

from typing import Annotated

import typer

from crawler.service.checkups import checkups
from crawler.service.doors import Door
from crawler.service.showing import as_json, table


def doctor(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """体检：解释器、数据库、存证、磁盘、词库、浏览器、字体、接收端。例：xunwang doctor"""
    door: Door = context.obj
    with door.opened() as (house, _):
        found = list(checkups(house))
    if json:
        as_json(found)
    else:
        marks = {True: "✓", False: "✗"}
        table(
            "体检", ("", "项目", "情况"), [[marks[one.fine], one.name, one.text] for one in found]
        )
    if any(one.needed and not one.fine for one in found):
        raise typer.Exit(1)
