"""Evidence files that lost something by age: which stretches, what took their place, and where a
record lies now that its manifest names at another place.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select, update

from crawler.domain.capture import Evidence
from crawler.store.case_files import FOLDER, NOTHING
from crawler.store.case_tables import case_records
from crawler.store.database import upsert
from crawler.store.gaps import Gap, merged, moved_to
from crawler.store.keeping_tables import rewritten
from crawler.store.tables import segments

_LEFT = rewritten.c.state != "waiting"
# of a row of `segments`: its file is read no more
GONE = exists().where(rewritten.c.name == segments.c.name, _LEFT)


class Rewrite(StrEnum):
    """waiting → written → cleared."""

    WAITING = "waiting"  # the file is still whole
    WRITTEN = "written"  # what takes its place is written down; the files may lag behind
    CLEARED = "cleared"  # the old file is gone


@dataclass(frozen=True, kw_only=True, slots=True)
class Rewritten:
    """One file on its way."""

    name: str  # inside the evidence folder
    gaps: tuple[Gap, ...]
    state: Rewrite
    successor: str  # empty: nothing was left
    head: int  # bytes before what was carried over


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedSegment:
    """A segment's row."""

    name: str
    region: str
    committed: int
    created_at: datetime
    sha256: str


class Moves:
    """Where records lie now. Made of one look at the rows."""

    def __init__(self, files: Mapping[str, Rewritten], lagging: Container[str] = ()) -> None:
        """`lagging`: written anew, but the old file is still there, and still good."""
        self._files = files
        left = [one for one in files.values() if one.state is not Rewrite.WAITING]
        self.gone = frozenset(one.name for one in left if one.name not in lagging)  # not read
        self.coming = frozenset(one.successor for one in left if one.name in lagging)  # not yet

    def now(self, evidence: Evidence) -> Evidence:
        """The record at its place of today; one that was left out stays at the old place, where
        nothing is.
        """
        place = evidence
        while place.segment in self.gone:
            file = self._files[place.segment]
            offset = moved_to(file.gaps, place.offset)
            if offset is None or not file.successor:
                return evidence
            place = replace(place, segment=file.successor, offset=file.head + offset)
        return place


def moves_of(db: Connection, folder: Path | None = None) -> Moves:
    """All of them; with a folder, as far as its files have followed the rows."""
    files = {one.name: one for one in files_in(db)}
    written = [one.name for one in files.values() if one.state is Rewrite.WRITTEN and folder]
    return Moves(files, {name for name in written if folder and (folder / name).exists()})


def now_of(db: Connection, records: Iterable[Evidence]) -> list[Evidence]:
    """A few records at their places of today."""
    found = list(records)
    files: dict[str, Rewritten] = {}
    names = {one.segment for one in found}
    while names:  # a successor may have been written anew too
        rows = db.execute(select(rewritten).where(rewritten.c.name.in_(names)))
        more = {row.name: _file(row) for row in rows}
        names = {one.successor for one in more.values()} - {""}
        files |= more
    moves = Moves(files)
    return [moves.now(one) for one in found]


def files_in(db: Connection, *states: Rewrite) -> list[Rewritten]:
    """Files in these states, or in any, by name."""
    rows = select(rewritten).order_by(rewritten.c.name)
    if states:
        rows = rows.where(rewritten.c.state.in_([str(one) for one in states]))
    return [_file(row) for row in db.execute(rows)]


def _file(row: Row[Any]) -> Rewritten:
    return Rewritten(
        name=row.name,
        gaps=tuple((start, end) for start, end in row.gaps),
        state=Rewrite(row.state),
        successor=row.successor,
        head=row.head,
    )


def add_gaps(db: Connection, gaps: Mapping[str, Iterable[Gap]], region: str, now: datetime) -> None:
    """Stretches of segments that nothing needs any more."""
    waiting = {one.name: one for one in files_in(db, Rewrite.WAITING)}
    for name, more in gaps.items():
        known = waiting[name].gaps if name in waiting else ()
        _put(db, name, Rewrite.WAITING, merged([*known, *more]), region, now)


def _put(
    db: Connection, name: str, state: Rewrite, gaps: Sequence[Gap], region: str, now: datetime
) -> None:
    values: dict[str, Any] = {"name": name, "gaps": gaps, "state": str(state)}
    values |= {"successor": "", "head": 0, "region": region, "at": now}
    statement = upsert(db, rewritten).values(values)
    db.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def sealed_row(db: Connection, name: str) -> SealedSegment | None:
    """A segment that nobody writes any more."""
    mine = (segments.c.name == name) & segments.c.sealed_at.is_not(None)
    row = db.execute(select(segments).where(mine)).first()
    return None if row is None else SealedSegment(
        name=row.name, region=row.region, committed=row.committed, created_at=row.created_at,
        sha256=row.sha256,
    )  # fmt: skip


def unsealed(db: Connection) -> set[str]:
    """Segments that are written, or were when a machine stopped."""
    return set(db.scalars(select(segments.c.name).where(segments.c.sealed_at.is_(None))))


def put_successor(
    db: Connection, old: SealedSegment, new: SealedSegment, head: int, now: datetime
) -> None:
    """What takes a segment's place; a name that is empty: nothing was left."""
    if new.name:
        row = {"name": new.name, "region": new.region, "committed": new.committed}
        row |= {"created_at": new.created_at, "sealed_at": now, "sha256": new.sha256}
        db.execute(insert(segments).values(row))
    values = {"state": str(Rewrite.WRITTEN), "successor": new.name, "head": head, "at": now}
    db.execute(update(rewritten).where(rewritten.c.name == old.name).values(values))


def drop_case_file(db: Connection, file: str, region: str, now: datetime) -> None:
    """A case's own WARC of which every capture is removed: no copy is written down any more."""
    nothing = {"kind": NOTHING, "file": "", "offset": 0, "length": 0}
    mine = case_records.c.file == file
    db.execute(update(case_records).where(mine).values(nothing))
    _put(db, f"{FOLDER}/{file}", Rewrite.WRITTEN, (), region, now)


def mark_cleared(db: Connection, names: Sequence[str]) -> None:
    """The old files are gone."""
    mine = rewritten.c.name.in_(names) & (rewritten.c.state == str(Rewrite.WRITTEN))
    db.execute(update(rewritten).where(mine).values(state=str(Rewrite.CLEARED)))
