"""Hits with the grade that jieba gives them, in the form where they show: a test's short way to
what reading.py does among other things.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from crawler.domain.capture import PageText
from crawler.domain.lexicon import Hit
from lexicons.matching import second_form
from lexicons.normalising import Offsets, normalise
from lexicons.patterns import Finder
from lexicons.segmenting import Segmenter


@dataclass(frozen=True, kw_only=True, slots=True)
class _Form:
    text: str
    starts: Offsets  # of each character, in the field's own text

    def place(self, hit: Hit) -> tuple[int, int]:
        start, end = np.searchsorted(self.starts, (hit.start, hit.end))
        return int(start), int(end)


def grade_hits(
    page: PageText, hits: Iterable[Hit], finder: Finder, segmenter: Segmenter
) -> tuple[Hit, ...]:
    """The hits of a page, graded; none is left out (see segmenting.counts)."""
    return tuple(_graded(page, hits, finder, segmenter))


def _graded(
    page: PageText, hits: Iterable[Hit], finder: Finder, segmenter: Segmenter
) -> Iterator[Hit]:
    forms: dict[tuple[str, bool], _Form] = {}
    for hit in hits:
        key = (hit.field, hit.obfuscated)
        if key not in forms:
            forms[key] = _form(page.field(hit.field), finder, hidden=hit.obfuscated)
        form = forms[key]
        yield replace(hit, grade=segmenter.grade(form.text, *form.place(hit)))


def _form(text: str, finder: Finder, *, hidden: bool) -> _Form:
    normal = normalise(text)
    second = second_form(normal, finder) if hidden else None
    if second is None:
        return _Form(text=normal.text, starts=normal.offsets)
    return _Form(text=second.text, starts=second.starts)
