"""Docking with the filing system: each new file of the watched folder is taken once; a list that
shrinks too much waits for a person, and so does nothing else.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_ISREG
from typing import Any

import structlog

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput, NotAllowed, reason_of
from crawler.service.importing import Shrunk, import_file
from crawler.service.wiring import House, child_environment
from crawler.store.audit import note
from crawler.store.database import Connection
from crawler.store.dockings import (
    DEALT_WITH,
    REFUSED,
    TAKEN,
    WAITING,
    Docked,
    check_waits,
    claim_docked,
    keep_docked,
    newer_than,
    settle_docked,
    state_of_docked,
)
from crawler.store.evidence import file_digest
from crawler.store.lists import ImportReport

MACHINE = "docking"
STILL_S = 10.0  # a file that changed since may be half written
COMMAND_S = 600.0
_ENDINGS = frozenset({".csv", ".tsv", ".txt", ".json", ".xls", ".xlsx", ".ods", ".et"})

log = structlog.get_logger()


def dock(house: House, now: datetime) -> list[Docked]:
    """Run the pull command if there is one, then look into the folder; what was new. BadInput names
    what cannot be read, once all else is taken.
    """
    ops = house.config.ops
    if ops.list_folder is None:
        return []
    if not ops.list_folder.is_dir():
        raise BadInput(f"ops.list_folder {ops.list_folder} 不是目录")
    if ops.list_command:
        _pull(house, ops.list_command, ops.list_folder)
    found: list[Docked] = []
    unread: list[str] = []
    for nth, path in enumerate(_files(ops.list_folder)):
        at = now + timedelta(microseconds=nth)  # which came after which is told by their times
        try:
            one = _taken(house, path, at)
        except OSError as error:
            unread.append(f"{path.name}（{reason_of(error)}）")
        else:
            found += [one] if one else []
    if unread:
        raise BadInput(f"{len(unread)} 个文件无法读取，其余已处理：{'、'.join(unread[:5])}")
    return found


def decide(house: House, one: Docked, actor: str, now: datetime, *, accept: bool) -> Docked:
    """A person's word about a list that waits; NotAllowed if somebody else was quicker."""
    with house.database.reading() as db:
        check_waits(db, one)
    made = _accepted(house, one, actor, now) if accept else _refused(house, one, actor, now)
    shutil.rmtree(_shelf(house, one.sha256), ignore_errors=True)
    return made


def preview(house: House, one: Docked, now: datetime) -> ImportReport:
    """What taking a list that waits would change; nothing is written."""
    with house.database.reading() as db:
        check_waits(db, one)
    return import_file(
        house, _kept(house, one), source=one.source, actor=MACHINE, at=now, whole=True,
        rehearse=True, may_shrink=True,
    )  # fmt: skip


def _kept(house: House, one: Docked) -> Path:
    """Our own copy of a list that waits, as it came."""
    file = _shelf(house, one.sha256) / one.name
    if not file.is_file() or file_digest(file) != one.sha256:
        raise BadInput("留存的名单不在了，请重新放入目录或用 xunwang import 导入")
    return file


def _refused(house: House, one: Docked, actor: str, now: datetime) -> Docked:
    made = replace(one, state=REFUSED, reason=f"{actor} 不予采用", actor=actor, at=now)
    with house.database.transaction() as db:
        settle_docked(db, made)
        note(db, _act(made))
    return made


def _accepted(house: House, one: Docked, actor: str, now: datetime) -> Docked:
    """Its rows and the word about it are written together, so the word cannot be of another."""
    file = _kept(house, one)
    made = replace(one, state=TAKEN, reason="人工确认", actor=actor, at=now)

    def first(db: Connection) -> None:
        if newer := newer_than(db, one):
            raise NotAllowed(f"此后已采用更新的名单 {newer}，这一份不能再采用")
        settle_docked(db, made)

    def then(db: Connection, list_id: int) -> None:
        _keep(db, replace(made, list_id=list_id))

    try:
        report = _imported(house, file, actor, now, may_shrink=True, first=first, then=then)
    except FileNotFoundError:  # whoever decides puts the copy away
        raise NotAllowed(DEALT_WITH) from None
    return replace(made, list_id=report.list_id)


def _pull(house: House, command: tuple[str, ...], folder: Path) -> None:
    """Its words as they are, no shell; what it prints goes nowhere."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=dict(child_environment(house)), timeout=COMMAND_S, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadInput(f"ops.list_command 未能执行：{type(error).__name__}") from error
    if done.returncode:
        raise BadInput(f"ops.list_command 以 {done.returncode} 结束")


def _files(folder: Path) -> Iterator[Path]:
    """Whole files, the oldest first; no links, nothing hidden, nothing that still grows."""
    found = {path: stat for path in folder.iterdir() if (stat := _file_of(path))}
    if any(stat.st_mtime > time.time() for stat in found.values()):
        time.sleep(STILL_S)  # written under another clock: what stands still is whole
        found = {path: stat for path, stat in found.items() if _same(stat, _file_of(path))}
    for path, stat in sorted(found.items(), key=lambda one: (one[1].st_mtime, one[0].name)):
        if not 0 <= time.time() - stat.st_mtime <= STILL_S:
            yield path


def _file_of(path: Path) -> os.stat_result | None:
    """A list by its name, and a file of its own; None also where it has gone meanwhile."""
    if path.suffix.lower() not in _ENDINGS or path.name.startswith("."):
        return None
    try:
        stat = path.lstat()
    except FileNotFoundError:
        return None
    return stat if S_ISREG(stat.st_mode) else None


def _same(was: os.stat_result, now: os.stat_result | None) -> bool:
    return now is not None and (was.st_size, was.st_mtime_ns) == (now.st_size, now.st_mtime_ns)


def _taken(house: House, path: Path, now: datetime) -> Docked | None:
    """A copy of our own is judged and taken, so that nobody changes it between the two."""
    source, sha256 = house.config.ops.list_source, file_digest(path)
    with house.database.reading() as db:
        state = state_of_docked(db, sha256, source)
    if state:
        if state != WAITING:  # a copy may be left of a go that was killed
            shutil.rmtree(_shelf(house, sha256), ignore_errors=True)
        return None
    copy = _shelf(house, sha256) / path.name
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(path, copy)
    if file_digest(copy) != sha256:
        return None  # it was still being written: the next look sees it
    one = Docked(
        sha256=sha256, source=source, name=path.name, state=TAKEN, region=house.config.region,
        actor=MACHINE, at=now,
    )  # fmt: skip

    def first(db: Connection) -> None:
        if not claim_docked(db, one):
            raise NotAllowed(DEALT_WITH)

    def then(db: Connection, list_id: int) -> None:
        _keep(db, replace(one, list_id=list_id))

    try:
        report = _imported(house, copy, MACHINE, now, may_shrink=False, first=first, then=then)
        one = replace(one, list_id=report.list_id)
    except BadInput as mistake:
        one = _untaken(one, mistake)
        with house.database.transaction() as db:
            if not claim_docked(db, one):
                return None
            note(db, _act(one))
    except (NotAllowed, FileNotFoundError):  # another look was quicker, and put the copy away
        return None
    if one.state != WAITING:
        shutil.rmtree(copy.parent, ignore_errors=True)
    log.info("list came", action="dock", list=one.list_id, state=one.state)
    return one


def _imported(
    house: House, path: Path, actor: str, now: datetime, *, may_shrink: bool, **more: Any
) -> ImportReport:
    return import_file(
        house, path, source=house.config.ops.list_source, actor=actor, at=now, whole=True,
        rehearse=False, may_shrink=may_shrink, **more,
    )  # fmt: skip


def _shelf(house: House, sha256: str) -> Path:
    return house.home / "docking" / sha256


def _untaken(one: Docked, why: BadInput) -> Docked:
    if isinstance(why, Shrunk):
        return replace(one, state=WAITING, reason=f"比上一份少了 {why.part:.0%}，须人工确认")
    return replace(one, state=REFUSED, reason=str(why))


def _keep(db: Connection, one: Docked) -> None:
    keep_docked(db, one)
    note(db, _act(one))


def _act(one: Docked) -> Act:
    return Act(
        at=one.at,
        actor=one.actor,
        action=f"docking.{one.state}",
        object=f"list-file:{one.sha256[:16]}",
        region=one.region,
        after=one.reason,
    )
