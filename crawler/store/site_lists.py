"""The two lists that go round once a week, as the register stands now: sites with a hint that opens
no alert (蓝), and sites whose last visit saw nothing, or that nobody has visited yet (未采集).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, or_, select

from crawler.domain.assessment import Level, rank
from crawler.domain.filing import SubjectKind, shown_unit_name
from crawler.domain.site import SiteState
from crawler.store.regions import within
from crawler.store.tables import assessments, sites
from crawler.store.visits import NOT_SEEN

_WATCHED = sites.c.state == str(SiteState.WATCHED)
_GRAVEST = case({str(one): rank(one) for one in Level}, value=sites.c.last_level, else_=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedSite:
    """One site on a list; the name of a person is masked."""

    domain: str  # as a person reads it
    unit_name: str
    region: str
    licence: str
    outcome: str  # of the last visit; empty: not visited yet
    level: str  # of the last judgement; empty: none yet
    last_seen_at: datetime | None  # the last good capture; None: never
    failures: int  # visits in a row that saw nothing
    sentence: str = ""
    since: datetime | None = None  # when it was first judged so


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteList:
    """How many sites a list has, by cause where there are causes, and the first of them."""

    total: int
    sites: Sequence[ListedSite]
    causes: Sequence[tuple[str, int]] = ()  # outcome and count, the most frequent first


def blue_sites(db: Connection, reach: str, limit: int) -> SiteList:
    """Watched sites last judged 蓝 under a region prefix, the newest find first."""
    blue = str(Level.BLUE)
    mine = _WATCHED & within(sites.c.region, reach) & (sites.c.last_level == blue)
    judged = (
        select(
            assessments.c.site_id,
            func.min(assessments.c.judged_at).label("since"),
            func.max(assessments.c.id).label("id"),
        )
        .where(assessments.c.current, assessments.c.level == blue)
        .group_by(assessments.c.site_id)
        .subquery()
    )
    told = assessments.alias()
    rows = (
        select(sites, judged.c.since, told.c.sentence)
        .outerjoin(judged, judged.c.site_id == sites.c.id)
        .outerjoin(told, told.c.id == judged.c.id)
        .where(mine)
        .order_by(judged.c.since.desc().nulls_last(), sites.c.domain)
        .limit(limit)
    )
    total = db.scalar(select(func.count()).select_from(sites).where(mine)) or 0
    found = [_listed(row, row.sentence or "", row.since) for row in db.execute(rows)]
    return SiteList(total=total, sites=found)


def unseen_sites(db: Connection, reach: str, limit: int) -> SiteList:
    """Watched sites that were not captured: first those that were graver when last judged, then
    those not seen for longest.
    """
    missed = or_(sites.c.last_outcome.in_(NOT_SEEN), sites.c.last_outcome == "")
    mine = _WATCHED & within(sites.c.region, reach) & missed
    count = func.count().label("n")
    causes = select(sites.c.last_outcome, count).where(mine).group_by(sites.c.last_outcome)
    counted = [(row.last_outcome, row.n) for row in db.execute(causes.order_by(count.desc()))]
    order = (_GRAVEST.desc(), sites.c.last_seen_at.nulls_first(), sites.c.domain)
    rows = select(sites).where(mine).order_by(*order).limit(limit)
    return SiteList(
        total=sum(n for _, n in counted),
        sites=[_listed(row) for row in db.execute(rows)],
        causes=counted,
    )


def _listed(row: Row[Any], sentence: str = "", since: datetime | None = None) -> ListedSite:
    shown = shown_unit_name(row.unit_name, SubjectKind(row.subject_kind))
    return ListedSite(
        domain=row.domain_shown,
        unit_name=shown,
        region=row.region,
        licence=row.service_licence or row.main_licence,
        outcome=row.last_outcome,
        level=row.last_level,
        last_seen_at=row.last_seen_at,
        failures=row.failures_in_a_row,
        sentence=sentence.replace(row.unit_name, shown) if row.unit_name else sentence,
        since=since,
    )
