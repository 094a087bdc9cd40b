"""The second look: a normal form without what is put between or in place of characters to hide a
word (保·本, 夲金, bao本). Digits are never moved together; strong punctuation stays.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from lexicons.normalising import Normalised, Offsets, codes_of, text_of

_ORDINARY_SIGNS = "-/|._\\~+&·•‧・⋅#`'@¦"  # honest pages put them between words, not inside
_ORNAMENTS = "*^"
_MOST_GAPS = 20_000  # of one field; a page with more says nothing more
_PLANES = 0x110000

# A text is searched as a string of classes: H Han, L letter, D digit; s space, o ordinary sign,
# O ornament, n line end; x whatever ends a word. A character is alone if no H, L or D touches it.
_GAP = re.compile(
    rb"""
    [soOn] (?:  # one class first: whatever else stands there is passed over at once
      (?<! n) (?:
        (?<= H.) [soO]{0,3} (?: (?= H (?![HLD])) | (?= L (?![HLD])))
      | (?<= (?<![HLD]) [HL].) [soO]{0,3} (?= H)
      | (?<= (?<![HLD]) L.) [soO]{0,3} (?= [LD] (?![HLD]))
      | (?<= (?<![HLD]) D.) [soO]{0,3} (?= L (?![LD]))
      | (?<= H.) (?: (?<= O) | (?= [so]{0,2} O)) [soO]{0,3} (?= H)
      )
    | (?<= (?<![HLD]) H.) [soOn]{0,3} (?= H (?![HLD]))  # lines of one character each
    )
    """,
    re.VERBOSE,
)


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

    def changed(self, reach: int) -> list[tuple[int, int]]:
        """The stretches within reach of what was taken out or put right, in order, apart."""
        counts = self.joints + self.swaps
        places = np.flatnonzero(np.diff(counts, prepend=np.int32(0)))
        stretches: list[tuple[int, int]] = []
        for place in places.tolist():
            begin, beyond = max(0, place - reach), min(len(self.text), place + reach)
            if stretches and begin <= stretches[-1][1]:
                begin = stretches.pop()[0]
            stretches.append((begin, beyond))
        return stretches

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
        gaps = [gap.span() for gap in islice(_GAP.finditer(_classes()[real].tobytes()), _MOST_GAPS)]
        if not gaps and not swapped.any():
            return None
        keep = np.ones(len(codes), bool)
        joints = np.zeros(len(codes), np.int32)
        for start, end in gaps:
            keep[start:end] = False
            joints[end] = 1
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


@cache
def _classes() -> NDArray[np.uint8]:
    """The class letter of every code point; built at first use, from the tables of Unicode."""
    classes = np.full(_PLANES, ord("x"), np.uint8)
    signs = {"So": ord("O"), "Sk": ord("o"), "Sm": ord("o")}
    for code in range(0x00A0, 0x20000):
        classes[code] = signs.get(unicodedata.category(chr(code)), ord("x"))
    for first, beyond in ((0x3400, 0xA000), (0x20000, 0x323B0)):
        classes[first:beyond] = ord("H")
    for letter, characters in (
        ("o", _ORDINARY_SIGNS),
        ("O", _ORNAMENTS),
        ("L", "abcdefghijklmnopqrstuvwxyz"),
        ("D", "0123456789"),
        ("s", " "),
        ("n", "\n\t\r"),
    ):
        classes[[ord(character) for character in characters]] = ord(letter)
    return classes
