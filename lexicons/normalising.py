"""The page's characters become comparable ones, with the way back: lower case, NFKC, no invisible
marks, simplified Chinese. One table look-up; phrases are never converted, so offsets stay exact.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from typing import Any

import numpy as np
import opencc
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
Offsets = NDArray[np.int32]

_PLANES = 0x110000
_REMEMBERED = 12  # the fields of one page: each step that judges it wants them anew
_LONGEST = 4  # longer expansions (an Arabic blessing is 18 letters) would let a page grow at will
_COMPOSED = (  # where lower case, NFKC or a dropped mark can occur; Han and Hangul need none
    (0x0000, 0x3400), (0xA000, 0xAC00), (0xD7A4, 0xD800), (0xF900, 0x20000),
    (0x2F800, 0x2FA20), (0xE0000, 0xE1000),
)  # fmt: skip
_HAN = ((0x2E80, 0x2FE0), (0x3007, 0x3008), (0x3400, 0xA000), (0x20000, 0x323B0))
_UNSEEN = frozenset(
    chain(
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164),
        range(0x0300, 0x0370),  # strokes and dots laid over a character
        range(0x20D0, 0x2100),
        range(0xFE00, 0xFE10),
        range(0xE0100, 0xE01F0),
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Normalised:
    """Comparable text; `offsets[i]` is the place of its i-th character in the field's own text."""

    text: str
    offsets: Offsets

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The field's own characters behind a stretch of this text (not empty)."""
        return int(self.offsets[start]), int(self.offsets[end - 1]) + 1


@dataclass(frozen=True, kw_only=True, slots=True)
class _Table:
    """What each code point becomes: another one, or from `_PLANES` on a row of `sizes`."""

    single: Codes
    sizes: NDArray[np.int64]  # characters of the n-th expansion; 0 drops the character
    starts: NDArray[np.int64]  # where it begins in `flat`
    flat: Codes


@lru_cache(maxsize=_REMEMBERED)
def normalise(text: str) -> Normalised:
    """Any text, lone surrogates too, in normal form. Doing it twice changes nothing."""
    table = _table()
    codes = table.single[codes_of(text)]
    odd = codes >= _PLANES
    if not odd.any():
        return Normalised(text=text_of(codes), offsets=np.arange(len(codes), dtype=np.int32))
    return _resized(codes, odd, table)


def normal_form(text: str) -> str:
    """Only the comparable text, for words of the lists."""
    return normalise(text).text


def codes_of(text: str) -> Codes:
    """The code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def text_of(codes: NDArray[Any]) -> str:
    """The text of code points."""
    return codes.astype("<u4").tobytes().decode("utf-32-le")


def _resized(codes: Codes, odd: NDArray[np.bool_], table: _Table) -> Normalised:
    kinds = codes[odd].astype(np.int64) - _PLANES
    sizes = np.ones(len(codes), np.int64)
    sizes[odd] = table.sizes[kinds]
    offsets = np.repeat(np.arange(len(codes), dtype=np.int32), sizes)
    grown = np.repeat(codes, sizes)
    grown[np.repeat(odd, sizes)] = _expansions(kinds, table)
    return Normalised(text=text_of(grown), offsets=offsets)


def _expansions(kinds: NDArray[np.int64], table: _Table) -> Codes:
    sizes = table.sizes[kinds]
    ends = np.cumsum(sizes)
    within = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes)
    expansions: Codes = table.flat[np.repeat(table.starts[kinds], sizes) + within]
    return expansions


@cache
def _table() -> _Table:
    """Built at first use: reading the dictionaries of a library is no work for an import."""
    simplified = _simplified()
    single = np.arange(_PLANES, dtype=np.uint32)
    single[0xD800:0xE000] = ord("\ufffd")  # halves of pairs: no library takes them
    single[list(simplified)] = [ord(plain) for plain in simplified.values()]
    expansions: dict[str, int] = {}
    for code in chain.from_iterable(range(*block) for block in _COMPOSED):
        form = _form_of(chr(code), simplified)
        if len(form) == 1:
            single[code] = ord(form)
        elif len(form) <= _LONGEST:
            single[code] = _PLANES + expansions.setdefault(form, len(expansions))
    sizes = np.array([len(form) for form in expansions], np.int64)
    return _Table(
        single=single,
        sizes=sizes,
        starts=np.cumsum(sizes) - sizes,
        flat=codes_of("".join(expansions)),
    )


def _form_of(character: str, simplified: dict[int, str]) -> str:
    """One character's form, repeated until it stays: the law that makes normal form a fixed
    point.
    """
    form = character
    for _ in range(4):
        before, form = form, "".join(_stepped(one, simplified) for one in form)
        if form == before:
            break
    return form


def _stepped(character: str, simplified: dict[int, str]) -> str:
    if ord(character) in _UNSEEN or unicodedata.category(character) == "Cf":
        return ""
    lowered = unicodedata.normalize("NFKC", character).lower()
    return "".join(simplified.get(ord(one), one) for one in lowered)


def _simplified() -> dict[int, str]:
    """Traditional → simplified, character by character: asked one a line, so that no phrase
    forms.
    """
    asked = [chr(code) for code in chain.from_iterable(range(*block) for block in _HAN)]
    answered = opencc.OpenCC("t2s").convert("\n".join(asked)).split("\n")
    plain = dict(zip(asked, answered, strict=True))
    return {
        ord(old): plain.get(new, new)  # a second step where the first answer is itself traditional
        for old, new in plain.items()
        if old != new and len(new) == 1
    }
