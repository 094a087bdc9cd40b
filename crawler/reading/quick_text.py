"""The quick reading of every page: what a person sees, by field and in DOM order.

Blocks become lines and cells tabs; what inline tags cut apart is whole again (`2<b>4</b>%`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from crawler.domain.capture import Field, PageText
from crawler.domain.letters import as_shown
from crawler.reading.abyss import read_abyss
from crawler.reading.hiding import hides
from crawler.reading.script_words import gathered, html_words, words_in_script, words_in_style
from crawler.reading.taming import bounded, is_abyss, tame

MOST_CHARS = 400_000
_LINE, _CELL = "\x1e", "\x1f"  # our marks, until white space is settled
_SPACE = re.compile("[ \t\r\n\f\xa0]+")
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "li",
        "listing",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "plaintext",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "xmp",
        "caption",
        "legend",
        "marquee",
        "option",
        "optgroup",
        "text",  # of an SVG: each is placed by itself
    ]
)
_PLAIN_BLOCKS = _BLOCKS - {"pre"}
_OPENERS = {**dict.fromkeys(_BLOCKS, _LINE), "td": _CELL, "th": _CELL, "br": _LINE}
_CLOSERS = dict.fromkeys(_BLOCKS, _LINE)
_BESIDE = frozenset({"a", "button", "label"})  # two of them side by side are two things
_ELSEWHERE = {"select": "option", "datalist": "option", "rt": "alt"}
_LAID_OUT = frozenset({*_OPENERS, *_BESIDE, *_ELSEWHERE})
_UNSEEN = frozenset({"template", "iframe", "title", "object", "audio", "video", "canvas", "rp"})
_BUTTONS = frozenset({"submit", "button", "reset"})
_ORDER = (
    "title", "description", "keywords", "body", "alt", "placeholder", "option", "noscript",
    "hidden", "script",
)  # fmt: skip
_WALKED = ("body", "alt", "placeholder", "option", "noscript", "hidden")


def read_quickly(html: str) -> PageText:
    """The fields of any page, at about a millisecond for fifty kilobytes; nothing of it raises."""
    first = bounded(html)
    if is_abyss(first):
        return read_abyss(html)
    source = tame(first)
    tree = LexborHTMLParser(source, scripting=True)
    walk = _Walk(marked=_marked(tree, source))
    if tree.root is not None:
        walk.through(tree.root)
    texts = _head_of(tree) | {name: settled(pieces) for name, pieces in walk.sinks.items()}
    texts["script"] = gathered(walk.drawn)
    return PageText(fields=tuple(Field(name=n, text=texts[n]) for n in _ORDER if texts.get(n)))


def was_cut(html: str, text: PageText) -> bool:
    """Whether the page goes on behind what was read of it."""
    if any(len(one.text) == MOST_CHARS for one in text.fields):
        return True
    first = bounded(html)
    return len(first) < len(html) and not is_abyss(first)


def settled(pieces: list[str]) -> str:
    """White space as a browser settles it: one blank between words, lines and cells trimmed. What
    is cut off at the end is words: blanks and empty lines take up no room.
    """
    text = _SPACE.sub(" ", "".join(pieces))
    lines = [_cells(line) if _CELL in line else line.strip(" ") for line in text.split(_LINE)]
    return as_shown("\n".join(filter(None, lines))[:MOST_CHARS])


def _cells(line: str) -> str:
    return "\t".join(filter(None, [cell.strip(" ") for cell in line.split(_CELL)]))


def _head_of(tree: LexborHTMLParser) -> dict[str, str]:
    title = tree.css_first("title")
    found = {"title": settled([title.text()])} if title is not None else {}
    for meta in tree.css("meta[name][content]"):
        name = (meta.attributes.get("name") or "").strip().lower()
        if name in ("description", "keywords"):
            found.setdefault(name, settled([meta.attributes.get("content") or ""]))
    return found


def _marked(tree: LexborHTMLParser, source: str) -> dict[int, str]:
    """Elements whose own style hides them or turns their text round, by identity."""
    marked: dict[int, str] = {}
    for node in tree.css("[style],[hidden]"):
        attributes = node.attributes
        if "hidden" in attributes or hides(attributes.get("style") or ""):
            marked[node.mem_id] = "hidden"
    if "bidi-override" in source or "<bdo" in source:
        for node in tree.css('bdo[dir="rtl" i],[style*="bidi-override" i]'):
            style = node.attributes.get("style") or "rtl"
            marked.setdefault(node.mem_id, "turned" if "rtl" in style else "")
    return marked


@dataclass(slots=True)
class _Walk:
    """One pass over a tree, without recursion: a page may be deeper than any stack."""

    marked: dict[int, str]
    sinks: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in _WALKED})
    drawn: list[str] = field(default_factory=list)
    _opened: list[tuple[Any, str, list[str]]] = field(default_factory=list)
    _pre: int = 0
    _ended: int = -1  # how long the sink was when a link or button ended

    def through(self, root: Any) -> None:
        """Every node below the root, in order. What has no part in the layout, or only begins and
        ends a line, needs no call: most of the cost of a page is this loop.
        """
        opened, marked = self._opened, self.marked
        sink = self.sinks["body"]
        node = root.first_child
        while node is not None or opened:
            if node is None:
                node, tag, outer = opened.pop()
                if sink is outer and tag in _PLAIN_BLOCKS:
                    sink.append(_LINE)
                elif tag in _LAID_OUT or sink is not outer:
                    self._leave(node, tag, sink, outer)
                    sink = outer
                node = node.next
                continue
            tag = node.tag
            if tag == "-text":
                text = node.text_content
                if text.isspace():
                    text = " "
                elif self._pre:
                    text = text.replace("\n", _LINE)
                sink.append(text)
            elif tag in _LEAVES:
                _LEAVES[tag](self, node)
            elif (child := node.first_child) is not None and tag not in _UNSEEN:
                opened.append((node, tag, sink))
                if tag in _PLAIN_BLOCKS:
                    sink.append(_LINE)
                elif tag in _LAID_OUT:
                    sink = self._enter(tag, sink)
                if marked and node.mem_id in marked:
                    sink = self._aside(node)
                node = child
                continue
            elif tag in _OPENERS:
                sink.append(_OPENERS[tag])
            node = node.next

    def _enter(self, tag: str, sink: list[str]) -> list[str]:
        """Where the text of this element goes."""
        if tag in _OPENERS:
            sink.append(_OPENERS[tag])
        elif tag in _BESIDE and self._ended == len(sink):
            sink.append(_CELL)
        self._pre += tag == "pre"
        return self.sinks[_ELSEWHERE[tag]] if tag in _ELSEWHERE else sink

    def _aside(self, node: Any) -> list[str]:
        return [] if self.marked[node.mem_id] == "turned" else self.sinks["hidden"]

    def _leave(self, node: Any, tag: str, inner: list[str], outer: list[str]) -> None:
        """The text goes on where it went before this element."""
        if inner is not outer:
            if self.marked.get(node.mem_id) == "turned":
                outer.append("".join(inner)[::-1])
            else:
                inner.append(_LINE)
        if tag in _CLOSERS:
            outer.append(_LINE)
        elif tag in _BESIDE:
            self._ended = len(outer)
        self._pre -= tag == "pre"

    def script(self, node: Any) -> None:
        if (source := node.first_child) is not None:
            self.drawn.extend(words_in_script(source.text_content or ""))

    def unscripted(self, node: Any) -> None:
        """What only a browser without scripts or frames shows: to any other it is bare source."""
        if (source := node.first_child) is not None:
            text = html_words(source.text_content or "")
            self.sinks["noscript"] += (text, _LINE)

    def style(self, node: Any) -> None:
        if (source := node.first_child) is not None:
            self.drawn.extend(words_in_style(source.text_content or ""))

    def picture(self, node: Any) -> None:
        self.sinks["alt"] += (node.attributes.get("alt") or "", _LINE)

    def entry(self, node: Any) -> None:
        """Of a form field what stands in it before anybody types, and the words on a button."""
        given = node.attributes
        button = (given.get("type") or "").lower() in _BUTTONS
        self.sinks["placeholder"] += (given.get("placeholder") or "", _LINE)
        if button:
            self.sinks["placeholder"] += (given.get("value") or "", _LINE)


_LEAVES: dict[str, Callable[[_Walk, Any], None]] = {
    "script": _Walk.script,
    "style": _Walk.style,
    "noscript": _Walk.unscripted,
    "noframes": _Walk.unscripted,
    "img": _Walk.picture,
    "input": _Walk.entry,
    "textarea": _Walk.entry,
}
