"""Cards: rows of look-alike boxes, such as products side by side, each with its cells in order."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bs4.element import Tag

from crawler.domain.page import Card
from crawler.reading.soup import Tree, attribute, cells_of, words_of

_MOST_CARDS = 200
_MOST_CELLS = 24
_MOST_CHARS = 600
_MOST_PARTS = 400  # of one box
_MOST_LOOKS = 4_000  # boxes looked into on one page
_MOST_BODY = 400_000
_ENOUGH_CELLS = 3  # a box of two may be a line of a larger card
_NO_BOXES = frozenset(
    [
        "td",
        "th",
        "p",
        "br",
        "option",
        "script",
        "style",
        "input",
        "img",
        "b",
        "i",
        "em",
        "strong",
        "label",
        "tbody",
    ]
)
_WORD = re.compile(r"\S+")
_STATE = re.compile(r"\d+|active|current|first|last|odd|even|selected|hover|cur|\bon\b")


@dataclass(frozen=True, slots=True)
class _Box:
    element: Tag
    cells: tuple[str, ...]  # as they are written on the page
    labelled: tuple[str, ...]  # the same, each after the head of its column


def find_cards(tree: Tree, body: str) -> tuple[Card, ...]:
    """The cards of a page in order, and where each lies in the quick reading's body text."""
    place = _Places(body)
    order = {id(element): at for at, element in enumerate(tree.elements)}
    cards = []
    for box in sorted(_chosen(list(_rows(tree))), key=lambda box: order[id(box.element)]):
        start, end = place.of(box.cells)
        cards.append(Card(cells=box.labelled, start=start, end=end))
    return tuple(cards[:_MOST_CARDS])


def _rows(tree: Tree) -> Iterator[list[_Box]]:
    """Every row of look-alike boxes that could be cards."""
    looks = _MOST_LOOKS
    for parent in tree.elements:
        groups: dict[object, list[Tag]] = defaultdict(list)
        for child in parent.children:
            if isinstance(child, Tag) and child.name not in _NO_BOXES:
                groups[_look(child)].append(child)
        for group in groups.values():
            if len(group) > 1 and looks > 0:
                looks -= len(group)
                row = _table_row(group) if group[0].name == "tr" else _row(group)
                if 2 * len(row) >= len(group) and len(row) > 1:
                    yield row


def _look(box: Tag) -> object:
    """What look-alikes share: their tag and class, or their tag and what they are made of."""
    if box.name == "tr":
        return "tr"
    if classes := _lasting(attribute(box, "class")):
        return box.name, classes
    return box.name, tuple([child.name for child in box.children if isinstance(child, Tag)][:6])


@lru_cache(maxsize=1024)
def _lasting(classes: str) -> frozenset[str]:
    """Without what says only how one of a row stands now."""
    return frozenset(_STATE.sub("", name) for name in classes.split()) - {""}


def _row(group: list[Tag]) -> list[_Box]:
    return [_Box(box, cells, cells) for box in group if (cells := _card_cells(box))]


def _card_cells(box: Tag) -> tuple[str, ...]:
    cells = tuple(cells_of(box, _MOST_PARTS))
    fits = 1 < len(cells) <= _MOST_CELLS and sum(map(len, cells)) <= _MOST_CHARS
    return cells if fits else ()


def _table_row(rows: list[Tag]) -> list[_Box]:
    """Rows of a table; below a row of heads every cell comes after its head."""
    table = [
        [words_of(cell) for cell in row.find_all(["td", "th"], recursive=False)] for row in rows
    ]
    above = _heads_above(rows[0])
    within = not above and _is_head(rows[0], table)
    heads = table[0] if within else above
    boxes = []
    for row, words in list(zip(rows, table, strict=True))[within:]:
        cells = tuple(word for word in words if word)
        labelled = _labelled(heads, words) if len(heads) == len(words) else cells
        if 1 < len(cells) <= _MOST_CELLS and sum(map(len, cells)) <= _MOST_CHARS:
            boxes.append(_Box(row, cells, labelled))
    return boxes


def _heads_above(row: Tag) -> list[str]:
    """The heads that stand in a part of the table for themselves."""
    body = row.parent
    head = body.find_previous_sibling("thead") if body is not None else None
    top = head.find("tr") if isinstance(head, Tag) else None
    return [words_of(cell) for cell in _cells_in(top)] if isinstance(top, Tag) else []


def _cells_in(row: Tag) -> list[Tag]:
    children = (child for child in row.children if isinstance(child, Tag))
    return [child for child in children if child.name in ("td", "th")]


def _is_head(row: Tag, table: list[list[str]]) -> bool:
    first, rest = table[0], table[1:]
    if len(first) < 2 or not all(first):
        return False
    if all(cell.name == "th" for cell in _cells_in(row)):
        return True
    numbered = any(re.search(r"\d", word) for words in rest for word in words)
    return numbered and not any(re.search(r"\d", word) for word in first)


def _labelled(heads: list[str], words: list[str]) -> tuple[str, ...]:
    pairs = zip(heads, words, strict=True)
    return tuple(part for head, word in pairs if word for part in (head, word))


def _chosen(rows: list[list[_Box]]) -> list[_Box]:
    """The innermost rows of full boxes; rows of pairs only where no fuller box is about."""
    taken: set[int] = set()
    chosen: list[_Box] = []
    for enough in (_ENOUGH_CELLS, 1):
        for row in reversed(rows):
            full = max(len(box.cells) for box in row) >= enough
            if full and not any(_overlaps(box.element, taken) for box in row):
                chosen += row
                for box in row:
                    taken.update(map(id, (box.element, *box.element.descendants)))
    return chosen


def _overlaps(element: Tag, taken: set[int]) -> bool:
    return id(element) in taken or any(id(inner) in taken for inner in element.descendants)


class _Places:
    """Where words lie in the body text, white space aside, going on from the last place."""

    def __init__(self, body: str) -> None:
        words = list(_WORD.finditer(body[:_MOST_BODY]))
        self._at = [at for word in words for at in range(*word.span())]
        self._text = "".join(word[0] for word in words)
        self._from = 0

    def of(self, cells: tuple[str, ...]) -> tuple[int, int]:
        """Start and end from the first cell to the last; (0, 0) where the text has them not."""
        words = ["".join(cell.split()) for cell in cells]
        for origin in (self._from, 0):
            start = end = self._text.find("".join(words), origin)
            if start >= 0:
                end = start + sum(map(len, words))
                self._from = end
                return self._at[start], self._at[end - 1] + 1
        return 0, 0
