"""What an alert rests on is copied into its case's own WARC, so that a case outlives the segments.
Bytes first and synced, rows after: what a crash left behind the last row goes to the orphans. No
transaction is open while files are written, and nobody else writes them: the home is held.
"""

import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO

from crawler.domain.capture import Evidence
from crawler.domain.errors import BadInput
from crawler.service.holding import evidence_at_rest
from crawler.service.opening import open_kept_member
from crawler.service.packing.comparing import moments_of
from crawler.service.sealing import keep_beyond
from crawler.service.wiring import House
from crawler.store.case_files import (
    FOLDER,
    Uncopied,
    committed_end,
    not_copied,
    not_copied_of,
    save_copies,
    stories,
)
from crawler.store.database import Connection
from crawler.store.evidence import SUFFIX, information, on_disk

AT_ONCE = 50


def keep_cases(house: House, now: datetime) -> int:
    """Copy what is not copied yet, of the alerts' own visits and of those that are told beside them
    (整改前, 整改后, 复核); how many captures that were.
    """
    with evidence_at_rest(house.home):
        return _keep_both(house, now)


def _keep_both(house: House, now: datetime) -> int:
    own = _keep_all(house, now, lambda db: not_copied(db, AT_ONCE))
    with house.database.reading() as db:
        told = {
            one.visit.visit_id: story.case_id
            for story in stories(db)
            for one in moments_of(
                story.visits, story.visit_id, closed=story.closed, again=story.again
            )
        }
    return own + _keep_all(house, now, lambda db: not_copied_of(db, told, AT_ONCE))


def _keep_all(
    house: House, now: datetime, waiting: Callable[[Connection], Sequence[Uncopied]]
) -> int:
    """A copy that cannot be written on stops its own case; the others go first, then it is told."""
    done = 0
    trouble: dict[str, BadInput] = {}
    while True:
        with house.database.reading() as db:
            found = [one for one in waiting(db) if one.number not in trouble]
        for one in found:
            if one.number in trouble:
                continue
            try:
                _keep(house, one, now)
                done += 1
            except BadInput as error:
                trouble[one.number] = error
        if len(found) < AT_ONCE:
            break
    if trouble:
        raise next(iter(trouble.values()))
    return done


def case_file(number: str) -> str:
    """The name of a case's WARC."""
    return f"{number}{SUFFIX}"


def _keep(house: House, one: Uncopied, now: datetime) -> None:
    folder = house.evidence / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / case_file(one.number)
    with house.database.reading() as db:
        end = committed_end(db, path.name)
    if (path.stat().st_size if path.exists() else 0) < end:
        raise BadInput(f"线索副本 {path.name} 短于登记的 {end} 字节，未续写：请先核查或从备份恢复")
    if path.exists():
        keep_beyond(house.database, house.evidence, path, end, now, one.region)
    with _opened(path, end, one) as file:
        copies = _copied(house, one, file)
        file.flush()
        os.fsync(file.fileno())
    with house.database.transaction() as db:
        save_copies(db, one, copies, now)


def _opened(path: Path, end: int, one: Uncopied) -> IO[bytes]:
    file = path.open("r+b" if path.exists() else "x+b")
    file.seek(end)
    if end == 0:
        on_disk(path.parent)
        record_id = f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, path.name)}>"
        file.write(information(path.name, one.opened_at, record_id))
    return file


def _copied(house: House, one: Uncopied, file: IO[bytes]) -> list[Evidence]:
    """A record that is broken already is left out: a copy of it would prove nothing."""
    copies = []
    for evidence in one.capture.evidence:
        try:
            member = open_kept_member(house, evidence)
        except BadInput:
            continue
        copies.append(replace(evidence, segment=Path(file.name).name, offset=file.tell()))
        file.write(member)
    return copies
