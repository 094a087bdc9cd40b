"""The sieve: over every quick text, whether the page must be read closely. It knows no contexts, so
it takes every word at its worst: what it stops could be no finding with all in its favour.
"""

from bisect import bisect_left
from collections.abc import Sequence

from crawler.domain.assessment import Yield
from crawler.domain.capture import PageText
from crawler.domain.lexicon import Hit
from lexicons.claiming import FieldReading, find_claims
from lexicons.evidence import Weighed, is_promise, rate_points, strengths, total
from lexicons.limits import over_limit
from lexicons.matching import find_hits
from lexicons.normalising import normalise
from lexicons.reading import Tools
from lexicons.yields import find_yields


class _Unheard:
    """No context lowers anything."""

    def factor(self, _start: int, _end: int, _category: str) -> tuple[float, str]:
        return 1.0, ""


def passes(text: PageText, tools: Tools) -> bool:
    """Whether the words of a page, taken at their worst, could make it a finding. One with hardly
    a word may have the rest in pictures: less is enough.
    """
    weights = tools.weights
    length = sum(len(field.text) for field in text.fields)
    thin = length <= weights.thin["characters"]
    enough = weights.sieve["thin_enough" if thin else "enough"]
    return worst_score(text, tools) >= enough


def worst_score(text: PageText, tools: Tools) -> float:
    """The score of a page if nothing around its words spoke for it."""
    words = [_whole(hit, tools) for hit in find_hits(text, tools.finder)]
    core = [one for one in words if not tools.lexicon.categories[one.hit.category].modifier]
    rates = [(rate, 1.0) for field in text.fields for rate in find_yields(field.name, field.text)]
    readings = _readings(text, [rate for rate, _ in rates], tools)
    kinds = tools.vocabulary.possible(one.signs for one in readings)
    claims = find_claims(readings, kinds, tools.weights)
    found = strengths(core, claims, tools.weights)
    hidden = any(one.hit.obfuscated for one in core)
    extra = tools.weights.evidence["obfuscated"] * hidden
    over = over_limit(rates, tools.weights)
    extra += over.points if over else 0.0
    return total(found, tools.weights) + rate_points(rates, tools.weights) + extra


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
