"""What a page of the console shows of alerts, cases and their sites: a few queries a page, each
under a region prefix.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    or_,
    select,
)

from crawler.domain.alert import Alert, AlertState, Decision
from crawler.domain.assessment import Assessment, Level, rank
from crawler.domain.capture import Capture, Fetcher, PageText
from crawler.domain.case import Case
from crawler.domain.filing import Filing
from crawler.domain.page import PageStructure
from crawler.domain.site import Site
from crawler.store.alerts import alert_from
from crawler.store.cases import case_from
from crawler.store.lists import filing_from, newest_filing
from crawler.store.people import shown_name_of
from crawler.store.sites import site_from
from crawler.store.tables import alerts, assessments, captures, cases, reviews, sites, texts, visits
from crawler.store.texts import unpack_text
from crawler.store.visits import NOT_SEEN

_CAPTURE = msgspec.json.Decoder(Capture)
_RANK = case({str(level): rank(level) for level in Level}, value=alerts.c.level)
_FILING = "newest_filing"
LONGEST_LIST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """One alert with all that an officer looks at first."""

    alert: Alert
    site: Site
    case: Case
    assessment: Assessment | None = None
    filing: Filing | None = None  # the newest that names its domain


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """How many alerts a case has: still open within reach, in all within reach, and elsewhere."""

    open: int
    here: int
    elsewhere: int

    @property
    def size(self) -> int:
        """All of them."""
        return self.here + self.elsewhere


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which alerts a list shows, and in which order."""

    reach: str
    states: tuple[AlertState, ...] = ()
    levels: tuple[Level, ...] = ()
    category: str = ""
    words: str = ""  # in domain, unit name or sentence
    case_id: int = 0
    unseen_in: int = 0  # a sweep that did not see their sites
    again: bool = False  # relapsed
    sort: str = "level"
    limit: int = 50
    offset: int = 0


SORTS: Mapping[str, tuple[ColumnElement[Any], ...]] = {
    "level": (_RANK.desc(), alerts.c.opened_at, alerts.c.id),
    "new": (alerts.c.opened_at.desc(), alerts.c.id.desc()),
    "old": (alerts.c.opened_at, alerts.c.id),
    "seen": (alerts.c.last_seen_at.desc(), alerts.c.id.desc()),
    "score": (alerts.c.score.desc(), alerts.c.id),
    "repeats": (alerts.c.repeats.desc(), alerts.c.id),
    "domain": (sites.c.domain, alerts.c.id),
}


def open_cases(db: Connection, reach: str, limit: int) -> tuple[int, list[int]]:
    """How many cases wait for a decision, and the first of them: gravest, then oldest."""
    rows = (
        select(alerts.c.case_id, func.count().over().label("total"))
        .where(alerts.c.state == "open", alerts.c.region.startswith(reach))
        .group_by(alerts.c.case_id)
        .order_by(func.max(_RANK).desc(), func.min(alerts.c.opened_at), alerts.c.case_id)
        .limit(limit)
    )
    found = db.execute(rows).all()
    return (found[0].total if found else 0), [row.case_id for row in found]


def first_cards(db: Connection, case_ids: Sequence[int], reach: str) -> dict[int, Card]:
    """For each case its gravest open alert."""
    order = (_RANK.desc(), alerts.c.score.desc(), alerts.c.id)
    place = func.row_number().over(partition_by=alerts.c.case_id, order_by=order).label("place")
    ranked = (
        select(alerts.c.id, place)
        .where(
            alerts.c.case_id.in_(case_ids),
            alerts.c.state == "open",
            alerts.c.region.startswith(reach),
        )
        .subquery()
    )
    first = select(ranked.c.id).where(ranked.c.place == 1)
    rows = _with_assessment().where(alerts.c.id.in_(first))
    return {row._mapping[alerts.c.case_id]: _card(row) for row in db.execute(rows)}


def card_of(db: Connection, alert_id: int, reach: str) -> Card | None:
    """One alert, if it is within reach."""
    wanted = (alerts.c.id == alert_id) & alerts.c.region.startswith(reach)
    row = db.execute(_with_assessment().where(wanted)).first()
    return _card(row) if row else None


def cards(db: Connection, wanted: Wanted) -> tuple[int, list[Card]]:
    """How many alerts a list has, and one page of it."""
    at_sites = alerts.join(sites, sites.c.id == alerts.c.site_id)
    thin = at_sites if wanted.words or wanted.sort == "domain" else alerts
    order = SORTS.get(wanted.sort, SORTS["level"])
    limit = min(wanted.limit, LONGEST_LIST)
    counted = at_sites if wanted.words else alerts  # an order needs no counting
    count = _chosen(select(func.count()).select_from(counted), wanted)
    # first which, then what: else every alert's whole assessment is carried through the sorting
    which = _chosen(select(alerts.c.id).select_from(thin), wanted).order_by(*order)
    ids = list(db.scalars(which.limit(limit).offset(wanted.offset)))
    rows = _with_assessment().where(alerts.c.id.in_(ids)).order_by(*order)
    return db.scalar(count) or 0, [_card(row) for row in db.execute(rows)]


def queue(db: Connection, reach: str, limit: int = 1_000) -> list[int]:
    """The open alerts in the order in which they are worked through."""
    chosen = (alerts.c.state == "open") & alerts.c.region.startswith(reach)
    rows = select(alerts.c.id).where(chosen).order_by(*SORTS["level"])
    return list(db.scalars(rows.limit(limit)))


def families(db: Connection, case_ids: Iterable[int], reach: str) -> dict[int, Family]:
    """The sizes of several cases."""
    here = alerts.c.region.startswith(reach)
    rows = (
        select(
            alerts.c.case_id,
            func.count().filter(here & (alerts.c.state == "open")).label("open"),
            func.count().filter(here).label("here"),
            func.count().label("all"),
        )
        .where(alerts.c.case_id.in_(set(case_ids)))
        .group_by(alerts.c.case_id)
    )
    return {
        row.case_id: Family(open=row.open, here=row.here, elsewhere=row.all - row.here)
        for row in db.execute(rows)
    }


def case_members(db: Connection, case_id: int, reach: str, limit: int = 60) -> list[Card]:
    """The alerts of a case within reach, gravest first, without their assessments."""
    chosen = (alerts.c.case_id == case_id) & alerts.c.region.startswith(reach)
    rows = select(alerts, sites, cases).select_from(_joined()).where(chosen)
    ordered = rows.order_by(_RANK.desc(), alerts.c.id).limit(limit)
    return [_card(row) for row in db.execute(ordered)]


def count_members(db: Connection, case_id: int, reach: str) -> int:
    """How many alerts of a case are within reach."""
    chosen = (alerts.c.case_id == case_id) & alerts.c.region.startswith(reach)
    return db.scalar(select(func.count()).select_from(alerts).where(chosen)) or 0


def pictured(db: Connection, visit_ids: Sequence[int]) -> dict[int, list[Capture]]:
    """The browser's captures of several visits, oldest first."""
    rows = select(captures.c.visit_id, captures.c.manifest).where(
        captures.c.visit_id.in_(visit_ids), captures.c.fetcher == str(Fetcher.BROWSER)
    )
    found: dict[int, list[Capture]] = {}
    for visit_id, manifest in db.execute(rows.order_by(captures.c.ended_at, captures.c.id)):
        found.setdefault(visit_id, []).append(_CAPTURE.decode(manifest))
    return found


def newest_pictured(db: Connection, site_ids: Sequence[int]) -> dict[int, list[Capture]]:
    """The browser's newest capture of several sites."""
    mine = captures.c.site_id.in_(site_ids) & (captures.c.fetcher == str(Fetcher.BROWSER))
    newest = (
        select(func.max(captures.c.id).label("id")).where(mine).group_by(captures.c.site_id)
    ).subquery()
    rows = select(captures.c.site_id, captures.c.manifest).join(
        newest, newest.c.id == captures.c.id
    )
    return {site_id: [_CAPTURE.decode(manifest)] for site_id, manifest in db.execute(rows)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One capture in a site's history."""

    id: str
    visit_id: int
    fetcher: str
    profile: str
    outcome: str
    title: str
    text_digest: str
    ended_at: datetime
    level: str  # of its visit's current assessment


def history(db: Connection, site_id: int, limit: int = 30) -> list[Seen]:
    """The newest captures of a site, newest first."""
    current = and_(assessments.c.visit_id == captures.c.visit_id, assessments.c.current)
    columns = (
        captures.c.id, captures.c.visit_id, captures.c.fetcher, captures.c.profile,
        captures.c.outcome, captures.c.title, captures.c.text_digest, captures.c.ended_at,
    )  # fmt: skip
    rows = (
        select(*columns, func.coalesce(assessments.c.level, "").label("level"))
        .select_from(captures.outerjoin(assessments, current))
        .where(captures.c.site_id == site_id)
        .order_by(captures.c.ended_at.desc(), captures.c.id.desc())
        .limit(limit)
    )
    return [Seen(**row._mapping) for row in db.execute(rows)]


def capture_within(db: Connection, capture_id: str, reach: str) -> Capture | None:
    """One capture, if its site is within reach."""
    mine = (captures.c.id == capture_id) & captures.c.region.startswith(reach)
    manifest = db.scalar(select(captures.c.manifest).where(mine))
    return _CAPTURE.decode(manifest) if manifest else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """One decision with the alert it was about."""

    alert_id: int
    decision: Decision
    actor: str
    who: str  # as people know them
    at: datetime
    reason: str
    domain: str
    unit_name: str
    subject_kind: str


def decided_since(db: Connection, actor: str, since: datetime, limit: int = 100) -> list[Decided]:
    """What somebody decided since a moment, newest first."""
    mine = (reviews.c.actor == actor) & (reviews.c.at >= since)
    return _decisions(db, mine, limit)


def decisions_on_site(db: Connection, site_id: int, limit: int = 50) -> list[Decided]:
    """All decisions about a site's alerts, newest first."""
    return _decisions(db, alerts.c.site_id == site_id, limit)


def _decisions(db: Connection, chosen: ColumnElement[bool], limit: int) -> list[Decided]:
    columns = (
        reviews.c.alert_id, reviews.c.decision, reviews.c.actor, reviews.c.at, reviews.c.reason,
        shown_name_of(reviews.c.actor).label("who"), sites.c.domain, sites.c.unit_name,
        sites.c.subject_kind,
    )  # fmt: skip
    joined = reviews.join(alerts, alerts.c.id == reviews.c.alert_id).join(
        sites, sites.c.id == alerts.c.site_id
    )
    rows = select(*columns).select_from(joined).where(chosen).order_by(reviews.c.id.desc())
    found = db.execute(rows.limit(limit))
    return [Decided(**{**row._mapping, "decision": Decision(row.decision)}) for row in found]


def _joined() -> Any:
    return alerts.join(sites, sites.c.id == alerts.c.site_id).join(
        cases, cases.c.id == alerts.c.case_id
    )


def _with_assessment() -> Select[Any]:
    current = and_(assessments.c.visit_id == alerts.c.visit_id, assessments.c.current)
    joined = _joined().outerjoin(assessments, current)
    filing = newest_filing(sites.c.domain).correlate(sites).scalar_subquery().label(_FILING)
    return select(alerts, sites, cases, assessments.c.body, filing).select_from(joined)


def _chosen(rows: Select[Any], wanted: Wanted) -> Select[Any]:
    chosen: list[ColumnElement[bool]] = [alerts.c.region.startswith(wanted.reach)]
    if wanted.states:
        chosen.append(alerts.c.state.in_([str(one) for one in wanted.states]))
    if wanted.levels:
        chosen.append(alerts.c.level.in_([str(one) for one in wanted.levels]))
    if wanted.case_id:
        chosen.append(alerts.c.case_id == wanted.case_id)
    if wanted.again:
        chosen.append(alerts.c.reopened > 0)
    if wanted.category:
        found = cast(alerts.c.found, Text)
        chosen.append(found.contains(f'"{wanted.category}:"', autoescape=True))
    if wanted.words:
        named = (sites.c.domain, sites.c.domain_shown, sites.c.unit_name, alerts.c.sentence)
        chosen.append(or_(*(one.contains(wanted.words, autoescape=True) for one in named)))
    if wanted.unseen_in:
        unseen = select(visits.c.site_id).where(
            visits.c.sweep_id == wanted.unseen_in, visits.c.outcome.in_(NOT_SEEN)
        )
        chosen.append(alerts.c.site_id.in_(unseen))
    return rows.where(*chosen)


def _card(row: Row[Any]) -> Card:
    body = row._mapping.get(assessments.c.body)
    return Card(
        alert=alert_from(_part(row, alerts)),
        site=site_from(_part(row, sites)),
        case=case_from(_part(row, cases)),
        assessment=msgspec.convert(body, Assessment) if body else None,
        filing=filing_from(row._mapping.get(_FILING)),
    )


def _part(row: Row[Any], table: Table) -> Any:
    """One table's columns of a joined row, under their own names."""
    return SimpleNamespace(**{column.name: row._mapping[column] for column in table.c})


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """Texts by digest, what their close reading found, and the boxes of captures."""

    texts: Mapping[str, PageText]
    structures: Mapping[str, PageStructure]
    runs: Mapping[str, bytes]


def texts_and_runs(db: Connection, digests: Iterable[str], capture_ids: Iterable[str] = ()) -> Kept:
    """Several texts, and the boxes of those captures whose text is among them."""
    shown = (captures.c.text_digest == texts.c.digest) & captures.c.id.in_(set(capture_ids))
    columns = (texts.c.digest, texts.c.fields, texts.c.structure, captures.c.id, captures.c.runs)
    wanted = texts.c.digest.in_({one for one in digests if one})
    found = db.execute(select(*columns).select_from(texts.outerjoin(captures, shown)).where(wanted))
    rows = found.all()
    return Kept(
        texts={row.digest: unpack_text(row.fields) for row in rows},
        structures={
            row.digest: msgspec.convert(row.structure, PageStructure)
            for row in rows
            if row.structure
        },
        runs={row.id: row.runs or b"" for row in rows if row.id},
    )
