"""`backup` and `restore`: everything in one file, and back."""

from pathlib import Path
from typing import Annotated

import typer

from crawler.config import load_config
from crawler.service.backing_up import Manifest, back_up
from crawler.service.doors import Door, now
from crawler.service.holding import held
from crawler.service.restoring import read_backup
from crawler.service.restoring import restore as restore_home
from crawler.service.showing import complain, moment, say, warn
from crawler.store.verifying import verify


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="写到这个文件（.tar）")],
    settings: Annotated[
        bool, typer.Option("--with-settings", help="连同配置与密钥（含密码，请妥善保管）")
    ] = False,
    orphans: Annotated[
        bool,
        typer.Option("--orphans/--no-orphans", help="连同 evidence/orphans/ 里待人核对的文件"),
    ] = True,
) -> None:
    """备份数据库、存证与词库，不必停机。例：xunwang backup /backup/xunwang-20260512.tar"""
    door: Door = context.obj
    with door.opened() as (house, _):
        manifest = back_up(house, file, door.actor, now(), settings=settings, orphans=orphans)
    say(f"已备份到 {file}：{_told(manifest)}")
    if manifest.orphans:
        say(f"含 {manifest.orphans} 个待人核对的文件（evidence/orphans/）")
    elif not orphans:
        warn("不含 evidence/orphans/ 里待人核对的文件")
    if not settings:
        warn("不含配置与密钥（xunwang.toml、keys）；需要时用 --with-settings")
    _name_missing(manifest)


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="xunwang backup 写的文件")],
    check: Annotated[bool, typer.Option("--check", help="只核对备份，不写任何东西")] = False,
) -> None:
    """恢复到空的数据目录并核验每个摘要。例：xunwang --home /srv/new restore 备份.tar"""
    door: Door = context.obj
    if check:
        manifest = read_backup(file)
        say(f"备份完好：{_told(manifest)}")
        _name_missing(manifest)
        return
    door.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with held(door.home, "restore"):
        region = load_config(door.home, door.config).region
        manifest = restore_home(file, door.home, door.actor, now(), region)
    with door.opened() as (house, _), house.database.reading() as db:
        found = verify(db, house.evidence)
    say(f"已恢复：{_told(manifest)}")
    say(f"核验：{found.captures} 次采集、{found.records} 条记录、{found.links} 环证据链")
    for fault in found.faults:
        complain(f"{fault.capture or fault.segment}：{fault.reason}")
    if found.faults:
        raise typer.Exit(1)


def _told(manifest: Manifest) -> str:
    size = sum(one.size for one in manifest.files.values()) / 1024**2
    captures = manifest.standing.get("captures", 0)
    made = moment(manifest.made_at)
    return f"{len(manifest.files)} 个文件，{size:.1f} MiB，{captures} 次采集，{made}"


def _name_missing(manifest: Manifest) -> None:
    for name in manifest.missing:
        complain(f"存证文件 {name} 缺失或变短，备份里没有它")
    if manifest.missing:
        raise typer.Exit(1)
