"""The page as BeautifulSoup's tree, and how a piece of it falls into cells a person tells apart."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bs4 import BeautifulSoup
from bs4.builder._lxml import LXMLTreeBuilder
from bs4.element import NavigableString, PreformattedString, Tag

from crawler.reading.hiding import hides
from crawler.reading.taming import tame

_MOST_SOURCE = 3_000_000
_MOST_TAGS = 30_000  # opening and closing; ordinary pages have some two thousand
_DECLARATION = re.compile(r"<\?xml[^>]{0,200}>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
UNREAD = frozenset({
    "script", "style", "template", "noscript", "noframes", "title", "head", "select", "datalist",
    "iframe", "object", "textarea",
})  # fmt: skip
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "br", "center", "dd", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_APART = frozenset({"a", "button"})
_UNITS = ".%％‰万亿元天个月年期起倍日周"
_NO_NAMES: Mapping[Any, Any] = MappingProxyType({})
_HARD, _SOFT = "\x1e", "\x1f"


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed page and all its elements in document order, gathered once."""

    elements: tuple[Tag, ...]

    def named(self, *names: str) -> list[Tag]:
        """The elements of these names, in order."""
        return [element for element in self.elements if element.name in names]


class _PlainBuilder(LXMLTreeBuilder):
    """The lxml builder without its books about namespaces, which HTML has none of: a sixth of the
    time of a tree. The tree is the same; a test holds it to that. `elements` are those begun so
    far, in document order.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(multi_valued_attributes=None, **given)  # a class is one string
        self.elements: list[Tag] = []

    def start(
        self, tag: str | bytes, attrib: Mapping[Any, Any], nsmap: Mapping[Any, Any] = _NO_NAMES
    ) -> None:
        """An element begins."""
        assert self.soup is not None
        element = self.soup.handle_starttag(str(tag), None, None, dict(attrib), namespaces={})
        if element is not None:
            self.elements.append(element)

    def end(self, tag: str | bytes) -> None:
        """An element ends."""
        assert self.soup is not None
        self.soup.endData()
        self.soup.handle_endtag(str(tag))


def tree_of(html: str) -> Tree:
    """The tree of any page; of an endless one its beginning and its end."""
    source = _DECLARATION.sub("", tame(_bounded(html)), count=1)
    builder = _PlainBuilder()
    BeautifulSoup(source if "<" in source else f"<p>{source}</p>", builder=builder)
    return Tree(tuple(builder.elements))


def _bounded(html: str) -> str:
    """A tree costs by the tag: of a page of too many, the first five sixths of what may be."""
    tags = html.count("<")
    most = min(_MOST_SOURCE, len(html) * _MOST_TAGS // max(tags, _MOST_TAGS))
    return html if len(html) <= most else html[: most - most // 6] + html[-(most // 6) :]


def words_of(element: Tag) -> str:
    """The text of an element on one line."""
    return " ".join(cells_of(element))


def cells_of(box: Tag, most_parts: int = 20_000) -> list[str]:
    """The cells of a box in DOM order: what blocks part, and what inline siblings with no text
    between them part; a number stays with its point, its digits and its unit.
    """
    cells: list[str] = []
    for line in "".join(_parts_of(box, most_parts)).split(_HARD):
        pieces = [text for piece in line.split(_SOFT) if (text := _SPACE.sub(" ", piece).strip())]
        for at, piece in enumerate(pieces):
            if at and _belongs(pieces[at - 1], piece):
                cells[-1] += piece
            else:
                cells.append(piece)
    return cells


def _belongs(left: str, right: str) -> bool:
    """Whether two neighbours are one number: 7 | .0 | %, 44 | 天, 8% | +2%, 1 | 2 | %."""
    if right[0] == "+" and left[-1] in "%％0123456789":
        return True
    if left[-1] in ".+":
        return right[0].isdigit()
    return left[-1].isdigit() and (
        right[0] in _UNITS or (right[0].isdigit() and len(left) == len(right) == 1)
    )


def _parts_of(box: Tag, most: int) -> Iterator[str]:
    """Texts and marks below a box, by an iterator stack: a page may be deep."""
    stack = [(iter(box.contents), "", _has_own_text(box))]
    left = most
    while stack and left:
        left -= 1
        children, closing, mixed = stack[-1]
        node = next(children, None)
        if node is None:
            yield closing
            stack.pop()
        elif isinstance(node, Tag):
            if node.name in UNREAD or is_hidden(node):
                continue
            mark = _mark(node.name, mixed)
            yield mark
            stack.append((iter(node.contents), mark, _has_own_text(node)))
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            yield str(node)


def _mark(name: str, mixed: bool) -> str:
    """What parts an element from its neighbours; nothing if it stands in the middle of a text."""
    if name in _BLOCKS:
        return _HARD
    return _SOFT if name in _APART or not mixed else ""


def _has_own_text(element: Tag) -> bool:
    for child in element.contents:
        told = isinstance(child, NavigableString) and not isinstance(child, PreformattedString)
        if told and str(child).strip():
            return True
    return False


def is_hidden(element: Tag) -> bool:
    """Whether the element's own attributes hide it."""
    attributes = element.attrs
    if "hidden" in attributes:
        return True
    return "style" in attributes and hides(attribute(element, "style"))


def attribute(element: Tag, name: str) -> str:
    """An attribute as one string, empty if absent."""
    return str(element.attrs.get(name) or "")
