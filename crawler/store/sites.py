"""Sites as the register has them: found by domain, kept up to date by what a visit saw."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from crawler.domain.filing import SubjectKind
from crawler.domain.site import Site, SiteState
from crawler.store.database import update_rows
from crawler.store.tables import sites


def site_from(row: Row[Any]) -> Site:
    """The noun behind one row of `sites`."""
    return Site(
        id=row.id,
        domain=row.domain,
        domain_shown=row.domain_shown,
        region=row.region,
        unit_name=row.unit_name,
        subject_kind=SubjectKind(row.subject_kind),
        site_name=row.site_name,
        home_url=row.home_url,
        main_licence=row.main_licence,
        service_licence=row.service_licence,
        state=SiteState(row.state),
        due_at=row.due_at,
        final_url=row.final_url,
        failures_in_a_row=row.failures_in_a_row,
        text_digest=row.text_digest,
        needs_browser=row.needs_browser,
        uscc=row.uscc,
        last_picture_at=row.last_picture_at,
        rhythm_days=row.rhythm_days,
        unchanged=row.unchanged,
    )


def sites_by_id(db: Connection, ids: Sequence[int]) -> dict[int, Site]:
    """Several sites at once."""
    rows = db.execute(select(sites).where(sites.c.id.in_(ids)))
    return {row.id: site_from(row) for row in rows}


def site_of_domain(db: Connection, domain: str) -> Site | None:
    """The site of a domain, if there is one."""
    row = db.execute(select(sites).where(sites.c.domain == domain)).first()
    return site_from(row) if row else None


def named(words: str) -> ColumnElement[bool]:
    """Words in a site's domain or subject. A domain in ASCII is shown as it is, another is shown in
    its own script: one of the two is enough to be asked, and all of it stands in an index.
    """
    domain = sites.c.domain if words.isascii() else sites.c.domain_shown
    typed = words.lower() if words.isascii() else words
    return domain.contains(typed, autoescape=True) | sites.c.unit_name.contains(
        words, autoescape=True
    )


def all_sites(db: Connection, region: str = "") -> Iterator[Site]:
    """Every site under a region prefix, by id, in flat memory."""
    rows = select(sites).where(sites.c.region.startswith(region)).order_by(sites.c.id)
    for row in db.execute(rows.execution_options(yield_per=1_000)):
        yield site_from(row)


def save_seen(db: Connection, seen: Sequence[dict[str, Any]]) -> None:
    """What visits learned, well ended or not; each dict names what changed, and `id`."""
    update_rows(db, sites, seen)


def make_due(db: Connection, site_id: int, at: datetime) -> None:
    """Come back at a moment, whatever the rhythm says."""
    db.execute(update(sites).where(sites.c.id == site_id).values(due_at=at))
