"""What the last visit of each site saw: the ledger, line by line. Not captured is never clean."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, func, select

from crawler.domain.capture import Capture, Fetcher
from crawler.domain.site import ended_well
from crawler.store.tables import alerts, assessments, captures, sites, visits

_BLOCK = 500
_CAPTURE = msgspec.json.Decoder(Capture)


class SiteLine(msgspec.Struct, frozen=True, kw_only=True):
    """One site with what its last visit saw; `rates` are annual percent."""

    domain: str
    home_url: str | None
    final_url: str
    outcome: str
    flags: tuple[str, ...]
    level: str
    score: float
    categories: tuple[str, ...]
    rates: tuple[float, ...]
    rendered: bool
    family: str
    page_kind: str
    captured_at: datetime | None
    text_digest: str = ""
    sentence: str = ""
    alert: int | None = None


def site_lines(db: Connection, region: str = "") -> Iterator[SiteLine]:
    """Every site under a region prefix, by id, in flat memory."""
    stream = iter(db.execute(_last_visits(region).execution_options(yield_per=_BLOCK)))
    while block := list(islice(stream, _BLOCK)):
        seen = _captures(db, [row.visit_id for row in block if row.visit_id])
        for row in block:
            yield _line(row, seen.get(row.visit_id, ()))


def _last_visits(region: str) -> Any:
    last = (
        select(visits.c.site_id, func.max(visits.c.id).label("visit_id"))
        .where(visits.c.outcome != "")
        .group_by(visits.c.site_id)
        .subquery()
    )
    current = and_(assessments.c.visit_id == last.c.visit_id, assessments.c.current)
    opened = and_(alerts.c.site_id == sites.c.id, alerts.c.state == "open")
    joined = (
        sites.outerjoin(last, last.c.site_id == sites.c.id)
        .outerjoin(visits, visits.c.id == last.c.visit_id)
        .outerjoin(assessments, current)
        .outerjoin(alerts, opened)
    )
    columns = (
        sites.c.domain,
        sites.c.home_url,
        last.c.visit_id,
        visits.c.outcome,
        assessments.c.level,
        assessments.c.score,
        assessments.c.categories,
        assessments.c.rates,
        assessments.c.sentence,
        assessments.c.text_digest,
        alerts.c.id.label("alert_id"),
    )
    named = sites.c.region.startswith(region)
    return select(*columns).select_from(joined).where(named).order_by(sites.c.id)


def _captures(db: Connection, visit_ids: Sequence[int]) -> dict[int, list[Capture]]:
    rows = select(captures.c.visit_id, captures.c.manifest).where(
        captures.c.visit_id.in_(visit_ids)
    )
    found: dict[int, list[Capture]] = {}
    for visit_id, manifest in db.execute(rows.order_by(captures.c.ended_at, captures.c.id)):
        found.setdefault(visit_id, []).append(_CAPTURE.decode(manifest))
    return found


def _line(row: Row[Any], seen: Sequence[Capture]) -> SiteLine:
    best = [one for one in seen if ended_well(one.outcome)] or list(seen)
    last = best[-1] if best else None
    flags = dict.fromkeys(str(flag) for one in seen for flag in one.flags)
    return SiteLine(
        domain=row.domain,
        home_url=row.home_url,
        final_url=last.final_url if last else "",
        outcome=row.outcome or "",
        flags=tuple(flags),
        level=row.level or "none",
        score=row.score or 0.0,
        categories=tuple(row.categories or ()),
        rates=tuple(row.rates or ()),
        rendered=any(c.fetcher is Fetcher.BROWSER and ended_well(c.outcome) for c in seen),
        family="",
        page_kind=str(last.page_kind) if last else "",
        captured_at=last.ended_at if last else None,
        text_digest=row.text_digest or "",
        sentence=row.sentence or "",
        alert=row.alert_id,
    )
