"""The path on one page: read, find, judge. Nothing is fetched, asked or written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.domain.assessment import Assessment, Level, Verdict, at_least, rank
from crawler.domain.capture import Capture, Fetcher, PageText
from crawler.domain.page import PageStructure
from crawler.domain.site import Visit
from crawler.reading.close_text import read_closely
from crawler.reading.quick_text import read_quickly
from crawler.reading.render_reasons import needs_browser
from lexicons.judging import Judge

READ_QUICKLY = 2_000_000  # characters of markup; what lies behind is kept, not read


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A capture with its words: the markup, and the text where a browser already read it."""

    capture: Capture
    html: str
    text: PageText

    @classmethod
    def read(cls, capture: Capture, html: str) -> "Page":
        """A page whose words are still to be taken from its markup."""
        return cls(capture=capture, html=html, text=read_quickly(html[:READ_QUICKLY]))


def glance(visit: Visit, page: Page, judge: Judge, at: datetime) -> Verdict:
    """What every page gets: quick text and sieve. What passes is left to `examine`."""
    if judge.passes(page.text):
        return _verdict(visit, (page,), None, None, judge)
    assessment = judge.judge(visit, page.text, None, at)
    return _verdict(visit, (page,), None, assessment, judge)


def examine(visit: Visit, pages: Sequence[Page], judge: Judge, at: datetime) -> Verdict:
    """The whole path over all that a visit saw: the page that says most speaks for the visit."""
    judged = [_judged(visit, page, judge, at) for page in pages]
    page, structure, assessment = max(judged, key=_says_most)
    return _verdict(visit, (page, *pages), structure, assessment, judge)


def _judged(
    visit: Visit, page: Page, judge: Judge, at: datetime
) -> tuple[Page, PageStructure | None, Assessment]:
    structure = (
        read_closely(page.html, page.text, page.capture.final_url)
        if judge.passes(page.text)
        else None
    )
    return page, structure, judge.judge(visit, page.text, structure, at)


def _says_most(judged: tuple[Page, PageStructure | None, Assessment]) -> tuple[int, float, bool]:
    page, _, assessment = judged
    drawn = page.capture.fetcher is Fetcher.BROWSER  # its hits have places on the picture
    return rank(assessment.level), assessment.score, drawn


def _verdict(
    visit: Visit,
    pages: Sequence[Page],
    structure: PageStructure | None,
    assessment: Assessment | None,
    judge: Judge,
) -> Verdict:
    page = pages[0]
    return Verdict(
        visit=visit,
        captures=(page.capture,),
        texts=tuple(dict.fromkeys(page.text for page in pages)),
        structure=structure,
        assessment=assessment,
        tokens=judge.tokens(page.text) if structure else (),
        render_reason=_render_reason(visit, page, assessment),
    )


def _render_reason(visit: Visit, page: Page, assessment: Assessment | None) -> str:
    """Why the browser should look too; empty once it has looked, or if it need not."""
    captures = (*visit.captures, page.capture)
    if any(capture.fetcher is Fetcher.BROWSER for capture in captures):
        return ""
    if assessment and at_least(assessment.level, Level.YELLOW):
        return "hit"
    if visit.watched and page.text.digest != visit.site.text_digest:
        return "watched_change"
    if visit.site.needs_browser:
        return "learned"
    return needs_browser(page.html, page.text)
