"""What lies over the words of a page from edge to edge: frames and fixed boxes that show something
else than the markup says.
"""

import re
from itertools import islice

_TAG = re.compile(r"<(?:iframe|embed|object)\b[^>]{0,800}>")
_WHOLE = r"(?:100%|100d?v[hw]|9[5-9]%|9[5-9]v[hw])"
_WIDE = re.compile(rf"\bwidth\s*[=:]\s*[\"']?\s*(?:{_WHOLE}|1[0-9]{{3}}(?:px)?\b)")
_HIGH = re.compile(
    rf"\bheight\s*[=:]\s*[\"']?\s*(?:{_WHOLE}|(?:[89][0-9]{{2}}|[1-9][0-9]{{3}})(?:px)?\b)",
)
_EDGES = re.compile(
    r"\binset\s*:\s*0|(?=.*\btop\s*:\s*0)(?=.*\bleft\s*:\s*0)(?=.*\bright\s*:\s*0)"
    r"(?=.*\bbottom\s*:\s*0)",
    re.DOTALL,
)
# what is declared of one box: in a style attribute, a style sheet, a script that makes it
_FIXED = re.compile(r"position\s*:\s*fixed")
_OF_THE_WINDOW = re.compile(
    r"position\s*:\s*fixed|100d?vh|\bheight\s*[=:]\s*[\"']?\s*(?:[89][0-9]{2}|[1-9][0-9]{3})(?:px)?\b",
)
# the tag that opens just before, past scripts and empty boxes
_AROUND = re.compile(
    r"<(?:(body)|\w+)\b[^<>]*>\s*(?:<!--[^<>]*-->\s*|<script\b[^<>]*>[^<]*</script>\s*)*$",
)
_NEAR = 500
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0?(?:\.\d+)?\s*(?:[;\"'}]|$)|"
    r"z-index\s*:\s*-|rgba\(|hsla\(|filter\s*:\s*alpha|pointer-events\s*:\s*none|#0000|"
    r"translate|transparent|\bhidden\b",
)
_SHOWS = re.compile(r"<(?:img|iframe|canvas|video|embed|object|svg|picture)\b|url\(")
_NAME = re.compile(r"[.#]([\w-]+)\s*$")
_CALLED = re.compile(r"\b(?:class|id)\s*=\s*(?:[\"'](?:[^\"'<>]*\s)?|)$")
_MOST = 40
_INSIDE = 1_500


def is_framed_over(html: str) -> bool:
    """Whether a frame takes the place of the page, which comes in small letters: a set of them, or
    one as large as the window.
    """
    if "<frameset" in html:
        return True
    for frame in islice(_TAG.finditer(html), _MOST):
        tag = frame[0]
        if not (_WIDE.search(tag) and _HIGH.search(tag)) or _UNSEEN.search(tag):
            continue
        # a height in per cent is of what it lies in: a film in an article fills its box, no more
        before = html[max(0, frame.start() - _NEAR) : frame.start()]
        if _OF_THE_WINDOW.search(tag) or _is_of_the_page(before):
            return True
    return False


def _is_of_the_page(before: str) -> bool:
    """Whether it lies in the body itself, or in a box as high as the window."""
    around = _AROUND.search(before)
    return around is not None and bool(around[1] or _OF_THE_WINDOW.search(around[0]))


def is_covered(html: str) -> bool:
    """Whether a box that stays over the whole window shows a picture or a frame, on a page in small
    letters. What it says in words is read where it stands.
    """
    for fixed in islice(_FIXED.finditer(html), _MOST):
        begins, box, ends = _box_around(html, fixed.start())
        if _UNSEEN.search(box) or not _is_whole(box):
            continue
        if html[begins : begins + 1] == "{":
            if _is_shown_by(html, html[max(0, begins - 80) : begins], box):
                return True
        elif _SHOWS.search(box) or _SHOWS.search(html, ends, ends + _INSIDE):
            return True
    return False


def _box_around(html: str, place: int) -> tuple[int, str, int]:
    """The declarations among which it stands, and where they begin and end."""
    begins = max(html.rfind(mark, max(0, place - _NEAR), place) for mark in "\"'{`")
    ends = min(
        (at for mark in "\"'}`" if (at := html.find(mark, place, place + _NEAR)) >= 0),
        default=place + _NEAR,
    )
    return begins, html[begins + 1 : ends], ends


def _is_whole(box: str) -> bool:
    return bool((_WIDE.search(box) and _HIGH.search(box)) or _EDGES.search(box))


def _is_shown_by(html: str, selector: str, box: str) -> bool:
    """Whether an element that the rule is of is there to be seen, with something to show."""
    named = _NAME.search(selector)
    if named is None:
        return False
    shown = _tag_named(html, named[1])
    if not shown or _UNSEEN.search(html, *shown):
        return False
    return bool(_SHOWS.search(box) or _SHOWS.search(html, shown[1], shown[1] + _INSIDE))


def _tag_named(html: str, name: str) -> tuple[int, int] | None:
    """From where to where the first tag of this class or id goes."""
    at = -1
    for _ in range(_MOST):
        at = html.find(name, at + 1)
        if at < 0:
            return None
        begins, ends = html.rfind("<", max(0, at - _NEAR), at), html.find(">", at, at + _NEAR)
        if begins >= 0 and ends >= 0 and _CALLED.search(html, begins, at):
            return begins, ends
    return None
