"""Hostile HTML made harmless before a parser sees it; whatever a reader could see stays in it."""

import re

_LONG_TAG = re.compile(r"<[a-zA-Z/][^>]{16384,}>?")
_KEPT_OF_A_TAG = 4096
_QUOTE = re.compile("[\"']")
# Below this many tags neither depth nor formatting can cost a parser more than a moment.
_MANY_TAGS = 2_500
_VERY_MANY_TAGS = 20_000
_DEEPEST = 5_000
_MOST_TAGS = 500_000  # a second of walking; of more, what comes first is read
_BLOCK = 64 * 1024
_MOST_OPEN_FORMATS = 300
_FORMATTING = re.compile(
    r"<(/?)(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])", re.IGNORECASE
)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)[^>]*>")
_NEVER_CLOSED = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "dt",
        "dd",
        "option",
    ]
)
_KEPT_TAGS = frozenset(
    [
        "html",
        "head",
        "title",
        "meta",
        "body",
        "script",
        "style",
        "template",
        "noscript",
        "textarea",
        "img",
        "input",
        "iframe",
        "br",
    ]
)
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "big",
        "code",
        "em",
        "font",
        "i",
        "mark",
        "nobr",
        "s",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "tt",
        "u",
    ]
)


def tame(html: str) -> str:
    """The same page without what makes parsers slow: endless tags, abysses, piled-up formatting."""
    if len(html) > _KEPT_OF_A_TAG:
        html = _LONG_TAG.sub(_shortened, html)
    tags = html.count("<")
    if tags > _MANY_TAGS and (_piles_formats(html) or is_abyss(html)):
        return _TAG.sub(_flattened, html)
    return html


def bounded(html: str) -> str:
    """As much of a page as may be read: a tree costs by the tag, not by the character."""
    if html.count("<") <= _MOST_TAGS:
        return html
    tags = at = 0
    while (tags := tags + html.count("<", at, at + _BLOCK)) <= _MOST_TAGS:
        at += _BLOCK
    return html[:at]


def is_abyss(html: str) -> bool:
    """Whether a page is nested so deep that trees of elements are no way to read it."""
    return html.count("<") > _VERY_MANY_TAGS and _is_deep(html)


def _shortened(tag: re.Match[str]) -> str:
    """The first attributes of an endless tag; a quote left open would swallow the page."""
    head = tag[0][:_KEPT_OF_A_TAG]
    quote = ""
    for mark in _QUOTE.findall(head):
        if not quote:
            quote = mark
        elif mark == quote:
            quote = ""
    return f"{head}{quote}>"


def _piles_formats(html: str) -> bool:
    """Whether formatting is opened again and again and not closed: parsers copy all of it into
    every new block.
    """
    closings = _FORMATTING.findall(html)
    return len(closings) - 2 * closings.count("/") > _MOST_OPEN_FORMATS


def _is_deep(html: str) -> bool:
    depth = 0
    for closing, name in _TAG.findall(html):
        if closing:
            depth = max(depth - 1, 0)
        elif name.lower() not in _NEVER_CLOSED:
            depth += 1
            if depth > _DEEPEST:
                return True
    return False


def _flattened(tag: re.Match[str]) -> str:
    name = tag[2].lower()
    if name in _KEPT_TAGS:
        return tag[0]
    return "" if name in _INLINE else "<br>"
