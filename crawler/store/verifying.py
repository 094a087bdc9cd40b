"""Is everything still what was written down? Every byte in the evidence folder is accounted for;
what is not what it was is named with its file, and with its capture where it belongs to one.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, select

from crawler.domain.capture import Evidence, EvidenceKind
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.retention import KEEP_RULE_NAMES, KeepRule
from crawler.store.anchors import altered_anchors, missing_heads
from crawler.store.audit import broken_entries
from crawler.store.capture_checks import broken_evidence
from crawler.store.captures import kept_records, unlinked_captures
from crawler.store.case_files import FOLDER, copied_records
from crawler.store.chain import heads, verify_chain
from crawler.store.evidence import SUFFIX
from crawler.store.file_checks import Claim, Fault, Known, beyond, check_file
from crawler.store.orphans import ORPHANS, is_sealed
from crawler.store.removals import removal_of, removed_count, uncovered_removals
from crawler.store.rewrites import Moves, moves_of
from crawler.store.tables import captures, segments
from crawler.store.text_checks import altered_places, altered_words, missing_words

_AT_ONCE = 400_000  # records that wait for the rest of their file: about 80 MB
_NAMED = 20  # broken entries of the trail: behind the first many others may be
_HEAD = 512  # a file begins with a record of ours that no row knows; it is shorter


@dataclass(kw_only=True, slots=True)
class Verification:
    """What was looked at, what was wrong, and what somebody should know all the same."""

    captures: int = 0
    records: int = 0
    links: int = 0
    removed: int = 0  # captures whose bytes went by age, as the trail says
    faults: tuple[Fault, ...] = ()
    notices: tuple[Fault, ...] = ()


def verify(db: Connection, folder: Path, ids: Sequence[str] = ()) -> Verification:
    """Every file, record and link; of these captures only, if named. BadInput: there is none of
    that id.
    """
    result = Verification()
    if ids:
        _check_known(db, ids)
        faults = list(_captures(db, folder, ids, result))
        result.notices = tuple(_removed(db, ids))
    else:
        house = _House(db, folder, result)
        faults = [*house.segments(), *house.case_files(), *house.strangers()]
        result.notices = tuple(house.notices)
        result.removed, _ = removed_count(db)
    faults += [*missing_words(db, ids), *altered_words(db, ids), *altered_places(db, ids)]
    faults += [Fault(reason="不在证据链上", capture=one) for one in unlinked_captures(db, ids)]
    wanted = set(ids)
    for chain, (length, _) in heads(db).items():
        result.links += 0 if ids else length
        faults += [
            Fault(reason=one.reason, capture=one.capture_id)
            for one in verify_chain(db, chain)
            if not wanted or one.capture_id in wanted
        ]
    if not ids:
        faults += _trail_faults(db)
        faults += _anchor_faults(db)
        faults += [Fault(reason=why) for why in uncovered_removals(db)]
    result.faults = tuple(faults)
    return result


def _check_known(db: Connection, ids: Sequence[str]) -> None:
    known = set(db.scalars(select(captures.c.id).where(captures.c.id.in_(ids))))
    if strange := [one for one in ids if one not in known]:
        raise BadInput(f"没有这次采集：{'、'.join(strange[:5])}")


def _removed(db: Connection, ids: Sequence[str]) -> Iterator[Fault]:
    for one in ids:
        if (found := removal_of(db, one)) is not None:
            yield Fault(reason=removed_words(*found), capture=one)


def removed_words(at: datetime, rule: KeepRule) -> str:
    """In one clause."""
    return f"存证已于 {at.astimezone(CHINA):%Y-%m-%d} 按保存期限移除（{KEEP_RULE_NAMES[rule]}）"


def _captures(
    db: Connection, folder: Path, ids: Sequence[str], result: Verification
) -> Iterator[Fault]:
    moves = moves_of(db, folder)
    for capture, kept in kept_records(db, ids):
        records = [moves.now(one) for one in kept]
        result.captures += 1
        result.links += 1
        result.records += len(records)
        yield from (Fault(reason=why, capture=capture) for why in broken_evidence(folder, records))


def _trail_faults(db: Connection) -> Iterator[Fault]:
    """The trail vouches for anchors and removals: it is held against itself first."""
    for number in islice(broken_entries(db), _NAMED):
        yield Fault(reason=f"审计记录第 {number} 条被改过，或与前一条不相接")


def _anchor_faults(db: Connection) -> Iterator[Fault]:
    """Every head that was once stated is still in its chain: a cut end shows nowhere else."""
    for number in altered_anchors(db):
        yield Fault(reason=f"审计记录里有锚点 {number}，数据库里的不在了或被改过")
    for anchor, chain, seq in missing_heads(db):
        yield Fault(reason=f"证据链 {chain} 的第 {seq} 环与锚点 {anchor} 不符或已被截去")


class _House:
    """The evidence folder against the rows, file by file, each read once."""

    def __init__(self, db: Connection, folder: Path, result: Verification) -> None:
        self._db, self._folder, self._result = db, folder, result
        self._moves = moves_of(db, folder)
        self._seen: set[str] = set()
        self.notices: list[Fault] = []

    def segments(self) -> Iterator[Fault]:
        """Captures come by age and a segment's lie together: it is read when all its records
        were met. One that is met after that is read for itself.
        """
        claims, waiting = _claims(self._db, self._moves), _Waiting()
        for capture, kept in kept_records(self._db):
            records = [self._moves.now(one) for one in kept]
            self._result.captures += 1
            self._result.records += len(records)
            for evidence in records:
                name = evidence.segment
                if name in self._seen or not waiting.add(capture, evidence):
                    why = broken_evidence(self._folder, [evidence])
                    yield from (Fault(reason=one, capture=capture) for one in why)
            for name in {evidence.segment for evidence in records} - self._seen:
                if waiting.size(name) + _HEAD > claims.get(name, Claim()).committed > 0:
                    yield from self._check(name, waiting.pop(name), claims[name])
            while waiting.count > _AT_ONCE:
                name = waiting.oldest()
                yield from self._check(name, waiting.pop(name), claims.get(name, Claim()))
        for name in sorted(claims.keys() | waiting.names()):
            if name not in self._seen:
                yield from self._check(name, waiting.pop(name), claims.get(name, Claim()))

    def case_files(self) -> Iterator[Fault]:
        """The cases' own WARCs, which are never sealed."""
        for file, known in copied_records(self._db):
            for fault in self._check(f"{FOLDER}/{file}", known, Claim()):
                yield Fault(
                    reason=f"线索副本：{fault.reason}", capture=fault.capture, segment=fault.segment
                )

    def strangers(self) -> Iterator[Fault]:
        """What lies there and no row knows."""
        for place in (self._folder, self._folder / FOLDER):
            for path in sorted(place.iterdir()) if place.is_dir() else ():
                name = path.relative_to(self._folder).as_posix()
                if name not in self._seen and name != FOLDER:
                    yield from self._stranger(name, path)

    def _stranger(self, name: str, path: Path) -> Iterator[Fault]:
        if name == ORPHANS:
            if count := sum(1 for _ in path.iterdir()):
                self._notice(name, f"有 {count} 个文件待人核对")
        elif name in self._moves.gone | self._moves.coming:
            self._notice(name, "正在按保存期限改写，下次清理时完成")
        elif not (path.is_file() and name.endswith(SUFFIX)):
            self._notice(name, "不是存证文件，没有核验")
        elif is_sealed(path):
            yield Fault(reason="数据库不认识的封存文件", segment=name)
        elif not (faults := list(check_file(path, name, (), Claim()))):
            self._notice(name, "还没有登记的记录，下次巡查时清理")
        elif path.exists():  # else a sweep that runs has just cleared it away
            yield from faults

    def _check(self, name: str, known: Iterable[Known], claim: Claim) -> Iterator[Fault]:
        self._seen.add(name)
        path, end = self._folder / name, claim.committed

        def passing() -> Iterator[Known]:
            nonlocal end
            for capture, evidence in known:
                end = max(end, evidence.offset + evidence.length)
                yield capture, evidence

        yield from check_file(path, name, passing(), claim)
        if not claim.sealed and (more := beyond(path, end)):
            self._notice(name, f"末尾 {more} 字节没有登记：巡查正在写，或上次没有写完")

    def _notice(self, name: str, reason: str) -> None:
        self.notices.append(Fault(reason=reason, segment=name))


class _Waiting:
    """Records of files that were not met whole yet, packed: millions may wait."""

    _ROW = struct.Struct("<qq64s64s32s")

    def __init__(self) -> None:
        self._rows: dict[str, bytearray] = {}
        self._sizes: dict[str, int] = {}
        self.count = 0

    def add(self, capture: str, evidence: Evidence) -> bool:
        """Whether the record can be a place in a file at all."""
        texts = (evidence.stored_sha256, evidence.sha256, capture)
        try:
            packed = [text.encode("ascii") for text in texts]
            row = self._ROW.pack(evidence.offset, evidence.length, *packed)
        except (struct.error, UnicodeEncodeError):
            return False
        self._rows.setdefault(evidence.segment, bytearray()).extend(row)
        self._sizes[evidence.segment] = self.size(evidence.segment) + evidence.length
        self.count += 1
        return True

    def size(self, name: str) -> int:
        """Bytes of a file that were met."""
        return self._sizes.get(name, 0)

    def names(self) -> set[str]:
        """The files of which some were met."""
        return set(self._rows)

    def oldest(self) -> str:
        """The file that waits longest."""
        return next(iter(self._rows))

    def pop(self, name: str) -> Iterator[Known]:
        """A file's records in the order in which they lie there; none for one of which none was
        met.
        """
        rows = sorted(self._ROW.iter_unpack(self._rows.pop(name, b"")))
        self._sizes.pop(name, None)
        self.count -= len(rows)
        return (_known(name, *row) for row in rows)


def _known(name: str, offset: int, length: int, *texts: bytes) -> Known:
    stored, block, capture = (text.rstrip(b"\0").decode() for text in texts)
    return capture, Evidence(
        kind=EvidenceKind.REQUEST, segment=name, offset=offset, length=length,
        sha256=block, stored_sha256=stored,
    )  # fmt: skip


def _claims(db: Connection, moves: Moves) -> dict[str, Claim]:
    columns = (segments.c.name, segments.c.committed, segments.c.sealed_at, segments.c.sha256)
    return {
        row.name: Claim(
            committed=row.committed, sealed=row.sealed_at is not None, sha256=row.sha256
        )
        for row in db.execute(select(*columns))
        if row.name not in moves.gone | moves.coming
    }
