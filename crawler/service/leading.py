"""举报线索 taken in: put to a site, visited at once by the same path as any other, answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.domain.alert import ALERT_STATE_NAMES, Alert, AlertState
from crawler.domain.assessment import Level, at_least
from crawler.domain.audit import Act
from crawler.domain.capture import Outcome
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.filing import SubjectKind
from crawler.domain.lead import Lead, LeadState, checked_words
from crawler.domain.schedule import FiringState, Schedule, ScheduleState
from crawler.domain.site import Site, SiteState
from crawler.domain.task import CONCLUSION_NAMES, TASK_STATE_NAMES, SupervisionTask
from crawler.reading.domains import Place
from crawler.reading.links import registered
from crawler.service.wiring import House
from crawler.store.alerts import alerts_of_sites
from crawler.store.assessments import levels_of
from crawler.store.audit import note
from crawler.store.database import Connection
from crawler.store.leads import (
    any_to_visit,
    lead_of,
    lead_referred,
    looks_since,
    mark_answered,
    mark_visited,
    new_site,
    point_at,
    save_lead,
    watch_again,
)
from crawler.store.lists import filing_of
from crawler.store.schedules import add_schedule, put_firing, schedule_named
from crawler.store.sites import site_of_domain, sites_by_id
from crawler.store.task_alerts import newest_tasks

SELECTION = "leads"
_PLAN = "举报线索"
_MACHINE = "system"
_AHEAD = timedelta(minutes=5)  # clocks of senders
_READABLE = frozenset({Outcome.SEEN, Outcome.PARTIAL})
_LONGEST_ANSWER = 500
_DECIDED = frozenset({AlertState.CONFIRMED, AlertState.DISMISSED})
_UNSEEN = {
    Outcome.EMPTY: "网页空白",
    Outcome.NOT_HTML: "不是网页",
    Outcome.HTTP_ERROR: "网站报错",
    Outcome.RATE_LIMITED: "网站限制访问",
    Outcome.ROBOTS_REFUSED: "网站不许采集",
    Outcome.BLOCKED_ADDRESS: "地址或端口不许访问",
    Outcome.NAME_NOT_FOUND: "域名不存在",
    Outcome.CONNECTION_REFUSED: "网站拒绝连接",
    Outcome.TIMED_OUT: "访问超时",
    Outcome.TLS_FAILED: "加密握手失败",
    Outcome.BAD_RESPONSE: "网站应答不合规范",
    Outcome.REDIRECT_LIMIT: "跳转过多",
    Outcome.DOWNLOAD: "是下载文件，不是网页",
    Outcome.BROWSER_FAILED: "浏览器未能打开",
    Outcome.BUDGET_REACHED: "超出采集限额",
}


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
    """The lead, and whether it is new: a sender's own number comes in once for each site that it
    tells of. The site is due now.
    """
    checked_words(given.words, given.channel, given.reporter, given.reference)
    if given.told_at is not None and given.told_at > now + _AHEAD:
        raise BadInput("举报时间在将来")
    region = given.region or house.config.region
    if len(region) != 6 or not region.isdigit():
        raise BadInput("区划须为六位代码（GB/T 2260）")
    with house.database.transaction() as db:
        site, joined = _site_for(db, given.place, region, now, actor)
        told = given.channel.strip(), given.reference.strip(), site.domain
        known = lead_referred(db, *told)
        if known is not None:
            return known, False
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
        if not any_to_visit(db, house.config.region):
            return 0
        plan = _plan(db, house.config.region, now)
        return put_firing(db, plan, now, FiringState.WAITING, "举报线索", _MACHINE) or 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What the house knows of the sites of several leads."""

    alerts: Mapping[int, Alert]  # by site
    sites: Mapping[int, Site]
    looks: Mapping[int, tuple[int, Outcome]]  # by lead: the visit that counts
    levels: Mapping[int, Level]  # by visit
    tasks: Mapping[int, SupervisionTask]  # by alert


def standing_of(db: Connection, lead: Lead) -> Standing:
    """Where it stands: the answer that was given, else what was seen since it came in. What was
    known before is told as such, and never stands in for a look.
    """
    return standings_of(db, [lead])[0]


def standings_of(db: Connection, leads: Sequence[Lead]) -> list[Standing]:
    """The same of many, for as many queries as of one."""
    looks = looks_since(db, [one.id for one in leads if one.state is LeadState.VISITED], _READABLE)
    alerts = alerts_of_sites(db, {one.site_id for one in leads})
    known = _Known(
        alerts=alerts,
        sites=sites_by_id(db, [one.site_id for one in leads]),
        looks=looks,
        levels=levels_of(db, [visit_id for visit_id, _ in looks.values()]),
        tasks=newest_tasks(db, [one.id for one in alerts.values()]),
    )
    return [
        Standing(
            lead=one,
            told=_told(known, one),
            alert_id=alerts[one.site_id].id if one.site_id in alerts else 0,
        )
        for one in leads
    ]


def _told(known: _Known, lead: Lead) -> str:
    if lead.state is LeadState.ANSWERED:
        return lead.answer
    if lead.state is LeadState.RECEIVED:
        paused = known.sites[lead.site_id].state is not SiteState.WATCHED
        return "已收到，网站已停止采集，没有访问" if paused else "已收到，等待采集"
    visit_id, outcome = known.looks.get(lead.id, (0, None))
    alert = known.alerts.get(lead.site_id)
    unseen = "" if outcome in _READABLE else _why(outcome)
    if alert is None:
        return f"访问未成功：{unseen}" if unseen else _nothing(known, visit_id)
    return _missed(known, alert, unseen) if unseen else _seen(known, lead, alert, visit_id)


def _why(outcome: Outcome | None) -> str:
    return "没有看到网页" if outcome is None else _UNSEEN[outcome]


def _missed(known: _Known, alert: Alert, unseen: str) -> str:
    # A dismissal was of what was seen then: it says nothing of what was told now.
    handled = f"；{_stage(known, alert)}" if alert.state is AlertState.CONFIRMED else ""
    return f"已有预警 {alert.id}；本次未能访问：{unseen}{handled}"


def _seen(known: _Known, lead: Lead, alert: Alert, visit_id: int) -> str:
    """What a look came to at a site that has an alert, perhaps from before."""
    flagged = at_least(known.levels.get(visit_id, Level.NONE), Level.YELLOW)
    stage = _stage(known, alert)
    if alert.opened_at >= lead.received_at or alert.state is AlertState.CONFIRMED:
        return f"已采集，生成预警，{stage}" if alert.state not in _DECIDED else stage
    if alert.state is AlertState.DISMISSED:
        return stage if flagged else _nothing(known, visit_id)
    seen = "再次发现疑似情形" if flagged else "网站首页未见疑似情形"
    return f"已有预警 {alert.id}（{stage}）；本次采集，{seen}"


def _nothing(known: _Known, visit_id: int) -> str:
    judged = visit_id in known.levels
    return "已采集，网站首页未见疑似情形" if judged else "已采集，网页尚未研判"


def _stage(known: _Known, alert: Alert) -> str:
    """How far an alert is."""
    if alert.state is AlertState.CONFIRMED:
        return _handled(known.tasks.get(alert.id))
    if alert.state is AlertState.DISMISSED:
        return "已核实，未发现疑似情形"
    return ALERT_STATE_NAMES[alert.state]


def answer_lead(
    house: House, number: int, answer: str, actor: str, now: datetime, reach: str = ""
) -> Lead:
    """Give the answer, once; without words of one's own, where it stands."""
    with house.database.transaction() as db:
        mark_visited(db)
        lead = lead_of(db, number, reach)
        if lead is None:
            raise BadInput(f"没有编号为 {number} 的举报线索")
        if lead.state is LeadState.RECEIVED and not answer.strip():
            raise NotAllowed(f"举报线索 {number} 还没有采集，须写明答复的话")
        said = answer.strip() or standing_of(db, lead).told
        if len(said) > _LONGEST_ANSWER:
            raise BadInput(f"答复不超过 {_LONGEST_ANSWER} 字，现有 {len(said)} 字")
        if not mark_answered(db, number, said, now):
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
        if place.url:
            point_at(db, known.id, place.url)
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


def _handled(task: SupervisionTask | None) -> str:
    if task is None:
        return "已核实，正在处理"
    if task.conclusion is not None:
        return f"已核实并处理，结论：{CONCLUSION_NAMES[task.conclusion]}"
    return f"已核实，交有关部门处理（{TASK_STATE_NAMES[task.state]}）"


def _act(lead: Lead, action: str, actor: str, at: datetime, after: str) -> Act:
    return Act(
        at=at, actor=actor, action=action, object=f"lead:{lead.id}", region=lead.region,
        after=after,
    )  # fmt: skip
