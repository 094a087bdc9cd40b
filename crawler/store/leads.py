"""举报线索 as rows; what became of each is read from the visits, alerts and tasks of its site."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    exists,
    func,
    insert,
    select,
    update,
)

from crawler.domain.capture import Outcome
from crawler.domain.lead import Lead, LeadState
from crawler.domain.site import Site, SiteState
from crawler.store.lead_tables import leads
from crawler.store.sites import site_from
from crawler.store.tables import captures, sites, visits


def save_lead(db: Connection, lead: Lead) -> Lead:
    """A new one gets its number."""
    made = insert(leads).values(_values(lead)).returning(leads.c.id)
    return replace(lead, id=int(db.execute(made).scalar_one()))


def lead_of(db: Connection, number: int, reach: str = "") -> Lead | None:
    """One within reach."""
    mine = (leads.c.id == number) & leads.c.region.startswith(reach)
    row = db.execute(select(leads).where(mine)).first()
    return lead_from(row) if row else None


def lead_referred(db: Connection, channel: str, reference: str, domain: str) -> Lead | None:
    """The one about a site that came in under the sender's own number."""
    named = (leads.c.channel == channel) & (leads.c.reference == reference)
    mine = named & (leads.c.domain == domain)
    row = db.execute(select(leads).where(mine)).first() if reference else None
    return lead_from(row) if row else None


def list_leads(
    db: Connection, reach: str = "", states: Sequence[LeadState] = (), limit: int = 100
) -> list[Lead]:
    """Those within reach, newest first."""
    rows = select(leads).where(leads.c.region.startswith(reach))
    if states:
        rows = rows.where(leads.c.state.in_([str(one) for one in states]))
    return [lead_from(row) for row in db.execute(rows.order_by(leads.c.id.desc()).limit(limit))]


def any_to_visit(db: Connection, region: str) -> bool:
    """Whether one waits whose site a sweep of this region would look at."""
    looked_at = (sites.c.state == str(SiteState.WATCHED)) & sites.c.region.startswith(region)
    waiting = (leads.c.state == str(LeadState.RECEIVED)) & looked_at
    joined = leads.join(sites, sites.c.id == leads.c.site_id)
    return db.execute(select(leads.c.id).select_from(joined).where(waiting)).first() is not None


def leads_of_site(db: Connection, site_id: int) -> list[Lead]:
    """All that was told of a site, oldest first."""
    rows = select(leads).where(leads.c.site_id == site_id).order_by(leads.c.id)
    return [lead_from(row) for row in db.execute(rows)]


def mark_visited(db: Connection) -> int:
    """Leads whose site was looked at since they came in; how many those are. A look that had begun
    by then saw the page from before.
    """
    seen = exists().where(_seen_since())
    waiting = (leads.c.state == str(LeadState.RECEIVED)) & seen
    return db.execute(update(leads).where(waiting).values(state=str(LeadState.VISITED))).rowcount


def looks_since(
    db: Connection, numbers: Collection[int], readable: Collection[Outcome]
) -> dict[int, tuple[int, Outcome]]:
    """Of each of several leads the newest visit since it came in that saw a page, else the newest
    that came to anything.
    """
    well = visits.c.outcome.in_([str(one) for one in readable])
    newest = (
        select(
            leads.c.id.label("lead"),
            func.max(visits.c.id).filter(well).label("well"),
            func.max(visits.c.id).label("last"),
        )
        .select_from(leads.join(visits, _seen_since()))
        .where(leads.c.id.in_(numbers), visits.c.outcome != "")
        .group_by(leads.c.id)
        .subquery()
    )
    told = visits.c.id == func.coalesce(newest.c.well, newest.c.last)
    looks = newest.join(visits, told)
    rows = select(newest.c.lead, visits.c.id, visits.c.outcome).select_from(looks)
    return {row.lead: (row.id, Outcome(row.outcome)) for row in db.execute(rows)}


def mark_answered(db: Connection, number: int, answer: str, now: datetime) -> bool:
    """Keep what was answered; False if it was answered before."""
    mine = (leads.c.id == number) & (leads.c.state != str(LeadState.ANSWERED))
    answered = {"state": str(LeadState.ANSWERED), "answer": answer, "answered_at": now}
    return db.execute(update(leads).where(mine).values(answered)).rowcount == 1


def new_site(db: Connection, site: Site, now: datetime, actor: str) -> Site:
    """A site that no filing names, watched because somebody told of it."""
    row = {
        "domain": site.domain,
        "domain_shown": site.domain_shown,
        "region": site.region,
        "unit_name": "",
        "subject_kind": str(site.subject_kind),
        "site_name": "",
        "home_url": site.home_url,
        "main_licence": "",
        "service_licence": "",
        "state": str(SiteState.WATCHED),
        "due_at": now,
        "created_at": now,
        "actor": actor,
    }
    made = db.execute(insert(sites).values(row).returning(sites)).one()
    return site_from(made)


def point_at(db: Connection, site_id: int, url: str) -> None:
    """Where an unfiled site is looked at: the address that was told last."""
    db.execute(update(sites).where(sites.c.id == site_id).values(home_url=url))


def watch_again(db: Connection, site_id: int, now: datetime) -> None:
    """A site that was retired is looked at again, and any is due now."""
    values = {"state": str(SiteState.WATCHED), "due_at": now}
    paused = sites.c.state != str(SiteState.PAUSED)
    db.execute(update(sites).where((sites.c.id == site_id) & paused).values(values))


def _seen_since() -> ColumnElement[bool]:
    """Joins a lead to each look at its site that saw the page as it was since it came in."""
    began_before = (captures.c.visit_id == visits.c.id) & (
        captures.c.started_at < leads.c.received_at
    )
    return and_(
        visits.c.site_id == leads.c.site_id,
        visits.c.closed_at >= leads.c.received_at,
        ~select(captures.c.id).where(began_before).exists(),
    )


def _values(lead: Lead) -> dict[str, Any]:
    return {
        "url": lead.url,
        "domain": lead.domain,
        "channel": lead.channel,
        "reference": lead.reference,
        "words": lead.words,
        "reporter": lead.reporter,
        "told_at": lead.told_at,
        "received_at": lead.received_at,
        "actor": lead.actor,
        "region": lead.region,
        "site_id": lead.site_id,
        "joined": lead.joined,
        "state": str(lead.state),
        "answer": lead.answer,
        "answered_at": lead.answered_at,
    }


def lead_from(row: Row[Any]) -> Lead:
    """As its row has it, whatever else is in the row."""
    values = {one.name: getattr(row, one.name) for one in leads.c}
    return Lead(**values | {"state": LeadState(row.state)})
