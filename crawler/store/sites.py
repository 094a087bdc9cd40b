"""Sites as the register has them: found by domain, kept up to date by what a visit saw."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    collate,
    column,
    func,
    select,
    table,
    update,
)

from crawler.domain.filing import SubjectKind
from crawler.domain.site import Site, SiteState
from crawler.store.audit import take_chain
from crawler.store.database import update_rows
from crawler.store.tables import sites

# Beyond these a walk along the domains comes to a full page sooner than each hit is looked up.
MOST_BY_INDEX = 20_000
_words = table("site_words", column("rowid"), column("site_words"))


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


def named(db: Connection, words: str) -> ColumnElement[bool]:
    """Words in a site's domain or subject, A to Z in either case. A domain in ASCII is shown as it
    is, another is shown in its own script: one of the two is enough to be asked.
    """
    domain = sites.c.domain if words.isascii() else sites.c.domain_shown
    if db.dialect.name != "sqlite":
        words = _in_small_letters(words)
        unit = func.lower(collate(sites.c.unit_name, "C"))
        shown = func.lower(collate(domain, "C"))
        return shown.contains(words, autoescape=True) | unit.contains(words, autoescape=True)
    said = domain.contains(words, autoescape=True) | sites.c.unit_name.contains(
        words, autoescape=True
    )
    if len(words) < 2:  # the index is of pairs
        return said
    # The index only says where to look: whether the words stand there is asked of the row.
    found = select(_words.c.rowid).where(_words.c.site_words.op("MATCH")(_pairs_in(words)))
    few = found.limit(MOST_BY_INDEX + 1).subquery()
    count = db.scalar(select(func.count()).select_from(few)) or 0
    return said if count > MOST_BY_INDEX else sites.c.id.in_(found) & said


def _pairs_in(words: str) -> str:
    """As the triggers of migration 0011 feed the index; one phrase, with nothing to escape."""
    lower = _in_small_letters(words)
    pairs = (lower[at : at + 2].encode().hex() for at in range(len(lower) - 1))
    return f'"{" ".join(pairs)}"'


def _in_small_letters(words: str) -> str:
    """A to Z alone, as SQLite's lower() and PostgreSQL's in "C" do."""
    return "".join(one.lower() if one.isascii() else one for one in words)


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
    take_chain(db)
    db.execute(update(sites).where(sites.c.id == site_id).values(due_at=at))
