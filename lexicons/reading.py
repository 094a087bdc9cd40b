"""A page made ready for judging: each field's normal form, the vocabulary in it, its contexts, and
the hits weighed where they stand.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from crawler.domain.capture import PageText
from crawler.domain.lexicon import Grade, Hit, Lexicon, Term, Zone
from lexicons.claiming import FieldReading
from lexicons.contexts import Contexts
from lexicons.evidence import Weighed
from lexicons.matching import second_form
from lexicons.normalising import Normalised, normalise
from lexicons.patterns import Finder
from lexicons.resembling import Resemblance
from lexicons.segmenting import Segmenter, counts
from lexicons.unmasking import Unmasked
from lexicons.vocabulary import Sign, Signs, Vocabulary
from lexicons.weighing import Weights

_NEEDED_WITHIN = 50
_DENIED = re.compile(r"(?:(?<!是)不|无|没|零|(?<!有)没有|(?<!会)不会|(?<!是)不是|绝非|并非|从未)$")
_LONGEST_DENIAL = 3
_HAN, _LATIN = re.compile(r"[\u3400-\u9fff]"), re.compile("[A-Za-z]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tools:
    """All that judging needs; made once a process and lexicon version."""

    lexicon: Lexicon
    terms: Mapping[str, Term]  # by word
    finder: Finder
    segmenter: Segmenter
    vocabulary: Vocabulary
    weights: Weights
    resemblance: Resemblance

    def resembles(self, text: PageText) -> bool:
        """Whether the wording of a page, taken whole, is close enough to known solicitation."""
        return self._long_enough(text, "characters") and self._likeness(text, "enough") >= 0

    def leans(self, text: PageText, score: float) -> bool:
        """Whether its wording is on that side, and words of its own have come to a score."""
        least = self.weights.resemblance.get("beside_score", float("inf"))
        return (
            score >= least
            and self._long_enough(text, "characters")
            and self._likeness(text, "beside_enough") >= 0
        )

    def solicits(self, text: PageText) -> bool:
        """Whether the wording of what a page says beside its slogans is solicitation."""
        enough = "despite_slogans" in self.weights.resemblance
        return (
            enough
            and self._long_enough(text, "characters")
            and self._likeness(text, "despite_slogans") >= 0
        )

    def differs(self, text: PageText) -> float:
        """How far its wording lies on the side of harmless pages; 0 where it does not, or where too
        little is said to tell. It was learned in Chinese, and tells nothing of other pages.
        """
        told = self._long_enough(text, "differing_characters") and _is_chinese(text)
        return max(0.0, -self._likeness(text, "differing")) if told else 0.0

    def _long_enough(self, text: PageText, least: str) -> bool:
        needed = self.weights.resemblance.get(least)  # a version of before has none
        if needed is None or not self.resemblance:
            return False
        return sum(len(field.text) for field in text.fields) >= needed

    def _likeness(self, text: PageText, mark: str) -> float:
        return self.resemblance.likeness(text) - self.weights.resemblance[mark]


def _is_chinese(text: PageText) -> bool:
    """Whether more is said in Chinese than in Latin letters, three of which say as much as one
    character.
    """
    whole = "".join(field.text for field in text.fields)
    return 3 * len(_HAN.findall(whole)) >= len(_LATIN.findall(whole))


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadField:
    """One field in normal form, with the way back to the page's own characters."""

    reading: FieldReading
    normal: Normalised | Unmasked  # with every disguise undone, where there is one
    text: str  # the field's own characters

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the field's own characters lies in the form that is read."""
        starts = self.normal.starts if isinstance(self.normal, Unmasked) else self.normal.offsets
        first, beyond = np.searchsorted(starts, (start, end))
        return int(first), int(beyond)


def read_fields(text: PageText, tools: Tools) -> dict[str, ReadField]:
    """Every field that says something, by name."""
    return {field.name: _read(field.name, field.text, tools) for field in text.fields if field.text}


def weigh(
    hits: Iterable[Hit], fields: dict[str, ReadField], rates: dict[str, list[int]], tools: Tools
) -> tuple[Weighed, ...]:
    """The hits that count, graded by jieba and lowered by what is said around them."""
    terms = tools.terms
    graded = [one for hit in hits if (one := _graded(hit, fields, terms, tools))]
    firm: dict[str, list[int]] = {name: [] for name in fields}
    for hit in graded:
        term = terms[hit.word]
        if not term.needs_context and not tools.lexicon.categories[hit.category].modifier:
            firm[hit.field].append(hit.start)
    near = {name: sorted(places) for name, places in rates.items()}
    for places in firm.values():
        places.sort()  # disguised hits come after plain ones
    return tuple(
        _weighed(hit, fields[hit.field], tools)
        for hit in graded
        if not terms[hit.word].needs_context or _supported(hit, firm, fields, near, tools)
    )


def _read(name: str, text: str, tools: Tools) -> ReadField:
    plain = normalise(text)
    normal = second_form(plain, tools.finder) or plain
    signs = tools.vocabulary.signs(normal.text)
    keep_meant(normal.text, signs, tools.vocabulary, tools.segmenter)
    contexts = Contexts(normal.text, signs, tools.vocabulary.groups, tools.weights, tools.segmenter)
    return ReadField(
        reading=FieldReading(name=name, signs=signs, contexts=contexts), normal=normal, text=text
    )


def keep_meant(text: str, signs: Signs, vocabulary: Vocabulary, segmenter: Segmenter) -> None:
    """Take out words that speak against a finding and are not meant: put together by two others
    (今年报名 is no 年报), or denied by whoever offers (永不跑路).
    """

    def undenied(sign: Sign) -> bool:
        return not _DENIED.search(text[max(0, sign.start - _LONGEST_DENIAL) : sign.start])

    def whole(sign: Sign) -> bool:
        return segmenter.grade(text, sign.start, sign.end) is not Grade.STRADDLING

    signs.keep(vocabulary.ill, undenied)
    signs.keep(vocabulary.short, whole)


def _graded(
    hit: Hit, fields: dict[str, ReadField], terms: Mapping[str, Term], tools: Tools
) -> Hit | None:
    if tools.lexicon.categories[hit.category].zone is Zone.NAME:
        return None
    field = fields[hit.field]
    grade = tools.segmenter.grade(field.normal.text, *field.place(hit.start, hit.end))
    if not counts(terms[hit.word], grade) or (grade is Grade.STRADDLING and len(hit.word) <= 2):
        return None
    return replace(hit, grade=grade)


def _weighed(hit: Hit, field: ReadField, tools: Tools) -> Weighed:
    factor, context = field.reading.contexts.factor(*field.place(hit.start, hit.end), hit.category)
    title = tools.weights.evidence["title"] if hit.field == "title" else 1.0
    today = tools.weights.evidence["today"] if tools.terms[hit.word].era == "b" else 1.0
    points = hit.weight * factor * title * today
    return Weighed(hit=hit, points=points, context=context)


def _supported(
    hit: Hit,
    firm: dict[str, list[int]],
    fields: dict[str, ReadField],
    rates: dict[str, list[int]],
    tools: Tools,
) -> bool:
    """Whether something near a word that needs it bears it out: a firm hit, a rate, its group."""
    if _any_near(firm[hit.field], hit) or _any_near(rates.get(hit.field, ()), hit):
        return True
    group = tools.lexicon.categories[hit.category].needs
    if not group:
        return False
    field = fields[hit.field]
    start, end = field.place(hit.start, hit.end)
    return any(
        sign.start - _NEEDED_WITHIN <= end
        and start <= sign.end + _NEEDED_WITHIN
        and not (sign.start < end and start < sign.end)
        for sign in field.reading.signs.of_group(group)
    )


def _any_near(places: Sequence[int], hit: Hit) -> bool:
    at = bisect_right(places, hit.end + _NEEDED_WITHIN)
    return any(
        place >= hit.start - _NEEDED_WITHIN and not hit.start <= place < hit.end
        for place in places[max(0, at - 12) : at]
    )
