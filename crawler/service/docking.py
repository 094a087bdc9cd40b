"""Docking with the filing system: each new file of the watched folder is taken once; a list that
shrinks too much waits for a person, and so does nothing else.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
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
    is_known,
    keep_docked,
    newer_than,
    settle_docked,
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
    for path in _files(ops.list_folder):
        try:
            one = _taken(house, path, now)
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


def _refused(house: House, one: Docked, actor: str, now: datetime) -> Docked:
    made = replace(one, state=REFUSED, reason=f"{actor} 不予采用", actor=actor, at=now)
    with house.database.transaction() as db:
        settle_docked(db, made)
        note(db, _act(made))
    return made


def _accepted(house: House, one: Docked, actor: str, now: datetime) -> Docked:
    """Its rows and the word about it are written together, so the word cannot be of another."""
    file = _shelf(house, one.sha256) / one.name
    if not file.is_file() or file_digest(file) != one.sha256:
        raise BadInput("留存的名单不在了，请重新放入目录或用 xunwang import 导入")
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
    found = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in _ENDINGS
        and not path.name.startswith(".")
        and not path.is_symlink()
        and path.is_file()
    ]
    for path in sorted(found, key=lambda one: (one.stat().st_mtime, one.name)):
        if time.time() - path.stat().st_mtime > STILL_S:
            yield path


def _taken(house: House, path: Path, now: datetime) -> Docked | None:
    """A copy of our own is judged and taken, so that nobody changes it between the two."""
    source, sha256 = house.config.ops.list_source, file_digest(path)
    with house.database.reading() as db:
        if is_known(db, sha256, source):
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

    def then(db: Connection, list_id: int) -> None:
        _keep(db, replace(one, list_id=list_id))

    try:
        report = _imported(house, copy, MACHINE, now, may_shrink=False, then=then)
        one = replace(one, list_id=report.list_id)
    except BadInput as mistake:
        one = _untaken(one, mistake)
        with house.database.transaction() as db:
            _keep(db, one)
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
