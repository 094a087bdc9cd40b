"""What the store knows about the sites of a case, put together for a message."""

from dataclasses import dataclass

from alerts.findings import Finding
from crawler.domain.alert import Alert, AlertState
from crawler.domain.assessment import Assessment
from crawler.domain.capture import Capture
from crawler.domain.case import Case
from crawler.domain.errors import GiveUp
from crawler.domain.site import Site
from crawler.domain.subject import NOBODY_ASKED
from crawler.domain.task import TASK_ENDS, SupervisionTask
from crawler.store.assessments import assessment_of
from crawler.store.captures import captures_of_visit, manifest_digests
from crawler.store.cases import case_of
from crawler.store.database import Connection
from crawler.store.discrepancies import discrepancies_of
from crawler.store.leads import leads_of_site
from crawler.store.lists import filing_of
from crawler.store.sites import sites_by_id
from crawler.store.subjects import standings_of
from crawler.store.task_alerts import alerts_of_task
from crawler.store.texts import structure_of, text_of

_MOST_SITES = 21


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """The sites of a task, as many as a message holds, and how many they are."""

    shown: tuple[Finding, ...]
    total: int


def case_behind(db: Connection, case_id: int) -> Case:
    """The case of an alert or a task; they are never without one."""
    case = case_of(db, case_id)
    if case is None:
        raise GiveUp(f"线索 {case_id} 不存在")
    return case


def finding_of(db: Connection, alert: Alert) -> Finding:
    """One alert with its site, the judgement it shows, the captures and the filing."""
    site = sites_by_id(db, [alert.site_id])[alert.site_id]
    assessment = assessment_of(db, alert.visit_id) or _as_shown(alert)
    return finding_with(db, alert, site, assessment, tuple(captures_of_visit(db, alert.visit_id)))


def finding_with(
    db: Connection,
    alert: Alert,
    site: Site,
    assessment: Assessment,
    captures: tuple[Capture, ...],
) -> Finding:
    """What was just found, with what filing, registers and leads say of it."""
    return Finding(
        alert=alert,
        site=site,
        assessment=assessment,
        captures=captures,
        filing=filing_of(db, site.domain),
        manifests=manifest_digests(db, [one.id for one in captures]),
        standing=standings_of(db, [site]).get(site.id, NOBODY_ASKED),
        leads=tuple(leads_of_site(db, site.id)),
        text=text_of(db, assessment.text_digest),
        structure=structure_of(db, assessment.text_digest),
        discrepancies=tuple(discrepancies_of(db, [alert.visit_id]).get(alert.visit_id, ())),
    )


def findings_behind(db: Connection, task: SupervisionTask) -> Findings:
    """What a task is about: the site that it was made from, then those that joined it and are still
    confirmed. What nobody has decided yet is not told as if it were; a task that has ended was
    about its sites, though one of them may have relapsed since.
    """
    told = _behind(db, task)
    shown = tuple(finding_of(db, alert) for alert in told[:_MOST_SITES])
    return Findings(shown=shown, total=len(told))


def finding_behind(db: Connection, task: SupervisionTask) -> Finding:
    """The site that a task was made from."""
    return finding_of(db, _behind(db, task)[0])


def _behind(db: Connection, task: SupervisionTask) -> list[Alert]:
    first, *others = alerts_of_task(db, task.id)
    if task.state in TASK_ENDS:
        return [first, *(one for one in others if one.state is not AlertState.DISMISSED)]
    return [first, *(one for one in others if one.state is AlertState.CONFIRMED)]


def _as_shown(alert: Alert) -> Assessment:
    """What is left where a judgement has been cleared away by age."""
    return Assessment(
        visit_id=alert.visit_id,
        level=alert.level,
        score=alert.score,
        sentence=alert.sentence,
        text_digest=alert.text_digest,
        judged_at=alert.last_seen_at,
    )
