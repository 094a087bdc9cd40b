"""An empty hall with one door: a page that says hardly anything, whose only way on is 进入首页."""

import re
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MOST_SOURCE = 60_000
_MOST_WORDS = 120  # characters; more is a page
_MOST_LINKS = 12
_MOST_ANCHORS = 4 * _MOST_LINKS  # in the source, those in scripts and comments among them
_DOOR = re.compile(
    r"进\s*入\s*(?:首\s*页|网\s*站|主\s*页|官\s*网|本\s*站|系统)?|点击(?:进入|继续|访问)|(?:继续|立即|马上)(?:访问|进入)"
    r"|\benter\b|click (?:here )?to enter|skip intro|跳过|中文(?:版|网站|站)?",
    re.IGNORECASE,
)
_NEEDED = ("进", "点击", "继续", "跳过", "中文")
_NEEDED_IN_ANY_CASE = ("enter", "skip")


def door_of(html: str, url: str) -> str:
    """Where the hall's door leads, empty if the page is no hall or has no such door of its own
    site.
    """
    if len(html) > _MOST_SOURCE or html.count("<a ") > _MOST_ANCHORS or not _may_be_one(html):
        return ""
    tree = LexborHTMLParser(html)
    body = tree.body
    for node in tree.css("script, style, noscript, template"):
        node.decompose()
    links = tree.css("a[href], area[href]")
    if body is None or len(links) > _MOST_LINKS:
        return ""
    if len("".join(body.text().split())) > _MOST_WORDS:
        return ""
    doors = {there for link in links if _is_door(link) and (there := _within(url, link))}
    return doors.pop() if len(doors) == 1 else ""


def _may_be_one(html: str) -> bool:
    """Whether a door's words may be there. Every page is asked: one pattern that ignores case costs
    ten times as much as these.
    """
    if any(word in html for word in _NEEDED):
        return True
    lowered = html.lower()
    return any(word in lowered for word in _NEEDED_IN_ANY_CASE)


def _is_door(link: LexborNode) -> bool:
    text = link.text() or ""
    attributes = link.attributes
    pictured = " ".join(one.attributes.get("alt") or "" for one in link.css("img"))
    words = " ".join(f"{text} {attributes.get('title') or ''} {pictured}".split())
    return len(words) < 20 and bool(_DOOR.search(words))


def _within(url: str, link: LexborNode) -> str:
    """The address behind a link, if it is another page of the same host."""
    try:
        there = urljoin(url, (link.attributes.get("href") or "").strip()[:2_000])
        here, target = urlsplit(url), urlsplit(there)
        same = _bare(target.hostname) == _bare(here.hostname) != ""
    except ValueError:
        return ""
    if target.scheme not in ("http", "https") or not same:
        return ""
    plain = there.partition("#")[0]
    return plain if plain.rstrip("/") != url.partition("#")[0].rstrip("/") else ""


def _bare(host: str | None) -> str:
    return (host or "").removeprefix("www.")
