"""Whether an element's own style keeps its text from being seen."""

import re

_HIDING = ("display:none", "visibility:hidden", "font-size:0;", "font-size:0px")
_AWAY = re.compile(r"(?:left|top|text-indent):-\d{3,}")


def hides(style: str) -> bool:
    """By not showing it, by no size, or by moving it off the page."""
    plain = style.lower().replace(" ", "") + ";"
    return any(way in plain for way in _HIDING) or (":-" in plain and bool(_AWAY.search(plain)))
