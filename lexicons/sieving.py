"""The sieve: over every quick text, whether the page must be read closely. It knows no contexts, so
it takes every word at its worst: what it stops could be no finding with all in its favour.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crawler.domain.assessment import Yield
from crawler.domain.capture import PageText
from crawler.domain.lexicon import Hit
from lexicons.claiming import Claim, FieldReading, find_claims, most_of
from lexicons.evidence import Weighed, is_promise, rate_points, strengths, total
from lexicons.limits import over_limit
from lexicons.matching import find_hits
from lexicons.normalising import normalise
from lexicons.reading import Tools
from lexicons.vocabulary import SHAPES, ClaimKind
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
    return _words_pass(text, tools) or tools.resembles(text)


def _words_pass(text: PageText, tools: Tools) -> bool:
    weights = tools.weights
    length = sum(len(field.text) for field in text.fields)
    thin = length <= weights.thin["characters"]
    enough = weights.sieve["thin_enough" if thin else "enough"]
    seen = look(text, tools)
    return (
        seen.at_most() + _ROUNDING >= enough
        and seen.at_most(shapes=True) + _ROUNDING >= enough
        and seen.score() >= enough
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What the sieve sees of a page: words, rates, and the signs that claims are made of."""

    core: Sequence[Weighed]
    rates: Sequence[tuple[Yield, float]]
    readings: Sequence[FieldReading]
    tools: Tools

    def at_most(self, *, shapes: bool = False) -> float:
        """No less than the score, without a look at what stands near what: most pages end here.
        Shapes count as there until they are looked for.
        """
        for one in self.readings if shapes else ():
            one.signs.look_for_shapes()
        there = {word for one in self.readings for word in one.signs.found}
        there.update(() if shapes else SHAPES)
        return self._with(most_of(self._kinds(), there, self.tools.weights))

    def score(self) -> float:
        """The score of a page if nothing around its words spoke for it."""
        return self._with(find_claims(self.readings, self._kinds(), self.tools.weights))

    def _kinds(self) -> Sequence[ClaimKind]:
        return self.tools.vocabulary.possible(one.signs for one in self.readings)

    def _with(self, claims: Iterable[Claim]) -> float:
        weights = self.tools.weights
        found = strengths(self.core, claims, weights)
        hidden = any(one.hit.obfuscated for one in self.core)
        extra = weights.evidence["obfuscated"] * hidden
        over = over_limit(self.rates, weights)
        extra += over.points if over else 0.0
        return total(found, weights) + rate_points(self.rates, weights) + extra


def look(text: PageText, tools: Tools) -> Seen:
    """Every word, rate and sign of a page, with nothing around it that speaks for the page."""
    words = [_whole(hit, tools) for hit in find_hits(text, tools.finder)]
    rates = [rate for field in text.fields for rate in find_yields(field.name, field.text)]
    return Seen(
        core=[one for one in words if not tools.lexicon.categories[one.hit.category].modifier],
        rates=[(rate, 1.0) for rate in rates],
        readings=_readings(text, rates, tools),
        tools=tools,
    )


def _readings(text: PageText, rates: Sequence[Yield], tools: Tools) -> list[FieldReading]:
    readings = []
    for field in text.fields:
        normal = normalise(field.text)
        signs = tools.vocabulary.claim_signs(normal.text)
        signs.mark_rates(
            (bisect_left(normal.offsets, rate.start), bisect_left(normal.offsets, rate.end))
            for rate in rates
            if rate.field == field.name and is_promise(rate, tools.weights)
        )
        readings.append(FieldReading(name=field.name, signs=signs, contexts=_Unheard()))
    return readings


def _whole(hit: Hit, tools: Tools) -> Weighed:
    term = tools.terms[hit.word]
    share = tools.weights.sieve["needs_context"] if term.needs_context else 1.0
    today = tools.weights.evidence["today"] if term.era == "b" else 1.0
    title = tools.weights.evidence["title"] if hit.field == "title" else 1.0
    return Weighed(hit=hit, points=hit.weight * share * today * title, context="")
