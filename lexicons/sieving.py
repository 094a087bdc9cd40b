"""The sieve: over every quick text, whether the page must be read closely. It knows no contexts, so
it takes every word at its worst: what it stops could be no finding with all in its favour.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property

from crawler.domain.assessment import Yield
from crawler.domain.capture import Field, PageText
from crawler.domain.lexicon import Hit
from lexicons.claiming import Claim, FieldReading, find_claims, most_of
from lexicons.evidence import Weighed, is_promise, rate_points, strengths, total
from lexicons.limits import over_limit
from lexicons.matching import find_hits
from lexicons.normalising import normalise
from lexicons.phrases import ClaimKind
from lexicons.reading import Tools
from lexicons.vocabulary import SHAPES
from lexicons.yields import find_yields

_ROUNDING = 1e-6  # sums of the same points in another order differ by less


class _Unheard:
    """No context lowers anything."""

    def factor(self, _start: int, _end: int, _category: str) -> tuple[float, str]:
        return 1.0, ""


def passes(text: PageText, tools: Tools) -> bool:
    """Whether the words of a page, taken at their worst, could make it a finding, or its wording as
    a whole. One with hardly a word may have the rest in pictures: less is enough.
    """
    return tools.resembles(text) or _words_pass(text, tools)


def _words_pass(text: PageText, tools: Tools) -> bool:
    weights = tools.weights
    length = sum(len(field.text) for field in text.fields)
    thin = length <= weights.thin["characters"]
    enough = weights.sieve["thin_enough" if thin else "enough"]
    seen = Seen(text, tools)
    return seen.at_least() - _ROUNDING >= enough or (
        seen.at_most() + _ROUNDING >= enough
        and seen.at_most(shapes=True) + _ROUNDING >= enough
        and seen.score() >= enough
    )


class Seen:
    """What the sieve sees of a page: every word and rate, and the signs that claims are made of,
    with nothing around them that speaks for the page.
    """

    def __init__(self, text: PageText, tools: Tools) -> None:
        words = [_whole(hit, tools) for hit in find_hits(text, tools.finder)]
        categories = tools.lexicon.categories
        self.tools = tools
        self._text = text
        self._core = [one for one in words if not categories[one.hit.category].modifier]
        self._rates = [
            (rate, 1.0) for field in text.fields for rate in find_yields(field.name, field.text)
        ]

    @cached_property
    def _readings(self) -> list[FieldReading]:
        return [_reading(field, self._rates, self.tools) for field in self._text.fields]

    def at_least(self) -> float:
        """The score without claims: no more than the score, and many a finding ends here."""
        return self._with(())

    def at_most(self, *, shapes: bool = False) -> float:
        """No less than the score, without a look at what stands near what: most pages end here.
        Shapes count as there until they are looked for.
        """
        for one in self._readings if shapes else ():
            one.signs.look_for_shapes()
        there = {word for one in self._readings for word in one.signs.found}
        there.update(() if shapes else SHAPES)
        return self._with(most_of(self._kinds(), there, self.tools.weights))

    def score(self) -> float:
        """The score of a page if nothing around its words spoke for it."""
        return self._with(find_claims(self._readings, self._kinds(), self.tools.weights))

    def _kinds(self) -> Sequence[ClaimKind]:
        return self.tools.vocabulary.possible(one.signs for one in self._readings)

    def _with(self, claims: Iterable[Claim]) -> float:
        weights = self.tools.weights
        found = strengths(self._core, claims, weights)
        hidden = any(one.hit.obfuscated for one in self._core)
        extra = weights.evidence["obfuscated"] * hidden
        over = over_limit(self._rates, weights)
        extra += over.points if over else 0.0
        return total(found, weights) + rate_points(self._rates, weights) + extra


def _reading(field: Field, rates: Iterable[tuple[Yield, float]], tools: Tools) -> FieldReading:
    normal = normalise(field.text)
    signs = tools.vocabulary.claim_signs(normal.text)
    signs.mark_rates(
        (bisect_left(normal.offsets, rate.start), bisect_left(normal.offsets, rate.end))
        for rate, _ in rates
        if rate.field == field.name and is_promise(rate, tools.weights)
    )
    return FieldReading(name=field.name, signs=signs, contexts=_Unheard())


def _whole(hit: Hit, tools: Tools) -> Weighed:
    term = tools.terms[hit.word]
    share = tools.weights.sieve["needs_context"] if term.needs_context else 1.0
    today = tools.weights.evidence["today"] if term.era == "b" else 1.0
    title = tools.weights.evidence["title"] if hit.field == "title" else 1.0
    return Weighed(hit=hit, points=hit.weight * share * today * title, context="")
