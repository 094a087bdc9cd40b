"""Evidence files that lost something by age are written anew without it. Whatever dies, the next go
finishes from the rows: a `.part` is only ever a copy, and a file goes only once what takes its
place was read back.
"""

import hashlib
import os
import uuid
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO

import structlog

from crawler.domain.audit import Act
from crawler.domain.errors import BadInput
from crawler.service.holding import evidence_at_rest
from crawler.service.wiring import House
from crawler.store.audit import note
from crawler.store.case_files import FOLDER, case_lengths
from crawler.store.evidence import SUFFIX, file_digest, information, is_elsewhere, on_disk
from crawler.store.gaps import Gap, length, merged, rest
from crawler.store.rewrites import (
    Rewrite,
    Rewritten,
    SealedSegment,
    files_in,
    mark_cleared,
    put_successor,
    sealed_row,
)

PART = ".part"
_PIECE = 1 << 20
_MOST_HEAD = 64 * 1024

log = structlog.get_logger()


def compact(
    house: House, actor: str, now: datetime, over: Callable[[], bool] = lambda: False
) -> int:
    """Every file that waits for it, until `over`; bytes that came free. Others may use the
    evidence between two files.
    """
    with evidence_at_rest(house.home, alone=True):
        freed = finish(house)
    with house.database.reading() as db:
        waiting = [one for one in files_in(db, Rewrite.WAITING) if not _is_away(house, one.name)]
    for one in waiting:
        if over():
            break
        with evidence_at_rest(house.home, alone=True):
            _rewrite(house, one, actor, now)
            freed += finish(house)
    return freed


def finish(house: House) -> int:
    """What was written down and not done yet; bytes that came free. Call it alone. What lies on
    another machine is that one's.
    """
    with house.database.reading() as db:
        written = [one for one in files_in(db, Rewrite.WRITTEN) if not _is_away(house, one.name)]
        rows = {one.successor: sealed_row(db, one.successor) for one in written if one.successor}
        taken = {f"{FOLDER}/{name}" for name in case_lengths(db)} if written else set()
    freed, cleared = 0, []
    for one in written:
        successor = rows.get(one.successor)
        if one.successor and not (successor and _stands(house.evidence, successor)):
            log.error("successor missing", action="compact", segment=one.name)
            continue
        path = house.evidence / one.name
        if one.name in taken:  # the case was opened again: this is another file of its name
            cleared.append(one.name)
            continue
        freed += path.stat().st_size if path.exists() else 0
        path.unlink(missing_ok=True)
        cleared.append(one.name)
    if cleared:
        on_disk(house.evidence)
        with house.database.transaction() as db:
            mark_cleared(db, cleared)
    for part in house.evidence.glob(f"*{SUFFIX}{PART}"):
        part.unlink()
    return freed


def waits_elsewhere(house: House) -> int:
    """Files that another machine has to write anew or remove."""
    with house.database.reading() as db:
        known = files_in(db, Rewrite.WAITING, Rewrite.WRITTEN)
    return sum(_is_away(house, one.name) for one in known)


def _is_away(house: House, name: str) -> bool:
    """A case's own file bears no mark: with several machines, who has it not cannot know."""
    if (house.evidence / name).exists():
        return False
    is_case = name.startswith(f"{FOLDER}/") and house.database.is_shared
    return is_case or is_elsewhere(name, house.mark)


def _stands(folder: Path, successor: SealedSegment) -> bool:
    """Under its name, and as it was written: only then may the old file go."""
    path, part = folder / successor.name, folder / f"{successor.name}{PART}"
    if part.exists() and not path.exists():
        os.link(part, path)  # unlike a rename it takes no name that is taken
        on_disk(folder)
    return path.exists() and file_digest(path) == successor.sha256


def _rewrite(house: House, one: Rewritten, actor: str, now: datetime) -> None:
    with house.database.reading() as db:
        old = sealed_row(db, one.name)
    path = house.evidence / one.name
    if old is None or not path.exists() or file_digest(path) != old.sha256:
        # damaged evidence stays as it is, for `verify` to tell and people to look at
        log.warning("not as it was sealed, left alone", action="compact", segment=one.name)
        return
    begins = _first_member(path)
    if not length(rest(merged([(0, begins), *one.gaps]), old.committed)):
        new, head = replace(old, name="", committed=0), 0
    else:
        new, head = _written(house.evidence, old, one.gaps, now)
    with house.database.transaction() as db:
        put_successor(db, old, new, head, now)
        note(db, _act(old, new, actor, now))


def _written(
    folder: Path, old: SealedSegment, gaps: tuple[Gap, ...], now: datetime
) -> tuple[SealedSegment, int]:
    """The rest of a segment as a file of its own; bytes at its beginning that are new."""
    name = next_name(old.name)
    head = information(name, now, f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}>")
    part, hasher = folder / f"{name}{PART}", hashlib.sha256(head)
    part.unlink(missing_ok=True)
    stretches = list(rest(gaps, old.committed))
    with (folder / old.name).open("rb") as source, part.open("xb") as out:
        out.write(head)
        for start, end in stretches:
            _carry(source, out, start, end, hasher.update)
        out.flush()
        os.fsync(out.fileno())
    part.chmod(0o400)
    on_disk(folder)
    size = part.stat().st_size
    if file_digest(part) != hasher.hexdigest() or size != len(head) + length(stretches):
        raise BadInput(f"存证 {old.name} 改写后读回不符，原文件未动")
    return replace(old, name=name, committed=size, sha256=hasher.hexdigest()), len(head)


def _carry(
    source: IO[bytes], out: IO[bytes], start: int, end: int, learn: Callable[[bytes], None]
) -> None:
    source.seek(start)
    while start < end and (piece := source.read(min(_PIECE, end - start))):
        out.write(piece)
        learn(piece)
        start += len(piece)


def next_name(name: str) -> str:
    """w-0000.warc.gz → w-0000.k1.warc.gz → w-0000.k2.warc.gz."""
    stem, _, last = name.removesuffix(SUFFIX).rpartition(".k")
    if stem and last.isdecimal():
        return f"{stem}.k{int(last) + 1}{SUFFIX}"
    return f"{name.removesuffix(SUFFIX)}.k1{SUFFIX}"


def _first_member(path: Path) -> int:
    """How long the record is that the file begins with."""
    with path.open("rb") as file:
        start = file.read(_MOST_HEAD)
    reader = zlib.decompressobj(31)
    reader.decompress(start, _MOST_HEAD)
    return len(start) - len(reader.unused_data) - len(reader.unconsumed_tail)


def _act(old: SealedSegment, new: SealedSegment, actor: str, now: datetime) -> Act:
    return Act(
        at=now, actor=actor, action="evidence.compact", object=f"segment:{old.name}",
        region=old.region, before=f"{old.committed} bytes sha256:{old.sha256}",
        after=f"{new.name} {new.committed} bytes sha256:{new.sha256}" if new.name else "nothing",
    )  # fmt: skip
