"""Is everything still what was written down? Names every capture for which it is not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from crawler.domain.capture import Capture
from crawler.store.anchors import missing_heads
from crawler.store.capture_checks import broken_records
from crawler.store.captures import all_captures, open_segments, sealed_segments
from crawler.store.case_files import broken_copies
from crawler.store.chain import heads, verify_chain
from crawler.store.evidence import file_digest


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing that does not hold; `capture` or `segment` says where."""

    reason: str
    capture: str = ""
    segment: str = ""


@dataclass(kw_only=True, slots=True)
class Verification:
    """What was looked at, and what was wrong."""

    captures: int = 0
    records: int = 0
    links: int = 0
    faults: tuple[Fault, ...] = ()


def verify(db: Connection, folder: Path, ids: Sequence[str] = ()) -> Verification:
    """Digests of every record, the chain, the segments; of these captures only, if named."""
    result = Verification()
    faults: list[Fault] = []
    for capture in all_captures(db, ids):
        result.captures += 1
        result.records += len(capture.evidence)
        faults += _record_faults(capture, folder)
    if ids:
        result.links = result.captures
    else:
        faults += _segment_faults(db, folder)
    wanted = set(ids)
    for chain, (length, _) in heads(db).items():
        result.links += 0 if ids else length
        faults += [
            Fault(reason=one.reason, capture=one.capture_id)
            for one in verify_chain(db, chain)
            if not wanted or one.capture_id in wanted
        ]
    if not ids:
        faults += _anchor_faults(db)
        faults += [Fault(reason=why, capture=one) for one, why in broken_copies(db, folder)]
    result.faults = tuple(faults)
    return result


def _anchor_faults(db: Connection) -> Iterator[Fault]:
    """Every head that was once stated is still in its chain: a cut end shows nowhere else."""
    for anchor, chain, seq in missing_heads(db):
        yield Fault(reason=f"证据链 {chain} 的第 {seq} 环与锚点 {anchor} 不符或已被截去")


def _record_faults(capture: Capture, folder: Path) -> Iterator[Fault]:
    for reason in broken_records(folder, [capture]):
        yield Fault(reason=reason, capture=capture.id)


def _segment_faults(db: Connection, folder: Path) -> Iterator[Fault]:
    """Sealed files bear their digest; open ones are as long as what was committed, or longer."""
    for name, sha256 in sealed_segments(db).items():
        path = folder / name
        if not path.exists():
            yield Fault(reason="文件缺失", segment=name)
        elif file_digest(path) != sha256:
            yield Fault(reason="与封存时的摘要不符", segment=name)
    for name, committed in open_segments(db).items():
        path = folder / name
        if not path.exists() or path.stat().st_size < committed:
            yield Fault(reason="文件缺失或变短", segment=name)
