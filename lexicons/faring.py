"""How words and rules fare with officers: confirmed or dismissed, which are weakest, which never
hit, and which words of confirmed pages the lists do not have yet.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

LEAST_DECISIONS = 3  # below them a share says nothing
_LEAST_PAGES = 3
_LEAST_RATIO = 3.0
_HAN = range(0x4E00, 0x9FFF + 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fared:
    """One word or rule, and what people decided where it spoke for an alert."""

    name: str
    confirmed: int
    dismissed: int
    misled: int  # named by an officer as what misled

    @property
    def decisions(self) -> int:
        """All of them."""
        return self.confirmed + self.dismissed

    @property
    def precision(self) -> float:
        """The share that people confirmed."""
        return self.confirmed / self.decisions if self.decisions else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Reviewed:
    """One alert that a person decided: what spoke for it."""

    confirmed: bool
    names: tuple[str, ...]
    misled_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A word that confirmed pages have far more often than others."""

    word: str
    confirmed_pages: int
    other_pages: int
    ratio: float  # of the shares, smoothed


def fared(decisions: Iterable[Reviewed]) -> tuple[Fared, ...]:
    """Every word or rule with its figures, the weakest first; ties by how often it was decided."""
    confirmed, dismissed, misled = Counter[str](), Counter[str](), Counter[str]()
    for one in decisions:
        (confirmed if one.confirmed else dismissed).update(set(one.names))
        misled.update(set(one.misled_by))
    names = {*confirmed, *dismissed, *misled}
    found = (
        Fared(name=n, confirmed=confirmed[n], dismissed=dismissed[n], misled=misled[n])
        for n in names
    )
    return tuple(sorted(found, key=lambda one: (one.precision, -one.decisions, one.name)))


def never_hit(words: Iterable[str], hit: Collection[str]) -> tuple[str, ...]:
    """Words of the lists that no stored page has, in the lists' order."""
    return tuple(dict.fromkeys(word for word in words if word not in hit))


def proposals(
    confirmed: Sequence[set[str]], others: Sequence[set[str]], known: Collection[str]
) -> tuple[Proposal, ...]:
    """Tokens that confirmed pages have at least three times as often as others; most telling
    first. A token on one page or two is chance.
    """
    here = Counter(token for tokens in confirmed for token in tokens)
    there = Counter(token for tokens in others for token in tokens)
    found = (
        Proposal(
            word=token,
            confirmed_pages=pages,
            other_pages=there[token],
            ratio=_ratio(pages, len(confirmed), there[token], len(others)),
        )
        for token, pages in here.items()
        if pages >= _LEAST_PAGES and token not in known and _is_word(token)
    )
    telling = [one for one in found if one.ratio >= _LEAST_RATIO]
    return tuple(sorted(telling, key=lambda one: (-one.ratio, -one.confirmed_pages, one.word)))


def _ratio(pages: int, of: int, others: int, of_others: int) -> float:
    return ((pages + 0.5) / (of + 1)) / ((others + 0.5) / (of_others + 1))


def _is_word(token: str) -> bool:
    return len(token) >= 2 and all(ord(char) in _HAN for char in token)
