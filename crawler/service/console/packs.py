"""导出证据包: the file an officer carries, made while they wait and gone once it is sent."""

import fcntl
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from crawler.domain.errors import TryLater
from crawler.service.console.access import DECIDERS, READERS, post
from crawler.service.console.calls import Call, Missing, Refused
from crawler.service.console.deciding import card_here
from crawler.service.packing.exporting import export_alert, export_family, print_report
from crawler.service.packing.listing import Asker, Exported
from crawler.store.cards import case_members

_AT_WORK = threading.BoundedSemaphore(2)  # each may take gigabytes of room and four browsers
_BUSY: set[str] = set()  # people for whom something is being made
_ONE = threading.Lock()
_MEDIA = "application/zip"


def export(call: Call) -> Response:
    """One alert's pack; names in full only for those who decide."""
    card = card_here(call, call.number("id"))
    asker = _asker(call)
    name = f"{card.case.number}-{card.alert.id}.zip"
    return _sent(
        call,
        name,
        lambda path: export_alert(
            call.house, call.console.desk(), card.alert.id, path, asker, call.now
        ),
    )


def report(call: Call) -> Response:
    """One alert's 线索报告 as PDF."""
    card = card_here(call, call.number("id"))
    asker = _asker(call)
    with at_work(call):
        made = print_report(call.house, call.console.desk(), card.alert.id, asker, call.now)
    name = f"线索报告-{card.case.number}-{card.alert.id}.pdf"
    return Response(made, media_type="application/pdf", headers=_headers(name))


def export_kin(call: Call) -> Response:
    """The pack of all sites of a case within reach."""
    card = card_here(call, call.number("id"))
    asker = _asker(call)
    with call.house.database.reading() as db:
        if len(case_members(db, card.case.id, call.reach, 2)) < 2:
            raise Missing
    return _sent(
        call,
        f"{card.case.number}-family.zip",
        lambda path: export_family(
            call.house, call.console.desk(), card.case.id, path, asker, call.now
        ),
    )


ROUTES = (
    post("/alerts/{id}/export", export, READERS),
    post("/alerts/{id}/report", report, READERS),
    post("/alerts/{id}/export-family", export_kin, READERS),
)


def _asker(call: Call) -> Asker:
    lifted = call.field("names", 10) == "yes"
    if lifted and not call.may(DECIDERS):
        raise Refused(call.console.say("只有专员和主管可以导出未遮盖的个人信息。"))
    role = "、".join(sorted(call.user.roles))
    return Asker(actor=call.actor, role=role, reach=call.reach, lifted=lifted)


def clear_left(cache: Path) -> None:
    """Take away packs that a killed console left, with names in full perhaps; one that somebody
    is at work on is locked, and stays.
    """
    for folder in cache.glob("export-*"):
        with suppress(OSError), _locked(folder):
            shutil.rmtree(folder)


@contextmanager
def at_work(call: Call) -> Iterator[None]:
    """While something large is made, or printed: one thing at a time for a person, few in all.
    TryLater instead of a queue, or the threads that answer everybody would stand in it.
    """
    with _ONE:
        if call.actor in _BUSY:
            raise TryLater("你要的上一份还在制作，做完再要下一份。")
        if not _AT_WORK.acquire(blocking=False):
            raise TryLater("正在制作的文件过多，请稍后再试。")
        _BUSY.add(call.actor)
    try:
        yield
    finally:
        with _ONE:
            _BUSY.discard(call.actor)
        _AT_WORK.release()


def _sent(call: Call, name: str, write: Callable[[Path], Exported]) -> Response:
    with at_work(call):
        return _made(call, name, write)


def _made(call: Call, name: str, write: Callable[[Path], Exported]) -> Response:
    folder = Path(tempfile.mkdtemp(prefix="export-", dir=call.house.cache))
    lock = _locked(folder)
    try:
        write(folder / "pack.zip")
    except BaseException:
        _forget(folder, lock)
        raise
    gone, pack = BackgroundTask(_forget, folder, lock), folder / "pack.zip"
    return FileResponse(pack, media_type=_MEDIA, headers=_headers(name), background=gone)


def _headers(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
    }


def _locked(folder: Path) -> TextIO:
    """Open for as long as the folder is somebody's; BlockingIOError if it is another's."""
    lock = (folder / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        lock.close()
        raise
    return lock


def _forget(folder: Path, lock: TextIO) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    lock.close()
