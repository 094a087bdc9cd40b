"""The parent writes down what the children report: one group, one transaction.

What happens because of it (alert, audit, outgoing message) is in the same transaction.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from crawler.domain.assessment import Assessment, Level, at_least, rank
from crawler.domain.capture import Capture, EvidenceKind, Fetcher, Flag, Outcome, PageText, Profile
from crawler.domain.discrepancy import Discrepancy, against_filing, foreign_numbers, weighed
from crawler.domain.rhythm import Seen, due_after
from crawler.domain.site import (
    Site,
    Visit,
    VisitState,
    deserves_patience,
    ended_well,
    outcome_of,
    wants_picture,
)
from crawler.reading.render_reasons import OF_THE_PAGE
from crawler.service.pipes import Keepsake, Report
from crawler.store.assessments import save_assessment
from crawler.store.captures import Kept, commit_evidence, commit_segments, save_captures
from crawler.store.chain import append_links
from crawler.store.database import Connection, Database
from crawler.store.discrepancies import listings_for, save_discrepancies
from crawler.store.evidence import Resource, SegmentWriter
from crawler.store.families import save_marks
from crawler.store.picture_texts import PictureWords, save_picture_words
from crawler.store.sites import save_seen
from crawler.store.texts import ReadText, save_texts
from crawler.store.visits import advance

Answer = Callable[[Connection, Visit, Assessment, datetime], None]


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
class Recorder:
    """Where reports go. `answer` turns an assessment into alert, audit entry and messages."""

    database: Database
    writer: SegmentWriter  # for what workers without a segment ask to be kept
    chain: str
    answer: Answer
    level_of: Callable[[float], Level]
    renders: bool
    patient: bool
    looks: bool = False
    pictures: bool = False  # whether there is somebody who reads them
    album: Allowance = field(default_factory=Allowance)  # pictures only to have them
    always: str = ""  # why the browser looks and other visitors' views are taken whatever was seen

    def record(self, group: Sequence[tuple[Visit, Report]], now: datetime) -> None:
        """Evidence first, then all rows of the group at once."""
        kept = [(visit, self._with_keepsakes(report)) for visit, report in group]
        words = [one for visit, report in group for one in self._picture_words(visit, report, now)]
        if words or any(report.keepsakes for _, report in group):
            self.writer.sync()
        with self.database.transaction() as db:
            self._save_captures(db, kept, now)
            commit_evidence(db, [(one.region, one.evidence) for one in words], now)
            save_picture_words(db, words, now)
            for visit, report in kept:
                self._close_turn(db, visit, report, now)

    def _with_keepsakes(self, report: Report) -> Report:
        if not report.keepsakes:
            return report
        captures = []
        for capture in report.captures:
            mine = [one for one in report.keepsakes if one.capture_id == capture.id]
            evidence = tuple(self.writer.keep_resource(_resource(one, capture)) for one in mine)
            captures.append(replace(capture, evidence=capture.evidence + evidence))
        return msgspec.structs.replace(report, captures=tuple(captures), keepsakes=())

    def _picture_words(self, visit: Visit, report: Report, now: datetime) -> Iterator[PictureWords]:
        """What was read in pictures, kept as derived records of their own."""
        for one in report.readings:
            capture = next((c for c in visit.captures if c.id == one.capture_id), None)
            if capture is None:
                continue
            content = msgspec.json.encode(
                {"tool": one.tool, "lines": one.field, "qr": one.qr_codes}
            )
            derived = Resource(
                kind=EvidenceKind.OCR,
                url=capture.final_url,
                media_type="application/json",
                content=content,
                at=now,
            )
            found = bool(one.field.text or one.qr_codes)
            yield PictureWords(
                capture_id=capture.id,
                visit_id=visit.id,
                region=visit.site.region,
                field=one.field,
                qr_codes=one.qr_codes,
                evidence=(self.writer.keep_resource(derived),) if found else (),
                tool=one.tool,
            )

    def _save_captures(
        self, db: Connection, group: Sequence[tuple[Visit, Report]], now: datetime
    ) -> None:
        kept = [
            Kept(capture=capture, region=visit.site.region, runs=_runs(capture, report.texts))
            for visit, report in group
            for capture in report.captures
        ]
        save_captures(db, kept)
        append_links(db, self.chain, [(one.capture, one.region) for one in kept])
        commit_segments(db, kept, now)
        save_texts(db, [read for _, report in group for read in _read_texts(report)], now)

    def _close_turn(self, db: Connection, visit: Visit, report: Report, now: datetime) -> None:
        captures = visit.captures + report.captures
        outcome = outcome_of(captures)
        if self.patient and visit.state is VisitState.WAITING and deserves_patience(outcome):
            advance(db, visit.id, VisitState.PATIENT, now=now, outcome=str(outcome))
        elif visit.state is VisitState.COMPARING and _shows_the_same(visit, report):
            self._note_marks(db, visit, report, now)
            self._go_on(db, visit, outcome, now)
        elif report.assessment is None:
            reason = report.render_reason or visit.render_reason
            self._note_marks(db, visit, report, now)
            advance(
                db, visit.id, VisitState.READING, now=now, render_reason=reason,
                outcome=str(outcome),
            )  # fmt: skip
        else:
            self._judged(db, visit, report, report.assessment, now)

    def _go_on(self, db: Connection, visit: Visit, outcome: Outcome, now: datetime) -> None:
        """From other visitors' views, which told nothing new, to the browser's."""
        if reason := visit.render_reason or self.always:
            state = VisitState.RENDERING if self.renders else VisitState.CLOSED
            advance(db, visit.id, state, now=now, render_reason=reason)
        elif self._fills_album(visit, outcome, now):
            state = VisitState.RENDERING
            advance(db, visit.id, state, now=now, render_reason=ALBUM, urgency=LAST)
        else:
            advance(db, visit.id, VisitState.CLOSED, now=now)

    def _judged(
        self, db: Connection, visit: Visit, report: Report, assessment: Assessment, now: datetime
    ) -> None:
        captures = visit.captures + report.captures
        outcome = outcome_of(captures)
        found = _discrepancies(db, visit.site, report)
        assessment = weighed(assessment, found, self.level_of)
        save_discrepancies(db, visit, found, now)
        self._note_marks(db, visit, report, now)
        save_assessment(db, assessment, visit.site.id, visit.site.region)
        self.answer(db, replace(visit, captures=captures), assessment, now)
        state = self._next_turn(captures, report)
        reason = report.render_reason or visit.render_reason or self.always
        urgency = rank(assessment.level)
        if state is VisitState.CLOSED and not reason and self._fills_album(visit, outcome, now):
            state, reason, urgency = VisitState.RENDERING, ALBUM, LAST
        advance(
            db, visit.id, state, now=now, outcome=str(outcome), urgency=urgency,
            render_reason=reason,
        )  # fmt: skip
        save_seen(db, [_learned(visit, captures, assessment, now)])

    def _fills_album(self, visit: Visit, outcome: Outcome, now: datetime) -> bool:
        """Whether the browser, when it has nothing else to do, should draw this page too."""
        return self.renders and wants_picture(visit.site, outcome, now) and self.album.take()

    def _note_marks(self, db: Connection, visit: Visit, report: Report, now: datetime) -> None:
        if report.marks:
            save_marks(db, visit.site, report.marks, now)

    def _next_turn(self, captures: tuple[Capture, ...], report: Report) -> VisitState:
        """Who else should look: another visitor, then the browser, then whoever reads pictures."""
        looked = any(capture.profile is not Profile.DESKTOP for capture in captures)
        if self.looks and not looked and (report.look_reason or self.always):
            return VisitState.COMPARING
        drawn = any(capture.fetcher is Fetcher.BROWSER for capture in captures)
        if self.renders and not drawn and (report.render_reason or self.always):
            return VisitState.RENDERING
        if self.pictures and report.picture_reason:
            return VisitState.DECIPHERING
        return VisitState.CLOSED


def _shows_the_same(visit: Visit, report: Report) -> bool:
    """Whether other visitors are shown, word for word, what a desktop was: the usual case, with
    nothing in it to judge anew.
    """
    known = {capture.text_digest for capture in visit.captures if capture.text_digest}
    return all(
        capture.text_digest in known and Flag.DIVERGENT not in capture.flags
        for capture in report.captures
    )


def _discrepancies(db: Connection, site: Site, report: Report) -> tuple[Discrepancy, ...]:
    """In what the page disagrees with its filing and with other visitors' views. The lists are
    asked only about what is not the site's own.
    """
    imprint = report.imprint
    if imprint is None:
        return report.discrepancies
    domains = [imprint.elsewhere] if imprint.elsewhere else []
    listings = listings_for(db, foreign_numbers(site, imprint), domains)
    return (*report.discrepancies, *against_filing(site, imprint, listings))


def _resource(keepsake: Keepsake, capture: Capture) -> Resource:
    return Resource(
        kind=EvidenceKind(keepsake.kind),
        url=keepsake.url,
        media_type=keepsake.media_type,
        content=keepsake.content,
        at=capture.ended_at,
    )


def _runs(capture: Capture, texts: Sequence[PageText]) -> bytes | None:
    """Boxes belong to a picture, so to a capture, not to the distinct text."""
    if capture.fetcher is not Fetcher.BROWSER:
        return None
    fields = [field for text in texts for field in text.fields if field.runs]
    boxes = {field.name: field.runs for field in fields}
    return msgspec.msgpack.encode(boxes) if boxes else None


def _read_texts(report: Report) -> list[ReadText]:
    """The first text is the one that was judged; structure and tokens are of it."""
    first, *rest = report.texts or (None,)
    if first is None:
        return []
    judged = ReadText(text=first, structure=report.structure, tokens=report.tokens)
    return [judged, *(ReadText(text=text) for text in rest)]


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


def _learned(
    visit: Visit, captures: tuple[Capture, ...], assessment: Assessment, now: datetime
) -> dict[str, object]:
    """What the site's row says after a closed visit."""
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
