"""By what a page is known again on another domain: its words, its build, and whom it names.

Sketches are MinHash (Broder 1997) over shingles. The library for it brings scipy along, which took
a third of a child's start; what is needed of it are the lines of `_least`.
"""

import re
from collections.abc import Iterator
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from crawler.domain.capture import PageText
from crawler.domain.family import SHAPE_BANDS, TEXT_BANDS, Mark, MarkKind
from crawler.domain.page import ContactKind, PageStructure

_ROWS = 2  # hash values a band
_MOST_TEXT = 20_000
_MOST_TAGS = 3_000
_MOST_SOURCE = 400_000
_FEWEST_SHINGLES = 80  # less is what any two pages share by chance
_TEXT_WIDTH, _SHAPE_WIDTH = 5, 4
_CHANGING = re.compile(r"[\d\s.,:：%％/-]+")  # rates, dates, numbers differ between copies
_TAG = re.compile(
    r"<([a-z][a-z0-9]{0,15})(?:\s[^>]{0,200}?\bclass\s*=\s*[\"']?\s*([\w-]{1,40}))?", re.I
)
Letters = NDArray[np.uint32]
# odd and far apart, so that equal sums of different runs are as rare as chance has them
_ODD = np.array(
    [
        0x9E3779B97F4A7C15,
        0xBF58476D1CE4E5B9,
        0x94D049BB133111EB,
        0xD6E8FEB86659FD93,
        0xFF51AFD7ED558CCD,
        0xC4CEB9FE1A85EC53,
    ],
    np.uint64,
)
_KINDS = {
    ContactKind.MOBILE: MarkKind.MOBILE,
    ContactKind.PHONE: MarkKind.PHONE,
    ContactKind.QQ: MarkKind.QQ,
    ContactKind.WECHAT: MarkKind.WECHAT,
    ContactKind.TELEGRAM: MarkKind.TELEGRAM,
    ContactKind.EMAIL: MarkKind.EMAIL,
}


def _orders(count: int) -> tuple[Letters, Letters]:
    """So many ways of ordering all numbers of 32 bits: h → a·h + b with `a` odd. The same in every
    process and version, for stored marks are compared with new ones.
    """
    chance = np.random.RandomState(1)
    odd = chance.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return odd, chance.randint(0, 1 << 32, count, dtype=np.uint32)


_ORDERS = {bands: _orders(bands * _ROWS) for bands in (TEXT_BANDS, SHAPE_BANDS)}


def marks_of(html: str, text: PageText, structure: PageStructure) -> tuple[Mark, ...]:
    """All marks of one page that was read closely."""
    found = (*_named(structure), *_words(text), *_build(html))
    return tuple(dict.fromkeys(found))


def _named(structure: PageStructure) -> Iterator[Mark]:
    for contact in structure.contacts:
        if not contact.value.startswith("["):  # masked: says nothing about whom
            yield Mark(kind=_KINDS[contact.kind], value=contact.value.lower())
    for number in structure.statistics_ids:
        yield Mark(kind=MarkKind.STATISTICS, value=number)
    for address in structure.downloads:
        if "//" in address:  # a path alone names no host
            yield Mark(kind=MarkKind.DOWNLOAD, value=address.partition("//")[2].lower())


def _words(text: PageText) -> Iterator[Mark]:
    plain = _CHANGING.sub("", text.field("body")[:_MOST_TEXT])
    letters = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), np.uint32)
    yield from _banded(MarkKind.TEXT, TEXT_BANDS, _shingles(letters, _TEXT_WIDTH))


def _build(html: str) -> Iterator[Mark]:
    tags = [
        f"{found[1].lower()}.{found[2] or ''}"
        for found, _ in zip(_TAG.finditer(html[:_MOST_SOURCE]), range(_MOST_TAGS), strict=False)
    ]
    numbers = np.fromiter((crc32(tag.encode()) for tag in tags), np.uint32, len(tags))
    yield from _banded(MarkKind.SHAPE, SHAPE_BANDS, _shingles(numbers, _SHAPE_WIDTH))


def _shingles(letters: Letters, width: int) -> Letters:
    """Each different run of `width` letters as one number of 32 bits. All runs at once: a digest
    for each of thousands costs five times as much.
    """
    if len(letters) < width:
        return letters[:0]
    runs = np.lib.stride_tricks.sliding_window_view(letters.astype(np.uint64), width)
    mixed = runs @ _ODD[:width]
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _ODD[-1]
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


def _banded(kind: MarkKind, bands: int, shingles: Letters) -> Iterator[Mark]:
    """One mark a band: two sites with Jaccard index J share about J² of them."""
    if len(shingles) < _FEWEST_SHINGLES:
        return
    values = _least(shingles, *_ORDERS[bands])
    for band in range(bands):
        row = values[band * _ROWS : (band + 1) * _ROWS]
        yield Mark(kind=kind, value=f"{band}." + ".".join(f"{one:x}" for one in row))


def _least(shingles: Letters, odd: Letters, shift: Letters) -> list[int]:
    """Of each order the shingle that comes first, by its place in it."""
    least: list[int] = (_spread(shingles)[:, None] * odd + shift).min(axis=0).tolist()
    return least


def _spread(numbers: Letters) -> Letters:
    """MurmurHash3's finalizer (Appleby): a bijection that leaves no order among its values."""
    mixed = (numbers ^ (numbers >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    mixed = (mixed ^ (mixed >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return mixed ^ (mixed >> np.uint32(16))
