"""The path on one page: read, find, judge, compare, and say who should look next. Nothing is
fetched, asked or recorded here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.domain.assessment import Assessment, Level, at_least, rank
from crawler.domain.capture import Capture, Fetcher, Outcome, PageKind, PageText, Profile
from crawler.domain.discrepancy import Discrepancy
from crawler.domain.family import Mark
from crawler.domain.page import Imprint, PageStructure
from crawler.domain.site import Visit, ended_well
from crawler.domain.verdict import Verdict
from crawler.reading.close_text import read_closely
from crawler.reading.imprints import imprint_of
from crawler.reading.likeness import marks_of
from crawler.reading.quick_text import read_quickly
from crawler.reading.render_reasons import MEAGRE, THIN, images_in, needs_browser
from crawler.service.comparing import View, differences_between
from lexicons.judging import Judge
from lexicons.naming import sensitive_names

MANY_IMAGES = 5
ENOUGH_IN_A_PICTURE = frozenset({"drawing", "image_heavy", "overlay", "private_font", "thin_text"})
_FOR_OTHERS = frozenset({"search_redirect", "phone_redirect"})  # taken as other visitors too
_BEARS_A_NUMBER = frozenset({PageKind.ORDINARY, PageKind.SHELL, PageKind.WILDCARD})
_SEES_ENOUGH = frozenset({"", "hit", "watched_change", "learned"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A capture with its words: the markup, and the text where a browser already read it."""

    capture: Capture
    html: str
    text: PageText
    wants: str = ""  # why its plain answer tells too little

    @classmethod
    def read(cls, capture: Capture, html: str) -> "Page":
        """A page whose words are still to be taken from its markup."""
        text = read_quickly(html)
        return cls(capture=capture, html=html, text=text, wants=needs_browser(html, text))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Judged:
    page: Page
    structure: PageStructure | None
    assessment: Assessment

    @property
    def weight(self) -> tuple[int, float, bool]:
        """By which one page speaks for the visit; a drawn one has places on the picture."""
        drawn = self.page.capture.fetcher is Fetcher.BROWSER
        return rank(self.assessment.level), self.assessment.score, drawn


def glance(visit: Visit, page: Page, judge: Judge, at: datetime) -> Verdict:
    """What every page gets: quick text and sieve. What may be a finding by how it is built is left
    to `examine`, and what an earlier attempt of the visit saw and this one did not.
    """
    left = _saw_otherwise(visit, page)
    assessment = None if left else judge.settle(visit, page.text, at)
    if assessment is None:
        return Verdict(
            visit=visit,
            captures=(page.capture,),
            texts=(page.text,),
            render_reason=_render_reason(visit, page, None, ()),
        )
    return _verdict(visit, (_Judged(page=page, structure=None, assessment=assessment),), judge)


def _saw_otherwise(visit: Visit, page: Page) -> bool:
    """Whether the visit has words of another page: who is turned away the second time has seen the
    first.
    """
    known = {one.text_digest for one in visit.captures} - {"", page.text.digest}
    return bool(known)


def examine(visit: Visit, pages: Sequence[Page], judge: Judge, at: datetime) -> Verdict:
    """The whole path over all that a visit saw: the page that says most speaks for the visit."""
    return _verdict(visit, [_judged(visit, page, judge, at) for page in pages], judge)


def _judged(visit: Visit, page: Page, judge: Judge, at: datetime) -> _Judged:
    structure = (
        read_closely(page.html, page.text, page.capture.final_url)
        if judge.passes(page.text)
        else None
    )
    assessment = judge.judge(visit, page.text, structure, at)
    return _Judged(page=page, structure=structure, assessment=assessment)


def _verdict(visit: Visit, judged: Sequence[_Judged], judge: Judge) -> Verdict:
    best = max(judged, key=lambda one: one.weight)
    page, assessment = best.page, best.assessment
    found = differences_between(
        [View(capture=j.page.capture, text=j.page.text, assessment=j.assessment) for j in judged]
    )
    reason = _render_reason(visit, page, assessment, found)
    return Verdict(
        visit=visit,
        captures=(page.capture,),
        texts=tuple(dict.fromkeys((page.text, *(one.page.text for one in judged)))),
        structure=best.structure,
        assessment=assessment,
        tokens=judge.tokens(page.text) if best.structure else (),
        render_reason=reason,
        look_reason=_look_reason(visit, page, assessment, judge),
        picture_reason=_picture_reason(visit, judged, assessment),
        imprint=_imprint(visit, judged, seen_enough=reason in _SEES_ENOUGH),
        marks=_marks(best),
        discrepancies=found,
    )


def _render_reason(
    visit: Visit, page: Page, assessment: Assessment | None, found: Sequence[Discrepancy]
) -> str:
    """Why the browser should look too; empty once it has looked, or if it need not."""
    captures = (*visit.captures, page.capture)
    if any(capture.fetcher is Fetcher.BROWSER for capture in captures):
        return ""
    if found:
        shown = {capture.id: capture.profile for capture in captures}
        return f"cloak_{shown[found[0].captures[1]]}"
    if page.wants in _FOR_OTHERS:
        return page.wants
    if assessment and at_least(assessment.level, Level.YELLOW):
        return "hit"
    if visit.watched and page.text.digest != visit.site.text_digest:
        return "watched_change"
    return "learned" if visit.site.needs_browser else page.wants


def _look_reason(visit: Visit, page: Page, assessment: Assessment, judge: Judge) -> str:
    """Why the phone's and the search engine's view are wanted; empty once they were taken, or
    where nobody is shown anything. Hardly a word for a desktop is reason enough: a page that turns
    it away with 维护中 is shown to others.
    """
    captures = (*visit.captures, page.capture)
    if any(capture.profile is not Profile.DESKTOP for capture in captures):
        return ""
    answers = (ended_well(one.outcome) or one.outcome is Outcome.HTTP_ERROR for one in captures)
    if not any(answers):
        return ""
    if at_least(assessment.level, Level.BLUE):
        return "hit"
    if visit.watched or visit.open_alert_id:
        return "watched"
    if sensitive_names(visit.site, judge.tools):
        return "name"
    return "thin_text" if len("".join(page.text.field("body").split())) < THIN else ""


def _picture_reason(visit: Visit, judged: Sequence[_Judged], assessment: Assessment) -> str:
    """Why the words inside the picture are wanted; empty where there is none. It takes seconds of
    a processor, so a hit that says enough in words must have pictures to speak of.
    """
    drawn = [one for one in judged if one.page.capture.fetcher is Fetcher.BROWSER]
    if not drawn:
        return ""
    if visit.render_reason in ENOUGH_IN_A_PICTURE:
        return visit.render_reason
    characters = max(len("".join(one.page.text.field("body").split())) for one in drawn)
    images = max(images_in(one.page.html) for one in drawn)
    if characters < MEAGRE and images:
        return "thin_text"
    speaks = images >= MANY_IMAGES and characters < 4 * MEAGRE
    return "hit" if speaks and at_least(assessment.level, Level.YELLOW) else ""


def _imprint(visit: Visit, judged: Sequence[_Judged], *, seen_enough: bool) -> Imprint | None:
    """Of what a desktop saw: the drawn page, else the plain one."""
    usual = [
        one
        for one in judged
        if one.page.capture.profile is Profile.DESKTOP
        and ended_well(one.page.capture.outcome)
        and one.page.capture.page_kind in _BEARS_A_NUMBER
    ]
    if not usual:
        return None
    seen = max(usual, key=lambda one: one.page.capture.fetcher is Fetcher.BROWSER)
    capture = seen.page.capture
    if capture.fetcher is Fetcher.HTTP and not seen_enough:
        return None  # what a browser will still show may bear the number
    return imprint_of(
        capture.id, visit.site.domain, capture.final_url, seen.page.text, seen.structure
    )


def _marks(judged: _Judged) -> tuple[Mark, ...]:
    if judged.structure is None or judged.page.capture.page_kind not in _BEARS_A_NUMBER:
        return ()
    return marks_of(judged.page.html, judged.page.text, judged.structure)
