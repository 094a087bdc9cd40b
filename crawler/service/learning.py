"""What a site's row learns from a visit: how it ended, what was seen, when to come again."""

from dataclasses import replace
from datetime import datetime

from crawler.domain.assessment import Assessment, Level, at_least
from crawler.domain.capture import Capture, Fetcher, Outcome, Profile
from crawler.domain.rhythm import Seen, due_after
from crawler.domain.site import Site, Visit, VisitState, ended_well, outcome_of
from crawler.reading.render_reasons import OF_THE_PAGE
from crawler.service.turns import ALBUM


def learned(
    visit: Visit, fresh: tuple[Capture, ...], assessment: Assessment, now: datetime
) -> dict[str, object]:
    """What the site's row says after a judgement; `fresh` is what the last turn captured. A visit
    is judged up to four times and finds what it learned itself: it counts once.
    """
    captures = visit.captures + fresh
    outcome = outcome_of(captures)
    site = visit.site if _is_first(visit) else _before_it(visit.site)
    seen_now = _seen(visit, outcome, assessment)
    due_at, why = due_after(site, seen_now, now)
    values: dict[str, object] = {
        "id": site.id,
        "due_at": due_at,
        "due_why": str(why),
        "last_outcome": str(outcome),
        "last_level": str(assessment.level),
    }
    if not ended_well(outcome):
        return values | {"failures_in_a_row": site.failures_in_a_row + 1}
    seen = [one for one in captures if ended_well(one.outcome)]
    usual = [one for one in seen if one.profile is Profile.DESKTOP]
    last = (usual or seen)[-1]
    drawn = last.fetcher is Fetcher.BROWSER
    return values | {
        "failures_in_a_row": 0,
        "unchanged": seen_now.still,
        "final_url": last.final_url,
        "text_digest": assessment.text_digest or site.text_digest,
        "last_seen_at": now,
        "needs_browser": site.needs_browser or (drawn and _tells_more(visit, assessment)),
    } | ({"last_picture_at": now} if last.has_picture else {})  # fmt: skip


def _tells_more(visit: Visit, assessment: Assessment) -> bool:
    """Whether what was drawn says what the plain answer does not: an alert of the album's turn
    had no other eyes, and must not fade because next time nobody looks.
    """
    by_chance = visit.render_reason == ALBUM and at_least(assessment.level, Level.YELLOW)
    return by_chance or visit.render_reason in OF_THE_PAGE


def _is_first(visit: Visit) -> bool:
    """Whether nobody has judged it yet: only the plain fetch comes before the first judgement."""
    early = visit.state in (VisitState.WAITING, VisitState.PATIENT, VisitState.READING)
    return early and all(
        one.fetcher is Fetcher.HTTP and one.profile is Profile.DESKTOP for one in visit.captures
    )


def _before_it(site: Site) -> Site:
    """The site with the failures that it had before this visit counted its own."""
    return replace(site, failures_in_a_row=max(0, site.failures_in_a_row - 1))


def _seen(visit: Visit, outcome: Outcome, assessment: Assessment) -> Seen:
    site, text = visit.site, assessment.text_digest
    same = text == site.text_digest or not site.text_digest  # what is seen first has not changed
    counted = site.unchanged + 1 if same else 0
    still = counted if text and _is_first(visit) else site.unchanged
    return Seen(
        outcome=outcome,
        level=assessment.level,
        alert_open=at_least(assessment.level, Level.YELLOW) or visit.open_alert_id is not None,
        watched=visit.watched,
        changed=bool(text and site.text_digest) and still == 0,
        still=still,
    )
