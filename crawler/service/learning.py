"""What a site's row learns from a visit: how it ended, what was seen, when to come again."""

from datetime import datetime

from crawler.domain.assessment import Assessment, Level, at_least
from crawler.domain.capture import Capture, Fetcher, Outcome, Profile
from crawler.domain.rhythm import Seen, due_after
from crawler.domain.site import Visit, VisitState, ended_well, outcome_of
from crawler.reading.render_reasons import OF_THE_PAGE


def learned(
    visit: Visit, fresh: tuple[Capture, ...], assessment: Assessment, now: datetime
) -> dict[str, object]:
    """What the site's row says after a closed visit; `fresh` is what its last turn captured."""
    captures = visit.captures + fresh
    outcome = outcome_of(captures)
    seen_now = _seen(visit, outcome, assessment)
    due_at, why = due_after(visit.site, seen_now, now)
    values: dict[str, object] = {
        "id": visit.site.id,
        "due_at": due_at,
        "due_why": str(why),
        "last_outcome": str(outcome),
    }
    if not ended_well(outcome):
        return values | {"failures_in_a_row": visit.site.failures_in_a_row + 1}
    seen = [one for one in captures if ended_well(one.outcome)]
    usual = [one for one in seen if one.profile is Profile.DESKTOP]
    last = (usual or seen)[-1]
    drawn = last.fetcher is Fetcher.BROWSER
    return values | {
        "failures_in_a_row": 0,
        "unchanged": seen_now.still,
        "final_url": last.final_url,
        "text_digest": assessment.text_digest,
        "last_seen_at": now,
        "needs_browser": visit.site.needs_browser or (drawn and visit.render_reason in OF_THE_PAGE),
    } | ({"last_picture_at": now} if drawn else {})  # fmt: skip


def _seen(visit: Visit, outcome: Outcome, assessment: Assessment) -> Seen:
    """A visit that is judged a second time finds what it learned itself: it counts once."""
    site = visit.site
    drawn = any(capture.fetcher is Fetcher.BROWSER for capture in visit.captures)
    early = visit.state in (VisitState.WAITING, VisitState.PATIENT, VisitState.READING)
    first = early and not drawn
    same = assessment.text_digest == site.text_digest
    still = (site.unchanged + 1 if same else 0) if first else site.unchanged
    return Seen(
        outcome=outcome,
        level=assessment.level,
        alert_open=at_least(assessment.level, Level.YELLOW) or visit.open_alert_id is not None,
        watched=visit.watched,
        changed=bool(site.text_digest) and still == 0,
        still=still,
    )
