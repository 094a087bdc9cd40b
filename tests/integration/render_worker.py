"""The browser in a child process, as the service runs it: unprivileged, sandboxed, spoken to over
pipes. Frames are pickles: both ends are the tests' own.
"""

import asyncio
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from crawler.domain.capture import Profile
from crawler.domain.errors import GiveUp
from crawler.fetching.browser import Browser, BrowserRecipe
from crawler.fetching.canary import GuardCheck
from crawler.fetching.chromium import download_folders, find_browser
from crawler.fetching.dialling import Straight
from crawler.fetching.egress import Doorway, Egress, EgressLimits
from crawler.fetching.fonts import FontCheck
from crawler.fetching.guard import Policy, networks_of
from crawler.fetching.hosts import read_hosts
from crawler.fetching.identity import (
    Identity,
    reach_problem,
    remove_folder,
    spawn_options,
    worker_identity,
)
from crawler.fetching.rendering import Rendered, RenderLimits
from crawler.fetching.resolving import Resolver
from crawler.fetching.watching import tree_of

ROOT = Path(__file__).resolve().parents[2]
SHELL = Path("/usr/lib/chromium/chromium-headless-shell")
START = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from tests.integration.render_worker import main; main()"
)
QUICK = RenderLimits(total_s=16.0, load_s=2.0, settle_s=1.5, read_s=3.0)


def the_browser() -> Path | None:
    """The Chromium that these tests run on."""
    return find_browser(os.environ.get("XUNWANG_BROWSER", ""), download_folders(os.environ))


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What a worker is told once."""

    hosts: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    ports: tuple[int, ...] = (80, 443)
    executable: str = ""
    remote: str = ""
    way_back: str = "127.0.0.1"
    callers: tuple[str, ...] = ()
    sandbox: bool = True
    pages: int = 50
    memory_bytes: int = 2 * 1024**3
    received_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Job:
    """One page to look at."""

    url: str
    profile: Profile = Profile.DESKTOP
    full_page: bool = False
    limits: RenderLimits = QUICK
    kill: str = ""  # end this kind of process, once, half a second after the page was asked for


@dataclass
class Worker:
    """The parent's end."""

    orders: Orders
    identity: Identity = field(default_factory=worker_identity)
    trouble: str = ""

    def __enter__(self) -> "Worker":
        python = Path(sys.executable)
        problem = reach_problem(self.identity, [python])
        if problem:
            self.trouble = problem
            return self
        self._process = subprocess.Popen(
            [python, "-B", "-c", START, ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            **spawn_options(self.identity),
        )
        self.trouble = self._ask(self.orders, seconds=60)
        return self

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "_process"):
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
        remove_folder(self.identity)

    def render(self, url: str, **more: Any) -> Rendered:
        return self.render_all(Job(url=url, **more))[0]

    def render_all(self, *jobs: Job) -> list[Rendered]:
        answer: list[Rendered] = self._ask(jobs, seconds=90)
        return answer

    def start(self, *jobs: Job) -> None:
        """Ask and do not wait."""
        _write(self._stdin, jobs)

    def check_fonts(self) -> FontCheck:
        answer: FontCheck = self._ask("fonts", seconds=20)
        return answer

    def check_guard(self) -> GuardCheck:
        answer: GuardCheck = self._ask("guard", seconds=20)
        return answer

    def facts(self) -> dict[str, Any]:
        """Launches, peak memory, descriptors, processes."""
        answer: dict[str, Any] = self._ask("facts", seconds=20)
        return answer

    def processes(self) -> tuple[int, ...]:
        """The worker's tree as it stands."""
        return tree_of(self._process.pid)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(5)

    @property
    def _stdin(self) -> BinaryIO:
        assert self._process.stdin is not None
        return self._process.stdin  # type: ignore[return-value]

    def _ask(self, what: Any, *, seconds: float) -> Any:
        stdout = self._process.stdout
        assert stdout is not None
        _write(self._stdin, what)
        ready, _, _ = select.select([stdout], [], [], seconds)
        if not ready:
            raise TimeoutError(f"the worker did not answer within {seconds} s")
        return _read(stdout)  # type: ignore[arg-type]


def _write(pipe: BinaryIO, what: Any) -> None:
    frame = pickle.dumps(what)
    pipe.write(struct.pack(">I", len(frame)) + frame)
    pipe.flush()


def _read(pipe: BinaryIO) -> Any:
    head = pipe.read(4)
    if len(head) < 4:
        raise EOFError
    return pickle.loads(pipe.read(struct.unpack(">I", head)[0]))


# --- the child's end


def main() -> None:
    """Serve the parent until it closes the pipe."""
    asyncio.run(_serve())


async def _serve() -> None:
    orders: Orders = await asyncio.to_thread(_read, sys.stdin.buffer)
    doorway = Doorway(address=orders.way_back, callers=networks_of(orders.callers))
    limits = EgressLimits(received_bytes=orders.received_bytes)
    egress = Egress(_dialler(orders), _now, limits, doorway)
    browser = Browser(_settings(orders), egress, _now)
    try:
        await browser.start()
    except GiveUp as trouble:
        _write(sys.stdout.buffer, str(trouble))
        return
    _write(sys.stdout.buffer, "")
    try:
        while True:
            what = await asyncio.to_thread(_read, sys.stdin.buffer)
            _write(sys.stdout.buffer, await _answer(what, browser))
    except (EOFError, BrokenPipeError):
        pass
    finally:
        await browser.stop()
        await egress.close()


async def _answer(what: Any, browser: Browser) -> Any:
    if what == "fonts":
        return await browser.check_fonts()
    if what == "guard":
        return await browser.check_guard()
    if what == "facts":
        return _facts(browser)
    return await asyncio.gather(*(_render(job, browser) for job in what))


def _facts(browser: Browser) -> dict[str, int]:
    return {
        "launches": browser.launches,
        "peak": browser.peak_memory,
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "processes": len(tree_of(os.getpid())),
        "tasks": len(asyncio.all_tasks()),
        "temporary": len(list(Path(os.environ["TMPDIR"]).rglob("*"))),
    }


async def _render(job: Job, browser: Browser) -> Rendered:
    rendering = asyncio.ensure_future(
        browser.render(job.url, job.profile, job.limits, full_page=job.full_page)
    )
    if job.kill:
        await asyncio.sleep(0.5)
        for pid in _pids(job.kill)[:1]:
            os.kill(pid, signal.SIGKILL)
    return await rendering


def _pids(kind: str) -> list[int]:
    """Processes of a kind below this one: renderer, or browser."""
    found = []
    for pid in tree_of(os.getpid())[1:]:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
        is_browser = b"--type=" not in line and b"--user-data-dir=" in line
        if (kind == "browser" and is_browser) or f"--type={kind}".encode() in line:
            found.append(pid)
    return found


def _settings(orders: Orders) -> BrowserRecipe:
    executable = Path(orders.executable) if orders.executable else the_browser() or SHELL
    return BrowserRecipe(
        executable=executable,
        remote=orders.remote,
        sandbox=orders.sandbox,
        pages=orders.pages,
        memory_bytes=orders.memory_bytes,
    )


def _dialler(orders: Orders) -> Straight:
    policy = Policy(ports=frozenset(orders.ports), allowed=networks_of(orders.allow))
    return Straight(
        resolver=Resolver(read_hosts(orders.hosts), _nobody, time.monotonic), policy=policy
    )


async def _nobody(_: str) -> tuple[Any, ...]:
    """No name server is asked in tests."""
    return ()


def _now() -> datetime:
    return datetime.now(UTC)
