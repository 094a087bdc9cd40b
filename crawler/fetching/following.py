"""Where an answer sends its reader on: by Location, by a Refresh header, by a meta element."""

import html
import re
from dataclasses import dataclass

from crawler.domain.capture import HopKind
from crawler.fetching.answer import Answer
from crawler.fetching.urls import resolved

LONGEST_WAIT_S = 10  # a page that stays longer than this is the page
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SEARCHED = 65_536
_OPENINGS = re.compile(
    rb"<!--|<(script|noscript|template|style|textarea|title)\b|<meta\b([^>]{0,4096})>",
    re.IGNORECASE,
)
_EQUIV = re.compile(r"http-equiv\s*=\s*[\"']?\s*refresh", re.IGNORECASE)
_CONTENT = re.compile(r"content\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_REFRESH = re.compile(
    r"\s*(\d{0,6})[\d.]*\s*(?:[;,\s]\s*(?:url\s*=\s*)?(?P<quote>['\"]?)(?P<url>.*))?",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Onward:
    """The next address, of whatever scheme, and what led there."""

    url: str
    kind: HopKind


def redirect_of(answer: Answer, url: str) -> Onward | None:
    """The redirect that an answer is; None if it is none, or names no address."""
    if answer.status not in _REDIRECTS:
        return None
    location = next((v for k, v in answer.headers if k.lower() == b"location"), b"")
    there = resolved(url, location)
    return Onward(there, HopKind.REDIRECT) if there else None


def refresh_of(answer: Answer, body: bytes, url: str) -> Onward | None:
    """The soon refresh to another address that a page asks for, by header or meta element."""
    content = answer.value("refresh") or _meta_refresh(body[:_SEARCHED])
    found = _REFRESH.match(content)
    if not found or not found["url"] or int(found[1] or 0) > LONGEST_WAIT_S:
        return None
    quote = found["quote"]
    target = found["url"].partition(quote)[0] if quote else found["url"]
    there = resolved(url, target.encode("utf-8", "surrogateescape"))
    if not there or there.partition("#")[0] == url.partition("#")[0]:
        return None
    return Onward(there, HopKind.META)


def _meta_refresh(start: bytes) -> str:
    """The content of the first meta refresh that is not inside a comment or a script."""
    lower = start.lower()
    if b"http-equiv" not in lower:
        return ""
    at = 0
    while found := _OPENINGS.search(start, at):
        at = found.end()
        if found[2] is not None:
            tag = found[2].decode("utf-8", "surrogateescape")
            content = _CONTENT.search(tag) if _EQUIV.search(html.unescape(tag)) else None
            if content:
                return html.unescape(content[1] or content[2] or content[3] or "")
            continue
        at = _end_of(found, lower)
    return ""


def _end_of(opening: re.Match[bytes], lower: bytes) -> int:
    """Behind the end of a comment or raw element; the end of all if there is none."""
    closing = b"</" + opening[1].lower() if opening[1] else b"-->"
    end = lower.find(closing, opening.end())
    return end + len(closing) if end >= 0 else len(lower)
