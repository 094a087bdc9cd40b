"""By what a page is known again on another domain: its words, its build, and whom it names."""

import re
from collections.abc import Iterator, Sequence

from datasketch import MinHash

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
_KINDS = {
    ContactKind.MOBILE: MarkKind.MOBILE,
    ContactKind.PHONE: MarkKind.PHONE,
    ContactKind.QQ: MarkKind.QQ,
    ContactKind.WECHAT: MarkKind.WECHAT,
    ContactKind.TELEGRAM: MarkKind.TELEGRAM,
    ContactKind.EMAIL: MarkKind.EMAIL,
}


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
    yield from _banded(MarkKind.TEXT, TEXT_BANDS, _shingles(plain, _TEXT_WIDTH))


def _build(html: str) -> Iterator[Mark]:
    tags = [
        f"{found[1].lower()}.{found[2] or ''}"
        for found, _ in zip(_TAG.finditer(html[:_MOST_SOURCE]), range(_MOST_TAGS), strict=False)
    ]
    joined = [" ".join(one) for one in _windows(tags, _SHAPE_WIDTH)]
    yield from _banded(MarkKind.SHAPE, SHAPE_BANDS, {one.encode() for one in joined})


def _shingles(text: str, width: int) -> set[bytes]:
    return {
        text[at : at + width].encode("utf-8", "surrogatepass")
        for at in range(len(text) - width + 1)
    }


def _windows(tags: Sequence[str], width: int) -> Iterator[Sequence[str]]:
    return (tags[at : at + width] for at in range(len(tags) - width + 1))


def _banded(kind: MarkKind, bands: int, shingles: set[bytes]) -> Iterator[Mark]:
    """One mark a band: two sites with Jaccard index J share about J² of them."""
    if len(shingles) < _FEWEST_SHINGLES:
        return
    sketch = MinHash(num_perm=bands * _ROWS, seed=1)
    sketch.update_batch(sorted(shingles))
    values = [int(one) for one in sketch.hashvalues]
    for band in range(bands):
        row = values[band * _ROWS : (band + 1) * _ROWS]
        yield Mark(kind=kind, value=f"{band}." + ".".join(f"{one:x}" for one in row))
