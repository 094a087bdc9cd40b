"""One page judged by a lexicon for somebody who wants to know what it would say: a text, a file, or
what is stored of a site.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.domain.assessment import Assessment, Level
from crawler.domain.capture import Field, PageText
from crawler.domain.errors import BadInput, reason_of
from crawler.domain.page import PageStructure
from crawler.domain.site import Site, Visit
from crawler.reading.close_text import read_closely
from crawler.reading.decoding import decode
from crawler.reading.quick_text import read_quickly
from crawler.service.rejudging import judged_again
from crawler.service.wiring import House
from crawler.store.readings import Reading, reading_of
from crawler.store.texts import ReadText
from lexicons.judging import Judge

LARGEST_FILE = 8 * 1024 * 1024
_MARKUP = (
    "<!doctype",
    "<html",
    "<head",
    "<body",
    "<div",
    "<p",
    "<meta",
    "<title",
    "<script",
    "<?xml",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What is tried; nothing at all means everything stored."""

    text: str = ""
    file: Path | None = None
    page: str = ""

    @property
    def is_all(self) -> bool:
        """Whether nothing single is named."""
        return not (self.text or self.file or self.page)

    def page_in(self, house: House, now: datetime) -> Reading:
        """The one thing that is named, as if it had been read of a site."""
        if bool(self.text) + bool(self.file) + bool(self.page) != 1:
            raise BadInput("--text、--file、--page 须只写一个")
        if self.page:
            return stored_reading(house, self.page, now)
        if self.file:
            return _reading(*_read_file(self.file))
        return text_reading(self.text)


def text_reading(text: str) -> Reading:
    """Words, or markup, as somebody pastes them."""
    if looks_like_markup(text):
        return _reading(*_read_html(text))
    return _reading(PageText(fields=(Field(name="body", text=text),)), None)


def looks_like_markup(text: str) -> bool:
    """Whether a text is a page's source."""
    return text.lstrip("\ufeff \r\n\t")[:200].lower().startswith(_MARKUP)


def tried(reading: Reading, judge: Judge, at: datetime) -> Assessment:
    """What a lexicon says of it."""
    return judged_again(reading, judge, at)


def stored_reading(house: House, name: str, now: datetime, reach: str = "") -> Reading:
    """What is stored of a site or of the visit of a capture, under a region prefix."""
    with house.database.reading() as db:
        found = reading_of(db, name, now)
    if found is None or not found.visit.site.region.startswith(reach):
        raise BadInput(f"没有采过 {name[:100]}：应为域名或采集编号")
    return found


def _read_file(path: Path) -> tuple[PageText, PageStructure | None]:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadInput(f"{path} 无法读取：{reason_of(error)}") from error
    if len(raw) > LARGEST_FILE:
        raise BadInput(f"{path} 超过 {LARGEST_FILE >> 20} MiB")
    text = decode(raw).text
    if looks_like_markup(text):
        return _read_html(text)
    return PageText(fields=(Field(name="body", text=text),)), None


def _read_html(html: str) -> tuple[PageText, PageStructure | None]:
    text = read_quickly(html)
    return text, read_closely(html, text, "")


def _reading(text: PageText, structure: PageStructure | None) -> Reading:
    visit = Visit(id=0, sweep_id=0, site=Site(domain="-", domain_shown="-", region=""))
    return Reading(
        visit=visit,
        texts=(ReadText(text=text, structure=structure),),
        level=Level.NONE,
        score=0.0,
        sentence="",
        lexicon_version="",
    )
