"""Is one capture still what was written down? Its records, its manifest, its link to the one
before; the whole chain is `verifying`'s to walk.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, and_, select

from crawler.domain.capture import Capture, Evidence, manifest_digest
from crawler.domain.errors import BadInput
from crawler.store.chain import START, next_link
from crawler.store.evidence import open_record
from crawler.store.removals import removal_of
from crawler.store.rewrites import now_of
from crawler.store.tables import captures, links
from crawler.store.text_checks import altered_places, altered_words


def broken_records(db: Connection, folder: Path, of: Sequence[Capture]) -> Iterator[str]:
    """Why a kept record is not what was kept; nothing for sound ones."""
    for capture in of:
        yield from broken_evidence(folder, now_of(db, capture.evidence))


def broken_evidence(folder: Path, records: Sequence[Evidence]) -> Iterator[str]:
    """The same of single records."""
    for evidence in records:
        try:
            open_record(folder, evidence)
        except BadInput as error:
            yield str(error)


def broken_capture(db: Connection, folder: Path, capture: Capture) -> list[str]:
    """All that does not hold about a capture; of one whose bytes went by age, manifest and link."""
    removed = removal_of(db, capture.id) is not None
    found = [] if removed else list(broken_records(db, folder, [capture]))
    columns = (captures.c.manifest, captures.c.manifest_sha256)
    kept = db.execute(select(*columns).where(captures.c.id == capture.id)).one()
    digest = manifest_digest(kept.manifest)
    if kept.manifest_sha256 != digest:
        found.append("采集清单与登记的摘要不符")
    rows = (*altered_words(db, [capture.id]), *altered_places(db, [capture.id]))
    found += [one.reason for one in rows]
    return found + list(_broken_links(db, capture.id, digest))


def _broken_links(db: Connection, capture_id: str, digest: str) -> Iterator[str]:
    mine = db.execute(select(links).where(links.c.capture_id == capture_id)).all()
    for one in mine:
        before = db.scalar(
            select(links.c.link).where(and_(links.c.chain == one.chain, links.c.seq == one.seq - 1))
        )
        expected = next_link(before or START, one.seq, digest)
        if one.digest != digest or one.link != expected:
            yield f"证据链第 {one.seq} 环不符"
