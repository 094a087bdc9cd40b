"""举报线索 taken in: put to a site, visited at once by the same path as any other, answered."""

from dataclasses import dataclass
from datetime import datetime

from crawler.domain.alert import ALERT_STATE_NAMES, AlertState
from crawler.domain.audit import Act
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.filing import SubjectKind
from crawler.domain.lead import Lead, LeadState, checked_words
from crawler.domain.schedule import FiringState, Schedule, ScheduleState
from crawler.domain.site import Site, SiteState
from crawler.domain.task import CONCLUSION_NAMES, TASK_STATE_NAMES
from crawler.reading.domains import Place
from crawler.reading.links import registered
from crawler.service.wiring import House
from crawler.store.alerts import alerts_of_site
from crawler.store.audit import note
from crawler.store.database import Connection
from crawler.store.leads import (
    lead_of,
    lead_referred,
    list_leads,
    mark_answered,
    mark_visited,
    new_site,
    save_lead,
    watch_again,
)
from crawler.store.lists import filing_of
from crawler.store.schedules import add_schedule, firings_in, put_firing, schedule_named
from crawler.store.sites import site_of_domain
from crawler.store.tasks import tasks_of_case

SELECTION = "leads"
_PLAN = "举报线索"
_MACHINE = "system"


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint:
    """What came in, before it is put to a site."""

    place: Place
    channel: str
    words: str = ""
    reporter: str = ""
    reference: str = ""
    told_at: datetime | None = None
    region: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What a lead came to, as its sender may be told: nothing of what the house knows besides."""

    lead: Lead
    told: str
    alert_id: int = 0


def take_lead(house: House, given: Complaint, actor: str, now: datetime) -> tuple[Lead, bool]:
    """The lead, and whether it is new: a sender's own number comes in once. Its site is due now."""
    checked_words(given.words, given.channel, given.reporter, given.reference)
    region = given.region or house.config.region
    if len(region) != 6 or not region.isdigit():
        raise BadInput("区划须为六位代码（GB/T 2260）")
    with house.database.transaction() as db:
        known = lead_referred(db, given.channel.strip(), given.reference.strip())
        if known is not None:
            return known, False
        site, joined = _site_for(db, given.place, region, now, actor)
        lead = save_lead(db, _lead(given, site, actor, now, joined=joined))
        watch_again(db, site.id, now)
        note(db, _act(lead, "lead.take", actor, now, f"{site.domain} {lead.channel}"))
    return lead, True


def ask_visits(house: House, now: datetime) -> int:
    """Have the served house look at what waits: one firing of a plan that never fires by itself.
    Gives the firing's number, 0 where nothing waits or one is under way.
    """
    with house.database.transaction() as db:
        mark_visited(db)
        if not list_leads(db, states=(LeadState.RECEIVED,), limit=1):
            return 0
        plan = _plan(db, house.config.region, now)
        going = (FiringState.WAITING, FiringState.RUNNING)
        if firings_in(db, going, limit=1, schedule_id=plan.id):
            return 0
        return put_firing(db, plan, now, FiringState.WAITING, "举报线索", _MACHINE) or 0


def standing_of(db: Connection, lead: Lead) -> Standing:
    """Where it stands: the answer that was given, else what its site came to."""
    opened, last = alerts_of_site(db, lead.site_id)
    alert = opened or last
    number = alert.id if alert else 0
    if lead.state is LeadState.ANSWERED:
        return Standing(lead=lead, told=lead.answer, alert_id=number)
    if lead.state is LeadState.RECEIVED:
        return Standing(lead=lead, told="已收到，等待采集", alert_id=number)
    if alert is None:
        return Standing(lead=lead, told="已采集，网站首页未见疑似情形")
    if alert.state is not AlertState.CONFIRMED:
        said = {AlertState.DISMISSED: "已核实，未发现疑似情形"}.get(alert.state)
        state = ALERT_STATE_NAMES[alert.state]
        return Standing(lead=lead, told=said or f"已采集，生成预警，{state}", alert_id=number)
    return Standing(lead=lead, told=_handled(db, alert.case_id), alert_id=number)


def answer_lead(
    house: House, number: int, answer: str, actor: str, now: datetime, reach: str = ""
) -> Lead:
    """Give the answer, once; without words of one's own, where it stands."""
    with house.database.transaction() as db:
        mark_visited(db)
        lead = lead_of(db, number, reach)
        if lead is None:
            raise BadInput(f"没有编号为 {number} 的举报线索")
        if lead.state is LeadState.RECEIVED:
            raise NotAllowed(f"举报线索 {number} 还没有采集，不能答复")
        said = answer.strip() or standing_of(db, lead).told
        if not mark_answered(db, number, said[:500], now):
            raise NotAllowed(f"举报线索 {number} 已经答复过")
        note(db, _act(lead, "lead.answer", actor, now, said[:200]))
        answered = lead_of(db, number)
    assert answered is not None
    return answered


def _site_for(
    db: Connection, place: Place, region: str, now: datetime, actor: str
) -> tuple[Site, bool]:
    """The site whose filing names the host or its registered domain; else the host's own, new or
    known from an earlier lead.
    """
    for domain in dict.fromkeys((place.domain, registered(place.host))):
        site = site_of_domain(db, domain)
        if site is not None and filing_of(db, domain) is not None:
            return site, True
    known = site_of_domain(db, place.domain)
    if known is not None:
        return known, False
    fresh = Site(
        domain=place.domain,
        domain_shown=place.domain,
        region=region,
        subject_kind=SubjectKind.UNKNOWN,
        home_url=place.url,
        state=SiteState.WATCHED,
    )
    return new_site(db, fresh, now, actor), False


def _lead(given: Complaint, site: Site, actor: str, now: datetime, *, joined: bool) -> Lead:
    place = given.place
    return Lead(
        url=place.url or f"http://{place.host}/",
        domain=site.domain,
        channel=given.channel.strip(),
        reference=given.reference.strip(),
        words=given.words.strip(),
        reporter=given.reporter.strip(),
        told_at=given.told_at or now,
        received_at=now,
        actor=actor,
        region=site.region,
        site_id=site.id,
        joined=joined,
    )


def _plan(db: Connection, region: str, now: datetime) -> Schedule:
    try:
        return schedule_named(db, _PLAN)
    except BadInput:
        plan = Schedule(
            name=_PLAN, cron="0 0 1 1 *", selection=SELECTION, state=ScheduleState.PAUSED,
            region=region, actor=_MACHINE,
        )  # fmt: skip
        return add_schedule(db, plan, now)


def _handled(db: Connection, case_id: int) -> str:
    tasks = tasks_of_case(db, case_id)
    if not tasks:
        return "已核实，正在处理"
    if tasks[-1].conclusion is not None:
        return f"已核实并处理，结论：{CONCLUSION_NAMES[tasks[-1].conclusion]}"
    return f"已核实，交有关部门处理（{TASK_STATE_NAMES[tasks[-1].state]}）"


def _act(lead: Lead, action: str, actor: str, at: datetime, after: str) -> Act:
    return Act(
        at=at, actor=actor, action=action, object=f"lead:{lead.id}", region=lead.region,
        after=after,
    )  # fmt: skip
