"""An alert as pages show it: card, picture with its marks, time limit, the task that would come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.desk import Desk
from alerts.timing import decide_by
from crawler.domain.assessment import (
    LEVEL_NAMES,
    Assessment,
    Level,
    Reason,
    Side,
    Track,
    Yield,
    rank,
)
from crawler.domain.capture import Capture, PageText, Profile
from crawler.domain.filing import shown_unit_name
from crawler.domain.page import PageStructure
from crawler.domain.site import Site
from crawler.service.catalogue import Say, chinese
from crawler.service.console.calls import Call
from crawler.service.console.evidence import KINDS, picture_in, size_of_kept
from crawler.service.console.marks import Drawn, Mark, drawn_on, marks_of
from crawler.store.cards import Card, texts_and_runs
from crawler.store.database import Connection
from crawler.store.removals import removal_of
from crawler.store.verifying import removed_words

SCREEN = (1280, 800)


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A kept picture with the marks on it; `broken` if it is not what was kept any more."""

    capture: Capture
    kind: str
    width: int
    height: int
    drawn: tuple[Drawn, ...] = ()
    broken: bool = False

    @property
    def path(self) -> str:
        """Where its bytes come from; a size is added."""
        return f"/evidence/{self.capture.id}/{self.kind}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What there is to see of a card: its judged text, the marks in it, one picture with them."""

    text: PageText | None = None
    structure: PageStructure | None = None
    marks: tuple[Mark, ...] = ()
    picture: Picture | None = None
    removed: str = ""  # that its bytes went by age, and when


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """The highest promised rate, as written and a year."""

    raw: str
    annual: str
    track: str = ""


def name_of(site: Site) -> str:
    """The subject as screens show it: persons masked."""
    return shown_unit_name(site.unit_name, site.subject_kind) or site.domain_shown


def top_promise(assessment: Assessment | None) -> Promise | None:
    """The highest of the promised rates; one without an annual figure only if there is no other."""
    if assessment is None:
        return None
    bait = [one for one in assessment.yields if one.track is Track.BAIT]
    if not bait:
        return None
    best = max(bait, key=lambda one: one.annual_high or 0.0)
    return Promise(raw=spaced(best.raw), annual=best.annual)


def spaced(raw: str, most: int = 60) -> str:
    """On one line."""
    return " ".join(raw.split())[:most]


def reasons(assessment: Assessment | None, side: Side, most: int = 99) -> list[Reason]:
    """The reasons of one side, the weightiest first, those without points last."""
    if assessment is None:
        return []
    mine = [one for one in assessment.reasons if one.side is side]
    return sorted(mine, key=lambda one: -abs(one.points))[:most]


def lowering(
    assessment: Assessment | None, level_of: Callable[[float], Level], say: Say = chinese
) -> str:
    """What would have lowered the level: the level follows the score, the score the reasons."""
    if assessment is None:
        return ""
    mine = [one for one in reasons(assessment, Side.FOR) if one.points > 0]
    for one in reversed(mine):
        after = level_of(assessment.score - one.points)
        if rank(after) < rank(assessment.level):
            return say(
                "若无“{reason}”，降为{level}", reason=_short(one), level=say(LEVEL_NAMES[after])
            )
    left = assessment.score
    for count, one in enumerate(mine, 1):
        left -= one.points
        if rank(level_of(left)) < rank(assessment.level):
            level = say(LEVEL_NAMES[level_of(left)])
            return say("去掉最重的 {n} 条理由才降为{level}", n=count, level=level)
    return ""


def _short(reason: Reason) -> str:
    return reason.text.split("：")[0][:24]


def deadline(card: Card, desk: Desk) -> datetime:
    """Until when somebody should have looked."""
    return decide_by(card.alert.level, card.alert.opened_at, desk.calendar)


def pictures(captures: Sequence[Capture]) -> list[tuple[Capture, str]]:
    """All pictures there are, as (capture, kind), the desktop's first screen first."""
    found = [
        (capture, kind)
        for capture in captures
        for kind, evidence in KINDS.items()
        if picture_in(capture, evidence) is not None
    ]
    return sorted(
        found, key=lambda one: (one[1] != "screen", one[0].profile is not Profile.DESKTOP)
    )


def picture_of(
    call: Call,
    capture: Capture,
    kind: str,
    runs: bytes,
    marks: Sequence[Mark],
    texts: Mapping[str, PageText],
    judged: str,
) -> Picture:
    """A picture with the marks where they are seen; its bytes are checked on the way."""
    kept = picture_in(capture, KINDS[kind])
    size = size_of_kept(call, kept) if kept else None
    if size is None:
        return Picture(capture=capture, kind=kind, width=SCREEN[0], height=SCREEN[1], broken=True)
    shown = texts.get(capture.text_digest)
    drawn = (
        drawn_on(runs, marks, texts[judged], shown) if shown is not None and judged in texts else ()
    )
    inside = tuple(one for one in drawn if one.box.y < size[1] and one.box.x < size[0])
    return Picture(capture=capture, kind=kind, width=size[0], height=size[1], drawn=inside)


def sight_of(db: Connection, call: Call, card: Card, shot: tuple[Capture, str] | None) -> Sight:
    """The judged text, its marks, and a picture with the marks on it; empty where there is none."""
    judged = card.assessment.text_digest if card.assessment else ""
    capture, kind = shot or (None, "")
    digests = [judged, *([capture.text_digest] if capture else [])]
    kept = texts_and_runs(db, digests, [capture.id] if capture else [])
    marks = marks_in(card, kept.texts)
    boxes = kept.runs.get(capture.id, b"") if capture else b""
    seen = picture_of(call, capture, kind, boxes, marks, kept.texts, judged) if capture else None
    removed = removal_of(db, seen.capture.id) if seen and seen.broken else None
    return Sight(
        text=kept.texts.get(judged),
        structure=kept.structures.get(judged),
        marks=marks,
        picture=None if removed else seen,
        removed=removed_words(*removed) if removed else "",
    )


def marks_in(card: Card, texts: Mapping[str, PageText]) -> tuple[Mark, ...]:
    """The marks of a card's assessment."""
    if card.assessment is None or card.assessment.text_digest not in texts:
        return ()
    return marks_of(card.assessment, texts[card.assessment.text_digest])


def yields_by_height(assessment: Assessment | None) -> list[Yield]:
    """All promised rates, each writing once, highest first."""
    if assessment is None:
        return []
    once = {(spaced(one.raw), one.annual_high): one for one in reversed(assessment.yields)}
    return sorted(once.values(), key=lambda one: -(one.annual_high or 0.0))[:20]
