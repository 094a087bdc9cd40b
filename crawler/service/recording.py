"""The parent writes down what the children report: one group, one transaction.

What happens because of it (alert, audit, outgoing message) is in the same transaction. What can be
said of the whole group at once is one statement: by statements a page costs the most here.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from crawler.domain.assessment import Assessment, Level
from crawler.domain.capture import Capture, Fetcher, PageText
from crawler.domain.discrepancy import Discrepancy, against_filing, foreign_numbers, weighed
from crawler.domain.site import Site, Visit, VisitState
from crawler.service.keepsakes import picture_words, with_keepsakes
from crawler.service.learning import learned
from crawler.service.pipes import Report
from crawler.service.turns import Turns, shows_the_same
from crawler.service.unshown import TOLD_TOO_LITTLE, judged_as_shown, unshown
from crawler.store.assessments import Judged, quiet_visits, save_assessments
from crawler.store.captures import Kept, commit_evidence, commit_segments, save_captures
from crawler.store.chain import append_links
from crawler.store.database import Connection, Database
from crawler.store.discrepancies import listings_for, save_each_discrepancies
from crawler.store.evidence import SegmentWriter
from crawler.store.families import save_marks
from crawler.store.picture_texts import save_picture_words
from crawler.store.robots import save_robots
from crawler.store.sites import save_seen
from crawler.store.texts import ReadText, save_texts
from crawler.store.visits import advance_each, held_by

Answer = Callable[[Connection, Sequence[tuple[Visit, Assessment]], datetime], None]
Group = Sequence[tuple[Visit, Report]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorder:
    """Where reports go. `answer` turns assessments into alerts, audit entries and messages."""

    database: Database
    writer: SegmentWriter  # for what workers without a segment ask to be kept
    chain: str
    answer: Answer
    level_of: Callable[[float], Level]
    turns: Turns
    owner: str = ""  # whose leases must still hold; empty: there are none
    stays: frozenset[VisitState] = frozenset()  # turns that are taken where the page was fetched
    lease: timedelta = timedelta(0)

    def record(self, group: Group, now: datetime) -> None:
        """Evidence first, then all rows of the group at once."""
        kept = [(visit, with_keepsakes(self.writer, report)) for visit, report in group]
        words = [
            one for visit, report in group for one in picture_words(self.writer, visit, report, now)
        ]
        if words or any(report.keepsakes for _, report in group):
            self.writer.sync()
        with self.database.transaction() as db:
            ours = self._ours(db, kept)
            self._save_captures(db, ours, now)
            commit_evidence(db, [(one.region, one.evidence) for one in words], now)
            save_picture_words(db, words, now)
            self._close_turns(db, ours, now)

    def _ours(self, db: Connection, group: Group) -> Group:
        """Without the visits that were given to somebody else meanwhile."""
        if not self.owner:
            return group
        held = held_by(db, self.owner, [visit.id for visit, _ in group])
        return [one for one in group if one[0].id in held]

    def _save_captures(self, db: Connection, group: Group, now: datetime) -> None:
        kept = [
            _kept(capture, visit, report) for visit, report in group for capture in report.captures
        ]
        save_captures(db, kept)
        append_links(db, self.chain, kept)
        commit_segments(db, kept, now)
        save_robots(db, [(visit.site.id, word) for visit, one in group for word in one.robots])
        save_texts(db, [read for _, report in group for read in _read_texts(report)], now)

    def _close_turns(self, db: Connection, group: Group, now: datetime) -> None:
        told = [one for one in group if not self.turns.wants_patience(*one)]
        patient = [one for one in group if self.turns.wants_patience(*one)]
        for visit, report in told:
            if report.marks:
                save_marks(db, visit.site, report.marks, now)
        judged, rest = _parted(told)
        weighed_ones = self._judge(db, judged, now) if judged else []
        turns = [*patient, *rest, *weighed_ones]
        after = [self.turns.after(visit, report, now) for visit, report in turns]
        advance_each(db, [self._staying(one, now) for one in after])

    def _staying(self, change: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Bytes lie on the machine that fetched them, so the visit stays with it."""
        if change["state"] not in self.stays:
            return change
        return change | {"lease_owner": self.owner, "lease_until": now + self.lease}

    def leave_unshown(self, sweep_id: int, now: datetime) -> None:
        """What waits for a browser at a sweep's end, and was called quiet by too little, is not
        judged.
        """
        with self.database.transaction() as db:
            each = [
                (visit, unshown(assessment))
                for visit, assessment in quiet_visits(db, sweep_id, TOLD_TOO_LITTLE, now)
            ]
            save_assessments(
                db,
                [
                    Judged(assessment=one, site_id=visit.site.id, region=visit.site.region)
                    for visit, one in each
                ],
            )
            self.answer(db, each, now)
            levels = [{"id": visit.site.id, "last_level": str(one.level)} for visit, one in each]
            save_seen(db, levels)

    def _weighed(
        self, visit: Visit, report: Report, assessment: Assessment, said: Sequence[Discrepancy]
    ) -> Assessment:
        """With what disagrees, and as far as anybody was shown what it speaks of."""
        captures = visit.captures + report.captures
        reason = report.render_reason or visit.render_reason
        whole = weighed(assessment, said, self.level_of)
        return judged_as_shown(whole, captures, reason, drawn_later=self.turns.renders)

    def _judge(self, db: Connection, judged: Group, now: datetime) -> Group:
        """Write down what was judged and what follows from it; gives it as it was weighed."""
        found = [(visit, _discrepancies(db, visit.site, report)) for visit, report in judged]
        save_each_discrepancies(db, found, now)
        each = [
            (visit, report, self._weighed(visit, report, report.assessment, said))
            for (visit, report), (_, said) in zip(judged, found, strict=True)
            if report.assessment is not None
        ]
        save_assessments(
            db,
            [
                Judged(assessment=one, site_id=visit.site.id, region=visit.site.region)
                for visit, _, one in each
            ],
        )
        seen = [(_with_captures(visit, report), one) for visit, report, one in each]
        self.answer(db, seen, now)
        save_seen(db, [learned(visit, report.captures, one, now) for visit, report, one in each])
        return [
            (visit, msgspec.structs.replace(report, assessment=one)) for visit, report, one in each
        ]


def _parted(told: Group) -> tuple[Group, Group]:
    """Those to be judged, and those that said nothing yet or nothing new."""
    judged: list[tuple[Visit, Report]] = []
    rest: list[tuple[Visit, Report]] = []
    for visit, report in told:
        new = report.assessment is not None and not shows_the_same(visit, report)
        (judged if new else rest).append((visit, report))
    return judged, rest


def _with_captures(visit: Visit, report: Report) -> Visit:
    return replace(visit, captures=visit.captures + report.captures)


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


def _kept(capture: Capture, visit: Visit, report: Report) -> Kept:
    runs = _runs(capture, report.texts)
    if runs is not None:
        capture = replace(capture, runs_sha256=hashlib.sha256(runs).hexdigest())
    return Kept(capture=capture, region=visit.site.region, runs=runs)


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
