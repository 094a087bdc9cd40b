"""How far the wording of a page, taken whole, resembles known solicitation: groups of two and three
characters, each with a weight learned from labelled texts (resemblance.yaml). It knows no words and
no grammar, so it is a hint to look, never proof.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crawler.domain.capture import PageText
from crawler.domain.errors import BadInput
from lexicons.documents import read_plain
from lexicons.normalising import codes_of, normalise

FILE = "resemblance.yaml"
LONGEST = 3_000  # characters of a page: what it is shows early, and the cost is bounded
GROUP = re.compile(r"(?=.*[\u4e00-\u9fff])[\u4e00-\u9fff0%]{2,3}")  # any digit is written 0
_MOST_GROUPS = 20_000
_HEAVIEST = 100.0
_MOST_SHOWN = 5
_SIFTED = 0xFFFF
_BEYOND = 0xFFFF  # rarer characters are in no group

Letters = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A run of groups that speak for the resemblance, in a field's own characters."""

    field: str
    start: int
    end: int
    raw: str


class Resemblance:
    """The learned groups, compiled for finding. Of none, nothing resembles."""

    def __init__(self, bias: float, groups: Mapping[str, float]) -> None:
        letters = sorted(set("".join(groups)))
        self._bias = bias
        self._letter_of = np.zeros(_BEYOND + 1, np.int64)
        self._letter_of[[ord(letter) for letter in letters]] = np.arange(1, len(letters) + 1)
        self._letter_of[ord("0") : ord("9") + 1] = self._letter_of[ord("0")]
        self._base = len(letters) + 1
        keys = np.array([self._key(group) for group in groups], np.int64)
        order = np.argsort(keys)
        self._keys = keys[order]
        self._maybe = np.zeros(_SIFTED + 1, np.bool_)  # most groups of a page are known to none
        self._maybe[keys & _SIFTED] = True
        self._weights = np.array(list(groups.values()), np.float64)[order]
        self._found = lru_cache(maxsize=3)(self._find)  # asked for by each step that judges a page

    def __bool__(self) -> bool:
        return len(self._keys) > 0

    def likeness(self, text: PageText) -> float:
        """Above 0 more like solicitation than not; how far above is enough, weights.yaml says."""
        numbers, _, _ = self._found(_words_of(text))
        if not len(numbers):
            return self._bias if self else float("-inf")
        counts = np.bincount(numbers)
        there = np.flatnonzero(counts)
        shares = 1 + np.log(counts[there])
        return float(self._bias + self._weights[there] @ shares / np.linalg.norm(shares))

    def heaviest(self, text: PageText) -> tuple[Stretch, ...]:
        """The stretches that say most for it, heaviest first; each wording once."""
        numbers, starts, ends = self._found(_words_of(text))
        weights = self._weights[numbers]
        runs = _runs(
            sorted(
                (int(start), int(end), float(weight))
                for start, end, weight in zip(starts, ends, weights, strict=True)
                if weight > 0
            )
        )
        heaviest = sorted(runs, key=lambda run: (-run[2], run[0]))[: 4 * _MOST_SHOWN]
        shown = {one.raw: one for one in _placed(heaviest, text)}
        return tuple(shown.values())[:_MOST_SHOWN]

    def _key(self, group: str) -> int:
        first, second, third = [int(self._letter_of[ord(one)]) for one in group] + [0] * (
            3 - len(group)
        )
        return (first * self._base + second) * self._base + third

    def _find(self, words: str) -> tuple[Letters, Letters, Letters]:
        """Every group in a text: its number, where it begins and ends."""
        letters = self._letter_of[np.minimum(codes_of(words), _BEYOND)]
        if not self or len(letters) < 2:
            return (np.zeros(0, np.int64),) * 3
        first, second, third = letters[:-1], letters[1:], np.append(letters[2:], 0)
        begins = np.flatnonzero((first > 0) & (second > 0))
        pairs = (first[begins] * self._base + second[begins]) * self._base
        longer = third[begins] > 0
        keys = np.concatenate((pairs, pairs[longer] + third[begins][longer]))
        starts = np.concatenate((begins, begins[longer]))
        ends = starts + np.repeat((2, 3), (len(pairs), int(longer.sum())))
        likely = self._maybe[keys & _SIFTED]
        keys, starts, ends = keys[likely], starts[likely], ends[likely]
        numbers = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        known = self._keys[numbers] == keys
        return numbers[known], starts[known], ends[known]


def load_resemblance(folder: Path) -> Resemblance:
    """The groups of a lexicon's folder; none where it is a version of before there were any.
    BadInput says what is wrong.
    """
    if not (folder / FILE).exists():
        return Resemblance(0.0, {})
    content = read_plain(folder / FILE)
    bias = content.get("bias") if isinstance(content, dict) else None
    weighed = content.get("groups") if isinstance(content, dict) else None
    if not (isinstance(bias, int | float) and isinstance(weighed, dict)):
        raise BadInput(f"{FILE} 须有 bias（数）和 groups（权重: [字组]）")
    groups: dict[str, float] = {}
    for group, weight in _checked(weighed):
        if group in groups:
            raise BadInput(f"{FILE} 中“{group}”重复")
        groups[group] = weight
    if len(groups) > _MOST_GROUPS:
        raise BadInput(f"{FILE} 中的字组超过 {_MOST_GROUPS} 个")
    return Resemblance(float(bias), groups)


def _checked(weighed: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for key, groups in weighed.items():
        if not re.fullmatch(r"-?\d{1,3}(\.\d{1,3})?", key, re.ASCII) or abs(float(key)) > _HEAVIEST:
            raise BadInput(f"{FILE} 中的权重“{key[:20]}”须为 ±{_HEAVIEST:g} 以内的数")
        if not isinstance(groups, list):
            raise BadInput(f"{FILE} 中权重 {key} 之下须为列表")
        for group in groups:
            if not (isinstance(group, str) and GROUP.fullmatch(group)):
                raise BadInput(f"{FILE} 中“{str(group)[:20]}”须为两三个汉字（数字写作 0）")
            yield group, float(key)


def _words_of(text: PageText) -> str:
    return "\n".join(normalise(field.text).text for field in text.fields)[:LONGEST]


_Run = tuple[int, int, float]  # from, to, weight


def _runs(groups: Iterable[_Run]) -> list[_Run]:
    """Overlapping groups together."""
    runs: list[_Run] = []
    for start, end, weight in groups:
        if runs and start < runs[-1][1]:
            begin, until, so_far = runs.pop()
            runs.append((begin, max(until, end), so_far + weight))
        else:
            runs.append((start, end, weight))
    return runs


def _placed(runs: Iterable[_Run], text: PageText) -> Iterator[Stretch]:
    normals = [normalise(field.text) for field in text.fields]
    begins = [0, *accumulate(len(normal.text) + 1 for normal in normals)]
    for start, end, _ in runs:
        at = int(np.searchsorted(begins, start, "right")) - 1
        field = text.fields[at]
        first, beyond = normals[at].span(start - begins[at], end - begins[at])
        yield Stretch(
            field=field.name,
            start=first,
            end=beyond,
            raw=" ".join(field.text[first:beyond].split()),
        )
