"""What the last visit of each site saw: the ledger, line by line. Not captured is never clean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from crawler.domain.capture import Capture, Fetcher, Outcome, PageKind, Profile
from crawler.domain.discrepancy import Discrepancy
from crawler.domain.filing import SubjectKind, shown_unit_name
from crawler.domain.site import Site, ended_well
from crawler.store.discrepancies import discrepancies_of
from crawler.store.families import families_of
from crawler.store.finding_tables import discrepancies, family_members
from crawler.store.regions import within
from crawler.store.sites import named, site_from
from crawler.store.tables import alerts, assessments, captures, sites, visits

_BLOCK = 500
_CAPTURE = msgspec.json.Decoder(Capture)
LONGEST_PAGE = 200
MOST_COUNTED = 10_000  # beyond that a total says "more"


class SiteLine(msgspec.Struct, frozen=True, kw_only=True):
    """One site with what its last visit saw; `rates` are annual percent, `findings` the kinds in
    which the page disagrees with its filing or with another visitor's view.
    """

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
    findings: tuple[str, ...] = ()
    state: str = ""
    region: str = ""
    unit_name: str = ""
    subject_kind: str = ""
    domain_shown: str = ""
    last_seen_at: datetime | None = None  # the last good capture, however long ago
    last_picture_at: datetime | None = None
    failures_in_a_row: int = 0
    due_at: datetime | None = None
    visit_id: int | None = None
    site_id: int = 0

    @property
    def was_seen(self) -> bool:
        """Whether the last visit saw what a visitor sees; else its level says nothing."""
        return self.outcome != "" and ended_well(Outcome(self.outcome))


@dataclass(frozen=True, kw_only=True, slots=True)
class LastVisit:
    """One site with its line and what that is made from."""

    site: Site
    line: SiteLine
    captures: tuple[Capture, ...]
    discrepancies: tuple[Discrepancy, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerWanted:
    """Which sites a list shows. Empty means any."""

    reach: str
    words: str = ""  # in domain or subject
    outcome: str = ""  # a closed list's value, or: waiting, failed
    level: str = ""
    finding: str = ""
    family: int = 0
    unpictured: bool = False
    limit: int = 50
    offset: int = 0


def site_lines(db: Connection, region: str = "", *, unpictured: bool = False) -> Iterator[SiteLine]:
    """Every site under a region prefix, by id, in flat memory; of these the ones that were seen
    and have no picture, where only they are wanted.
    """
    rows = _last_visits().where(sites.c.region.startswith(region)).order_by(sites.c.id)
    rows = rows.where(_UNPICTURED) if unpictured else rows
    stream = iter(db.execute(rows.execution_options(yield_per=_BLOCK)))
    while block := list(islice(stream, _BLOCK)):
        yield from _lines(db, block)


def ledger_page(db: Connection, wanted: LedgerWanted) -> tuple[int, list[SiteLine]]:
    """How many sites a list has (where words or findings are looked for, at most one more than
    MOST_COUNTED), and one page of it.
    """
    total, ids = _page(db, wanted)
    rows = db.execute(_last_visits(ids).order_by(sites.c.domain)).all()
    return total, list(_lines(db, rows))


def is_bounded(wanted: LedgerWanted) -> bool:
    """Whether its total is only counted up to MOST_COUNTED: no index knows it."""
    return bool(wanted.words or wanted.finding)


def _page(db: Connection, wanted: LedgerWanted) -> tuple[int, Sequence[int]]:
    """First which, then what: else each site's last visit is looked up to show fifty of them."""
    chosen = select(sites.c.id).where(*_conditions(db, wanted)).order_by(sites.c.domain)
    limit = min(wanted.limit, LONGEST_PAGE)
    if is_bounded(wanted):
        ids = db.scalars(chosen.limit(MOST_COUNTED + 1)).all()
        return len(ids), ids[wanted.offset : wanted.offset + limit]
    count = select(func.count()).select_from(sites).where(*_conditions(db, wanted))
    return db.scalar(count) or 0, db.scalars(chosen.limit(limit).offset(wanted.offset)).all()


def site_with_visit(db: Connection, domain: str, reach: str = "") -> LastVisit | None:
    """One site within reach with all that its last visit saw."""
    mine = select(sites.c.id).where(sites.c.domain == domain, within(sites.c.region, reach))
    row = db.execute(_last_visits(mine)).first()
    if row is None:
        return None
    seen = tuple(_captures(db, [row.visit_id]).get(row.visit_id, ()))
    found = tuple(discrepancies_of(db, [row.visit_id]).get(row.visit_id, ()))
    kinds = tuple(str(one.kind) for one in found)
    family = families_of(db, [row.id]).get(row.id)
    line = _line(row, seen, kinds, family)
    return LastVisit(site=site_from(row), line=line, captures=seen, discrepancies=found)


_UNPICTURED = sites.c.last_seen_at.is_not(None) & sites.c.last_picture_at.is_(None)


def unpictured_count(db: Connection, reach: str = "") -> int:
    """Watched sites that were seen and have no picture."""
    mine = within(sites.c.region, reach) & (sites.c.state == "watched")
    return db.scalar(select(func.count()).where(_UNPICTURED, mine)) or 0


def unpictured_in(db: Connection, sweep_id: int) -> int:
    """Sites of a sweep that were seen, then or before, and have no picture yet."""
    joined = visits.join(sites, sites.c.id == visits.c.site_id)
    rows = select(func.count()).select_from(joined).where(visits.c.sweep_id == sweep_id)
    return db.scalar(rows.where(_UNPICTURED)) or 0


def _last_visits(of: Sequence[int] | Select[Any] | None = None) -> Select[Any]:
    """Sites with their last visit; all of them, unless it is said which."""
    ended = select(visits.c.site_id, func.max(visits.c.id).label("visit_id")).where(
        visits.c.outcome != ""
    )
    if of is not None:
        ended = ended.where(visits.c.site_id.in_(of))
    last = ended.group_by(visits.c.site_id).subquery()
    current = and_(assessments.c.visit_id == last.c.visit_id, assessments.c.current)
    opened = and_(alerts.c.site_id == sites.c.id, alerts.c.state == "open")
    joined = (
        sites.outerjoin(last, last.c.site_id == sites.c.id)
        .outerjoin(visits, visits.c.id == last.c.visit_id)
        .outerjoin(assessments, current)
        .outerjoin(alerts, opened)
    )
    columns = (
        sites,
        last.c.visit_id,
        visits.c.outcome,
        assessments.c.level,
        assessments.c.score,
        assessments.c.categories,
        assessments.c.rates,
        assessments.c.sentence,
        assessments.c.text_digest.label("judged_digest"),
        alerts.c.id.label("alert_id"),
    )
    rows = select(*columns).select_from(joined)
    return rows if of is None else rows.where(sites.c.id.in_(of))


def _conditions(db: Connection, wanted: LedgerWanted) -> list[ColumnElement[bool]]:
    """Of the site alone, so that its indexes serve: how its last visit ended stands in its row."""
    chosen = [named(db, wanted.words)] if wanted.words else []
    chosen.append(within(sites.c.region, wanted.reach))
    if wanted.outcome:
        outcome = "" if wanted.outcome == "waiting" else wanted.outcome
        chosen.append(sites.c.last_outcome == outcome)
    if wanted.level:
        chosen.append(sites.c.last_level == wanted.level)
    if wanted.finding:
        chosen.append(sites.c.id.in_(_with_finding(wanted.finding)))
    if wanted.family:
        members = select(family_members.c.site_id).where(
            family_members.c.family_id == wanted.family
        )
        chosen.append(sites.c.id.in_(members))
    if wanted.unpictured:
        chosen.append(_UNPICTURED)
    return chosen


def _with_finding(kind: str) -> Select[Any]:
    """Sites in whose last visit something of a kind disagreed."""
    last = (
        select(func.max(visits.c.id))
        .where(visits.c.site_id == discrepancies.c.site_id, visits.c.outcome != "")
        .correlate(discrepancies)
        .scalar_subquery()
    )
    mine = (discrepancies.c.kind == kind) & (discrepancies.c.visit_id == last)
    return select(discrepancies.c.site_id).where(mine)


def _lines(db: Connection, block: Sequence[Any]) -> Iterator[SiteLine]:
    visit_ids = [row.visit_id for row in block if row.visit_id]
    seen = _captures(db, visit_ids)
    found = discrepancies_of(db, visit_ids)
    families = families_of(db, [row.id for row in block])
    for row in block:
        kinds = tuple(str(one.kind) for one in found.get(row.visit_id, ()))
        yield _line(row, seen.get(row.visit_id, ()), kinds, families.get(row.id))


def _captures(db: Connection, visit_ids: Sequence[int]) -> dict[int, list[Capture]]:
    rows = select(captures.c.visit_id, captures.c.manifest).where(
        captures.c.visit_id.in_(visit_ids)
    )
    found: dict[int, list[Capture]] = {}
    for visit_id, manifest in db.execute(rows.order_by(captures.c.ended_at, captures.c.id)):
        found.setdefault(visit_id, []).append(_CAPTURE.decode(manifest))
    return found


def _line(
    row: Any, seen: Sequence[Capture], findings: tuple[str, ...], family: int | None
) -> SiteLine:
    last = _telling(seen)
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
        family=str(family or ""),
        page_kind=_kind_of(last, seen) if last else "",
        captured_at=last.ended_at if last else None,
        text_digest=row.judged_digest or "",
        sentence=row.sentence or "",
        alert=row.alert_id,
        findings=findings,
        state=row.state,
        region=row.region,
        unit_name=shown_unit_name(row.unit_name, SubjectKind(row.subject_kind)),
        subject_kind=row.subject_kind,
        domain_shown=row.domain_shown,
        last_seen_at=row.last_seen_at,
        last_picture_at=row.last_picture_at,
        failures_in_a_row=row.failures_in_a_row,
        due_at=row.due_at,
        visit_id=row.visit_id,
        site_id=row.id,
    )


def _kind_of(last: Capture, seen: Sequence[Capture]) -> str:
    """Whether a plain page is what any name gets was asked after it was kept."""
    if last.fetcher is Fetcher.HTTP and last.page_kind is PageKind.ORDINARY:
        asked = (one.page_kind for one in seen)
        return str(PageKind.WILDCARD if PageKind.WILDCARD in asked else last.page_kind)
    return str(last.page_kind)


def _telling(seen: Sequence[Capture]) -> Capture | None:
    """The capture that a line shows: the last good one of a desktop, else the best there is."""
    good = [one for one in seen if ended_well(one.outcome)]
    usual = [one for one in good if one.profile is Profile.DESKTOP]
    best = usual or good or seen
    return best[-1] if best else None
