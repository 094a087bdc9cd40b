"""Before, after, and again: which visits of a site tell that story, and how two texts differ."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from crawler.domain.assessment import Level, at_least
from crawler.domain.capture import PageText
from crawler.store.packs import Judged

MOST_LINES = 3_000
_NEIGHBOURS = 1
_PUT_RIGHT = ("整改前", "整改后", "复燃")
_CHANGED = ("发现时", "其后", "再现")  # nobody was asked to put it right, or not yet
_WELL = frozenset({"seen", "partial", "empty", "not_html"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """One visit with its part in the story."""

    part: str  # 采集; 整改前, 整改后, 复燃 (发现时, 其后, 再现 where no task was closed); 复核
    visit: Judged

    @property
    def is_asked(self) -> bool:
        """Whether somebody asked for it since the alert."""
        return self.part.startswith("复核")

    @property
    def was_seen(self) -> bool:
        """Whether there was a page."""
        return self.visit.outcome in _WELL


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a comparison: − gone, + new, = the same, … so many left out."""

    sign: str
    text: str


def moments_of(
    judged: Sequence[Judged], alert_visit: int, *, closed: Sequence[datetime], again: str = ""
) -> tuple[Moment, ...]:
    """The alert's own visit, and where there is one the visit after it was put right, and the one
    that found it again. `closed`: when tasks were closed that did not find it unfounded; only what
    lies round such a moment is called put right, and a site that has gone since counts as such.
    `again` is the selection of sweeps that somebody asked for of this alert: each of them is told,
    seen or not.
    """
    own = resting_on(judged, alert_visit, again)
    if own is None:
        return ()
    asked = [one for one in judged if again and one.selection == again and one is not own]
    rest = [one for one in judged if one is own or not again or one.selection != again]
    named = [
        Moment(part=f"复核 {number}" if len(asked) > 1 else "复核", visit=one)
        for number, one in enumerate(asked, 1)
    ]
    story = [*_story(rest, own, closed), *named]
    return tuple(sorted(story, key=lambda one: (one.visit.ended_at, one.visit.visit_id)))


def resting_on(judged: Sequence[Judged], alert_visit: int, again: str) -> Judged | None:
    """The visit that an alert rests on. It names the newest that was flagged, which may be one that
    somebody asked for since.
    """
    own = next((one for one in judged if one.visit_id == alert_visit), None)
    if own is None or not again or own.selection != again:
        return own
    before = judged[: judged.index(own)]
    older = [one for one in before if one.selection != again and is_flagged(one)]
    return older[-1] if older else own


def _story(judged: Sequence[Judged], own: Judged, closed: Sequence[datetime]) -> tuple[Moment, ...]:
    told = [one for one in judged if one.outcome in _WELL and one.assessment is not None]
    runs = [(bad, list(run)) for bad, run in groupby(told, key=is_flagged)]
    since = any(at > own.ended_at for at in closed)
    if since and judged[-1].outcome not in _WELL:
        runs.append((False, [judged[-1]]))
    at = next((n for n, (_, run) in enumerate(runs) if own in run), None)
    if at is None or not runs[at][0]:
        return (Moment(part="采集", visit=own),)
    if at + 1 < len(runs):
        return _named(_PUT_RIGHT if since else _CHANGED, own, runs[at + 1][1][-1])
    if at >= 2:
        before, after = runs[at - 2][1][-1], runs[at - 1][1][-1]
        between = any(before.ended_at < one < own.ended_at for one in closed)
        return _named(_PUT_RIGHT if between else _CHANGED, before, after, own)
    return (Moment(part="采集", visit=own),)


def _named(parts: Sequence[str], *visits: Judged) -> tuple[Moment, ...]:
    named = zip(parts, visits, strict=False)
    return tuple(Moment(part=part, visit=visit) for part, visit in named)


def is_flagged(visit: Judged) -> bool:
    """Whether a person had to look."""
    return visit.assessment is not None and at_least(visit.assessment.level, Level.YELLOW)


def difference(was: PageText | None, now: PageText | None) -> tuple[Line, ...]:
    """Line by line what a reader of both pages would mark; what is the same is told by number."""
    before, after = list(_lines(was)), list(_lines(now))
    matcher = difflib.SequenceMatcher(
        None, before, after
    )  # junk: else a line a thousand times is hours
    found: list[Line] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            found += _folded(before[a:b])
        else:
            found += [Line(sign="−", text=one) for one in before[a:b]]
            found += [Line(sign="+", text=one) for one in after[c:d]]
    return tuple(found)


def _folded(same: Sequence[str]) -> Iterable[Line]:
    if len(same) <= 2 * _NEIGHBOURS + 1:
        return [Line(sign="=", text=one) for one in same]
    left_out = Line(sign="…", text=str(len(same) - 2 * _NEIGHBOURS))
    head, tail = same[:_NEIGHBOURS], same[-_NEIGHBOURS:]
    return [
        *(Line(sign="=", text=one) for one in head),
        left_out,
        *(Line(sign="=", text=one) for one in tail),
    ]


def _lines(text: PageText | None) -> Iterable[str]:
    if text is None:
        return []
    every = (line.strip() for field in text.fields for line in field.text.split("\n"))
    return [line[:500] for line in every if line][:MOST_LINES]
