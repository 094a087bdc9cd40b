"""The case's own WARC: what is not in it yet, where each copy lies, whether it is whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, func, insert, select

from crawler.domain.assessment import Assessment, Level
from crawler.domain.capture import Capture, Evidence, EvidenceKind
from crawler.domain.site import RECAPTURE
from crawler.domain.task import bore_out
from crawler.store.case_tables import case_records
from crawler.store.packs import Judged
from crawler.store.tables import alerts, assessments, captures, cases, sweeps, visits
from crawler.store.task_alerts import tasks_of_alert

FOLDER = "cases"  # inside the evidence folder, apart from segments
NOTHING = "none"
_CAPTURE = msgspec.json.Decoder(Capture)


@dataclass(frozen=True, kw_only=True, slots=True)
class Uncopied:
    """A capture that an alert rests on, and the case that is to keep it."""

    case_id: int
    number: str
    opened_at: datetime
    region: str
    capture: Capture


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """An alert whose site was seen in visits that no case keeps: those visits, oldest first, with
    no more of a judgement than its level.
    """

    case_id: int
    visit_id: int  # the alert's own
    again: str  # the selection of sweeps that look again at this alert's site
    closed: tuple[datetime, ...]  # when tasks about it were closed that bore it out
    visits: tuple[Judged, ...]


def not_copied(db: Connection, limit: int) -> list[Uncopied]:
    """What alerts rest on and no case keeps yet, oldest first."""
    joined = captures.join(alerts, alerts.c.visit_id == captures.c.visit_id).join(
        cases, cases.c.id == alerts.c.case_id
    )
    rows = select(*_UNCOPIED).select_from(joined).where(~_KEPT).order_by(captures.c.id)
    return [_uncopied(row) for row in db.execute(rows.limit(limit))]


def not_copied_of(db: Connection, wanted: Mapping[int, int], limit: int) -> list[Uncopied]:
    """The same for visits that are told beside an alert's own: each with the case it goes to."""
    found: list[Uncopied] = []
    for visit_id, case_id in sorted(wanted.items()):
        joined = captures.join(cases, cases.c.id == case_id)
        mine = (captures.c.visit_id == visit_id) & ~_KEPT
        rows = select(*_UNCOPIED).select_from(joined).where(mine).order_by(captures.c.id)
        found += [_uncopied(row) for row in db.execute(rows.limit(limit - len(found)))]
        if len(found) >= limit:
            break
    return found


def stories(db: Connection) -> Iterator[Story]:
    """Every alert whose site was seen in other visits too that no case keeps yet."""
    other = captures.alias("other")
    kept = select(case_records.c.id).where(case_records.c.capture_id == other.c.id).exists()
    elsewhere = and_(other.c.site_id == alerts.c.site_id, other.c.visit_id != alerts.c.visit_id)
    again = select(other.c.id).where(elsewhere, ~kept).exists()
    columns = (alerts.c.id, alerts.c.case_id, alerts.c.site_id, alerts.c.visit_id)
    for row in db.execute(select(*columns).where(again).order_by(alerts.c.id)).all():
        yield Story(
            case_id=row.case_id, visit_id=row.visit_id, closed=_closed(db, row.id),
            again=f"{RECAPTURE}{row.id}", visits=tuple(_levels(db, row.site_id)),
        )  # fmt: skip


def _closed(db: Connection, alert_id: int) -> tuple[datetime, ...]:
    tasked = tasks_of_alert(db, alert_id)
    return tuple(one.closed_at for one in tasked if one.closed_at and bore_out(one))


def _levels(db: Connection, site_id: int) -> Iterator[Judged]:
    current = and_(assessments.c.visit_id == visits.c.id, assessments.c.current)
    ended = func.max(captures.c.ended_at).label("ended_at")
    columns = (visits.c.id, visits.c.outcome, sweeps.c.selection, assessments.c.level)
    joined = (
        visits.join(captures, captures.c.visit_id == visits.c.id)
        .join(sweeps, sweeps.c.id == visits.c.sweep_id)
        .outerjoin(assessments, current)
    )
    rows = select(*columns, ended).select_from(joined).where(visits.c.site_id == site_id)
    for row in db.execute(rows.group_by(*columns).order_by(ended, visits.c.id)):
        level = row.level and Assessment(
            visit_id=row.id, level=Level(row.level), score=0.0, judged_at=row.ended_at
        )
        yield Judged(
            visit_id=row.id, ended_at=row.ended_at, outcome=row.outcome,
            assessment=level or None, selection=row.selection,
        )  # fmt: skip


def committed_end(db: Connection, file: str) -> int:
    """How far a case's WARC is written down; what lies behind was never finished."""
    ends = func.max(case_records.c.offset + case_records.c.length)
    return db.scalar(select(ends).where(case_records.c.file == file)) or 0


def case_lengths(db: Connection) -> dict[str, int]:
    """Bytes that are written down of each case's WARC."""
    ends = func.max(case_records.c.offset + case_records.c.length).label("end")
    rows = select(case_records.c.file, ends).where(case_records.c.kind != NOTHING)
    return {row.file: row.end for row in db.execute(rows.group_by(case_records.c.file))}


def save_copies(
    db: Connection, copied: Sequence[tuple[Uncopied, Sequence[Evidence]]], now: datetime
) -> None:
    """Write down where the copies of captures' records lie; none at all is written down too."""
    nothing = Evidence(kind=EvidenceKind.REQUEST, segment="", offset=0, length=0, sha256="")
    rows = [
        {
            "case_id": one.case_id,
            "capture_id": one.capture.id,
            "kind": str(copy.kind) if copies else NOTHING,
            "hop": copy.hop,
            "file": copy.segment,
            "offset": copy.offset,
            "length": copy.length,
            "sha256": copy.sha256,
            "stored_sha256": copy.stored_sha256,
            "region": one.region,
            "copied_at": now,
        }
        for one, copies in copied
        for copy in copies or (nothing,)
    ]
    db.execute(insert(case_records), rows)


def copies_of(db: Connection, capture_ids: Sequence[str]) -> dict[str, Evidence]:
    """The case's copies of these captures' records, by the digest they are stored under; places
    are inside the evidence folder.
    """
    mine = case_records.c.capture_id.in_(capture_ids) & (case_records.c.kind != NOTHING)
    found = [_copy(row) for row in db.execute(select(case_records).where(mine))]
    return {one.stored_sha256: replace(one, segment=f"{FOLDER}/{one.segment}") for one in found}


def copied_records(db: Connection) -> Iterator[tuple[str, Iterator[tuple[str, Evidence]]]]:
    """Each case's WARC with capture and place of its records, in the order they lie there; read
    one file's before going on to the next.
    """
    rows = select(case_records).where(case_records.c.kind != NOTHING)
    ordered = rows.order_by(case_records.c.file, case_records.c.offset)
    found = db.execute(ordered.execution_options(yield_per=500))
    for file, mine in groupby(found, lambda row: row.file):
        yield file, ((row.capture_id, _copy(row)) for row in mine)


_KEPT = select(case_records.c.id).where(case_records.c.capture_id == captures.c.id).exists()
_UNCOPIED: tuple[Any, ...] = (
    cases.c.id, cases.c.number, cases.c.opened_at, cases.c.region, captures.c.manifest,
)  # fmt: skip


def _uncopied(row: Row[Any]) -> Uncopied:
    return Uncopied(
        case_id=row.id, number=row.number, opened_at=row.opened_at, region=row.region,
        capture=_CAPTURE.decode(row.manifest),
    )  # fmt: skip


def _copy(row: Row[Any]) -> Evidence:
    return Evidence(
        kind=EvidenceKind(row.kind), segment=row.file, offset=row.offset, length=row.length,
        sha256=row.sha256, stored_sha256=row.stored_sha256, hop=row.hop,
    )  # fmt: skip
