"""By what a page is known again: stored marks are compared with those of later versions."""

from crawler.domain.family import MarkKind
from crawler.domain.page import PageStructure
from crawler.reading.likeness import marks_of
from tests.builders import a_text

# what the library datasketch 2.0 (MinHash, seed 1, affine32) gave for the same page
KNOWN_SHAPE = (
    "0.12cdbec.550599",
    "1.15d4ed8.3b285",
)
PAGE = "<body>" + "".join(f"<div class='c{n * n % 211}'><p>" for n in range(100))


def values(html: str, body: str, kind: MarkKind) -> list[str]:
    marks = marks_of(html, a_text(body), PageStructure())
    return [mark.value for mark in marks if mark.kind is kind]


def test_a_mark_stays_what_it_was_in_every_version() -> None:
    assert tuple(values(PAGE, "", MarkKind.SHAPE)[:2]) == KNOWN_SHAPE


def test_pages_alike_share_marks_and_strangers_none() -> None:
    said = "".join(chr(0x4E00 + n * n % 3001) for n in range(400))
    other = "".join(chr(0x4E00 + n * n * n % 3001) for n in range(400))
    ours = set(values("", said, MarkKind.TEXT))
    assert len(ours) == 16
    assert len(ours & set(values("", said[:380] + "另有一句", MarkKind.TEXT))) >= 8
    assert not ours & set(values("", other, MarkKind.TEXT))


def test_what_is_too_short_to_be_known_by_has_no_mark() -> None:
    assert values("<p>", "甲乙丙丁" * 9, MarkKind.TEXT) == []
