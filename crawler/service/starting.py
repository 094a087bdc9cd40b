"""How a child process begins and ends: its pipes, its greeting, its ties to the parent."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from crawler.domain.errors import WatchError
from crawler.service.pipes import (
    Downward,
    Greeting,
    Outlet,
    greeting_from,
    open_stdin,
    records_from_parent,
)
from crawler.service.watching import die_with_parent

Work = Callable[[AsyncIterator[Downward], Greeting, Outlet], Awaitable[None]]


def run_child(work: Work) -> None:
    """Do the work until the parent closes the pipe. Ctrl-C is the parent's business."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe_in, pipe_out = _own_pipes()
    try:
        asyncio.run(_run(work, pipe_in, pipe_out))
    except WatchError as error:
        sys.exit(str(error))


async def _run(work: Work, pipe_in: int, pipe_out: int) -> None:
    records = records_from_parent(await open_stdin(os.fdopen(pipe_in, "rb")))
    greeting = await greeting_from(records)
    outlet = Outlet(pipe_out)
    await work(records, greeting, outlet)
    await outlet.drained()


def _own_pipes() -> tuple[int, int]:
    """The pipes to the parent, moved aside: a stray print goes to the log, not into the stream."""
    pipe_in, pipe_out = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return pipe_in, pipe_out
