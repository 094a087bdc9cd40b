"""Which sites a sweep is of: the words of a selection as a select of sites.id."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, select

from crawler.domain.alert import AlertState
from crawler.domain.errors import BadInput
from crawler.domain.lead import LeadState
from crawler.domain.site import SiteState
from crawler.store.lead_tables import leads
from crawler.store.schedule_tables import drawn_sites
from crawler.store.tables import alerts, filing_lists, filings, sites
from crawler.store.visits import due_sites, every_site, named_sites

_LOUD = [str(AlertState.OPEN), str(AlertState.CONFIRMED), str(AlertState.WATCHED)]


def chosen_sites(db: Connection, selection: str, now: datetime, region: str = "") -> Select[Any]:
    """For all, due, leads, site:a,b and list:N; a sample has been drawn before (`sites_drawn`)."""
    kind, _, rest = selection.partition(":")
    if kind == "all":
        return every_site(region)
    if kind == "due":
        return due_sites(now, region)
    if kind == "site":
        return named_sites(rest.split(","))
    if kind == "leads":
        waiting = leads.c.state == str(LeadState.RECEIVED)
        return every_site(region).where(sites.c.id.in_(select(leads.c.site_id).where(waiting)))
    if kind == "list":
        return _of_list(db, int(rest), region)
    raise BadInput(f"范围 {selection} 无效")


def sites_drawn(sweep_id: int) -> Select[Any]:
    """What was drawn for a sweep."""
    return select(drawn_sites.c.site_id.label("id")).where(drawn_sites.c.sweep_id == sweep_id)


def quiet_sites(db: Connection, region: str = "") -> list[int]:
    """Watched sites of which nobody has anything in hand: what a random sample is drawn from."""
    loud = exists().where(alerts.c.site_id == sites.c.id, alerts.c.state.in_(_LOUD))
    rows = select(sites.c.id).where(
        sites.c.region.startswith(region), sites.c.state == str(SiteState.WATCHED), ~loud
    )
    return list(db.scalars(rows.order_by(sites.c.id)))


def _of_list(db: Connection, number: int, region: str) -> Select[Any]:
    source = db.scalar(select(filing_lists.c.source).where(filing_lists.c.id == number))
    if source is None:
        raise BadInput(f"没有编号为 {number} 的名单")
    stood = (
        (filings.c.source == source)
        & (filings.c.first_list_id <= number)
        & (filings.c.last_list_id >= number)
    )
    return every_site(region).where(sites.c.domain.in_(select(filings.c.domain).where(stood)))
