"""`album`: the pictures of a sweep on contact sheets, to look through at a glance."""

from pathlib import Path
from typing import Annotated

import typer

from crawler.domain.assessment import Level
from crawler.domain.errors import BadInput, reason_of
from crawler.service.albums import sheets_of
from crawler.service.doors import Door
from crawler.service.showing import as_json, say
from crawler.store.albums import MOST_PICTURES, AlbumWanted, album_of
from crawler.store.coverage import unpictured_count


def album(
    context: typer.Context,
    out: Annotated[Path, typer.Option("-o", "--out", help="写入这个 JPEG；多于一张时加 -2、-3")],
    sweep: Annotated[int, typer.Option(help="巡查批次编号；不给则取每个网站最近的截图")] = 0,
    level: Annotated[Level | None, typer.Option(help="只要这个级别")] = None,
    region: Annotated[str, typer.Option(help="行政区划前缀，如 310118")] = "",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """把网站首页截图拼成一览图。例：xunwang album --sweep 3 -o 一览.jpg"""
    door: Door = context.obj
    with door.opened() as (house, words):
        wanted = AlbumWanted(reach=region, sweep=sweep, level=str(level or ""), limit=MOST_PICTURES)
        with house.database.reading() as db:
            found = album_of(db, wanted)
            without = unpictured_count(db, region)
        if not found.shots:
            raise BadInput(words.say("album.none"))
        which = words.say("album.of_sweep", id=sweep) if sweep else words.say("album.newest")
        head = words.say("album.head", which=which, count=found.total)
        files = [_named(out, page) for page in range(-(-len(found.shots) // 60))]
        try:
            for file, sheet in zip(files, sheets_of(house, found.shots, head, words), strict=True):
                file.write_bytes(sheet)
        except OSError as error:
            raise BadInput(f"{out} 无法写入：{reason_of(error)}") from error
        if json:
            as_json(
                {"pictures": found.total, "without": without, "files": [str(one) for one in files]}
            )
            return
        for file in files:
            say(words.say("picture.saved", path=file))
        say(words.say("album.summary", count=found.total, without=without))


def _named(out: Path, page: int) -> Path:
    return out if page == 0 else out.with_name(f"{out.stem}-{page + 1}{out.suffix}")
