"""The second look: a normal form without what is put between or in place of characters to hide a
word (保·本, 夲金, bao本). Digits are never moved together; strong punctuation stays.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lexicons.normalising import Normalised, Offsets, codes_of, text_of

_OTHER, _HAN, _LETTER, _DIGIT, _SPACE, _ORDINARY, _ORNAMENT, _BREAK = range(8)
_ORDINARY_SIGNS = "-/|._\\~+&·•‧・⋅#`'@¦"  # honest pages put them between words, not inside
_ORNAMENTS = "*^"
_LONGEST_GAP = 4
_PLANES = 0x110000

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unmasked:
    """A second form of a field. `starts` and `ends` point into the field's own text; `joints` and
    `swaps` count, up to each character, what was taken out before it and what was put right.
    """

    text: str
    starts: Offsets
    ends: Offsets
    joints: Offsets
    swaps: Offsets

    def was_hidden(self, start: int, end: int) -> bool:
        """Whether a stretch shows only here: something was taken out of it or put right in it."""
        before = self.swaps[start - 1] if start else 0
        return bool(self.joints[end - 1] > self.joints[start] or self.swaps[end - 1] > before)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The field's own characters behind a stretch of this text (not empty)."""
        return int(self.starts[start]), int(self.ends[end - 1])


@dataclass(frozen=True, kw_only=True, slots=True)
class Swap:
    """A disguised word at a place of a form, and the real one."""

    start: int
    end: int
    real: str


class Unmasker:
    """The look-alike characters of one lexicon, as a table."""

    def __init__(self, variants: Mapping[str, str]) -> None:
        self._real = np.arange(_PLANES, dtype=np.uint32)
        for disguise, real in variants.items():
            if len(disguise) == len(real) == 1:
                self._real[ord(disguise)] = ord(real)

    def unmask(self, normal: Normalised) -> Unmasked | None:
        """The form without disguises between and in place of single characters; None if there are
        none.
        """
        codes = codes_of(normal.text)
        real = self._real[codes]
        swapped = real != codes
        befores, afters = _gaps(_classes()[real])
        if not len(befores) and not swapped.any():
            return None
        steps = np.zeros(len(codes) + 1, np.int32)
        steps[befores + 1] += 1
        steps[afters] -= 1
        keep = np.cumsum(steps)[:-1] == 0
        joints = np.zeros(len(codes), np.int32)
        joints[afters] = 1
        starts = normal.offsets[keep]
        return Unmasked(
            text=text_of(real[keep]),
            starts=starts,
            ends=starts + 1,
            joints=np.cumsum(joints, dtype=np.int32)[keep],
            swaps=np.cumsum(swapped, dtype=np.int32)[keep],
        )


def plainly(normal: Normalised) -> Unmasked:
    """A normal form as a second form with nothing undone yet."""
    none = np.zeros(len(normal.offsets), np.int32)
    return Unmasked(
        text=normal.text,
        starts=normal.offsets,
        ends=normal.offsets + 1,
        joints=none,
        swaps=none,
    )


def put_right(form: Unmasked, swaps: Sequence[Swap]) -> Unmasked:
    """The form with real words in place of disguised ones; the swaps in order, not overlapping."""
    texts: list[str] = []
    sources: list[NDArray[np.int64]] = []
    ends: list[Offsets] = []
    changed: list[NDArray[np.int32]] = []
    reached = 0
    for swap in (*swaps, Swap(start=len(form.text), end=len(form.text), real="")):
        size = len(swap.real)
        texts += (form.text[reached : swap.start], swap.real)
        sources += (np.arange(reached, swap.start), np.full(size, swap.start))
        ends += (form.ends[reached : swap.start], np.full(size, form.ends[swap.end - 1]))
        changed += (np.zeros(swap.start - reached, np.int32), np.ones(size, np.int32))
        reached = swap.end
    source = np.concatenate(sources)
    return Unmasked(
        text="".join(texts),
        starts=form.starts[source],
        ends=np.concatenate(ends),
        joints=form.joints[source],
        swaps=form.swaps[source] + np.cumsum(np.concatenate(changed), dtype=np.int32),
    )


def _gaps(classes: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The characters before and after every gap that only hides a word."""
    solid = np.flatnonzero((classes >= _HAN) & (classes <= _DIGIT))
    if len(solid) < 2:
        return solid[:0], solid[:0]
    size = np.diff(solid)
    touching = np.concatenate(([False], size == 1, [False]))
    alone = ~(touching[:-1] | touching[1:])
    worth = alone[:-1] | alone[1:] | (_ORNAMENT in classes)  # few pages have any
    at = np.flatnonzero((size > 1) & (size <= _LONGEST_GAP + 1) & worth)
    at = at[classes[solid[at] + 1] > _DIGIT]
    befores, afters = solid[at], solid[at + 1]
    if not len(at):
        return befores, afters
    hiding = _hides(classes, befores, afters, alone[at], alone[at + 1])
    return befores[hiding], afters[hiding]


def _hides(
    classes: NDArray[np.uint8],
    befores: NDArray[np.int64],
    afters: NDArray[np.int64],
    left_alone: Flags,
    right_alone: Flags,
) -> Flags:
    """Between Han characters an ornament always hides; an ordinary sign only beside a character
    that stands alone, a line end between two such; Latin letters must stand alone.
    """
    places = befores[:, None] + np.arange(1, _LONGEST_GAP + 1)
    inside = places < afters[:, None]
    between = np.where(inside, classes[np.minimum(places, len(classes) - 1)], _SPACE)
    left, right = classes[befores], classes[afters]
    breaks = (between == _BREAK).any(1)
    ornaments = (between == _ORNAMENT).any(1)
    both, either = left_alone & right_alone, left_alone | right_alone
    han = (left == _HAN) & (right == _HAN) & np.where(breaks, both, either | ornaments)
    latin_left = (left == _LETTER) & left_alone
    latin_right = (right == _LETTER) & right_alone
    mixed = (latin_left & (right == _HAN)) | (latin_right & (left == _HAN))
    latin = (latin_left & right_alone & (right != _HAN)) | (
        latin_right & left_alone & (left != _HAN)
    )
    hiding: Flags = (between > _DIGIT).all(1) & (han | ((mixed | latin) & ~breaks))
    return hiding


@cache
def _classes() -> NDArray[np.uint8]:
    """The class of every code point, as far as it matters here."""
    classes = np.zeros(_PLANES, np.uint8)
    signs = {"So": _ORNAMENT, "Sk": _ORDINARY, "Sm": _ORDINARY}
    for code in range(0x00A0, 0x20000):
        classes[code] = signs.get(unicodedata.category(chr(code)), _OTHER)
    for first, beyond in ((0x3400, 0xA000), (0x20000, 0x323B0)):
        classes[first:beyond] = _HAN
    for sign in _ORNAMENTS:
        classes[ord(sign)] = _ORNAMENT
    for sign in _ORDINARY_SIGNS:
        classes[ord(sign)] = _ORDINARY
    classes[ord("a") : ord("z") + 1] = _LETTER
    classes[ord("0") : ord("9") + 1] = _DIGIT
    classes[ord(" ")] = _SPACE
    for sign in "\n\t\r":
        classes[ord(sign)] = _BREAK
    return classes
