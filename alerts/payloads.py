"""What a message says of an alert, a task, a subject, a site: plain values, bounded in size.

Field names are those of the published schemas (`alerts/schemas/`); a receiver builds on them.
"""

from collections.abc import Mapping
from typing import Any

from alerts.describing import hits_described, site_described
from alerts.findings import Finding
from alerts.introducing import clue_source, lead_payloads, moment, subject_payload
from alerts.locating import located
from alerts.masking import without_name
from alerts.supervising import sla_profile
from crawler.domain.alert import Alert, AlertState
from crawler.domain.assessment import (
    LEVEL_NAMES,
    TEST_STATE_NAMES,
    Assessment,
    FourTests,
    Side,
)
from crawler.domain.capture import Capture, Evidence, EvidenceKind
from crawler.domain.case import Case
from crawler.domain.lexicon import Category
from crawler.domain.region import agree
from crawler.domain.site import Site
from crawler.domain.task import CONCLUSION_NAMES, TASK_STATE_NAMES, SupervisionTask

UNVERIFIED, VERIFIED = "未经人工核实", "已核实"
_SAID = {
    AlertState.CONFIRMED: VERIFIED,
    AlertState.DISMISSED: "误报",
    AlertState.WATCHED: "转为观察",
}

_MOST_HITS = 20
_MOST_NUMBERS = 20
_MOST_CAPTURES = 10
_MOST_SITES = 20
_TITLE, _SUMMARY, _SHORT = 120, 300, 200


def alert_payload(
    finding: Finding, case: Case, categories: Mapping[str, Category], why: str = ""
) -> dict[str, Any]:
    """The warning itself: what is suspected, how gravely, and whether a person has looked."""
    alert, site = finding.alert, finding.site
    return {
        "alert_id": alert.id,
        "clue_no": case.number,
        "clue_type": "网络金融风险",
        **_source(finding),
        "state": str(alert.state),
        **_classified(finding.assessment, categories),
        "risk_level": str(alert.level),
        "level_name": LEVEL_NAMES[alert.level],
        "risk_score": round(alert.score, 2),
        "level_reason": _level_reason(finding),
        "verified": _SAID.get(alert.state, UNVERIFIED),
        "found_at": moment(finding.assessment.judged_at),
        "first_seen": moment(alert.opened_at),
        "last_seen": moment(alert.last_seen_at),
        "repeats": alert.repeats,
        "reopened": alert.reopened,
        "why": why,
        "title": without_name(_title(site, alert), site)[:_TITLE],
        "summary": without_name(alert.sentence, site)[:_SUMMARY],
        "region": alert.region,
    }


def task_payload(
    task: SupervisionTask, case: Case, finding: Finding, categories: Mapping[str, Category]
) -> dict[str, Any]:
    """The supervision task as it now stands."""
    return {
        "task_no": task.number,
        "clue_no": case.number,
        "clue_type": "网络金融风险",
        **_source(finding),
        "state": str(task.state),
        "state_name": TASK_STATE_NAMES[task.state],
        **_classified(finding.assessment, categories),
        "risk_level": str(task.level),
        "level_name": LEVEL_NAMES[task.level],
        "verified": VERIFIED,
        "risk_score": round(finding.alert.score, 2),
        "level_reason": _level_reason(finding),
        "found_at": moment(finding.assessment.judged_at),
        "first_seen": moment(finding.alert.opened_at),
        "last_seen": moment(finding.alert.last_seen_at),
        "reopened": finding.alert.reopened,
        "title": without_name(task.title, finding.site)[:_TITLE],
        "summary": without_name(task.summary, finding.site)[:_SUMMARY],
        "lead_dept": {"code": task.lead.code, "name": task.lead.name},
        "co_depts": [{"code": one.code, "name": one.name} for one in task.cooperating],
        "dispatch": _dispatch(task, finding),
        "created_at": moment(task.created_at),
        "acknowledge_by": moment(task.acknowledge_by),
        "answer_by": moment(task.answer_by),
        "due_at": moment(task.due_at),
        "sla_profile": sla_profile(task.level),
        "closed_at": moment(task.closed_at),
        "conclusion": str(task.conclusion) if task.conclusion else None,
        "conclusion_name": CONCLUSION_NAMES[task.conclusion] if task.conclusion else None,
        "returns": task.returns,
    }


def site_payload(finding: Finding) -> dict[str, Any]:
    """All that is known of one site, from the subject on; a case of several has one each."""
    assessment = finding.assessment
    return {
        "subject": subject_payload(finding.site, finding.filing, finding.standing),
        "site": site_described(finding),
        "hits": hits_described(finding),
        "hits_total": len(assessment.hits),
        "numbers": [
            {
                "raw": one.raw[:_SHORT],
                "annual_pct": one.annual_high,
                "annual_pct_low": one.annual_low,
                "pattern": one.pattern,
                "confidence": str(one.confidence),
                "track": str(one.track),
            }
            for one in assessment.yields[:_MOST_NUMBERS]
        ],
        "four_tests": _four_tests(assessment.tests),
        "evidence": _evidence(finding),
        "lexicon": {"version": assessment.lexicon_version},
    }


def more_sites(findings: tuple[Finding, ...], total: int) -> dict[str, Any]:
    """The other sites of a case, the same parts each; empty for a case of one."""
    rest = findings[1 : 1 + _MOST_SITES]
    if not rest:
        return {}
    return {"sites_total": total, "more_sites": [site_payload(one) for one in rest]}


def _source(finding: Finding) -> dict[str, Any]:
    return {
        "clue_source": clue_source(finding.leads, finding.filing, finding.alert.opened_at),
        "leads": lead_payloads(finding.leads),
    }


def _dispatch(task: SupervisionTask, finding: Finding) -> dict[str, Any]:
    """Where it went by which rule, who else claims it, who inspects with the lead (1+1, 1+2)."""
    where = located(finding.site, finding.filing, finding.standing)
    named = {one.code: one.name for one in task.cooperating}
    return {
        "region": task.region,
        "street": where.street,
        "mode": _mode(task.region, where.region),
        "rule": task.rule,
        "contested": task.contested,
        "joint": [{"code": code, "name": named.get(code, code)} for code in task.joint],
        "pattern": f"1+{len(task.joint)}" if task.joint else "1",
    }


def _mode(region: str, registered: str) -> str:
    """Why it went there: 登记地 leads, where it is known (条例 art. 20)."""
    if not registered:
        return "登记地不明"
    return "登记地" if agree(region, registered) else "登记地以外"


def _classified(assessment: Assessment, categories: Mapping[str, Category]) -> dict[str, Any]:
    first = assessment.categories[0] if assessment.categories else ""
    known = categories.get(first)
    return {
        "category": first,
        "category_name": known.name if known else first or "其他",
        "report_class": known.report_class if known else "",
        "categories": list(assessment.categories[:_MOST_HITS]),
    }


def _title(site: Site, alert: Alert) -> str:
    return f"{site.unit_name or site.domain_shown}网站：{alert.sentence}"


def _level_reason(finding: Finding) -> str:
    told = [r.text for r in finding.assessment.reasons if r.side is Side.FOR]
    return without_name("；".join(told), finding.site)[:_SHORT]


def _four_tests(tests: FourTests) -> dict[str, Any]:
    return {
        "非法性": TEST_STATE_NAMES[tests.unlawful],
        "公开性": TEST_STATE_NAMES[tests.public],
        "利诱性": TEST_STATE_NAMES[tests.enticing],
        "社会性": TEST_STATE_NAMES[tests.social],
        "notes": [note[:_SHORT] for note in tests.notes[:8]],
    }


_KINDS = {
    EvidenceKind.REQUEST: "warc",
    EvidenceKind.RESPONSE: "warc",
    EvidenceKind.DOM: "dom",
    EvidenceKind.PICTURE: "screenshot",
    EvidenceKind.FULL_PICTURE: "screenshot",
}


def _evidence(finding: Finding) -> dict[str, Any]:
    pieces = [
        _piece(capture, one)
        for capture in finding.captures
        for one in capture.evidence
        if one.kind in _KINDS
    ]
    manifests = [
        {"capture_id": capture.id, "sha256": finding.manifests[capture.id]}
        for capture in finding.captures[:_MOST_CAPTURES]
        if capture.id in finding.manifests
    ]
    return {
        "captures": pieces[-_MOST_CAPTURES:],
        "captures_total": len(pieces),
        "manifests": manifests,
    }


def _piece(capture: Capture, evidence: Evidence) -> dict[str, Any]:
    return {
        "id": capture.id,
        "kind": _KINDS[evidence.kind],
        "sha256": evidence.sha256,
        "captured_at": moment(capture.ended_at),
    }
