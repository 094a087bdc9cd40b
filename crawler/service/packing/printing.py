"""Our own documents as PDF, by the browser that is here already: as an unprivileged user, without a
network, from one file that holds all it needs.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from crawler.config import BrowserSettings
from crawler.domain.errors import WatchError, reason_of
from crawler.fetching.chromium import download_folders, find_browser
from crawler.fetching.identity import Identity, remove_folder, spawn_options, worker_identity

PRINT_S = 60.0
NO_BROWSER = "没有找到浏览器，未生成 PDF"
_DATES = re.compile(rb"(/(?:CreationDate|ModDate)\s*\(D:)[^)]*(\))")
_ARGUMENTS = (
    "--headless",
    "--disable-gpu",
    "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


def printed(pages: Mapping[str, bytes], settings: BrowserSettings) -> tuple[dict[str, bytes], str]:
    """Each page as a PDF, side by side; and one line that says why some are missing, or nothing."""
    program = find_browser(settings.executable, download_folders({"HOME": str(Path.home())}))
    if program is None or not settings.enabled:
        return {}, NO_BROWSER
    try:
        identity = worker_identity(settings.user)
    except WatchError as error:
        return {}, str(error)
    try:
        done = _all_printed(pages, program, identity, sandbox=settings.sandbox == "on")
    except OSError as error:
        return {}, f"浏览器无法启动，未生成 PDF：{reason_of(error)}"
    finally:
        remove_folder(identity)
    missing = [name for name, content in done.items() if not content]
    found = {name: without_dates(content) for name, content in done.items() if content}
    return found, f"浏览器没有打印出 {missing[0]} 的 PDF" if missing else ""


def _all_printed(
    pages: Mapping[str, bytes], program: Path, identity: Identity, *, sandbox: bool
) -> dict[str, bytes]:
    """Side by side; when one cannot be started, those that were do not stay behind."""
    with ExitStack() as stack:
        running = {}
        for number, (name, page) in enumerate(pages.items()):
            process, made = _start(page, number, program, identity, sandbox=sandbox)
            running[name] = stack.enter_context(_ended(process)), made
        return {name: _finished(*started) for name, started in running.items()}


def without_dates(pdf: bytes) -> bytes:
    """The same document without the moment of printing: one content, one sequence of bytes."""
    return _DATES.sub(lambda found: found[1] + _blank(found[0], found) + found[2], pdf)


def _blank(whole: bytes, found: "re.Match[bytes]") -> bytes:
    """As long as what stood there, or every offset after it would be wrong."""
    size = len(whole) - len(found[1]) - len(found[2])
    return b"19800101000000Z".ljust(size)[:size]


def _start(
    page: bytes, number: int, program: Path, identity: Identity, *, sandbox: bool
) -> tuple["subprocess.Popen[bytes]", Path]:
    source, made = identity.tmp / f"{number}.html", identity.tmp / f"{number}.pdf"
    source.write_bytes(page)
    profile = identity.tmp / f"profile-{number}"
    profile.mkdir(mode=0o700)
    if identity.changes_user:
        for one in (source, profile):
            os.chown(one, identity.uid, identity.gid)
    command = [
        str(program), *_ARGUMENTS, *(() if sandbox else ("--no-sandbox",)),
        f"--user-data-dir={profile}", f"--print-to-pdf={made}", source.as_uri(),
    ]  # fmt: skip
    return subprocess.Popen(command, **_quietly(identity)), made


def _finished(process: "subprocess.Popen[bytes]", made: Path) -> bytes:
    try:
        process.wait(PRINT_S)
        return made.read_bytes()
    except (subprocess.TimeoutExpired, OSError):
        return b""


@contextmanager
def _ended(process: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _quietly(identity: Identity) -> dict[str, Any]:
    nothing = subprocess.DEVNULL
    return spawn_options(identity) | {"stdin": nothing, "stdout": nothing, "stderr": nothing}
