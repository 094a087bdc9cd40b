"""Captures as rows beside their manifests, and the segments their evidence lies in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec
from sqlalchemy import Connection, exists, func, insert, select, update

from crawler.domain.capture import (
    Capture,
    Evidence,
    Fetcher,
    Outcome,
    Profile,
    manifest_digest,
    manifest_of,
)
from crawler.store.album_tables import pictures
from crawler.store.database import upsert
from crawler.store.finding_tables import picture_texts
from crawler.store.keeping_tables import removed_captures
from crawler.store.places import note_seen
from crawler.store.tables import captures, links, segments, visits

# outcomes of which something was seen
SEEN = (str(Outcome.SEEN), str(Outcome.PARTIAL), str(Outcome.EMPTY))
# of a row of `captures`: its bytes went by age
REMOVED = exists().where(removed_captures.c.capture_id == captures.c.id)
_CAPTURE = msgspec.json.Decoder(Capture)


class _Records(msgspec.Struct):
    evidence: tuple[Evidence, ...] = ()


_RECORDS = msgspec.json.Decoder(_Records)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A capture with what only the store needs: its region, and the boxes of its text."""

    capture: Capture
    region: str
    runs: bytes | None = None

    @cached_property
    def manifest(self) -> str:
        """All facts of the capture, as they are kept."""
        return manifest_of(self.capture)

    @cached_property
    def digest(self) -> str:
        """What the chain links."""
        return manifest_digest(self.manifest)


def save_captures(db: Connection, kept: Sequence[Kept]) -> None:
    """Write captures down; their bytes are safe in segments already."""
    rows = [
        facts_of(one.capture)
        | {
            "region": one.region,
            "manifest": one.manifest,
            "manifest_sha256": one.digest,
            "runs": one.runs,
        }
        for one in kept
    ]
    if rows:
        db.execute(insert(captures), rows)
        note_seen(db, rows)
        _hang(db, [one.capture.id for one in kept if _is_picture(one.capture)])


def facts_of(capture: Capture) -> dict[str, Any]:
    """What its row says that its manifest says too: lists and pages are made from these."""
    return {
        "id": capture.id,
        "visit_id": capture.visit_id,
        "site_id": capture.site_id,
        "fetcher": str(capture.fetcher),
        "profile": str(capture.profile),
        "outcome": str(capture.outcome),
        "reason": capture.reason,
        "flags": [str(flag) for flag in capture.flags],
        "status": capture.status,
        "final_url": capture.final_url,
        "title": capture.title,
        "page_kind": str(capture.page_kind),
        "text_digest": capture.text_digest,
        "body_sha256": capture.body_sha256,
        "started_at": capture.started_at,
        "ended_at": capture.ended_at,
    }


def altered_facts(row: Mapping[Any, Any]) -> list[str]:
    """The columns of a capture's row that say something else than its manifest; none where the
    manifest cannot be read: the chain tells.
    """
    try:
        facts = facts_of(_CAPTURE.decode(row["manifest"]))
    except msgspec.MsgspecError:
        return []
    facts["manifest_sha256"] = manifest_digest(row["manifest"])
    return [name for name, value in facts.items() if row[name] != value]


def unlinked_captures(db: Connection, ids: Sequence[str] = ()) -> Iterator[str]:
    """Captures in no chain, of all or of these: each has a link from its first moment."""
    rows = select(captures.c.id).where(~exists().where(links.c.capture_id == captures.c.id))
    rows = rows.where(captures.c.id.in_(ids)) if ids else rows
    return iter(db.scalars(rows.order_by(captures.c.id).execution_options(yield_per=500)))


def _is_picture(capture: Capture) -> bool:
    """Whether it shows what a desktop's browser saw."""
    usual = capture.fetcher is Fetcher.BROWSER and capture.profile is Profile.DESKTOP
    return usual and capture.has_picture and capture.outcome in SEEN


def _hang(db: Connection, ids: Sequence[str]) -> None:
    """Into the album, under its sweep."""
    if not ids:
        return
    columns = (captures.c.id, captures.c.site_id, captures.c.visit_id, captures.c.region)
    rows = (
        select(*columns, captures.c.ended_at, visits.c.sweep_id)
        .join(visits, visits.c.id == captures.c.visit_id)
        .where(captures.c.id.in_(ids))
    )
    names = ["capture_id", "site_id", "visit_id", "region", "taken_at", "sweep_id"]
    db.execute(insert(pictures).from_select(names, rows))


def capture_of(db: Connection, capture_id: str) -> Capture | None:
    """One capture by id."""
    manifest = db.scalar(select(captures.c.manifest).where(captures.c.id == capture_id))
    return _CAPTURE.decode(manifest) if manifest else None


def kept_records(
    db: Connection, ids: Sequence[str] = ()
) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    """All records of these captures, or of all, oldest first: what came, and what was read in the
    pictures; of none whose bytes went by age. In flat memory.
    """
    joined = captures.outerjoin(picture_texts, picture_texts.c.capture_id == captures.c.id)
    rows = select(captures.c.id, captures.c.manifest, picture_texts.c.evidence)
    rows = rows.select_from(joined).where(~REMOVED).order_by(captures.c.id)
    if ids:
        rows = rows.where(captures.c.id.in_(ids))
    for row in db.execute(rows.execution_options(yield_per=500)):
        derived = msgspec.convert(row.evidence or (), tuple[Evidence, ...])
        yield row.id, records_in(row.manifest) + derived


def records_in(manifest: str) -> tuple[Evidence, ...]:
    """None where a manifest was changed until it is none: the chain tells."""
    try:
        return _RECORDS.decode(manifest).evidence
    except msgspec.MsgspecError:
        return ()


def captures_of_visit(db: Connection, visit_id: int) -> list[Capture]:
    """The captures of one visit, oldest first."""
    rows = select(captures.c.manifest).where(captures.c.visit_id == visit_id)
    ordered = rows.order_by(captures.c.ended_at, captures.c.id)
    return [_CAPTURE.decode(manifest) for manifest in db.scalars(ordered)]


def manifest_digests(db: Connection, ids: Sequence[str]) -> dict[str, str]:
    """The digests that the chain holds: of the manifests as written, not as read again today."""
    rows = select(captures.c.id, captures.c.manifest_sha256).where(captures.c.id.in_(ids))
    return {row.id: row.manifest_sha256 for row in db.execute(rows)}


def drawn_since(db: Connection, reason: str, since: datetime) -> int:
    """How many visits the browser was sent to for a reason since a moment."""
    columns = captures.join(visits, visits.c.id == captures.c.visit_id)
    mine = (captures.c.fetcher == "browser") & (captures.c.ended_at >= since)
    rows = select(func.count()).select_from(columns).where(mine, visits.c.render_reason == reason)
    return db.scalar(rows) or 0


def runs_of(db: Connection, capture_id: str) -> bytes | None:
    """The boxes of a capture's text, packed, where a browser made it."""
    return db.scalar(select(captures.c.runs).where(captures.c.id == capture_id))


def commit_segments(db: Connection, kept: Sequence[Kept], now: datetime) -> None:
    """Note how far each segment is committed; what lies behind is cut off after a crash."""
    commit_evidence(db, [(one.region, one.capture.evidence) for one in kept], now)


def commit_evidence(
    db: Connection, kept: Sequence[tuple[str, Sequence[Evidence]]], now: datetime
) -> None:
    """The same of records that belong to no new capture; each with its region."""
    ends: dict[str, tuple[int, str]] = {}
    for one_region, records in kept:
        for evidence in records:
            end = evidence.offset + evidence.length
            if end > ends.get(evidence.segment, (0, ""))[0]:
                ends[evidence.segment] = (end, one_region)
    for name, (end, region) in ends.items():
        row = {"name": name, "region": region, "committed": end, "created_at": now}
        statement = upsert(db, segments).values(row)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["name"],
                set_={"committed": end},
                where=segments.c.committed < end,
            )
        )


def open_segments(db: Connection) -> dict[str, int]:
    """Segments not sealed yet, and how far each is committed."""
    rows = db.execute(
        select(segments.c.name, segments.c.committed).where(segments.c.sealed_at.is_(None))
    )
    return {row.name: row.committed for row in rows}


def sealed_segments(db: Connection) -> dict[str, str]:
    """Sealed segments and the digest each had."""
    rows = db.execute(
        select(segments.c.name, segments.c.sha256).where(segments.c.sealed_at.is_not(None))
    )
    return {row.name: row.sha256 for row in rows}


def mark_sealed(db: Connection, name: str, sha256: str, now: datetime) -> None:
    """A segment will never grow again."""
    values = {"sealed_at": now, "sha256": sha256}
    db.execute(update(segments).where(segments.c.name == name).values(values))
