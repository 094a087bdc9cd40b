"""Columns of a table without headers, told by what its cells look like."""

import re
from collections.abc import Callable, Sequence

from crawler.domain.filing import filing_numbers_in, subject_kind_from, uscc_is_consistent
from crawler.reading.cells import BadCell, cleaned, date_in
from crawler.reading.headers import Column, Columns

_NAME = re.compile(r"(?:[\w\-]+\.)+[^\W\d_]{2,}(?::\d+)?/?", re.IGNORECASE)
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,}")
_NATURES = re.compile(
    r"(企业|个人|事业单位|政府机关|社会团体|国防机构|民办非企业单位|基金会|境外机构|医疗机构"
    r"|律师执业机构|群众性团体组织|宗教团体|公证机构|司法鉴定机构|仲裁机构|集体经济)"
)
_ENOUGH = 0.6
_SPLIT = re.compile(r"[;；,，、|\s]+")


def _is_name(text: str) -> bool:
    parts = [part for part in _SPLIT.split(text) if part]
    return bool(parts) and all(_NAME.fullmatch(part) for part in parts)


def _is_url(text: str) -> bool:
    return bool(_URL.match(text))


def _is_service_licence(text: str) -> bool:
    return any(re.search(r"(?:号|\d{8})-\d", number) for number in filing_numbers_in(text))


def _is_licence(text: str) -> bool:
    return bool(filing_numbers_in(text))


def _is_date(text: str) -> bool:
    try:
        return len(text) >= 8 and date_in(text) is not None
    except BadCell:
        return False


def _is_nature(text: str) -> bool:
    return bool(_NATURES.fullmatch(text)) and bool(subject_kind_from(text))


def _is_unit(text: str) -> bool:
    return bool(_CHINESE.search(text))


# In this order: what is told apart surely comes first.
_SIGNS: tuple[tuple[Column, Callable[[str], bool]], ...] = (
    (Column.USCC, uscc_is_consistent),
    (Column.SERVICE_LICENCE, _is_service_licence),
    (Column.MAIN_LICENCE, _is_licence),
    (Column.APPROVED_ON, _is_date),
    (Column.NATURE, _is_nature),
    (Column.HOME_URL, _is_url),
    (Column.DOMAIN, _is_name),
    (Column.UNIT_NAME, _is_unit),
)


def columns_sniffed(rows: Sequence[Sequence[str]]) -> Columns:
    """What each column seems to hold; headers are 第1列, 第2列 …"""
    width = max((len(cells) for cells in rows), default=0)
    filled = [_filled(rows, place) for place in range(width)]
    places: dict[Column, int] = {}
    for column, sign in _SIGNS:
        free = [place for place in range(width) if place not in places.values()]
        if found := [place for place in free if _share(filled[place], sign) >= _ENOUGH]:
            places[column] = found[0]
    return Columns(headers=tuple(f"第{n}列" for n in range(1, width + 1)), places=places)


def looks_like_filing(cells: Sequence[str]) -> bool:
    """Whether a first row is already a filing: a name or a licence number stands in it."""
    texts = [cleaned(cell) for cell in cells]
    return any(_is_name(text) or _is_url(text) or _is_licence(text) for text in texts if text)


def _filled(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    texts = (cleaned(cells[place]) for cells in rows if place < len(cells))
    return [text for text in texts if text]


def _share(texts: list[str], sign: Callable[[str], bool]) -> float:
    return sum(sign(text) for text in texts) / len(texts) if texts else 0.0
