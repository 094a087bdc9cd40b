"""The parent writes down what the children report: one group, one transaction.

What happens because of it (alert, audit, outgoing message) is in the same transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from crawler.domain.assessment import Assessment, rank
from crawler.domain.capture import Capture, EvidenceKind, Fetcher, PageText
from crawler.domain.site import (
    Visit,
    VisitState,
    deserves_patience,
    ended_well,
    next_visit,
    outcome_of,
)
from crawler.service.pipes import Keepsake, Report
from crawler.store.assessments import save_assessment
from crawler.store.captures import Kept, commit_segments, save_captures
from crawler.store.chain import append_links
from crawler.store.database import Connection, Database
from crawler.store.evidence import Resource, SegmentWriter
from crawler.store.sites import save_seen
from crawler.store.texts import ReadText, save_texts
from crawler.store.visits import advance

Answer = Callable[[Connection, Visit, Assessment, datetime], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorder:
    """Where reports go. `answer` turns an assessment into alert, audit entry and messages."""

    database: Database
    writer: SegmentWriter  # for what workers without a segment ask to be kept
    chain: str
    answer: Answer
    renders: bool
    patient: bool

    def record(self, group: Sequence[tuple[Visit, Report]], now: datetime) -> None:
        """Evidence first, then all rows of the group at once."""
        kept = [(visit, self._with_keepsakes(report)) for visit, report in group]
        if any(report.keepsakes for _, report in group):
            self.writer.sync()
        with self.database.transaction() as db:
            self._save_captures(db, kept, now)
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
        elif report.assessment is None:
            advance(
                db, visit.id, VisitState.READING, now=now, render_reason=report.render_reason,
                outcome=str(outcome),
            )  # fmt: skip
        else:
            self._judged(db, visit, report, report.assessment, now)

    def _judged(
        self, db: Connection, visit: Visit, report: Report, assessment: Assessment, now: datetime
    ) -> None:
        captures = visit.captures + report.captures
        outcome = outcome_of(captures)
        save_assessment(db, assessment, visit.site.id, visit.site.region)
        self.answer(db, replace(visit, captures=captures), assessment, now)
        drawn = any(capture.fetcher is Fetcher.BROWSER for capture in captures)
        wanted = report.render_reason if self.renders and not drawn else ""
        state = VisitState.RENDERING if wanted else VisitState.CLOSED
        advance(
            db, visit.id, state, now=now, outcome=str(outcome),
            urgency=rank(assessment.level),
            render_reason=report.render_reason or visit.render_reason,
        )  # fmt: skip
        save_seen(db, [_learned(visit, captures, assessment, now)])


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


def _learned(
    visit: Visit, captures: tuple[Capture, ...], assessment: Assessment, now: datetime
) -> dict[str, object]:
    """What the site's row says after a closed visit."""
    outcome = outcome_of(captures)
    values: dict[str, object] = {
        "id": visit.site.id,
        "last_outcome": str(outcome),
        "due_at": next_visit(visit.site, outcome, now),
    }
    if not ended_well(outcome):
        return values | {"failures_in_a_row": visit.site.failures_in_a_row + 1}
    last = next(c for c in reversed(captures) if ended_well(c.outcome))
    drawn = last.fetcher is Fetcher.BROWSER
    return values | {
        "failures_in_a_row": 0,
        "final_url": last.final_url,
        "text_digest": assessment.text_digest,
        "last_seen_at": now,
        "needs_browser": drawn and visit.render_reason not in ("", "hit", "watched_change"),
    } | ({"last_picture_at": now} if drawn else {})  # fmt: skip
