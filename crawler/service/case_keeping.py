"""What an alert rests on is copied into its case's own WARC, so that a case outlives the segments.
Bytes first and synced, rows after: what a crash left behind the last row goes to the orphans. No
transaction is open while files are written, and nobody else writes them: the home is held.
"""

import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import IO

import structlog

from crawler.domain.capture import Evidence
from crawler.domain.errors import BadInput, TryLater
from crawler.service.archiving import objects_of
from crawler.service.holding import evidence_at_rest
from crawler.service.opening import open_kept_member
from crawler.service.packing.comparing import moments_of
from crawler.service.sealing import keep_beyond
from crawler.service.wiring import House
from crawler.store.archives import archived
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
from crawler.store.evidence import SUFFIX, information, is_elsewhere, on_disk

AT_ONCE = 50

_number_of = attrgetter("number")

log = structlog.get_logger()


def keep_cases(house: House, now: datetime) -> int:
    """Copy what is not copied yet, of the alerts' own visits and of those that are told beside them
    (整改前, 整改后, 复核); how many captures that were.
    """
    with evidence_at_rest(house.home):
        return _keep_both(house, now)


def _keep_both(house: House, now: datetime) -> int:
    own = _keep_all(house, now, not_copied)
    with house.database.reading() as db:
        told = {
            one.visit.visit_id: story.case_id
            for story in stories(db)
            for one in moments_of(
                story.visits, story.visit_id, closed=story.closed, again=story.again
            )
        }
    return own + _keep_all(house, now, lambda db, limit: not_copied_of(db, told, limit))


def _keep_all(
    house: House, now: datetime, waiting: Callable[[Connection, int], Sequence[Uncopied]]
) -> int:
    """A copy that cannot be written on stops its own case; the others go first, then it is told.
    What another machine still writes is copied once it lies here.
    """
    done = 0
    far: set[str] = set()
    trouble: dict[str, BadInput] = {}
    while True:
        with house.database.reading() as db:
            waits = waiting(db, AT_ONCE + len(far))
        found = [one for one in waits if one.number not in trouble and one.capture.id not in far]
        far.update(one.capture.id for one in found if not within_reach(house, one.capture.evidence))
        here = sorted((one for one in found if one.capture.id not in far), key=_number_of)
        for number, mine in groupby(here, _number_of):
            copied = list(mine)
            try:
                _keep(house, copied, now)
                done += len(copied)
            except BadInput as error:
                trouble[number] = error
        if len(found) < AT_ONCE:
            break
    if trouble:
        raise next(iter(trouble.values()))
    return done


def within_reach(house: House, evidence: Sequence[Evidence]) -> bool:
    """Whether no segment lies only on the machine that writes it; sealed ones are brought here
    from the object store.
    """
    names = {one.segment for one in evidence if is_elsewhere(one.segment, house.mark)}
    missing = [name for name in names if not (house.evidence / name).exists()]
    if not missing:
        return True
    objects = objects_of(house)
    with house.database.reading() as db:
        known = archived(db)
    if objects is None or not all(name in known for name in missing):
        return False
    try:
        for name in missing:
            objects.fetch(name, house.evidence, known[name])
    except TryLater as trouble:  # copied at the next go; the sweep is over all the same
        log.warning("object store away", action="copy", error=str(trouble))
        return False
    return True


def case_file(number: str) -> str:
    """The name of a case's WARC."""
    return f"{number}{SUFFIX}"


def _keep(house: House, waiting: Sequence[Uncopied], now: datetime) -> None:
    """What waits of one case, synced once."""
    first = waiting[0]
    folder = house.evidence / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / case_file(first.number)
    with house.database.reading() as db:
        end = committed_end(db, path.name)
    if (path.stat().st_size if path.exists() else 0) < end:
        raise BadInput(f"线索副本 {path.name} 短于登记的 {end} 字节，未续写：请先核查或从备份恢复")
    if path.exists():
        keep_beyond(house.database, house.evidence, path, end, now, first.region)
    with _opened(path, end, first) as file:
        copies = [(one, _copied(house, one, file)) for one in waiting]
        file.flush()
        os.fsync(file.fileno())
    with house.database.transaction() as db:
        save_copies(db, copies, now)


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
