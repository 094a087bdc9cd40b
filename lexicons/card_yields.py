"""Rates on product cards: the figure and its label lie in different cells, or a figure is cut over
several; the tree of the page tells which belong together.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from crawler.domain.assessment import Confidence, Yield
from crawler.domain.capture import PageText
from crawler.domain.page import Card, PageStructure
from lexicons.yields import find_yields

_FIGURE = re.compile(
    r"\s*\d{1,3}(?:\.\d{1,4})?\s*(?:[-~–—至]\s*\d{1,3}(?:\.\d{1,4})?)?\s*[%％](?:\s*\+.*)?\s*"
)
_LABEL = re.compile(
    r"年化|年利率|年收益|年回报|日息|日化|日收益|月息|月化|月收益|收益率|回报率|预期收益|预期回报|利率"
)
_LONGEST_LABEL = 16


def card_yields(structure: PageStructure | None, found: Sequence[Yield]) -> Iterator[Yield]:
    """The rates that the running text did not give: one a card, of its first figure and label."""
    for card in structure.cards if structure else ():
        taken = any(one.field == "body" and card.start <= one.start < card.end for one in found)
        rate = None if taken else _rate_of(card)
        if rate:
            yield rate


def may_hold_rates(text: PageText) -> bool:
    """Whether a page has the words that a card's rate is read from, wherever they stand."""
    labelled = any(_LABEL.search(field.text) for field in text.fields)
    return labelled and any("%" in field.text or "％" in field.text for field in text.fields)


def _rate_of(card: Card) -> Yield | None:
    label = next((c for c in card.cells if _LABEL.search(c) and len(c) <= _LONGEST_LABEL), "")
    figure = next((cell for cell in card.cells if _FIGURE.fullmatch(cell)), "")
    if not (label and figure) or label == figure:
        return None
    rates = find_yields("body", f"{label}{figure}")
    if not rates:
        return None
    return replace(
        rates[0],
        raw=f"{figure.strip()} {label.strip()}",
        confidence=Confidence.MEDIUM,
        start=card.start,
        end=card.end,
    )
