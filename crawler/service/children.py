"""The parent's end of a child process: started, fed, listened to, watched, ended."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crawler.service.pipes import (
    Greeting,
    Order,
    Places,
    Report,
    Upward,
    framed,
    records_from_child,
)
from crawler.service.watching import Watch

STUCK_S = 5.0
ENDING_S = 8.0
SILENT_S = 900.0  # longer than any visit takes
PATIENCE = 6  # times stuck_s, for who waits without working


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """How one kind of child is started."""

    module: str
    environment: Mapping[str, str]
    uid: int | None = None  # None: as the parent
    gid: int | None = None
    changes_user: bool = True  # False: the command does it itself
    folder: str | None = None  # where it stands; None: where the parent does
    command: tuple[str, ...] = (sys.executable,)  # what runs the module
    stuck_s: float = STUCK_S


@dataclass(kw_only=True)
class Child:
    """One running child and the visits it has not answered yet."""

    program: Program
    process: asyncio.subprocess.Process
    watch: Watch
    outstanding: set[int] = field(default_factory=set)
    ready: bool = False
    reported: int = 0
    gone: bool = False
    places: int = 0  # as it was told; 0: as it was greeted
    _heard: float = 0.0  # when it last reported, or was given its only visit
    _seen: tuple[int, int] = (0, 0)
    _since: float = 0.0
    _used: float = 0.0

    @property
    def pid(self) -> int:
        return self.process.pid

    async def give(self, order: Order) -> None:
        """Hand one visit down."""
        if not self.outstanding:
            self._heard = time.monotonic()
        self.outstanding.add(order.visit.id)
        await self._say(order)

    async def allow(self, places: int) -> None:
        """From now on it works on so many visits at once."""
        self.places = places
        await self._say(Places(places=places))

    async def _say(self, record: Order | Places) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(framed(record))
        with contextlib.suppress(ConnectionError):  # its death is noticed at the other pipe
            await self.process.stdin.drain()

    async def records(self) -> AsyncIterator[Upward]:
        """What it says, until it ends."""
        assert self.process.stdout is not None
        async for record in records_from_child(self.process.stdout):
            if isinstance(record, Report):
                self.outstanding.discard(record.visit_id)
                self.reported, self._heard = self.reported + 1, time.monotonic()
            else:
                self.ready = True
            yield record

    def is_silent(self, now_s: float) -> bool:
        """Whether it owes a report for so long that it must have lost the visit."""
        return bool(self.outstanding) and now_s - self._heard > SILENT_S

    def stuck_at(self, now_s: float) -> int:
        """The visit it has been at for too long, or 0. Ask regularly.

        Its own processor time counts, so that a busy machine blames nobody; a child that
        merely waits is given longer.
        """
        look, used_s = self.watch.look(), _cpu_s(self.pid)
        if look != self._seen or look[0] == 0:
            self._seen, self._since, self._used = look, now_s, used_s
        limit = self.program.stuck_s
        over = used_s - self._used > limit or now_s - self._since > limit * PATIENCE
        return look[0] if look[0] and over else 0

    def kill(self) -> None:
        """At once; what it had not reported is handed out again."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    async def end(self) -> None:
        """No more orders: let it finish what it reports, then make sure it is gone."""
        assert self.process.stdin is not None
        with contextlib.suppress(ConnectionError):
            self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), ENDING_S)
        except TimeoutError:
            self.kill()
            await self.process.wait()


async def start_child(program: Program, greeting: Greeting, errors: Path | None = None) -> Child:
    """Start it and greet it; it says Ready when it can work. What it prints goes to `errors`."""
    watch = _fresh_watch(program, Path(greeting.watch))
    identity: dict[str, object] = {}
    if program.uid is not None and program.changes_user:
        identity = {"user": program.uid, "group": program.gid, "extra_groups": [], "umask": 0o077}
    process = await _started(program, identity, errors)
    assert process.stdin is not None
    process.stdin.write(framed(greeting))
    with contextlib.suppress(ConnectionError):  # killed at birth: noticed at the other pipe
        await process.stdin.drain()
    return Child(program=program, process=process, watch=watch)


async def _started(
    program: Program, identity: dict[str, object], errors: Path | None
) -> asyncio.subprocess.Process:
    with contextlib.ExitStack() as opened:
        where = opened.enter_context(errors.open("ab")) if errors else None
        return await asyncio.create_subprocess_exec(
            *program.command,
            "-m",
            program.module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=where,
            env=dict(program.environment),
            cwd=program.folder,
            start_new_session=True,  # Ctrl-C is for the parent; it tells the children
            limit=1 << 20,
            **identity,  # type: ignore[arg-type]
        )


def _fresh_watch(program: Program, path: Path) -> Watch:
    path.unlink(missing_ok=True)
    watch = Watch(path)
    if program.uid is not None:
        os.chown(path, program.uid, program.gid or program.uid)
    return watch


def _cpu_s(pid: int) -> float:
    """Processor seconds a process has used, 0 once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
