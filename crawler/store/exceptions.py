"""白名单 as it is kept: exemptions proposed, in force and ended; none is ever deleted."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from crawler.domain.assessment import Level, rank
from crawler.domain.exception import Exemption, ExemptionScope, ExemptionState
from crawler.domain.site import Site
from crawler.domain.subject import subject_key
from crawler.store.tables import assessments, exceptions, sites

_HIGHEST = 2_000  # sites of one subject that are looked over for what was found


def save_exemption(db: Connection, exemption: Exemption) -> Exemption:
    """A new one, with its number."""
    made = insert(exceptions).values(_values(exemption)).returning(exceptions.c.id)
    return replace(exemption, id=int(db.execute(made).scalar_one()))


def change_exemption(db: Connection, exemption: Exemption) -> None:
    """Write a known one over."""
    mine = exceptions.c.id == exemption.id
    db.execute(update(exceptions).where(mine).values(_values(exemption)))


def exemption_of(db: Connection, number: int) -> Exemption | None:
    """One by number, locked on PostgreSQL until the transaction ends."""
    row = db.execute(select(exceptions).where(exceptions.c.id == number).with_for_update()).first()
    return exemption_from(row) if row else None


def in_force(now: datetime) -> ColumnElement[bool]:
    """What covers something now."""
    return (
        exceptions.c.approved_at.is_not(None)
        & exceptions.c.ended_at.is_(None)
        & (exceptions.c.expires_at > now)
    )


def covers(site: Site, now: datetime) -> ColumnElement[bool]:
    """What is in force for a site or its subject."""
    key = subject_key(site.unit_name)
    mine = exceptions.c.site_id == site.id
    if key:
        mine |= (exceptions.c.scope == str(ExemptionScope.SUBJECT)) & (
            exceptions.c.subject_key == key
        )
    return in_force(now) & mine


def exemptions_covering(db: Connection, site: Site, now: datetime) -> list[Exemption]:
    """Those in force for a site or its subject, oldest first."""
    rows = select(exceptions).where(covers(site, now)).order_by(exceptions.c.id)
    return [exemption_from(row) for row in db.execute(rows)]


def excepted_terms(
    db: Connection, site_ids: Iterable[int], now: datetime | None
) -> dict[int, list[str]]:
    """Words that do not count, by site; none where the site has another subject than then."""
    rows = (
        select(exceptions.c.site_id, exceptions.c.term)
        .join(sites, sites.c.id == exceptions.c.site_id)
        .where(
            exceptions.c.site_id.in_(list(site_ids)),
            exceptions.c.scope == str(ExemptionScope.TERM),
            exceptions.c.approved_at.is_not(None),
            exceptions.c.ended_at.is_(None),
            exceptions.c.subject == sites.c.unit_name,
        )
    )
    if now is not None:
        rows = rows.where(exceptions.c.expires_at > now)
    found: dict[int, list[str]] = {}
    for site_id, term in db.execute(rows):
        found.setdefault(site_id, []).append(term)
    return found


def list_exemptions(
    db: Connection,
    now: datetime,
    *,
    states: Iterable[ExemptionState] = (),
    region: str = "",
    limit: int = 200,
) -> list[Exemption]:
    """Under a region prefix: what waits first, then what ends soonest."""
    over = exceptions.c.ended_at.is_not(None) | (exceptions.c.expires_at <= now)
    chosen: dict[ExemptionState, ColumnElement[bool]] = {
        ExemptionState.PROPOSED: exceptions.c.approved_at.is_(None) & ~over,
        ExemptionState.IN_FORCE: in_force(now),
        ExemptionState.ENDED: over,
    }
    rows = select(exceptions).where(exceptions.c.region.startswith(region))
    wanted = [chosen[state] for state in states]
    if wanted:
        either = wanted[0]
        for one in wanted[1:]:
            either |= one
        rows = rows.where(either)
    order = (over, exceptions.c.approved_at.is_not(None), exceptions.c.expires_at, exceptions.c.id)
    return [exemption_from(row) for row in db.execute(rows.order_by(*order).limit(limit))]


def count_silenced(db: Connection, exemption: Exemption, now: datetime) -> None:
    """One more finding opened no alert because of it."""
    more = {"silenced": exceptions.c.silenced + 1, "silenced_at": now}
    db.execute(update(exceptions).where(exceptions.c.id == exemption.id).values(more))


def found_now(db: Connection, site_ids: Iterable[int]) -> tuple[Level, tuple[str, ...], set[str]]:
    """What the newest judgements of sites say together: highest level, categories, words."""
    ids = list(site_ids)[:_HIGHEST]
    newest = (
        select(func.max(assessments.c.id))
        .where(assessments.c.site_id.in_(ids), assessments.c.current)
        .group_by(assessments.c.site_id)
    )
    rows = db.execute(select(assessments).where(assessments.c.id.in_(newest))).all()
    level = max((Level(row.level) for row in rows), key=rank, default=Level.NONE)
    categories = {one for row in rows for one in row.categories}
    words = {hit["word"] for row in rows for hit in row.body.get("hits") or ()}
    return level, tuple(sorted(categories)), words


def sites_of_subject(db: Connection, name: str, region: str = "") -> list[int]:
    """Sites filed under exactly this name."""
    rows = select(sites.c.id).where(sites.c.unit_name == name, sites.c.region.startswith(region))
    return list(db.scalars(rows.order_by(sites.c.id)))


def _values(one: Exemption) -> dict[str, Any]:
    return {
        "scope": str(one.scope),
        "site_id": one.site_id,
        "domain": one.domain,
        "subject": one.subject[:500],
        "subject_key": subject_key(one.subject),
        "term": one.term,
        "level": str(one.level),
        "categories": list(one.categories),
        "reason": one.reason,
        "actor": one.proposed_by,
        "region": one.region,
        "created_at": one.proposed_at,
        "approved_by": one.approved_by,
        "approved_at": one.approved_at,
        "expires_at": one.expires_at,
        "ended_at": one.ended_at,
        "ended_because": one.ended_because,
        "silenced": one.silenced,
        "silenced_at": one.silenced_at,
    }


def exemption_from(row: Row[Any]) -> Exemption:
    return Exemption(
        id=row.id,
        scope=ExemptionScope(row.scope),
        site_id=row.site_id,
        domain=row.domain,
        subject=row.subject,
        term=row.term,
        level=Level(row.level),
        categories=tuple(row.categories),
        reason=row.reason,
        region=row.region,
        proposed_by=row.actor,
        proposed_at=row.created_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        ended_because=row.ended_because,
        silenced=row.silenced,
        silenced_at=row.silenced_at,
    )
