"""Families of sites: each site's newest marks, who shares them, and who therefore belongs
together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from crawler.domain.family import Mark, MarkKind, are_kin, mark_from, told_kinds
from crawler.domain.site import Site
from crawler.store.database import upsert
from crawler.store.finding_tables import families, family_marks, family_members
from crawler.store.places import note_kinship
from crawler.store.tables import alerts, cases, sites

MOST_HOLDERS = 200  # what more sites share is a vendor's, not one hand's
_MOST_MARKS = 120


_ASKED: ColumnElement[int] = bindparam("site", type_=Integer)
_MINE = select(family_marks.c.mark).where(family_marks.c.site_id == _ASKED)
_COMMON = (
    select(family_marks.c.mark)
    .where(family_marks.c.mark.in_(_MINE))
    .group_by(family_marks.c.mark)
    .having(func.count() <= MOST_HOLDERS)
)
_SHARED = select(family_marks.c.site_id, family_marks.c.mark).where(
    family_marks.c.mark.in_(_COMMON), family_marks.c.site_id != _ASKED
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Relative:
    """One member of a family as lists show it, with what it shared on joining."""

    site_id: int
    domain: str
    domain_shown: str
    unit_name: str
    subject_kind: str
    region: str
    shared: tuple[MarkKind, ...]


def save_marks(db: Connection, site: Site, marks: Sequence[Mark], now: datetime) -> int | None:
    """Note what a site shows now, kind by kind, and join its relatives. Gives its family."""
    marks = marks[:_MOST_MARKS]
    if kinds := sorted({mark.kind for mark in marks}):
        shown = or_(*(family_marks.c.mark.startswith(f"{kind}:") for kind in kinds))
        db.execute(delete(family_marks).where(family_marks.c.site_id == site.id, shown))
    keys = list(dict.fromkeys(mark.key for mark in marks))
    if not keys:
        return family_of(db, site.id)
    rows = [{"site_id": site.id, "mark": key, "region": site.region} for key in keys]
    db.execute(insert(family_marks), rows)
    return _join(db, site, _kin_of(db, site.id), now)


def family_of(db: Connection, site_id: int) -> int | None:
    """The family that a site belongs to."""
    return families_of(db, [site_id]).get(site_id)


def families_of(db: Connection, site_ids: Iterable[int]) -> dict[int, int]:
    """The families of several sites, by site."""
    columns = (family_members.c.site_id, family_members.c.family_id)
    rows = select(*columns).where(family_members.c.site_id.in_(set(site_ids)))
    return {row.site_id: row.family_id for row in db.execute(rows)}


def relatives(db: Connection, family_id: int, reach: str = "", limit: int = 100) -> list[Relative]:
    """The members of a family within reach, oldest first."""
    rows = (
        select(family_members.c.shared, sites)
        .join(sites, sites.c.id == family_members.c.site_id)
        .where(family_members.c.family_id == family_id, sites.c.region.startswith(reach))
        .order_by(family_members.c.joined_at, sites.c.id)
        .limit(limit)
    )
    return [
        Relative(
            site_id=row.id,
            domain=row.domain,
            domain_shown=row.domain_shown,
            unit_name=row.unit_name,
            subject_kind=row.subject_kind,
            region=row.region,
            shared=tuple(MarkKind(one) for one in row.shared),
        )
        for row in db.execute(rows)
    ]


def family_key(family_id: int) -> str:
    """What holds the alerts of a family together in one case."""
    return f"family:{family_id}"


def _kin_of(db: Connection, site_id: int) -> dict[int, tuple[MarkKind, ...]]:
    """The sites that share enough, with what they share."""
    shared: dict[int, list[Mark]] = {}
    for other, key in db.execute(_SHARED, {"site": site_id}):
        shared.setdefault(other, []).append(mark_from(key))
    return {other: told_kinds(marks) for other, marks in shared.items() if are_kin(marks)}


def _join(
    db: Connection, site: Site, kin: dict[int, tuple[MarkKind, ...]], now: datetime
) -> int | None:
    """One family for a site and all its kin: the oldest there is, else a new one."""
    known = families_of(db, [site.id, *kin])
    if not kin:
        return known.get(site.id)
    family_id = min(known.values()) if known else _found(db, site, now)
    others = set(known.values()) - {family_id}
    entering = [one for one in (site.id, *kin) if known.get(one) != family_id]
    if others:
        moved = update(family_members).where(family_members.c.family_id.in_(others))
        db.execute(moved.values(family_id=family_id))
    every = tuple(one for one in MarkKind if any(one in shared for shared in kin.values()))
    for site_id, shared in {site.id: every, **kin}.items():
        if site_id not in known or site_id == site.id:
            _enter(db, site_id, family_id, shared, now)
    if entering:
        note_kinship(db, entering)
    _gather_cases(db, family_id)
    return family_id


def _found(db: Connection, site: Site, now: datetime) -> int:
    made = insert(families).values(region=site.region, made_at=now)
    return int(db.execute(made.returning(families.c.id)).scalar_one())


def _enter(
    db: Connection, site_id: int, family_id: int, shared: Sequence[MarkKind], now: datetime
) -> None:
    region = select(sites.c.region).where(sites.c.id == site_id).scalar_subquery()
    told = [str(one) for one in shared]
    row = {"site_id": site_id, "family_id": family_id, "shared": told, "joined_at": now}
    entered = upsert(db, family_members).values(**row, region=region)
    changed = {"family_id": family_id, "shared": told}
    db.execute(entered.on_conflict_do_update(index_elements=["site_id"], set_=changed))


def _gather_cases(db: Connection, family_id: int) -> None:
    """The oldest open case of the family's alerts takes its key, so that the next alert of a
    relative comes to it.
    """
    members = select(family_members.c.site_id).where(family_members.c.family_id == family_id)
    mine = select(alerts.c.case_id).where(alerts.c.site_id.in_(members))
    key = family_key(family_id)
    taken = select(cases.c.id).where(cases.c.key == key, cases.c.closed_at.is_(None))
    if db.scalar(taken.limit(1)) is not None:
        return
    oldest = select(func.min(cases.c.id)).where(cases.c.id.in_(mine), cases.c.closed_at.is_(None))
    if (case_id := db.scalar(oldest)) is not None:
        db.execute(update(cases).where(cases.c.id == case_id).values(key=key))
