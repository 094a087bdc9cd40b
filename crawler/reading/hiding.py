"""Whether an element's own style keeps its text from being seen."""

import re

_HIDING = ("display:none", "visibility:hidden")
_NO_SIZE = re.compile(r"font-size:0*(?:\.0+)?(?:px|pt|r?em|%)?[;!]")
_INK = re.compile(r"(?:^|;)color:([^;!]+)")
_PAPER = re.compile(r"(?:^|;)background(?:-color)?:([^;!]+)")
_NAMED = {"white": "#fff", "black": "#000", "rgb(255,255,255)": "#fff", "rgb(0,0,0)": "#000"}
_AWAY = re.compile(r"(?:left|top|text-indent):-\d{3,}")


def hides(style: str) -> bool:
    """By not showing it, by no size, by ink of the paper's colour, or by moving it off the page."""
    plain = style.lower().replace(" ", "") + ";"
    return (
        any(way in plain for way in _HIDING)
        or (":-" in plain and bool(_AWAY.search(plain)))
        or ("font" in plain and bool(_NO_SIZE.search(plain)))
        or _is_unpainted(plain)
    )


def _is_unpainted(style: str) -> bool:
    ink, paper = _INK.search(style), _PAPER.search(style)
    return ink is not None and paper is not None and _colour(ink[1]) == _colour(paper[1])


def _colour(written: str) -> str:
    if len(written) == 7 and written[0] == "#" and written[1::2] == written[2::2]:
        return "#" + written[1::2]
    return _NAMED.get(written, written)
