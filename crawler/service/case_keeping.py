"""What an alert rests on is copied into its case's own WARC, so that a case outlives the segments.
Bytes first and synced, rows after: what a crash left behind the last row goes to the orphans. No
transaction is open while files are written, and nobody else writes them: the home is held.
"""

import os
import uuid
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO

from crawler.domain.capture import Evidence
from crawler.domain.errors import BadInput
from crawler.service.sealing import keep_beyond
from crawler.service.wiring import House
from crawler.store.case_files import FOLDER, Uncopied, committed_end, not_copied, save_copies
from crawler.store.evidence import SUFFIX, information, on_disk, open_member

AT_ONCE = 50


def keep_cases(house: House, now: datetime) -> int:
    """Copy what is not copied yet; how many captures that were."""
    done = 0
    while True:
        with house.database.reading() as db:
            waiting = not_copied(db, AT_ONCE)
        for one in waiting:
            _keep(house, one, now)
        done += len(waiting)
        if len(waiting) < AT_ONCE:
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
    if path.exists():
        keep_beyond(house.database, house.evidence, path, end, now, one.region)
    with _opened(path, end, one) as file:
        copies = _copied(house.evidence, one, file)
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


def _copied(folder: Path, one: Uncopied, file: IO[bytes]) -> list[Evidence]:
    """A record that is broken already is left out: a copy of it would prove nothing."""
    copies = []
    for evidence in one.capture.evidence:
        try:
            member = open_member(folder, evidence)
        except BadInput:
            continue
        copies.append(replace(evidence, segment=Path(file.name).name, offset=file.tell()))
        file.write(member)
    return copies
