"""Whose turn a visit is after a report: the patient pass, the reader, other visitors, the browser,
whoever reads pictures, or nobody.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crawler.domain.assessment import rank
from crawler.domain.capture import Capture, Fetcher, Flag, Outcome, Profile
from crawler.domain.site import (
    Visit,
    VisitState,
    deserves_patience,
    outcome_of,
    wants_picture,
)
from crawler.service.pipes import Report
from crawler.store.visits import turn

ALBUM = "album"
LAST = -1  # urgency: after whatever has a reason of its own


@dataclass(slots=True)
class Allowance:
    """How many pages may still be drawn today only to have a picture of each."""

    left: int = 0

    def take(self) -> bool:
        """One of them, if there is one left."""
        if self.left <= 0:
            return False
        self.left -= 1
        return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Turns:
    """Who is there to take a turn; what `advance_each` is to write comes out."""

    renders: bool
    patient: bool
    looks: bool = False
    pictures: bool = False  # whether there is somebody who reads them
    album: Allowance = field(default_factory=Allowance)  # pictures only to have them
    always: str = ""  # why the browser looks and other visitors' views are taken whatever was seen

    def after(self, visit: Visit, report: Report, now: datetime) -> dict[str, Any]:
        """The next turn of a visit after a report, judged or not."""
        outcome = outcome_of(visit.captures + report.captures)
        if self.wants_patience(visit, report):
            return turn(visit.id, VisitState.PATIENT, now=now, outcome=str(outcome))
        if shows_the_same(visit, report):
            return self._go_on(visit, outcome, now)
        if report.assessment is None:
            reason = report.render_reason or visit.render_reason
            return turn(
                visit.id, VisitState.READING, now=now, render_reason=reason, outcome=str(outcome)
            )
        return self._judged(visit, report, rank(report.assessment.level), now)

    def wants_patience(self, visit: Visit, report: Report) -> bool:
        """Whether the patient pass takes the visit before anything is said of it."""
        early = self.patient and visit.state is VisitState.WAITING
        return early and deserves_patience(outcome_of(visit.captures + report.captures))

    def _go_on(self, visit: Visit, outcome: Outcome, now: datetime) -> dict[str, Any]:
        """From other visitors' views, which told nothing new, to the browser's."""
        if reason := visit.render_reason or self.always:
            state = VisitState.RENDERING if self.renders else VisitState.CLOSED
            return turn(visit.id, state, now=now, render_reason=reason)
        if self._fills_album(visit, outcome, now):
            drawing = VisitState.RENDERING
            return turn(visit.id, drawing, now=now, render_reason=ALBUM, urgency=LAST)
        return turn(visit.id, VisitState.CLOSED, now=now)

    def _judged(self, visit: Visit, report: Report, urgency: int, now: datetime) -> dict[str, Any]:
        captures = visit.captures + report.captures
        outcome = outcome_of(captures)
        state = self._next(captures, report)
        reason = report.render_reason or visit.render_reason or self.always
        if state is VisitState.CLOSED and self._goes_round(visit, captures, reason, now):
            state, reason, urgency = self._eyes_for(captures), ALBUM, LAST
        return turn(
            visit.id, state, now=now, outcome=str(outcome), urgency=urgency, render_reason=reason
        )

    def _goes_round(
        self, visit: Visit, captures: tuple[Capture, ...], reason: str, now: datetime
    ) -> bool:
        """Whether nothing but its turn in the album asks for a page that is still to be drawn."""
        if reason == ALBUM:
            return self.renders and not _is_drawn(captures)
        return not reason and self._fills_album(visit, outcome_of(captures), now)

    def _eyes_for(self, captures: tuple[Capture, ...]) -> VisitState:
        """Who looks for the album: other visitors first, for who shows a desktop a harmless page
        gives it no reason to ask for them.
        """
        if self.looks and not _is_looked_at(captures):
            return VisitState.COMPARING
        return VisitState.RENDERING

    def _fills_album(self, visit: Visit, outcome: Outcome, now: datetime) -> bool:
        """Whether the browser, when it has nothing else to do, should draw this page too."""
        return self.renders and wants_picture(visit.site, outcome, now) and self.album.take()

    def _next(self, captures: tuple[Capture, ...], report: Report) -> VisitState:
        """Who else should look: another visitor, then the browser, then whoever reads pictures."""
        if self.looks and not _is_looked_at(captures) and (report.look_reason or self.always):
            return VisitState.COMPARING
        if self.renders and not _is_drawn(captures) and (report.render_reason or self.always):
            return VisitState.RENDERING
        if self.pictures and report.picture_reason:
            return VisitState.DECIPHERING
        return VisitState.CLOSED


def _is_looked_at(captures: tuple[Capture, ...]) -> bool:
    return any(capture.profile is not Profile.DESKTOP for capture in captures)


def _is_drawn(captures: tuple[Capture, ...]) -> bool:
    return any(capture.fetcher is Fetcher.BROWSER for capture in captures)


def shows_the_same(visit: Visit, report: Report) -> bool:
    """Whether other visitors are shown, word for word, what a desktop was: the usual case, with
    nothing in it to judge anew.
    """
    known = {capture.text_digest for capture in visit.captures if capture.text_digest}
    return visit.state is VisitState.COMPARING and all(
        capture.text_digest in known and Flag.DIVERGENT not in capture.flags
        for capture in report.captures
    )
