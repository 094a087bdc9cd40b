"""How a child process begins and ends: its pipes, its greeting, its ties to the parent."""

import asyncio
import gc
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

_OBJECTS_A_LOOK = 20_000

Work = Callable[[AsyncIterator[Downward], Greeting, Outlet], Awaitable[None]]


def run_child(work: Work, kindness: int = 0) -> None:
    """Do the work until the parent closes the pipe, giving way to whoever is less kind. Ctrl-C is
    the parent's business.
    """
    die_with_parent()
    os.nice(kindness)
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


def settle() -> None:
    """What is loaded by now stays: the collector need not go through it again. A page's tree is
    some ten thousand objects that all go at once, so it need not look at each thousand of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_A_LOOK)


def _own_pipes() -> tuple[int, int]:
    """The pipes to the parent, moved aside: a stray print goes to the log, not into the stream."""
    pipe_in, pipe_out = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return pipe_in, pipe_out
