"""Every byte of one evidence file, read once from front to back: records that rows know by their
digests, what lies between them by its form. Knows no database.
"""

import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader, FileIO
from pathlib import Path

from crawler.domain.capture import Evidence
from crawler.domain.errors import BadInput, reason_of
from crawler.store.evidence import block_in, checked, is_ours, repacked

_PIECE = 1 << 20
_MOST = 256 << 20  # of one record unpacked: more than any page, picture or DOM we keep
_SMALL = 64 << 10
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\x03"  # RFC 1952: no name, no time, fastest, Unix


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing that does not hold; `capture` or `segment` says where."""

    reason: str
    capture: str = ""
    segment: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What rows say of a file: how far it is written down, and its digest once sealed."""

    committed: int = 0
    sealed: bool = False
    sha256: str = ""


Known = tuple[str, Evidence]  # a capture's id and one of its records


def check_file(path: Path, name: str, known: Iterable[Known], claim: Claim) -> Iterator[Fault]:
    """What does not hold about a file; `known` in the order in which the records lie there. What
    lies behind the committed end of an open file is not looked at: see `beyond`.
    """
    try:
        file = BufferedReader(path.open("rb", buffering=0), _PIECE)
    except OSError as error:
        yield Fault(reason=_missing(error), segment=name)
        for capture in dict.fromkeys(capture for capture, _ in known):
            yield Fault(reason=f"存证文件 {name} {_missing(error)}", capture=capture)
        return
    with file:
        reading = _Reading(file, name)
        for capture, evidence in known:
            yield from reading.to(evidence.offset)
            yield from reading.record(capture, evidence)
        yield from reading.to(claim.committed)
        if claim.sealed:
            yield from reading.rest(claim)
        elif not reading.at:
            yield from reading.beginning()
        yield from reading.doubts()


def beyond(path: Path, committed: int) -> int:
    """How many bytes lie behind what is written down."""
    try:
        return max(path.stat().st_size - committed, 0)
    except OSError:
        return 0


class _Reading:
    """One file on its way past; `at` is how far it has been looked at."""

    def __init__(self, file: "BufferedReader[FileIO]", name: str) -> None:
        self._file, self._name = file, name
        self._size = os.fstat(file.fileno()).st_size
        self._digest = hashlib.sha256()
        self._sample: tuple[bytes, bytes] | None = None
        self._doubtful: list[int] = []
        self._short = False
        self.at = 0

    def record(self, capture: str, evidence: Evidence) -> Iterator[Fault]:
        """One that a row knows; one that lies within another is read for itself."""
        size = max(min(evidence.length, self._size), 0)
        if evidence.offset == self.at:
            member = self._take(size)
        else:
            member = os.pread(self._file.fileno(), size, max(min(evidence.offset, self._size), 0))
        try:
            block_in(checked(member, evidence), evidence)
        except BadInput as error:
            yield Fault(reason=str(error), capture=capture)
            return
        self._learn(member)

    def to(self, end: int) -> Iterator[Fault]:
        """What no row knows up to there: whole records of ours, nothing else."""
        if end > self._size and not self._short:
            self._short = True
            yield Fault(reason="文件变短", segment=self._name)
        end = min(end, self._size)
        while self.at < end:
            start = self.at
            if not self._member(end):
                yield self._strange(start)
                self._skip(end)

    def beginning(self) -> Iterator[Fault]:
        """The record that every file begins with; nothing at all is a file just begun."""
        if self._size and not self._member(self._size):
            yield self._strange(0)

    def rest(self, claim: Claim) -> Iterator[Fault]:
        """A sealed file ends where it was committed, and is what it was."""
        if self._size > self.at:
            yield Fault(reason=f"封存后多出 {self._size - self.at} 字节", segment=self._name)
            self._skip(self._size)
        if self._digest.hexdigest() != claim.sha256:
            yield Fault(reason="与封存时的摘要不符", segment=self._name)

    def doubts(self) -> Iterator[Fault]:
        """Sound records that this zlib would pack otherwise: changed, unless it packs an intact
        one of the same file otherwise too, and is another than the writer's.
        """
        if self._sample is None or self._sample[0] in repacked(self._sample[1]):
            yield from map(self._strange, self._doubtful)

    def _member(self, end: int) -> bool:
        start, raw, content = self.at, bytearray(), bytearray()
        file = "" if start else Path(self._name).name  # which stands in the first record
        reader = zlib.decompressobj(31)
        while not reader.eof and self.at < end:
            ahead = self._file.peek()[: end - self.at]
            try:
                content += reader.decompress(ahead, _MOST - len(content))
            except zlib.error:
                return False
            if not ahead or len(content) >= _MOST:
                return False
            raw += self._take(len(ahead) - len(reader.unused_data))
        whole = reader.eof and raw.startswith(_HEAD) and is_ours(bytes(content), file)
        if whole and bytes(raw) not in repacked(bytes(content)):
            self._doubtful.append(start)
        return whole

    def _take(self, size: int) -> bytes:
        found = self._file.read(size)
        self._digest.update(found)
        self.at += len(found)
        return found

    def _skip(self, end: int) -> None:
        while self.at < end and self._take(min(_PIECE, end - self.at)):
            pass

    def _learn(self, member: bytes) -> None:
        if self._sample is None and len(member) < _SMALL:
            content = zlib.decompress(member, 31)
            if len(content) > len(member):  # else it was only stored, which every zlib does alike
                self._sample = (member, content)

    def _strange(self, at: int) -> Fault:
        return Fault(reason=f"第 {at} 字节起不是本程序写下的完整记录", segment=self._name)


def _missing(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "缺失，无法读取"
    return f"无法读取：{reason_of(error)}"
