"""Evidence files: WARC 1.1 segments that only grow, one a worker, one gzip member a record.

Takes what came over the wire, gives back where it lies and its digests. Knows no database:
children write segments, the parent commits the rows.
"""

import base64
import hashlib
import os
import re
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crawler.domain.capture import Evidence, EvidenceKind, Exchange
from crawler.domain.errors import BadInput, reason_of

_PENDING_BYTES = 1 << 20
SEGMENT_BYTES = 256 * 1024 * 1024
SUFFIX = ".warc.gz"
_ALREADY_PACKED = (b"content-encoding: gzip", b"content-encoding: br", b"content-encoding: deflate")
_WARC_KIND = re.compile(rb"WARC/1\.1\r\nWARC-Type: (warcinfo|request|response|resource)\r\n")
_MARK = re.compile(r"-m[0-9a-f]{8}-")
_FORBIDDEN = str.maketrans(dict.fromkeys([*map(chr, range(32)), "\x7f"]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """Something made from a page rather than received: its DOM, its picture, text read from it."""

    kind: EvidenceKind
    url: str
    media_type: str
    content: bytes
    at: datetime


class SegmentWriter:
    """Appends records to this worker's segment. Nothing is safe before `sync` came back, and what
    was not put there by then never is: a writer that is dropped must not write to a file that was
    sealed meanwhile, as a file object with a buffer would when it goes.
    """

    def __init__(self, folder: Path, worker: str, at: datetime, limit: int = SEGMENT_BYTES) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._worker, self._limit = folder, worker, limit
        self._serial = 0
        self._open(at)

    def keep_exchange(self, exchange: Exchange, hop: int = 0) -> tuple[Evidence, ...]:
        """Keep request and answer as they went over the wire; no answer, only the request."""
        self._roll(exchange.at)
        answer = exchange.response_head + exchange.response_body
        together = _record_id()
        kept = []
        if answer:
            packed = any(mark in exchange.response_head.lower() for mark in _ALREADY_PACKED)
            fields = {"WARC-Type": "response", "WARC-Record-ID": together}
            fields |= _about(exchange, "application/http;msgtype=response")
            if exchange.truncated:
                fields["WARC-Truncated"] = exchange.truncated
            level = 0 if packed else 1
            kept.append(self._append(EvidenceKind.RESPONSE, fields, answer, level, hop))
        fields = {"WARC-Type": "request", "WARC-Record-ID": _record_id()}
        fields |= _about(exchange, "application/http;msgtype=request")
        if answer:
            fields["WARC-Concurrent-To"] = together
        kept.append(self._append(EvidenceKind.REQUEST, fields, exchange.request, 1, hop))
        return tuple(kept)

    def keep_resource(self, resource: Resource) -> Evidence:
        """Keep a DOM, a picture or derived text beside the page it was made from."""
        self._roll(resource.at)
        fields = {
            "WARC-Type": "resource",
            "WARC-Record-ID": _record_id(),
            "WARC-Date": _moment(resource.at),
            "WARC-Target-URI": f"urn:xunwang:{resource.kind}:{_clean(resource.url)}",
            "Content-Type": resource.media_type,
        }
        level = 0 if resource.media_type.startswith("image/") else 1
        return self._append(resource.kind, fields, resource.content, level, 0)

    def sync(self) -> None:
        """Put everything kept so far on the disk."""
        self._put()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Sync and let go; the parent seals."""
        self.sync()
        self._file.close()

    def _open(self, at: datetime) -> None:
        self.name = f"{self._worker}-{self._serial:04d}{SUFFIX}"
        self._file = (self._folder / self.name).open("xb", buffering=0)
        self._pending = bytearray()
        on_disk(self._folder)
        self._offset = 0
        self._keep(information(self.name, at, _record_id()))

    def _roll(self, at: datetime) -> None:
        if self._offset >= self._limit:
            self.close()
            self._serial += 1
            self._open(at)

    def _append(
        self, kind: EvidenceKind, fields: dict[str, str], block: bytes, level: int, hop: int
    ) -> Evidence:
        offset = self._offset
        member = self._write(fields, block, level)
        return Evidence(
            kind=kind,
            segment=self.name,
            offset=offset,
            length=len(member),
            sha256=hashlib.sha256(block).hexdigest(),
            stored_sha256=hashlib.sha256(member).hexdigest(),
            hop=hop,
        )

    def _write(self, fields: dict[str, str], block: bytes, level: int) -> bytes:
        return self._keep(_packed(fields, block, level))

    def _keep(self, member: bytes) -> bytes:
        self._pending += member
        self._offset += len(member)
        if len(self._pending) > _PENDING_BYTES:
            self._put()
        return member

    def _put(self) -> None:
        """Where it fails, the next time goes on behind what there was room for."""
        while self._pending:
            del self._pending[: self._file.write(self._pending)]


def information(name: str, at: datetime, record_id: str) -> bytes:
    """The record that every WARC file begins with."""
    fields = {
        "WARC-Type": "warcinfo",
        "WARC-Record-ID": record_id,
        "WARC-Date": _moment(at),
        "WARC-Filename": name,
        "Content-Type": "application/warc-fields",
    }
    return _packed(fields, b"software: xunwang\r\nformat: WARC File Format 1.1\r\n", 1)


def open_record(folder: Path, evidence: Evidence) -> bytes:
    """The block of one kept record, checked against both its digests; BadInput says what broke."""
    return block_in(open_member(folder, evidence), evidence)


def open_member(folder: Path, evidence: Evidence) -> bytes:
    """One kept record as it lies in its segment, checked: it can stand in another WARC as it is."""
    return checked(_stored(folder, evidence), evidence)


def checked(member: bytes, evidence: Evidence) -> bytes:
    """The member itself, if it is the one that was kept."""
    if hashlib.sha256(member).hexdigest() != evidence.stored_sha256:
        raise BadInput(f"存证 {evidence.segment}@{evidence.offset} 与登记的摘要不符")
    return member


def block_in(member: bytes, evidence: Evidence) -> bytes:
    """The block of a record that was opened, checked against its digest."""
    block = _block_of(member)
    if hashlib.sha256(block).hexdigest() != evidence.sha256:
        raise BadInput(f"存证 {evidence.segment}@{evidence.offset} 内容摘要不符")
    return block


def is_ours(record: bytes, file: str = "") -> bool:
    """Whether an unpacked record is whole and written by us; `file`: it must be the information
    that begins the file of this name.
    """
    head, blank, rest = record.partition(b"\r\n\r\n")
    block, end = rest[:-4], rest[-4:]
    kind = _WARC_KIND.match(head)
    sha1 = _base32(hashlib.sha1(block, usedforsecurity=False))
    tail = f"\r\nWARC-Block-Digest: sha1:{sha1}\r\nContent-Length: {len(block)}"
    if not (kind and blank and end == b"\r\n\r\n" and head.endswith(tail.encode())):
        return False
    named = f"\r\nWARC-Filename: {file}\r\n".encode()
    return not file or (kind[1] == b"warcinfo" and named in head)


def repacked(record: bytes) -> tuple[bytes, bytes]:
    """A record as this zlib packs it, at each of our levels."""
    return _gzipped(record, 1), _gzipped(record, 0)


def body_of(block: bytes) -> bytes:
    """What follows the head of a kept HTTP answer, framing and coding untouched."""
    ends = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := block.find(mark)) >= 0]
    return block[min(ends) :] if ends else b""


def on_disk(path: Path) -> None:
    """A file's bytes survive a power cut, or the names in a folder: a synced file without one is
    lost.
    """
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def seal(folder: Path, name: str) -> str:
    """Make a segment read-only and give the digest of the whole file."""
    path = folder / name
    digest = file_digest(path)
    path.chmod(0o400)
    return digest


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in flat memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def segments_in(folder: Path) -> Iterator[str]:
    """Names of all segments there are."""
    return (path.name for path in sorted(folder.glob(f"*{SUFFIX}")))


def is_elsewhere(name: str, mark: str) -> bool:
    """Whether another machine writes this segment: names bear the mark of their machine."""
    theirs = _MARK.search(name)
    return bool(mark and theirs) and f"-{mark}-" not in name


def _stored(folder: Path, evidence: Evidence) -> bytes:
    try:
        with (folder / evidence.segment).open("rb") as file:
            file.seek(evidence.offset)
            return file.read(evidence.length)
    except OSError as error:
        raise BadInput(f"存证文件 {evidence.segment} 无法读取：{reason_of(error)}") from error


def _block_of(member: bytes) -> bytes:
    try:
        record = zlib.decompress(member, 31)
    except zlib.error as error:
        raise BadInput("存证记录无法解压") from error
    return record.partition(b"\r\n\r\n")[2][:-4]


def _packed(fields: dict[str, str], block: bytes, level: int) -> bytes:
    fields["WARC-Block-Digest"] = "sha1:" + _base32(hashlib.sha1(block, usedforsecurity=False))
    fields["Content-Length"] = str(len(block))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    record = f"WARC/1.1\r\n{head}\r\n".encode("utf-8", "replace") + block + b"\r\n\r\n"
    return _gzipped(record, level)


def _gzipped(record: bytes, level: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(record) + packer.flush()


def _about(exchange: Exchange, media_type: str) -> dict[str, str]:
    fields = {
        "WARC-Date": _moment(exchange.at),
        "WARC-Target-URI": _clean(exchange.url),
        "Content-Type": media_type,
    }
    if exchange.peer:
        fields["WARC-IP-Address"] = exchange.peer.rsplit(":", 1)[0].strip("[]")
    return fields


def _clean(value: str) -> str:
    """No control characters: a line break in an address would forge a header."""
    return value.translate(_FORBIDDEN)


def _record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _base32(digest: "hashlib._Hash") -> str:
    return base64.b32encode(digest.digest()).decode()
