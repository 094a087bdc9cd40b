"""`sites`: the ledger, one line a site."""

import sys
from typing import Annotated

import msgspec
import typer

from crawler.service.doors import Door
from crawler.service.showing import table
from crawler.store.coverage import SiteLine, site_lines


def sites(
    context: typer.Context,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="每行一个 JSON 对象")] = False,
    region: Annotated[str, typer.Option(help="行政区划前缀，如 310118")] = "",
) -> None:
    """每个网站一行：最近一次巡查的结果与研判。例：xunwang sites --jsonl"""
    door: Door = context.obj
    with door.opened() as (house, words), house.database.reading() as db:
        lines = site_lines(db, region)
        if jsonl:
            for line in lines:
                sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
            return
        rows = [
            [
                line.domain,
                words.name("outcome", line.outcome or "waiting"),
                words.name("level", line.level) if line.outcome else "—",
                _rates(line),
                line.sentence,
            ]
            for line in lines
        ]
        table("网站", ("域名", "结果", "级别", "年化％", "研判"), rows)


def _rates(line: SiteLine) -> str:
    return "、".join(f"{rate:g}" for rate in line.rates)
