"""Words that carry no weight alone: of what is said around a hit, of what a page is for, and the
objects and promises that make a claim together. Read from contexts.yaml and claims.yaml.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import ahocorasick_rs

from crawler.domain.errors import BadInput
from lexicons.documents import read_plain
from lexicons.matching import stands_alone
from lexicons.normalising import normal_form

_STRETCH = 100_000  # characters looked through at a time
_MOST_OF_A_WORD = 40

# ways of writing a number that a promise may take; claims.yaml names them in <…>
SHAPES: Mapping[str, re.Pattern[str]] = {
    "<分钟放款>": re.compile(
        r"(?:\d{1,3}|[一二两三五十几])\s?(?:分钟|秒|小时)(?:内|即可|就能|快速|可|就){0,2}"
        r"(?:放款|到账|下款|审批|审核|授信|出额|拿钱|借到|申请|完成申请|提交申请|下喵?)"
    ),
    "<七天期限>": re.compile(
        r"(?:7|14|15|30|七|十四|十五)\s?天?\s?[、/至到和或-]\s?(?:14|15|21|30)\s?天|(?:期限为?(?:固定)?|固定)\s?(?:7|14|15)\s?天"
    ),
    "<额度区间>": re.compile(
        r"额度(?:最高)?(?:为|可达|高达|至|从)?\s?\d{1,6}\s?(?:元|万|千)?|\d{3,5}\s?元?\s?[-至到~]\s?\d{4,7}\s?元"
    ),
    "<倍返>": re.compile(r"(?:返还?|赠送?|释放)\s?(?:\d{1,2}|[一二两三四五六七八九十])\s?倍"),
    "<交钱得息>": re.compile(
        r"(?:存|预存|充值|认购|投资|缴纳?|交)\s?(?:\d{1,6}|[一二三五十])\s?万?元?[^。;\n]{0,22}?"
        r"(?:返|得|息|分红|收益|回报|享|补贴|抵|退)"
    ),
}


RATE = "<收益数>"  # a promised rate above the yardstick, found by the number rules
_WRITTEN_OTHERWISE = SHAPES.keys() | {RATE}


class Sign(NamedTuple):
    """A word of the vocabulary at a place of a normal form."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimKind:
    """One kind of claim: what it is about, what is promised, and how much of it is enough."""

    id: str
    category: str
    says: str
    weight: float
    enough: float
    firm: float  # from this weight on a promise is one that only such an offer makes
    reach: int
    objects: frozenset[str]
    objects_enough: int
    promises: Mapping[str, float]
    offers: bool = False  # who says this is winning people over, whatever else the page tells


class Vocabulary:
    """Both files compiled for finding; made once a process and version."""

    def __init__(self, groups: Mapping[str, frozenset[str]], kinds: tuple[ClaimKind, ...]) -> None:
        self.groups = groups
        self.kinds = kinds
        around = {word for group in groups.values() for word in group}
        claimed = {word for kind in kinds for word in (*kind.objects, *kind.promises)}
        self._about = _kinds_of(kinds, lambda kind: kind.objects)
        self._promised = _kinds_of(kinds, lambda kind: kind.promises)
        self._claimed = _Words(claimed - _WRITTEN_OTHERWISE)
        self._all = _Words((around | claimed) - _WRITTEN_OTHERWISE)

    def signs(self, text: str) -> "Signs":
        """Every word of the vocabulary in a normal form, overlapping ones too."""
        return Signs(text, self._all.find(text), self.groups)

    def possible(self, signs: "Iterable[Signs]") -> list[ClaimKind]:
        """The kinds of which an object and a promise are there at all (a quick look)."""
        words = {word for one in signs for word in one.found}
        about = {n for word in words for n in self._about.get(word, ())}
        promised = {n for word in words for n in self._promised.get(word, ())}
        return [self.kinds[number] for number in sorted(about & promised)]

    def claim_signs(self, text: str) -> "Signs":
        """Only the words that claims are made of."""
        return Signs(text, self._claimed.find(text), {})


def _kinds_of(
    kinds: tuple[ClaimKind, ...], words: Callable[[ClaimKind], Iterable[str]]
) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, kind in enumerate(kinds):
        for word in words(kind):
            found.setdefault(word, []).append(number)
    return found


class _Words:
    """Some words in one automaton."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(sorted(words))
        self._longest = max(map(len, self._words), default=1)
        self._automaton = ahocorasick_rs.AhoCorasick(self._words)

    def find(self, text: str) -> dict[str, list[Sign]]:
        """The places of each word, the first so many of each: bounded, however long the text."""
        found: dict[str, list[Sign]] = {}
        for begin in range(0, len(text), _STRETCH):
            part = text[begin : begin + _STRETCH + self._longest - 1]
            for number, start, end in self._automaton.find_matches_as_indexes(
                part, overlapping=True
            ):
                word = self._words[number]
                places = found.setdefault(word, [])
                if start < _STRETCH and len(places) < _MOST_OF_A_WORD and _alone(part, start, end):
                    places.append(Sign(word, begin + start, begin + end))
        return {word: places for word, places in found.items() if places}


def _alone(text: str, start: int, end: int) -> bool:
    """Chinese needs no look at its neighbours."""
    return (text[start] > "\u3000" and text[end - 1] > "\u3000") or stands_alone(text, start, end)


class Signs:
    """What of the vocabulary stands in one text."""

    def __init__(
        self, text: str, found: dict[str, list[Sign]], groups: Mapping[str, frozenset[str]]
    ) -> None:
        self._text = text
        self.found = found
        self._groups = groups
        self._shaped: set[str] = set()

    def of_group(self, name: str) -> list[Sign]:
        """All places of a group's words, in order."""
        return self.of_words(self._groups[name])

    def distinct(self, name: str) -> int:
        """How many different words of a group are there."""
        return len(self.words(name))

    def words(self, name: str) -> tuple[str, ...]:
        """Which words of a group are there, first seen first."""
        group = self._groups[name]
        there = [word for word in self.found if word in group]
        return tuple(sorted(there, key=lambda word: self.found[word][0].start))

    def of_words(self, words: Container[str]) -> list[Sign]:
        """All places of some words, in order."""
        self._look_for_shapes(words)
        return sorted(
            (sign for word, signs in self.found.items() if word in words for sign in signs),
            key=lambda sign: (sign.start, -sign.end),
        )

    def mark_rates(self, places: Iterable[tuple[int, int]]) -> None:
        """Where promised rates stand: each is a promise like a word."""
        if marked := [Sign(RATE, start, end) for start, end in islice(places, _MOST_OF_A_WORD)]:
            self.found[RATE] = marked

    def _look_for_shapes(self, words: Container[str]) -> None:
        for name, shape in SHAPES.items():
            if name in words and name not in self._shaped:
                self._shaped.add(name)
                matches = islice(shape.finditer(self._text), _MOST_OF_A_WORD)
                if places := [Sign(name, m.start(), m.end()) for m in matches]:
                    self.found[name] = places


def load_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary of a lexicon's folder; BadInput names the file and what is wrong with it."""
    groups = {
        name: frozenset(map(normal_form, map(str, words)))
        for name, words in _document(folder / "contexts.yaml", "groups").items()
    }
    claims = _document(folder / "claims.yaml", "claims")
    return Vocabulary(groups, tuple(_kinds(claims)))


def _document(path: Path, key: str) -> Any:
    content = read_plain(path)
    if not isinstance(content, dict) or not content.get(key):
        raise BadInput(f"{path.name} 中没有 {key}")
    return content[key]


def _kinds(claims: list[dict[str, Any]]) -> Iterator[ClaimKind]:
    for entry in claims:
        try:
            yield ClaimKind(
                id=entry["id"],
                category=entry["category"],
                says=entry["says"],
                weight=float(entry["weight"]),
                enough=float(entry["enough"]),
                firm=float(entry.get("firm", 3)),
                reach=int(entry["reach"]),
                objects=frozenset(_word(word) for word in entry["objects"]),
                objects_enough=int(entry.get("objects_enough", 1)),
                offers=bool(entry.get("offers", False)),
                promises={
                    _word(word): float(weight)
                    for weight, words in sorted(entry["promises"].items())
                    for word in words
                },
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"claims.yaml 中的主张 {entry} 不完整：{error}") from error


def _word(written: Any) -> str:
    word = str(written)
    if word.startswith("<") and word not in _WRITTEN_OTHERWISE:
        raise ValueError(f"没有数量写法 {word}")
    return word if word in _WRITTEN_OTHERWISE else normal_form(word)
