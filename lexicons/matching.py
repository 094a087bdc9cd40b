"""Where the words of a lexicon stand in a page text: Aho-Corasick over the normal form, a second
look behind disguises, then what cannot be meant is taken out. jieba grades what is found here
(segmenting.py); it finds nothing.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from crawler.domain.capture import Field, PageText
from crawler.domain.lexicon import Hit, Term, Zone
from lexicons.normalising import Normalised, normalise
from lexicons.patterns import Finder, Match, stands_alone
from lexicons.unmasking import Unmasked, plainly, put_right

__all__ = ["Finder", "Found", "find", "find_hits", "meant", "second_form", "stands_alone"]

NAME_FIELDS = frozenset({"title", "site_name", "unit_name"})
MOST_HITS = 5_000  # of one page; a page with more says nothing more
MOST_OF_A_WORD = 100  # as they come; after that only where the word stands among other words
MOST_DIFFERENT = 500  # places of one word

_BESIDE = 16  # characters to either side of a word, by which its places are told apart
Form = Normalised | Unmasked


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The hits kept, by field and place, and how many there were."""

    hits: tuple[Hit, ...]
    total: int
    cut: bool = False  # some were left out that stand among other words


def find_hits(page: PageText, finder: Finder) -> tuple[Hit, ...]:
    """Every term that counts, with its place in the field's own characters; capped."""
    return find(page, finder).hits


@lru_cache(maxsize=2)  # the sieve asks, then whoever judges the page
def find(page: PageText, finder: Finder) -> Found:
    """The hits of a page, at most so many of a word and of all, and their true number. One line
    said a hundred times hides none that is said once.
    """
    hits: list[Hit] = []
    total, cut = 0, False
    surroundings: dict[str, Surroundings] = defaultdict(partial(Surroundings, MOST_OF_A_WORD))
    for field in page.fields:
        for hit in _hits_in(field, finder):
            total += 1
            place = surroundings[hit.word]
            if not place.is_new(field.text, hit.start, hit.end):
                continue
            if len(hits) < MOST_HITS and place.kept <= MOST_DIFFERENT:
                hits.append(hit)
            else:
                cut = True
    return Found(hits=tuple(hits), total=total, cut=cut)


class Surroundings:
    """Among what one word has stood so far: its places count as they come, and after so many only
    those among other words.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()
        self.kept = 0

    def is_new(self, text: str, start: int, end: int) -> bool:
        """Whether a place counts."""
        around = text[max(0, start - _BESIDE) : end + _BESIDE]
        if self.kept >= self._most and around in self._known:
            return False
        self._known.add(around)
        self.kept += 1
        return True


def second_form(normal: Normalised, finder: Finder) -> Unmasked | None:
    """A normal form with every disguise undone; None if there is none."""
    form = finder.unmasker.unmask(normal)
    return _put_right(form, normal, finder.matches((form or normal).text), finder)


def _hits_in(field: Field, finder: Finder) -> Iterator[Hit]:
    normal = normalise(field.text)
    matches = finder.matches(normal.text)
    for term, start, end in meant(matches, normal, field, finder):
        first, beyond = normal.span(start, end)
        unseen = beyond - first > end - start  # characters inside the word that nobody sees
        yield _hit(term, field, first, beyond, obfuscated=unseen)
    yield from _hidden_in(field, normal, matches, finder)


def _hidden_in(
    field: Field, normal: Normalised, matches: Sequence[Match], finder: Finder
) -> Iterator[Hit]:
    """What shows only after its disguise was undone."""
    unmasked = finder.unmasker.unmask(normal)
    if unmasked:
        if not _may_hide(unmasked, matches, finder):
            return
        matches = finder.matches(unmasked.text)
    form = _put_right(unmasked, normal, matches, finder)
    if form is None:
        return
    if form is not unmasked:
        matches = finder.matches(form.text)
    hidden = [match for match in matches if form.was_hidden(match[1], match[2])]
    if not any(finder.patterns[match[0]].page for match in hidden):
        return
    for term, start, end in meant(matches, form, field, finder):
        if form.was_hidden(start, end):
            yield _hit(term, field, *form.span(start, end), obfuscated=True)


def _may_hide(form: Unmasked, plain: Iterable[Match], finder: Finder) -> bool:
    """Whether any pattern shows only in this form, or is the disguise of a word: a look at the
    places that were changed; all others are as they were in the plain form.
    """
    if any(finder.patterns[number].real for number, _, _ in plain):
        return True
    return any(
        form.was_hidden(begin + start, begin + end)
        for begin, beyond in form.changed(finder.longest)
        for _, start, end in finder.matches(form.text[begin:beyond])
    )


def _put_right(
    unmasked: Unmasked | None, normal: Normalised, matches: Iterable[Match], finder: Finder
) -> Unmasked | None:
    swaps = finder.swaps((unmasked or normal).text, matches)
    return put_right(unmasked or plainly(normal), swaps) if swaps else unmasked


def meant(
    matches: Sequence[Match], form: Form, field: Field, finder: Finder
) -> Iterator[tuple[Term, int, int]]:
    """The terms that are meant: of the page, and in names those of names too."""
    if not matches:
        return
    friends = _friends(matches, finder)
    zones = (Zone.PAGE, Zone.NAME) if field.name in NAME_FIELDS else (Zone.PAGE,)
    for zone in zones:
        standing = _standing(matches, zone, form, field, finder)
        yield from _outermost(
            (term, start, end)
            for term, start, end in standing
            if not _touched(start, end, friends.get(term.word, ()), finder.longest)
        )


def _standing(
    matches: Iterable[Match], zone: Zone, form: Form, field: Field, finder: Finder
) -> Iterator[tuple[Term, int, int]]:
    """Terms of a zone that stand by themselves and are written as asked."""
    for number, start, end in matches:
        pattern = finder.patterns[number]
        term = pattern.page if zone is Zone.PAGE else pattern.name
        if term is None or not stands_alone(form.text, start, end):
            continue
        if term.exact and field.text[slice(*form.span(start, end))] != term.exact:
            continue
        yield term, start, end


def _friends(matches: Iterable[Match], finder: Finder) -> dict[str, list[tuple[int, int]]]:
    friends: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, start, end in matches:
        for word in finder.patterns[number].friend_of:
            friends[word].append((start, end))
    return {word: sorted(places) for word, places in friends.items()}


def _touched(start: int, end: int, friends: Sequence[tuple[int, int]], longest: int) -> bool:
    first = bisect_left(friends, (start - longest, 0))
    beyond = bisect_left(friends, (end, 0))
    return any(friend_end > start for _, friend_end in friends[first:beyond])


def _outermost(terms: Iterable[tuple[Term, int, int]]) -> Iterator[tuple[Term, int, int]]:
    """Without terms that lie wholly in a longer one of the same category. Terms that only overlap
    both stay: 保本高息 is 保本 and 高息 where the longer word is not listed.
    """
    reached: dict[str, int] = {}
    for term, start, end in sorted(terms, key=lambda one: (one[1], -one[2])):
        if end > reached.get(term.category, -1):
            reached[term.category] = end
            yield term, start, end


def _hit(term: Term, field: Field, start: int, end: int, *, obfuscated: bool) -> Hit:
    return Hit(
        word=term.word,
        category=term.category,
        weight=term.weight,
        field=field.name,
        start=start,
        end=end,
        raw=field.text[start:end],
        obfuscated=obfuscated,
    )
