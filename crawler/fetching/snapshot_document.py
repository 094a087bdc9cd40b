"""One document of a DOMSnapshot answer, asked by node: names, styles, boxes, pieces of its text."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from crawler.domain.capture import Box

ELEMENT = 1
TEXT = 3

_BLANKS = re.compile(r"[ \t\r\n\f]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """What one line box shows of a text node."""

    text: str
    box: Box
    breaks_line: bool = False


class Document:
    """Answers about one document; every index of the answer points into its string table."""

    def __init__(
        self, document: Mapping[str, Any], strings: Sequence[str], styles: Sequence[str]
    ) -> None:
        self._document = document
        self._strings = strings
        self._nodes = document["nodes"]
        self._layout = document["layout"]
        self._column = {name: column for column, name in enumerate(styles)}
        self.size = len(self._nodes["nodeName"])

    @property
    def title(self) -> str:
        """The document's title, blanks collapsed."""
        return _BLANKS.sub(" ", self._string(self._document.get("title", -1))).strip()

    @property
    def scrolled(self) -> tuple[float, float]:
        """How far the document was scrolled: right, down."""
        document = self._document
        return float(document.get("scrollOffsetX", 0)), float(document.get("scrollOffsetY", 0))

    def parent(self, node: int) -> int:
        """The node above, -1 for the root."""
        return int(self._nodes["parentIndex"][node])

    def children(self, node: int) -> tuple[int, ...]:
        """The nodes right below."""
        return tuple(self._children.get(node, ()))

    def kind(self, node: int) -> int:
        """1 element, 3 text, and the others of the DOM."""
        return int(self._nodes["nodeType"][node])

    def name(self, node: int) -> str:
        """The tag's name in capitals, or ::before and the like."""
        return self._string(self._nodes["nodeName"][node]).upper()

    def value(self, node: int) -> str:
        """A text node's text as it stands in the source."""
        return self._string(self._nodes["nodeValue"][node])

    def attributes(self, node: int) -> dict[str, str]:
        """The element's attributes, names in small letters."""
        pairs = self._nodes["attributes"][node]
        return {
            self._string(name).lower(): self._string(value)
            for name, value in zip(pairs[::2], pairs[1::2], strict=False)
        }

    def input_value(self, node: int) -> str:
        """What stands in a field: typed, preset or on a button."""
        held = self._input_values.get(node, self._text_values.get(node, -1))
        return self._string(held)

    def is_chosen(self, node: int) -> bool:
        """Whether this option of a list is the one shown."""
        return node in self._chosen

    def frame(self, node: int) -> int:
        """Which document a frame holds, -1 if the node is none."""
        return self._frames.get(node, -1)

    def laid_out(self) -> Iterator[int]:
        """Nodes that take part in the picture."""
        return iter(self._layouts_of)

    def style(self, node: int, name: str) -> str:
        """A computed style, empty for a node that is not laid out."""
        layouts = self._layouts_of.get(node)
        if not layouts:
            return ""
        row = self._layout["styles"][layouts[0]]
        column = self._column[name]
        return self._string(row[column]) if column < len(row) else ""

    def pixels(self, node: int, name: str) -> float:
        """A computed length in CSS pixels, 0 if it is none."""
        try:
            return float(self.style(node, name).removesuffix("px"))
        except ValueError:
            return 0.0

    def bounds(self, node: int) -> Box | None:
        """Where the node lies in its document, None if it is not laid out."""
        layouts = self._layouts_of.get(node)
        return _box(self._layout["bounds"][layouts[0]]) if layouts else None

    def text(self, node: int) -> str:
        """A text node's text as it is shown (text-transform applied)."""
        layouts = self._layouts_of.get(node, ())
        return "".join(self._string(self._layout["text"][layout]) for layout in layouts)

    def pieces(self, node: int) -> tuple[Piece, ...]:
        """The node's line boxes in order, each with what it shows; empty if nothing is drawn."""
        if node not in self._layouts_of:
            return ()
        keeps_blanks = self.style(node, "white-space").startswith(("pre", "break-spaces"))
        return tuple(
            piece
            for layout in self._layouts_of[node]
            for piece in self._pieces_of(layout, keeps_blanks)
        )

    def _pieces_of(self, layout: int, keeps_blanks: bool) -> Iterator[Piece]:
        shown = _Units(self._string(self._layout["text"][layout]))
        done = 0
        breaks = False
        for start, length, bounds in self._boxes_of.get(layout, ()):
            gap, text = shown.slice(done, start), shown.slice(start, start + length)
            done = start + length
            breaks = breaks or (keeps_blanks and "\n" in gap)
            if keeps_blanks and text == "\n":
                breaks = True
                continue
            blank = " " if gap and not keeps_blanks else ""
            yield Piece(_BLANKS.sub(" ", blank + text), _box(bounds), breaks)
            breaks = False

    @cached_property
    def _children(self) -> dict[int, list[int]]:
        return _grouped(enumerate(self._nodes["parentIndex"]))

    @cached_property
    def _layouts_of(self) -> dict[int, list[int]]:
        return _grouped(enumerate(self._layout["nodeIndex"]))

    @cached_property
    def _boxes_of(self) -> dict[int, list[tuple[int, int, Sequence[float]]]]:
        boxes = self._document["textBoxes"]
        grouped: dict[int, list[tuple[int, int, Sequence[float]]]] = defaultdict(list)
        columns = (boxes["layoutIndex"], boxes["start"], boxes["length"], boxes["bounds"])
        for layout, start, length, bounds in zip(*columns, strict=False):
            grouped[layout].append((start, length, bounds))
        return grouped

    @cached_property
    def _input_values(self) -> dict[int, int]:
        return _sparse(self._nodes.get("inputValue"))

    @cached_property
    def _text_values(self) -> dict[int, int]:
        return _sparse(self._nodes.get("textValue"))

    @cached_property
    def _frames(self) -> dict[int, int]:
        return _sparse(self._nodes.get("contentDocumentIndex"))

    @cached_property
    def _chosen(self) -> frozenset[int]:
        return frozenset((self._nodes.get("optionSelected") or {}).get("index", ()))

    def _string(self, index: int) -> str:
        return self._strings[index] if 0 <= index < len(self._strings) else ""


class _Units:
    """A string that is cut by UTF-16 units, as browsers count."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._wide = text.encode("utf-16-le", "surrogatepass") if _has_pairs(text) else None

    def slice(self, start: int, end: int) -> str:
        """The units from start to before end."""
        if self._wide is None:
            return self._text[start:end]
        return self._wide[2 * start : 2 * end].decode("utf-16-le", "replace")


def _has_pairs(text: str) -> bool:
    return bool(text) and max(text) > "\uffff"


def _box(bounds: Sequence[float]) -> Box:
    x, y, width, height = bounds[:4]
    return Box(x=x, y=y, width=width, height=height)


def _grouped(pairs: Any) -> dict[int, list[int]]:
    grouped: dict[int, list[int]] = defaultdict(list)
    for value, key in pairs:
        grouped[key].append(value)
    return grouped


def _sparse(table: Mapping[str, Sequence[int]] | None) -> dict[int, int]:
    if not table:
        return {}
    return dict(zip(table.get("index", ()), table.get("value", ()), strict=False))
