"""When a plain answer tells too little, and why: the machine word for it, or nothing.

Looked at in this order, the first that holds is the reason: `meta_refresh`, `search_redirect`,
`phone_redirect`, `script_redirect`, `frames`, `overlay`, `drawing`, `private_font`, `script_shell`,
`image_heavy`, `thin_text`, `too_long`.
What leads away from a page's words, or lies over them, counts however many words there are.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import islice
from operator import itemgetter

from crawler.domain.capture import PageText
from crawler.reading.covers import is_covered, is_framed_over
from crawler.reading.quick_text import was_cut
from crawler.reading.script_jumps import leads_away

TOO_LONG = "too_long"
THIN = 120  # characters a person could read; below, scripts may hold the rest
MEAGRE = 400  # enough for a sentence or two, hardly for a homepage
_MOST_SOURCE = 2_000_000  # of a longer page nobody can say by its source what it shows
_GROWS = "\u0130"  # the only letter whose small one is longer
_HEAD = 20_000  # characters
_PICTURES = 5
_META = re.compile(r"<meta\b[^>]{0,2000}>", re.IGNORECASE)
_EQUIV = re.compile(r"http-equiv\s*=\s*[\"']?\s*refresh", re.IGNORECASE)
_REFRESH = re.compile(
    r"content\s*=\s*[\"']?\s*"
    r"([\d.]{1,8})?\s*[;,]\s*(?:url\s*=\s*)?[\"']?\s*([^\"'>\s]{1,1000})",
    re.IGNORECASE,
)
_PATIENCE = 30  # seconds; a news page that reloads itself later goes nowhere
_JUMP = re.compile(
    r"(?:(?:window|self|top|parent|document)\s*\.\s*)*location(?:\s*\.\s*href)?\s*=(?!=)|"
    r"location\s*\.\s*(?:replace|assign)\s*\(|[\"']location[\"']\s*\]\s*(?:\[[^\]]{1,40}\]\s*)?=(?!=)|"
    r"<body[^>]{0,200}onload\s*=\s*[\"'][^\"'>]{0,200}location"
)
_TESTS_THE_WAY_IN = re.compile(r"document\s*\.\s*referrer")
_MOST_TESTS = 50  # of the device, that are looked behind
_BEFORE = 300  # /baidu/.test(document.referrer) names the engines first
_TESTS_THE_DEVICE = re.compile(r"userAgent|MicroMessenger|\bplatform\b", re.IGNORECASE)
_NEAR = 1_500  # a jump so soon after the test of the way in belongs to it
_SEARCH_ENGINES = re.compile(r"baidu|sogou|\bso\.com|\.sm\.cn|haosou|google|bing", re.IGNORECASE)
_NO_HTML = re.compile(
    r"\ufeff?\s*(?:<svg\b|<\?xml[^>]{0,200}\?>(?:\s|<!--.{0,800}?-->|<!doctype\s+(?!html)[^\[>]{0,400}>)*"
    r"<(?!html|!doctype\s+html|!--))",
    re.DOTALL,
)
_FRAME = re.compile(r"<i?frame\b[^>]{0,800}>", re.IGNORECASE)
_UNSEEN_FRAME = re.compile(
    r"display\s*:\s*none|(?:width|height)\s*[=:]\s*[\"']?\s*[01](?:px)?\s*[\"';\s>]|\bhidden\b",
    re.IGNORECASE,
)
_FRAMESET = re.compile(r"<frameset\b", re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_MOUNT = re.compile(
    r"<div[^>]{0,80}\bid\s*=\s*[\"']?(?:app|root|__next|__nuxt|main-app|react-root|q-app)\b[^>]{0,80}>"
    r"|<app-root\b|ng-app\s*=|window\.__(?:INITIAL_STATE|NUXT|NEXT_DATA)__",
    re.IGNORECASE,
)
_WAITING = re.compile(
    r"(?:启用|开启|打开|支持).{0,12}javascript|enable javascript|正在(?:加载|跳转|进入|验证)|"
    r"(?:加载|载入)中|loading|请稍[候后]|安全(?:检查|验证)|just a moment|点击(?:进入|继续)",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"<img\b|background(?:-image)?\s*:[^;\"'}]{0,60}url\(", re.IGNORECASE)
# Digits mapped to private characters: only the picture shows the rate.
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_PRIVATE_DIGIT = re.compile("[\ue000-\uf8ff]{1,6}\\s?[%％.]|[\\d.][\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True)
class _Page:
    html: str
    lower: str
    text: PageText
    chars: int  # that a person could read


def needs_browser(html: str, text: PageText) -> str:
    """Why the browser should look at a page, empty if its plain answer says enough."""
    source = html[:_MOST_SOURCE].replace(_GROWS, "I")
    page = _Page(source, source.lower(), text, _readable(text))
    reason = next((reason for reason, holds in _REASONS if holds(page)), "")
    return reason or (TOO_LONG if len(html) > _MOST_SOURCE or was_cut(html, text) else "")


def images_in(html: str) -> int:
    """How many pictures a page has, backgrounds and drawing surfaces among them."""
    return len(_IMAGE.findall(html[:_MOST_SOURCE])) + html.count("<canvas", 0, _MOST_SOURCE)


def meta_refresh_in(html: str) -> tuple[float, str] | None:
    """After how many seconds a page goes on to which address, if it does."""
    tags = (unescape(tag[0]) for tag in _META.finditer(html) if "http-equiv" in tag[0].lower())
    found = next((_REFRESH.search(tag) for tag in tags if _EQUIV.search(tag)), None)
    if found is None:
        return None
    try:
        return float(found[1] or 0), found[2]
    except ValueError:
        return 0.0, found[2]


def _readable(text: PageText) -> int:
    return sum(len("".join(text.field(name).split())) for name in ("body", "option"))


def _refreshes(page: _Page) -> bool:
    behind = page.lower.find("http-equiv", _HEAD) >= 0  # seldom, though browsers heed it there too
    found = meta_refresh_in(page.html if behind else page.html[:_HEAD])
    return found is not None and found[0] <= _PATIENCE


def _jumps(page: _Page) -> bool:
    """A short page with a jump in its scripts, or any page whose scripts jump by themselves."""
    if page.chars < MEAGRE:
        return bool(_JUMP.search(page.html))
    return leads_away(page.html, page.lower)


def _jumps_for_searchers(page: _Page) -> bool:
    """A page that looks where its visitor came from before it jumps."""
    if "referrer" not in page.html:
        return False
    engines = [one.span() for one in _SEARCH_ENGINES.finditer(page.html)]
    jumps = [one.span() for one in _JUMP.finditer(page.html)]
    tests = [one.start() for one in _TESTS_THE_WAY_IN.finditer(page.html)]
    near = ((max(0, test - _BEFORE), test + _NEAR) for test in tests if engines and jumps)
    return any(_lies_in(place, engines) and _lies_in(place, jumps) for place in near)


def _lies_in(place: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    """Whether the first of the spans, in their order, that begins in a place ends there too."""
    at = bisect_left(spans, place[0], key=itemgetter(0))
    return at < len(spans) and spans[at][1] <= place[1]


def _jumps_for_phones(page: _Page) -> bool:
    """A page with little to read that sends phones elsewhere: what is offered may stand there."""
    if page.chars >= MEAGRE:
        return False
    return any(
        _JUMP.search(page.html, test.start(), test.start() + _NEAR)
        for test in islice(_TESTS_THE_DEVICE.finditer(page.html), _MOST_TESTS)
    )


def _framed(page: _Page) -> bool:
    if page.chars >= MEAGRE:
        return is_framed_over(page.lower)
    if _FRAMESET.search(page.html):
        return True
    frames = (frame[0] for frame in _FRAME.finditer(page.html))
    return any(not _UNSEEN_FRAME.search(frame) for frame in frames)


def _covered(page: _Page) -> bool:
    return is_covered(page.lower)


def _drawn(page: _Page) -> bool:
    """An SVG, or XML that a style sheet makes a page of: what it shows is not in its order."""
    return bool(_NO_HTML.match(page.lower))


def _private(page: _Page) -> bool:
    body = page.text.field("body")
    return bool(_PRIVATE.search(body)) and len(_PRIVATE_DIGIT.findall(body)) > 1


def _shell(page: _Page) -> bool:
    if page.chars >= MEAGRE or not _SCRIPT.search(page.html):
        return False
    words = page.text.field("body") + page.text.field("noscript")
    if page.chars < THIN:
        return bool(_MOUNT.search(page.html) or _WAITING.search(words))
    return bool(_MOUNT.search(page.html) and _WAITING.search(words))


def _pictured(page: _Page) -> bool:
    if page.chars >= MEAGRE:
        return False
    images = len(_IMAGE.findall(page.html))
    return images >= _PICTURES or (page.chars < THIN and images > 0)


def _thin(page: _Page) -> bool:
    return page.chars < THIN and bool(_SCRIPT.search(page.html))


_REASONS: tuple[tuple[str, Callable[[_Page], bool]], ...] = (
    ("meta_refresh", _refreshes),
    ("search_redirect", _jumps_for_searchers),
    ("phone_redirect", _jumps_for_phones),
    ("script_redirect", _jumps),
    ("frames", _framed),
    ("overlay", _covered),
    ("drawing", _drawn),
    ("private_font", _private),
    ("script_shell", _shell),
    ("image_heavy", _pictured),
    ("thin_text", _thin),
)
# what the next sweep need not learn again
OF_THE_PAGE = frozenset(reason for reason, _ in _REASONS) | {TOO_LONG}
