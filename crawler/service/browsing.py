"""The browser crew: found, checked and given a user of its own before the first page."""

import asyncio
import atexit
import os
import socket
import sys
from collections.abc import Awaitable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from crawler.config import BrowserSettings
from crawler.domain.capture import Fetcher, Outcome
from crawler.domain.errors import BadInput, WatchError
from crawler.domain.site import Visit, VisitState
from crawler.fetching.chromium import download_folders, find_browser
from crawler.fetching.guard import networks_of
from crawler.fetching.identity import Identity, reach_problem, remove_folder, worker_identity
from crawler.service.children import Child, Program, start_child
from crawler.service.crews import failed_capture
from crawler.service.detour import detour_for
from crawler.service.hands import Crew
from crawler.service.pipes import Ready, Report
from crawler.service.tidying import remember_folder
from crawler.service.wiring import House, child_environment, greeting_for

NO_BROWSER = (
    "没有找到浏览器；Debian 上请执行 apt-get install chromium-headless-shell fonts-noto-cjk"
)
MODULE = "crawler.service.browser_worker"
TRIAL_S = 60.0
STUCK_S = 25.0  # without a heartbeat
_LIFE = count(1)


def browsing_crew(house: House, run: str) -> tuple[Crew | None, str]:
    """The crew, or one line that says why there is none."""
    settings = house.config.browser
    try:
        place = _place(settings)
        identity = worker_identity(settings.user)
    except WatchError as error:
        return None, str(error)
    atexit.register(remove_folder, identity)
    remember_folder(house, identity.home)
    if not reach_problem(identity, [Path(sys.executable)]):
        return _crew(house, run, place, _plainly(house, identity)), ""
    detour, trouble = detour_for(identity, child_environment(house))
    if detour is None:
        return None, trouble
    return _crew(house, run, place, detour), ""


async def tried(crew: Crew) -> str:
    """One browser started as in a sweep, sandbox and Chinese characters looked at, and ended; the
    line that it would refuse to work with, or nothing.
    """
    child = await crew.start(0)
    try:
        async with asyncio.timeout(TRIAL_S):
            async for record in child.records():
                if isinstance(record, Ready):
                    return record.notice
    except TimeoutError:
        return f"浏览器 {TRIAL_S:.0f} 秒没有启动"
    finally:
        await child.end()
    return "浏览器进程没有启动就结束了，原因在日志里"


def _plainly(house: House, identity: Identity) -> Program:
    """Started as that user, at once."""
    own = {"HOME": str(identity.home), "TMPDIR": str(identity.tmp)}
    return Program(
        module=MODULE,
        environment=dict(child_environment(house)) | own,
        uid=identity.uid if identity.changes_user else None,
        gid=identity.gid if identity.changes_user else None,
        folder=str(identity.tmp),
        stuck_s=STUCK_S,
    )


def _place(settings: BrowserSettings) -> dict[str, Any]:
    """Where the browser is, as a greeting tells it: a program here, or an address elsewhere."""
    if remote := settings.remote.get_secret_value():
        host = _host_of(remote)
        callers = settings.remote_from or _addresses(host)
        networks_of(callers)
        way_back = next(iter(_addresses(settings.way_back)))
        return {"remote": remote, "remote_from": callers, "way_back": way_back}
    program = find_browser(settings.executable, download_folders(os.environ))
    if program is None:
        raise BadInput(NO_BROWSER)
    return {"browser": str(program)}


def _host_of(remote: str) -> str:
    try:
        parts = urlsplit(remote)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname:
            return parts.hostname
    except ValueError:  # brackets that hold no address
        pass
    raise BadInput("browser.remote 应为 http(s)://主机:端口（CDP）或 ws(s)://…")


def _addresses(host: str) -> tuple[str, ...]:
    """IPv4, which the way out speaks."""
    try:
        told = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadInput(f"远程浏览器用到的主机名 {host} 找不到 IPv4 地址") from None
    return tuple(dict.fromkeys(str(one[4][0]) for one in told))


def _crew(house: House, run: str, place: dict[str, Any], program: Program) -> Crew:
    pages = house.config.browser.pages

    def start(number: int) -> Awaitable[Child]:
        worker = f"{run}-browser{number}-{next(_LIFE)}"
        greeting = msgspec.structs.replace(
            greeting_for(house, worker, patient=False),
            **place,
            slots=pages,
            watch=str(Path(program.environment["HOME"]) / f"{worker}.watch"),
        )
        return start_child(program, greeting, house.errors)

    return Crew(
        state=VisitState.RENDERING,
        size=1,
        window=pages * 2,
        start=start,
        set_aside=_undrawn,
        one_at_a_time=True,
    )


def _undrawn(visit: Visit, at: datetime) -> Report:
    """A page that killed the browser worker twice is judged by what the plain fetch saw."""
    capture = failed_capture(visit, Fetcher.BROWSER, Outcome.BROWSER_FAILED, at)
    return Report(visit_id=visit.id, captures=(capture,))
