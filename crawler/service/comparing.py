"""Whether several visitors are shown the same: the desktop's view against the phone's and that of
whoever comes from a search engine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.domain.assessment import Assessment, Level, at_least, rank
from crawler.domain.capture import Capture, PageKind, PageText, Profile
from crawler.domain.discrepancy import Discrepancy, DiscrepancyKind
from crawler.domain.site import ended_well
from crawler.reading.links import registered

_WHO = {Profile.PHONE: "用手机（微信内）访问", Profile.SEARCH: "从搜索引擎进入"}
_WIDTH = 5
_MOST_TEXT = 20_000
_FEWEST = 40  # characters: of less no likeness can be told
_UNLIKE = 0.3
_SHUT = frozenset({PageKind.PARKED, PageKind.CONSTRUCTION, PageKind.ERROR_PAGE, PageKind.FOR_SALE})


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What one visitor was shown, and what it was judged to be."""

    capture: Capture
    text: PageText
    assessment: Assessment


def differences_between(views: Sequence[View]) -> tuple[Discrepancy, ...]:
    """The gravest difference that matters, with both captures; most sites have none."""
    usual = [view for view in views if view.capture.profile is Profile.DESKTOP]
    if not usual:
        return ()
    plain = max(usual, key=_told)
    others = [view for view in views if view.capture.profile is not Profile.DESKTOP]
    found = [one for other in others for one in _differences(plain, other)]
    return tuple(found[:1])


def are_unlike(one: PageText, other: PageText) -> bool:
    """Whether two texts have hardly anything in common, as far as there is enough to tell by."""
    first, second = _shingles(one), _shingles(other)
    if max(len(first), len(second)) < _FEWEST:
        return False
    return len(first & second) < _UNLIKE * max(1, min(len(first), len(second)))


def lead_apart(one: str, other: str) -> bool:
    """Whether two addresses belong to different registered domains."""
    return bool(one and other) and registered(_host(one)) != registered(_host(other))


def _differences(plain: View, other: View) -> Iterator[Discrepancy]:
    who = _WHO[other.capture.profile]
    both = (plain.capture.id, other.capture.id)
    graver = rank(other.assessment.level) > rank(plain.assessment.level)
    if graver and at_least(other.assessment.level, Level.YELLOW):
        text = f"{who}看到“{other.assessment.sentence.rstrip('。')}”，电脑直接访问看不到"
        yield Discrepancy(kind=DiscrepancyKind.CLOAK, text=text, captures=both)
    if lead_apart(plain.capture.final_url, other.capture.final_url):
        there, here = _host(other.capture.final_url), _host(plain.capture.final_url)
        text = f"{who}被带到 {there}，电脑直接访问停在 {here}"
        yield Discrepancy(kind=DiscrepancyKind.CLOAK, text=text, captures=both)
    if _is_shut(plain) and not _is_shut(other) and are_unlike(plain.text, other.text):
        text = f"{who}有内容，电脑直接访问看到的是空白、报错或停放页"
        yield Discrepancy(kind=DiscrepancyKind.CLOAK, text=text, captures=both)


def _told(view: View) -> tuple[int, float, bool]:
    """How much a view tells: a server that was busy at first shut nobody out."""
    return rank(view.assessment.level), view.assessment.score, not _is_shut(view)


def _is_shut(view: View) -> bool:
    return not ended_well(view.capture.outcome) or view.capture.page_kind in _SHUT


def _shingles(text: PageText) -> set[str]:
    body = "".join(text.field("body")[:_MOST_TEXT].split())
    return {body[at : at + _WIDTH] for at in range(len(body) - _WIDTH + 1)}


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
