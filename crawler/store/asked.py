"""What people asked about a site, read in one query: a page may ask the store only so often."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, select

from crawler.domain.exception import Exemption, ExemptionScope
from crawler.domain.lead import Lead
from crawler.domain.recapture import Recapture
from crawler.domain.site import Site
from crawler.store.exceptions import covers, exemption_from
from crawler.store.lead_tables import leads
from crawler.store.leads import lead_from
from crawler.store.recapture_tables import recaptures
from crawler.store.recaptures import recapture_from
from crawler.store.tables import exceptions, sites

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Leads, oldest first; the newest wish to look again; the exemption that opens no alert."""

    leads: list[Lead]
    again: Recapture | None
    exempt: Exemption | None  # the oldest in force for the whole site


def asked_of_site(db: Connection, site: Site, now: datetime) -> Asked:
    """All of it."""
    newest = select(recaptures.c.id).where(recaptures.c.site_id == site.id)
    newest = newest.order_by(recaptures.c.asked_at.desc(), recaptures.c.id.desc()).limit(1)
    whole = exceptions.c.scope != str(ExemptionScope.TERM)
    covering = select(exceptions.c.id).where(covers(site, now), whole)
    covering = covering.order_by(exceptions.c.id).limit(1)
    joined = (
        sites.outerjoin(leads, leads.c.site_id == sites.c.id)
        .outerjoin(recaptures, recaptures.c.id == newest.scalar_subquery())
        .outerjoin(exceptions, exceptions.c.id == covering.scalar_subquery())
    )
    chosen = select(leads, recaptures, exceptions, sites.c.domain).select_from(joined)
    rows = db.execute(chosen.where(sites.c.id == site.id).order_by(leads.c.id)).all()
    told = (_part(row, leads, lead_from) for row in rows)
    return Asked(
        leads=[one for one in told if one is not None],
        again=_part(rows[0], recaptures, recapture_from) if rows else None,
        exempt=_part(rows[0], exceptions, exemption_from) if rows else None,
    )


def _part(row: Row[Any], table: Table, made: Callable[[Any], Made]) -> Made | None:
    """One table's part of a joined row; None where it gave no line."""
    known = {column.name: row._mapping[column] for column in table.c}
    if known["id"] is None:
        return None
    return made(SimpleNamespace(**{"domain": row._mapping[sites.c.domain]} | known))
