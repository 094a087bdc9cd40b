"""What a pack carries beside captures: links and the way from them to the anchors, the trail, the
list that a filing came in, a site's history of judgements.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, func, select

from crawler.domain.assessment import Assessment
from crawler.domain.audit import Act
from crawler.store.audit import Entry
from crawler.store.chain import START
from crawler.store.finding_tables import family_marks
from crawler.store.tables import (
    assessments,
    audit,
    captures,
    filing_lists,
    filings,
    links,
    sweeps,
    visits,
)

_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Linked:
    """A capture's manifest as it was linked, and its link."""

    capture_id: str
    manifest: str
    manifest_sha256: str
    chain: str = ""
    seq: int = 0
    link: str = ""
    previous: str = START


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A piece of one chain: the link before it, and every manifest digest in it."""

    chain: str
    first: int
    previous: str
    digests: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ListFacts:
    """The file that a filing came in."""

    source: str
    name: str
    sha256: str
    received_at: datetime
    row: int
    gone: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One visit of a site: when it ended, how, and what was thought of it."""

    visit_id: int
    ended_at: datetime
    outcome: str
    assessment: Assessment | None
    selection: str = ""  # of its sweep


def linked_captures(db: Connection, ids: Sequence[str]) -> dict[str, Linked]:
    """Manifest and link of each of these captures."""
    before = links.alias("before")
    joined = captures.outerjoin(links, links.c.capture_id == captures.c.id).outerjoin(
        before, and_(before.c.chain == links.c.chain, before.c.seq == links.c.seq - 1)
    )
    rows = (
        select(
            captures.c.id, captures.c.manifest, captures.c.manifest_sha256, links.c.chain,
            links.c.seq, links.c.link, before.c.link.label("previous"),
        )
        .select_from(joined)
        .where(captures.c.id.in_(ids))
    )  # fmt: skip
    return {
        row.id: Linked(
            capture_id=row.id, manifest=row.manifest, manifest_sha256=row.manifest_sha256,
            chain=row.chain or "", seq=row.seq or 0, link=row.link or "",
            previous=row.previous or START,
        )
        for row in db.execute(rows)
    }  # fmt: skip


def stretch_of(db: Connection, chain: str, first: int, last: int) -> Stretch:
    """Every digest of a chain from one number to another, with the link before the first."""
    before = select(links.c.link).where(links.c.chain == chain, links.c.seq == first - 1)
    inside = (links.c.chain == chain) & links.c.seq.between(first, last)
    digests = db.scalars(select(links.c.digest).where(inside).order_by(links.c.seq))
    return Stretch(
        chain=chain, first=first, previous=db.scalar(before) or START, digests=tuple(digests)
    )


def list_facts(db: Connection, domain: str) -> ListFacts | None:
    """The newest list that names a domain."""
    joined = filings.join(filing_lists, filing_lists.c.id == filings.c.last_list_id)
    rows = (
        select(filing_lists, filings.c.row, filings.c.gone_list_id)
        .select_from(joined)
        .where(filings.c.domain == domain)
        .order_by(filings.c.gone_list_id.is_not(None), filings.c.last_list_id.desc())
    )
    row = db.execute(rows.limit(1)).first()
    if row is None:
        return None
    return ListFacts(
        source=row.source, name=row.name, sha256=row.sha256, received_at=row.received_at,
        row=row.row, gone=row.gone_list_id is not None,
    )  # fmt: skip


def acts_about(db: Connection, objects: Iterable[str], without: Sequence[str] = ()) -> list[Entry]:
    """What was done to several things, oldest first; `without` names actions to leave out."""
    names = sorted(set(objects))
    found: list[Row[Any]] = []
    for start in range(0, len(names), _AT_ONCE):
        some = audit.c.object.in_(names[start : start + _AT_ONCE])
        found += db.execute(select(audit).where(some, audit.c.action.not_in(without))).all()
    return [_entry(row) for row in sorted(found, key=lambda row: row.seq)]


def judgements_of(db: Connection, site_id: int) -> list[Judged]:
    """A site's visits that have captures, oldest first, each with its current judgement."""
    current = and_(assessments.c.visit_id == visits.c.id, assessments.c.current)
    joined = (
        visits.join(captures, captures.c.visit_id == visits.c.id)
        .join(sweeps, sweeps.c.id == visits.c.sweep_id)
        .outerjoin(assessments, current)
    )
    columns = (visits.c.id, visits.c.outcome, sweeps.c.selection, assessments.c.id.label("judged"))
    ended = func.max(captures.c.ended_at).label("ended_at")
    rows = (
        select(*columns, ended)
        .select_from(joined)
        .where(visits.c.site_id == site_id)
        .group_by(visits.c.id, visits.c.outcome, sweeps.c.selection, assessments.c.id)
        .order_by(ended, visits.c.id)
    )
    found = db.execute(rows).all()
    bodies = _bodies(db, [row.judged for row in found if row.judged])
    return [
        Judged(
            visit_id=row.id, ended_at=row.ended_at, outcome=row.outcome,
            assessment=bodies.get(row.judged), selection=row.selection,
        )
        for row in found
    ]  # fmt: skip


def seen_between(db: Connection, site_ids: Sequence[int]) -> dict[int, tuple[datetime, datetime]]:
    """When each site was seen first and last."""
    rows = select(
        captures.c.site_id, func.min(captures.c.ended_at), func.max(captures.c.ended_at)
    ).where(captures.c.site_id.in_(site_ids), captures.c.outcome.in_(("seen", "partial")))
    return {
        site: (first, last) for site, first, last in db.execute(rows.group_by(captures.c.site_id))
    }


def marks_of_sites(db: Connection, site_ids: Sequence[int]) -> dict[int, list[str]]:
    """What each site shows that a relative would show too."""
    rows = select(family_marks.c.site_id, family_marks.c.mark).where(
        family_marks.c.site_id.in_(site_ids)
    )
    found: dict[int, list[str]] = {}
    for site_id, mark in db.execute(rows.order_by(family_marks.c.site_id, family_marks.c.mark)):
        found.setdefault(site_id, []).append(mark)
    return found


def _bodies(db: Connection, ids: Sequence[int]) -> dict[int, Assessment]:
    found: dict[int, Assessment] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = assessments.c.id.in_(ids[start : start + _AT_ONCE])
        for number, body in db.execute(select(assessments.c.id, assessments.c.body).where(some)):
            found[number] = msgspec.convert(body, Assessment)
    return found


def _entry(row: Row[Any]) -> Entry:
    act = Act(
        at=row.at, actor=row.actor, action=row.action, object=row.object, region=row.region,
        before=row.before, after=row.after,
    )  # fmt: skip
    return Entry(seq=row.seq, act=act, prev=row.prev, hash=row.hash)
