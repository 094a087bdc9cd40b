"""DOMSnapshot.captureSnapshot's answer becomes PageText: words in DOM order with their boxes, what
nobody can see set apart. No code of the page runs for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crawler.domain.capture import Box, Field, PageText, Run
from crawler.domain.letters import storable
from crawler.fetching.snapshot_document import ELEMENT, TEXT, Document, Piece
from crawler.fetching.snapshot_sight import Sight
from crawler.fetching.snapshot_words import Gap, Words

COMPUTED_STYLES = (
    "display", "visibility", "opacity", "background-color", "background-image", "font-size",
    "clip-path", "white-space", "-webkit-text-fill-color", "background-clip", "overflow-x",
    "border-left-width", "border-top-width",
)  # fmt: skip

_INLINE = frozenset({"", "inline", "inline-block", "inline-flex", "inline-grid", "inline-table",
                     "contents", "none", "ruby", "ruby-base", "ruby-text"})  # fmt: skip
_ROWS = frozenset({"table", "table-row", "table-row-group", "table-header-group",
                   "table-footer-group", "table-caption"})  # fmt: skip
_INLINE_TAGS = frozenset({"A", "ABBR", "B", "BIG", "EM", "FONT", "I", "LABEL", "MARK", "S", "SMALL",
                          "SPAN", "STRONG", "SUB", "SUP", "U"})  # fmt: skip
_NO_WORDS = frozenset({"SCRIPT", "STYLE", "TEMPLATE", "TITLE", "TEXTAREA", "OPTION"})
_DRAWN = frozenset({"IMG", "CANVAS", "VIDEO", "SVG", "OBJECT", "EMBED", "IFRAME"})
_MOST_FRAMES = 200
BARE = 200  # characters; a page that shows fewer hardly says what it is for
_BLANKS = re.compile(r"\s+")


def page_text_from(snapshot: Mapping[str, Any]) -> PageText:
    """What a person reads on the page, by field; `hidden` holds the words that nobody sees."""
    documents = _documents(snapshot)
    if not documents:
        return PageText()
    words = Words()
    _Reading(documents, words).read(0, _Place())
    title = storable(documents[0].title)
    first = Field(name="title", text=title, runs=(Run(start=0, end=len(title)),))
    return PageText(fields=tuple(field for field in (first, *words.fields()) if field.text))


def shows_pictures(snapshot: Mapping[str, Any]) -> bool:
    """Whether the page draws something beside words."""
    return any(
        document.name(node) in _DRAWN
        for document in _documents(snapshot)
        for node in document.laid_out()
    )


def is_bare(text: PageText) -> bool:
    """Whether hardly a word is shown."""
    return len("".join(text.field("body").split())) < BARE


def has_scripts(snapshot: Mapping[str, Any]) -> bool:
    """Whether something may still come that is not there yet."""
    return "SCRIPT" in (snapshot.get("strings") or ())


def _documents(snapshot: Mapping[str, Any]) -> tuple[Document, ...]:
    strings = snapshot.get("strings") or []
    documents = (snapshot.get("documents") or [])[:_MOST_FRAMES]
    return tuple(Document(document, strings, COMPUTED_STYLES) for document in documents)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a document lies on the page, and whether its frame can be seen."""

    left: float = 0.0
    top: float = 0.0
    hidden: bool = False
    depth: int = 0

    def of(self, box: Box) -> Box:
        """A box of the document as a box of the page."""
        return Box(x=box.x + self.left, y=box.y + self.top, width=box.width, height=box.height)


class _Reading:
    """Writes documents in reading order; a frame's words stand where the frame stands."""

    def __init__(self, documents: tuple[Document, ...], words: Words) -> None:
        self._documents = documents
        self._words = words
        self._done: set[int] = set()

    def read(self, index: int, place: _Place) -> None:
        """Write one document's words, its frames' included; each document once."""
        if index in self._done or not 0 <= index < len(self._documents):
            return
        self._done.add(index)
        _DocumentReading(self, self._documents[index], self._words, place).read()

    def place_inside(self, owner: Document, node: int, place: _Place, *, hidden: bool) -> _Place:
        """Where the document in a frame lies: inside the border, moved by its scrolling."""
        bounds = owner.bounds(node)
        if bounds is None:
            return _Place(hidden=True, depth=place.depth + 1)
        right, down = self._scrolled(owner.frame(node))
        return _Place(
            left=place.left + bounds.x + owner.pixels(node, "border-left-width") - right,
            top=place.top + bounds.y + owner.pixels(node, "border-top-width") - down,
            hidden=hidden,
            depth=place.depth + 1,
        )

    def _scrolled(self, index: int) -> tuple[float, float]:
        inside = 0 <= index < len(self._documents)
        return self._documents[index].scrolled if inside else (0.0, 0.0)


class _DocumentReading:
    """One document, node by node."""

    def __init__(self, reading: _Reading, document: Document, words: Words, place: _Place) -> None:
        self._reading = reading
        self._document = document
        self._words = words
        self._place = place
        self._sight = Sight(document, on_white=place.depth == 0)
        self._open: list[int] = []

    def read(self) -> None:
        """Write every node's words; a block's end parts words as its start does."""
        for node in range(self._document.size):
            self._close_until(self._document.parent(node))
            self._open.append(node)
            kind = self._document.kind(node)
            if kind == TEXT:
                self._text(node)
            elif kind == ELEMENT:
                self._element(node)
        self._close_until(-1)

    def _close_until(self, parent: int) -> None:
        while self._open and self._open[-1] != parent:
            self._part_around(self._open.pop())

    def _part_around(self, node: int) -> None:
        if self._document.kind(node) != ELEMENT:
            return
        display = self._document.style(node, "display")
        self._words["body"].part(_gap_around(display))
        if not display and self._document.name(node) in _INLINE_TAGS:
            return
        self._words["hidden"].part(_gap_around(display or "block"))

    def _text(self, node: int) -> None:
        parent = self._document.name(self._document.parent(node))
        if parent in _NO_WORDS:
            return
        if parent == "RT":  # stands above the words, not among them
            self._words["alt"].line(self._document.value(node), None)
            return
        pieces = self._document.pieces(node)
        if not pieces:
            self._unseen(self._document.value(node), None)
        elif self._is_hidden(node):
            self._unseen(self._document.text(node), self._place.of(pieces[0].box))
        else:
            self._seen(pieces)

    def _seen(self, pieces: tuple[Piece, ...]) -> None:
        body = self._words["body"]
        self._words["hidden"].part(Gap.BLOCK)
        for piece in pieces:
            body.part(Gap.BLOCK if piece.breaks_line else Gap.NONE)
            body.add(piece.text, self._place.of(piece.box))

    def _unseen(self, text: str, box: Box | None) -> None:
        self._words["hidden"].add(_BLANKS.sub(" ", text), box, hidden=True)

    def _element(self, node: int) -> None:
        self._part_around(node)
        name = self._document.name(node)
        if name in ("::BEFORE", "::AFTER"):
            self._text(node)
        reader = _ELEMENTS.get(name)
        if reader:
            reader(self, node)
        if self._document.frame(node) >= 0:
            self._frame(node)

    def _break(self, node: int) -> None:
        self._words["body"].part(Gap.BLOCK)

    def _meta(self, node: int) -> None:
        attributes = self._document.attributes(node)
        name = attributes.get("name", "").lower()
        if name in ("description", "keywords"):
            self._words[name].line(attributes.get("content", ""), None)

    def _control(self, node: int) -> None:
        """Fields and buttons: their words are no text nodes."""
        attributes = self._document.attributes(node)
        bounds = self._document.bounds(node)
        if bounds is None or attributes.get("type", "").lower() == "password":
            return
        value = " ".join(self._document.input_value(node).split())
        if value and self._is_hidden(node):
            self._unseen(value, self._place.of(bounds))
        elif value:
            self._words["body"].add(f" {value} ", self._place.of(bounds))
        self._words["placeholder"].line(attributes.get("placeholder", ""), self._place.of(bounds))

    def _alternative(self, node: int) -> None:
        bounds = self._document.bounds(node)
        box = self._place.of(bounds) if bounds else None
        self._words["alt"].line(self._document.attributes(node).get("alt", ""), box)

    def _option(self, node: int) -> None:
        """A closed list shows the chosen option where the list stands."""
        bounds = self._document.bounds(self._document.parent(node))
        texts = (self._document.value(child) for child in self._document.children(node))
        shown = " ".join("".join(texts).split())
        if bounds and shown and self._document.is_chosen(node):
            self._words["body"].add(f" {shown} ", self._place.of(bounds))
        else:
            self._unseen(shown, None)

    def _frame(self, node: int) -> None:
        hidden = self._is_hidden(node)
        place = self._reading.place_inside(self._document, node, self._place, hidden=hidden)
        self._words["body"].part(Gap.BLOCK)
        self._reading.read(self._document.frame(node), place)
        self._words["body"].part(Gap.BLOCK)

    def _is_hidden(self, node: int) -> bool:
        return self._place.hidden or self._sight.hides(node)


_ELEMENTS = {
    "BR": _DocumentReading._break,
    "META": _DocumentReading._meta,
    "INPUT": _DocumentReading._control,
    "TEXTAREA": _DocumentReading._control,
    "IMG": _DocumentReading._alternative,
    "AREA": _DocumentReading._alternative,
    "OPTION": _DocumentReading._option,
}


def _gap_around(display: str) -> Gap:
    if display in _INLINE:
        return Gap.NONE
    if display == "table-cell":
        return Gap.CELL
    return Gap.ROW if display in _ROWS else Gap.BLOCK
