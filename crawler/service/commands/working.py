"""`work`: one more machine on the same store."""

import asyncio
import signal
from typing import Annotated

import typer

from crawler.domain.errors import BadInput
from crawler.service.doors import Door, now
from crawler.service.holding import held
from crawler.service.joining import Joining
from crawler.service.logbook import keep_logs
from crawler.service.showing import say, warn


def work(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="没有可做的就结束，不等下一批")] = False,
) -> None:
    """多加一台机器：参加正在进行的巡查批次。例：xunwang --home /var/lib/xunwang work"""
    door: Door = context.obj
    with door.opened() as (house, words):
        if not house.database.is_shared:
            raise BadInput("work 用于多台机器，须在 store.database 写明各机共用的 PostgreSQL")
        with held(house.home, "work"), house.database.named(house.owner):
            keep_logs(house.home)
            say(words.say("work.started", owner=house.owner))
            if not house.config.store.objects:
                warn(words.say("work.alone"))
            joined = asyncio.run(_until_ended(Joining(house, words, now, warn), once=once))
            say(words.say("work.ended", count=joined))


async def _until_ended(joining: Joining, *, once: bool) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, joining.stop)
    return await joining.run(once=once)
