"""Segments whose writer is gone: cut at the last committed offset and sealed. What no row speaks of
is kept aside, and sealed files that no row knows stop the sweep: the store may be the wrong one.
"""

from datetime import datetime
from pathlib import Path

import structlog

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput
from crawler.store.audit import note
from crawler.store.captures import mark_sealed, open_segments, sealed_segments
from crawler.store.database import Database
from crawler.store.evidence import is_elsewhere, seal, segments_in
from crawler.store.orphans import ORPHANS, holds_nothing, is_sealed, set_aside

MACHINE = "system"

log = structlog.get_logger()


def settle_segments(
    database: Database, folder: Path, now: datetime, region: str = "", mark: str = ""
) -> None:
    """Call it when no worker of this home runs: before a sweep and after it. BadInput, and nothing
    done, if rows and sealed files disagree. In a folder that machines share, each settles what
    bears its own mark.
    """
    there = list(segments_in(folder))  # before the rows: what is written anew has its row first
    with database.reading() as db:
        opened, sealed = open_segments(db), sealed_segments(db)
    names = [name for name in there if name not in sealed and not is_elsewhere(name, mark)]
    _check_known(folder, names, opened)
    for name in names:
        path = folder / name
        if name in opened:
            keep_beyond(database, folder, path, opened[name], now, region)
            digest = seal(folder, name)
            with database.transaction() as db:
                mark_sealed(db, name, digest, now)
        else:
            keep_beyond(database, folder, path, 0, now, region)


def keep_beyond(
    database: Database, folder: Path, path: Path, committed: int, now: datetime, region: str
) -> None:
    """What lies behind the last committed byte goes to the orphans, with a note in the trail; only
    a file that was begun and holds no record goes for good.
    """
    beyond = path.stat().st_size - committed
    if not committed and holds_nothing(path):
        path.unlink()
        return
    if beyond <= 0:
        return
    act = Act(
        at=now, actor=MACHINE, action="evidence.orphan", object=f"segment:{path.name}",
        region=region, after=f"{beyond} bytes from {committed}",
    )  # fmt: skip
    with database.transaction() as db:
        note(db, act)
        name = set_aside(folder, path, committed)
    log.warning("evidence set aside", action="orphan", segment=path.name, orphan=name, bytes=beyond)


def _check_known(folder: Path, names: list[str], opened: dict[str, int]) -> None:
    """Rows are committed before a file is sealed, so a kill leaves no sealed file without them."""
    strange = [
        name
        for name in names
        if is_sealed(folder / name) and (folder / name).stat().st_size > opened.get(name, 0)
    ]
    if strange:
        raise BadInput(
            f"存证目录里有数据库不认识的封存文件（{len(strange)} 个，如 {strange[0]}），不巡查："
            "store.database 可能指向了空的或较旧的数据库。请先核对；"
            f"确认无误后把这些文件移到 {folder / ORPHANS} 再巡查"
        )
