"""Whether what a visit found is new to an officer. One assessment in, one change of one alert out.

What officers expect, and what therefore holds:

- open: seen again, it adds to the same alert; a higher level raises it; it is never taken back.
- dismissed 误报: silent while the page says what was dismissed; reopened when it says more, in
  another text, or at a higher level. The same text never alerts twice.
- watched 观察: reopened when it gets worse, that is a higher level or a further category.
- confirmed 已核实: silent while it is being dealt with; reopened when it gets worse, or when it
  comes back after it had gone or its task was closed (复燃).
- merged 已合并: silent unless worse; then a new alert, since the old one lives on elsewhere.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from crawler.domain.alert import Alert, AlertState
from crawler.domain.assessment import Assessment, Level, at_least, rank
from crawler.domain.capture import Outcome
from crawler.domain.delivery import EventType
from crawler.domain.site import Visit

ALERT_FROM = Level.YELLOW


class ChangeKind(StrEnum):
    """What a finding does to the site's alert."""

    OPENED = "opened"
    RAISED = "raised"
    REPEATED = "repeated"
    RELAPSED = "relapsed"
    GONE = "gone"  # looked at well, and no longer found
    NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertChange:
    """The alert as it is now to be written; no alert where there is nothing to write."""

    kind: ChangeKind
    alert: Alert | None = None
    event: EventType | None = None  # what is told outside, if the level is high enough
    why: str = ""  # one Chinese clause for a raise or a relapse


_NOTHING = AlertChange(kind=ChangeKind.NONE)


def alert_for(
    visit: Visit,
    assessment: Assessment | None,
    open_alert: Alert | None,
    last: Alert | None,
    now: datetime,
) -> AlertChange:
    """What this visit changes. `open_alert` is the site's open one, `last` its newest decided
    one.
    """
    if assessment is None or not at_least(assessment.level, ALERT_FROM):
        return _gone(visit, assessment, open_alert or last, now)
    if open_alert is not None:
        return _again(open_alert, assessment, now)
    if last is None:
        return _opened(visit, assessment, now)
    return _after_decision(visit, assessment, last, now)


def found_in(assessment: Assessment) -> tuple[str, ...]:
    """What a decision is about: categories, and words within them. Rates are left out, for pages
    change them daily.
    """
    words = {f"{hit.category}:{hit.word}" for hit in assessment.hits}
    return tuple(sorted(words | {f"{category}:" for category in assessment.categories}))


def _opened(visit: Visit, assessment: Assessment, now: datetime) -> AlertChange:
    alert = Alert(
        site_id=visit.site.id,
        visit_id=visit.id,
        level=assessment.level,
        score=assessment.score,
        sentence=assessment.sentence,
        region=visit.site.region,
        opened_at=now,
        last_seen_at=now,
        found=found_in(assessment),
        text_digest=assessment.text_digest,
    )
    return AlertChange(kind=ChangeKind.OPENED, alert=alert, event=EventType.ALERT_OPENED)


def _again(alert: Alert, assessment: Assessment, now: datetime) -> AlertChange:
    seen = _seen(alert, assessment, now)
    if rank(assessment.level) < rank(alert.level):
        return AlertChange(kind=ChangeKind.REPEATED, alert=seen)
    shown = _showing(seen, assessment)
    if assessment.level is alert.level:
        return AlertChange(kind=ChangeKind.REPEATED, alert=shown)
    return AlertChange(
        kind=ChangeKind.RAISED,
        alert=shown,
        event=EventType.ALERT_RAISED,
        why="级别升高",
    )


def _after_decision(
    visit: Visit, assessment: Assessment, last: Alert, now: datetime
) -> AlertChange:
    why = _reason_to_look_again(last, assessment)
    if not why:
        return AlertChange(kind=ChangeKind.REPEATED, alert=_seen(last, assessment, now))
    if last.state is AlertState.MERGED:
        return _opened(visit, assessment, now)
    alert = _showing(_seen(last, assessment, now), assessment)
    back = replace(alert, state=AlertState.OPEN, reopened=last.reopened + 1, decided_digest="")
    return AlertChange(kind=ChangeKind.RELAPSED, alert=back, event=EventType.ALERT_OPENED, why=why)


def _reason_to_look_again(last: Alert, assessment: Assessment) -> str:
    if last.state is AlertState.DISMISSED:
        return _beyond_dismissal(last, assessment)
    if last.state is AlertState.CONFIRMED and last.settled_at is not None:
        return "复燃：消失或办结后再次出现"
    if rank(assessment.level) > rank(last.level):
        return "级别升高"
    if _categories(found_in(assessment)) - _categories(last.found):
        return "出现新的类别"
    return ""


def _beyond_dismissal(last: Alert, assessment: Assessment) -> str:
    if assessment.text_digest and assessment.text_digest == last.decided_digest:
        return ""
    if rank(assessment.level) > rank(last.level):
        return "误报之后级别升高"
    return "误报之后出现新的表述" if set(found_in(assessment)) - set(last.found) else ""


def _gone(
    visit: Visit, assessment: Assessment | None, alert: Alert | None, now: datetime
) -> AlertChange:
    read = assessment is not None and assessment.text_digest  # evidence may not open again
    looked = read and any(c.outcome is Outcome.SEEN for c in visit.captures)
    if not looked or alert is None or alert.settled_at is not None:
        return _NOTHING
    return AlertChange(kind=ChangeKind.GONE, alert=replace(alert, settled_at=now))


def _seen(alert: Alert, assessment: Assessment, now: datetime) -> Alert:
    more = _is_another(alert, assessment)
    return replace(alert, last_seen_at=now, repeats=alert.repeats + more, settled_at=None)


def _is_another(alert: Alert, assessment: Assessment) -> bool:
    # A later capture of the same visit (the browser's) judges anew; that is no repetition.
    return assessment.visit_id != alert.visit_id


def _showing(alert: Alert, assessment: Assessment) -> Alert:
    """The alert, showing the newer and at least as grave assessment."""
    return replace(
        alert,
        visit_id=assessment.visit_id,
        level=assessment.level,
        score=assessment.score,
        sentence=assessment.sentence or alert.sentence,
        found=tuple(sorted({*alert.found, *found_in(assessment)})),
        text_digest=assessment.text_digest,
    )


def _categories(found: tuple[str, ...]) -> set[str]:
    return {one.partition(":")[0] for one in found}
