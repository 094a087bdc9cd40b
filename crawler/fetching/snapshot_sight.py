"""Whether a person can see a text of a snapshot: the tricks that hide words from eyes and not from
machines. What it cannot tell (words under a picture) it calls visible.
"""

import re
from collections.abc import Container, Iterator
from functools import cached_property

from crawler.domain.capture import Box
from crawler.fetching.snapshot_document import Document

_COLOUR = re.compile(r"rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)")
_NOTHING_LEFT = re.compile(r"inset\((?:100%|(?:[5-9]\d|100)(?:\.\d+)?%)\)|circle\(0(?:px|%)?\b")
_PICTURES = frozenset({"IMG", "CANVAS", "VIDEO", "SVG", "OBJECT", "EMBED", "IFRAME", "INPUT"})
_SMALLEST_FONT = 2.0
_LEAST_OPACITY = 0.03
_SAME_COLOUR = 3.0
_MOST_PICTURES = 2_000

Colour = tuple[float, float, float, float]
_WHITE: Colour = (255.0, 255.0, 255.0, 1.0)


class Sight:
    """The marks of hidden text over one document."""

    def __init__(self, document: Document, *, on_white: bool) -> None:
        self._document = document
        self._paper = _WHITE if on_white else None
        self._veiled: dict[int, bool] = {-1: False}
        self._grounds: dict[int, Colour | None] = {-1: self._paper}

    def hides(self, node: int) -> bool:
        """Whether nobody can see this laid-out node."""
        document = self._document
        if document.style(node, "visibility") in ("hidden", "collapse"):
            return True
        if document.pixels(node, "font-size") < _SMALLEST_FONT or self._is_veiled(node):
            return True
        boxes = self._boxes(node)
        return all(_is_nowhere(box) for box in boxes) or self._is_unpainted(node, boxes)

    def _boxes(self, node: int) -> tuple[Box, ...]:
        drawn = tuple(piece.box for piece in self._document.pieces(node) if piece.text.strip())
        bounds = self._document.bounds(node)
        return drawn or ((bounds,) if bounds else ())

    def _is_veiled(self, node: int) -> bool:
        for one in reversed(self._line_up(node, self._veiled)):
            above = self._veiled[self._document.parent(one)]
            self._veiled[one] = above or self._veils(one)
        return self._veiled[node]

    def _veils(self, node: int) -> bool:
        """Opacity, clip paths and clipping boxes are not inherited: each ancestor is asked."""
        document = self._document
        opacity = document.style(node, "opacity")
        if opacity and _number(opacity, 1.0) < _LEAST_OPACITY:
            return True
        if _NOTHING_LEFT.search(document.style(node, "clip-path")):
            return True
        bounds = document.bounds(node)
        clips = document.style(node, "overflow-x") in ("hidden", "clip")
        return clips and bounds is not None and _area(bounds) == 0

    def _is_unpainted(self, node: int, boxes: tuple[Box, ...]) -> bool:
        ink = _colour(self._document.style(node, "-webkit-text-fill-color"))
        if ink is None:
            return False
        if ink[3] == 0:
            return not self._shines_through(node)
        ground = self._ground(node)
        if ground is None or not _alike(ink, ground):
            return False
        return not any(_overlap(box, picture) for box in boxes for picture in self._pictures)

    def _shines_through(self, node: int) -> bool:
        """Gradient headings: no ink, but the background is cut to the letters."""
        above = self._line_up(node, (-1,))
        return any("text" in self._document.style(one, "background-clip") for one in above)

    def _ground(self, node: int) -> Colour | None:
        """The colour behind a node, None if a picture or a mixture lies there."""
        for one in reversed(self._line_up(node, self._grounds)):
            self._grounds[one] = self._own_ground(one, self._grounds[self._document.parent(one)])
        return self._grounds[node]

    def _own_ground(self, node: int, below: Colour | None) -> Colour | None:
        if self._document.style(node, "background-image") not in ("", "none"):
            return None
        colour = _colour(self._document.style(node, "background-color"))
        if colour is None or colour[3] == 0:
            return below
        return colour if colour[3] == 1 else None

    @cached_property
    def _pictures(self) -> tuple[Box, ...]:
        """What may lie behind words without holding them: a photograph under its caption."""
        return tuple(
            box for _, box in zip(range(_MOST_PICTURES), self._all_pictures(), strict=False)
        )

    def _all_pictures(self) -> Iterator[Box]:
        for node in self._document.laid_out():
            bounds = self._document.bounds(node)
            if bounds and _area(bounds) > 0 and self._paints_a_picture(node):
                yield bounds

    def _paints_a_picture(self, node: int) -> bool:
        if self._document.name(node) in _PICTURES:
            return True
        return self._document.style(node, "background-image") not in ("", "none")

    def _line_up(self, node: int, known: Container[int]) -> list[int]:
        """The node and its ancestors, up to the first that is known."""
        line = []
        while node not in known:
            line.append(node)
            node = self._document.parent(node)
        return line


def _is_nowhere(box: Box) -> bool:
    return _area(box) == 0 or box.x + box.width <= 0 or box.y + box.height <= 0


def _area(box: Box) -> float:
    return box.width * box.height


def _overlap(one: Box, other: Box) -> bool:
    across = min(one.x + one.width, other.x + other.width) > max(one.x, other.x)
    return across and min(one.y + one.height, other.y + other.height) > max(one.y, other.y)


def _alike(one: Colour, other: Colour) -> bool:
    return all(abs(a - b) <= _SAME_COLOUR for a, b in zip(one[:3], other[:3], strict=True))


def _colour(text: str) -> Colour | None:
    found = _COLOUR.fullmatch(text)
    if not found:
        return None
    red, green, blue, alpha = found.groups()
    return float(red), float(green), float(blue), _number(alpha or "", 1.0)


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text)
    except ValueError:
        return otherwise
