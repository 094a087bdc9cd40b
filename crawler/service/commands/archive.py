"""`archive`: sealed evidence to the object store, and back."""

from typing import Annotated

import typer

from crawler.domain.errors import BadInput
from crawler.service.archiving import archive as copy_sealed
from crawler.service.archiving import bring_back, objects_of
from crawler.service.doors import Door, now
from crawler.service.showing import as_json, say

_ALL = 1_000_000


def archive(
    context: typer.Context,
    fetch: Annotated[bool, typer.Option("--fetch", help="取回本机缺失的，并核对摘要")] = False,
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """把封存的存证另存到对象存储（store.objects）。例：xunwang archive --fetch"""
    door: Door = context.obj
    with door.opened() as (house, words):
        objects = objects_of(house)
        if objects is None:
            raise BadInput("没有设置 store.objects")
        count = bring_back(house, objects) if fetch else copy_sealed(house, objects, now(), _ALL)
        if json:
            as_json({"segments": count, "fetched": fetch})
        else:
            say(words.say("archive.fetched" if fetch else "archive.copied", count=count))
