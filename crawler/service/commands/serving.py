"""`serve`: one process for console, timetable, sweeps, deliveries and index."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import crawler
from crawler.domain.errors import BadInput
from crawler.service.doors import Door
from crawler.service.holding import held
from crawler.service.logbook import keep_logs
from crawler.service.serving import Doorway, Serving
from crawler.service.showing import say, warn
from crawler.store.people import list_users

_SOURCE = Path(crawler.__file__).parents[1]


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="监听的地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="端口；0 为任意空闲端口")] = 8080,
    certificate: Annotated[Path | None, typer.Option(help="TLS 证书（PEM）")] = None,
    key: Annotated[Path | None, typer.Option(help="TLS 私钥（PEM）")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="打开演示数据，没有就先做出来")] = False,
) -> None:
    """控制台、计划、巡查、投递与索引，一个进程。例：xunwang serve --port 8080"""
    door: Door = context.obj
    if demo:
        _open_demo(port)
    doorway = Doorway(host=host, port=port, certificate=certificate, key=key)
    _check_files(doorway)
    with (
        door.opened() as (house, words),
        held(house.home, "serve"),
        doorway.opened() as listening,
    ):
        keep_logs(house.home)
        say(f"巡网已启动：{doorway.address(listening)}（Ctrl-C 或 SIGTERM 结束）")
        with house.database.reading() as db:
            if not list_users(db):
                warn("还没有用户，请执行 xunwang user add 姓名 --role admin")
        asyncio.run(Serving(house, words).run(doorway, listening))


def _open_demo(port: int) -> NoReturn:
    """The demo's own program goes on in this process; its web and its data come with the source."""
    if not (_SOURCE / "tests" / "demo.py").is_file():
        raise BadInput("演示数据随源码：请在源码目录里安装（make install）后再用 --demo")
    os.chdir(_SOURCE)
    os.execv(sys.executable, [sys.executable, "-m", "tests.demo", "--serve", "--port", str(port)])


def _check_files(doorway: Doorway) -> None:
    if (doorway.certificate is None) != (doorway.key is None):
        raise BadInput("--certificate 与 --key 须一起给出")
    for file in (doorway.certificate, doorway.key):
        if file is not None and not file.is_file():
            raise BadInput(f"文件 {file} 不存在")
