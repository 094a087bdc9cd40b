"""Discrepancies as rows, and what the lists say of the numbers a page shows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select

from crawler.domain.discrepancy import Discrepancy, DiscrepancyKind, Holder, Listings
from crawler.domain.filing import SubjectKind, main_licence_of
from crawler.domain.site import Visit
from crawler.store.finding_tables import discrepancies
from crawler.store.tables import filings

_MOST_HOLDERS = 20
_SERVICES = 40  # of one subject that are looked at; a range over text sorts differently by engine


def save_each_discrepancies(
    db: Connection, each: Sequence[tuple[Visit, Sequence[Discrepancy]]], now: datetime
) -> None:
    """The findings of each visit, in place of those of its earlier judgement."""
    ids = [visit.id for visit, _ in each]
    db.execute(delete(discrepancies).where(discrepancies.c.visit_id.in_(ids)))
    rows = [
        {
            "visit_id": visit.id,
            "kind": str(one.kind),
            "site_id": visit.site.id,
            "region": visit.site.region,
            "text": one.text,
            "captures": list(one.captures),
            "found_at": now,
        }
        for visit, found in each
        for one in {one.kind: one for one in found}.values()
    ]
    if rows:
        db.execute(insert(discrepancies), rows)


def discrepancies_of(db: Connection, visit_ids: Iterable[int]) -> dict[int, list[Discrepancy]]:
    """The findings of several visits."""
    wanted = discrepancies.c.visit_id.in_(set(visit_ids))
    rows = db.execute(select(discrepancies).where(wanted).order_by(discrepancies.c.kind))
    found: dict[int, list[Discrepancy]] = {}
    for row in rows:
        found.setdefault(row.visit_id, []).append(_discrepancy(row))
    return found


def listings_for(db: Connection, numbers: Sequence[str], domains: Sequence[str] = ()) -> Listings:
    """What the lists say of main numbers and of domains, those gone from the lists too."""
    if not numbers and not domains:
        return Listings()
    licence = filings.c.service_licence
    asked = [
        name for one in numbers for name in (one, *(f"{one}-{n}" for n in range(1, _SERVICES)))
    ]
    rows = select(
        licence, filings.c.domain, filings.c.unit_name, filings.c.filing, filings.c.gone_list_id
    )
    by_number: dict[str, tuple[Holder, ...]] = {}
    for row in db.execute(rows.where(licence.in_(asked)).limit(_MOST_HOLDERS)) if asked else ():
        number = main_licence_of(row.service_licence)
        by_number[number] = (*by_number.get(number, ()), _holder(row))
    here = rows.where(filings.c.domain.in_(domains), filings.c.gone_list_id.is_(None))
    by_domain = {row.domain: _holder(row) for row in db.execute(here)} if domains else {}
    return Listings(numbers=by_number, domains=by_domain)


def _holder(row: Any) -> Holder:
    kind = msgspec.json.decode(row.filing).get("subject_kind", SubjectKind.UNKNOWN)
    return Holder(
        unit_name=row.unit_name,
        domain=row.domain,
        subject_kind=SubjectKind(kind),
        gone=row.gone_list_id is not None,
    )


def _discrepancy(row: Row[Any]) -> Discrepancy:
    return Discrepancy(kind=DiscrepancyKind(row.kind), text=row.text, captures=tuple(row.captures))
