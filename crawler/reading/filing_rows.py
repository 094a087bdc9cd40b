"""One row of a filing list: a Filing, or the Refusal that says why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from crawler.domain.filing import (
    Filing,
    Refusal,
    SubjectKind,
    is_normal_licence,
    main_licence_of,
    normal_licence,
    subject_kind_from,
    uscc_is_consistent,
)
from crawler.reading.cells import BadCell, cleaned, date_in, region_in, shown, written, yes_or_no
from crawler.reading.domains import (
    Place,
    parts_of_names,
    parts_of_urls,
    place_in,
    plain_place,
    with_url,
)
from crawler.reading.headers import Column, Columns
from crawler.reading.list_rules import ListRules

_LONGEST_CELL = 4000
_MOST_DOMAINS = 200
_NOWHERE = 1 << 30


class _Unusable(Exception):
    """Ends the reading of a row."""

    def __init__(self, column: Column, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


@dataclass(kw_only=True, slots=True)
class _Cells:
    """The cells of one row by column, and what is noted about them on the way."""

    cells: Sequence[str]
    columns: Columns
    notes: list[str]

    def raw(self, column: Column) -> str:
        place = self.columns.places.get(column, _NOWHERE)
        return self.cells[place] if place < len(self.cells) else ""

    def clean(self, column: Column) -> str:
        cell = self.raw(column)
        return _cleaned_again(cell) if cell else ""

    def as_written(self, column: Column) -> str:
        cell = self.raw(column)
        return written(cell) if cell else ""


def filing_from(
    number: int, cells: Sequence[str], columns: Columns, region: str, rules: ListRules
) -> Filing | Refusal:
    """What one row says. Every row becomes exactly one of the two."""
    row = _Cells(cells=cells, columns=columns, notes=[])
    try:
        _check_lengths(row)
        return _filing(number, row, region, rules)
    except _Unusable as why:
        header = columns.header_of(why.column)
        return Refusal(row=number, column=header, value=shown(why.value), reason=why.reason)


def _check_lengths(row: _Cells) -> None:
    if max(map(len, row.cells), default=0) <= _LONGEST_CELL:
        return
    for column, place in row.columns.places.items():
        if place < len(row.cells) and len(row.cells[place]) > _LONGEST_CELL:
            raise _Unusable(column, row.cells[place], "单元格过长，引号可能没有配对")


def _filing(number: int, row: _Cells, region: str, rules: ListRules) -> Filing:
    domains, home_url = _places(row, rules)
    nature = row.clean(Column.NATURE)
    main, service = _licences(row)
    return Filing(
        row=number,
        unit_name=_unit_name(row),
        domains=domains,
        site_name=row.as_written(Column.SITE_NAME),
        home_url=home_url,
        nature=nature,
        subject_kind=_kind(nature),
        main_licence=main,
        service_licence=service,
        approved_on=_approved_on(row),
        restricted=yes_or_no(row.clean(Column.RESTRICTED)),
        pre_approval=_pre_approval(row.clean(Column.PRE_APPROVAL)),
        leader=row.as_written(Column.LEADER),
        uscc=_uscc(row),
        address=row.as_written(Column.ADDRESS),
        region=_region(row, region),
        given=_given(row),
        notes=tuple(dict.fromkeys(row.notes)),
    )


@lru_cache(maxsize=4096)
def _cleaned_again(cell: str) -> str:
    """For columns whose cells repeat."""
    return cleaned(cell)


@lru_cache(maxsize=256)
def _kind(nature: str) -> SubjectKind:
    return subject_kind_from(nature)


def _given(row: _Cells) -> dict[str, str]:
    return dict(zip(row.columns.headers, row.cells, strict=False))


def _unit_name(row: _Cells) -> str:
    name = row.as_written(Column.UNIT_NAME)
    if not name and Column.UNIT_NAME in row.columns.places:
        row.notes.append("没有主办单位名称")
    return name


def _places(row: _Cells, rules: ListRules) -> tuple[tuple[str, ...], str | None]:
    """The domains and the homepage. A homepage that must not be visited refuses the row."""
    named = _named_places(row, rules)
    home = _home_place(row, rules)
    domains = tuple(dict.fromkeys([place.domain for place in named]))
    if not domains and home is None:
        column = Column.DOMAIN if Column.DOMAIN in row.columns.places else Column.HOME_URL
        raise _Unusable(column, row.raw(column), "没有域名，也没有首页网址")
    if home is None:
        return domains, next((place.url for place in named if place.url), None)
    if domains and not _lies_under(home.domain, domains):
        row.notes.append(f"首页网址不在所列域名之下：{home.domain}")
    return domains or (home.domain,), home.url


def _lies_under(host: str, domains: Sequence[str]) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in domains)


def _named_places(row: _Cells, rules: ListRules) -> list[Place]:
    raw = row.raw(Column.DOMAIN)
    if plain := plain_place(raw):
        return [plain]
    cell = cleaned(raw)
    if not cell:
        return []
    good: list[Place] = []
    bad: list[tuple[str, str]] = []
    try:
        parts = list(parts_of_names(raw))
    except BadCell as why:
        raise _Unusable(Column.DOMAIN, raw, str(why)) from None
    if len(parts) > _MOST_DOMAINS:
        raise _Unusable(Column.DOMAIN, cell, f"一个单元格里的域名超过 {_MOST_DOMAINS} 个")
    for part in parts:
        if not cleaned(part):
            continue
        try:
            good.append(place_in(part, rules))
        except BadCell as why:
            bad.append((part, str(why)))
    if bad and not good:
        raise _Unusable(Column.DOMAIN, raw, bad[0][1])
    row.notes.extend(f"“{shown(part)}”未采用：{why}" for part, why in bad)
    row.notes.extend(note for place in good for note in place.notes)
    return good


def _home_place(row: _Cells, rules: ListRules) -> Place | None:
    """The first homepage of the cell; all of them must be fit to visit."""
    raw = row.raw(Column.HOME_URL)
    if plain := plain_place(raw):
        return with_url(plain)
    cell = cleaned(raw)
    if not cell:
        return None
    if _is_remark(cell):
        row.notes.append(f"首页网址无法识别：{shown(cell)}")
        return None
    try:
        places = [with_url(place_in(part, rules)) for part in parts_of_urls(raw)]
    except BadCell as why:
        raise _Unusable(Column.HOME_URL, raw, str(why)) from None
    if not places:
        return None
    row.notes.extend(note for place in places for note in place.notes)
    if len(places) > 1:
        row.notes.append("首页网址不止一个，采用第一个")
    return places[0]


def _is_remark(cell: str) -> bool:
    """建设中, 仅备案未使用: words instead of an address."""
    return not cell.isascii() and not any(c in cell for c in ".:/@\\。")


def _licences(row: _Cells) -> tuple[str, str]:
    main = _licence(row, Column.MAIN_LICENCE)
    service = _licence(row, Column.SERVICE_LICENCE)
    return main or (main_licence_of(service) if service else ""), service


def _licence(row: _Cells, column: Column) -> str:
    """In normal form where it is valid, else as written, with a note."""
    raw = row.raw(column)
    if is_normal_licence(raw):
        return raw
    text = cleaned(raw)
    if not text:
        return ""
    number = normal_licence(text)
    if number is None:
        row.notes.append(f"备案号格式不符：{shown(text)}")
    return number or text


def _approved_on(row: _Cells) -> date | None:
    text = row.clean(Column.APPROVED_ON)
    if not text:
        return None
    try:
        day = date_in(text)
    except BadCell as why:
        raise _Unusable(Column.APPROVED_ON, text, str(why)) from None
    if day is None:
        row.notes.append(f"审核日期无法识别：{shown(text)}")
    return day


def _pre_approval(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    parts = (part.strip() for part in text.replace(",", "、").replace(";", "、").split("、"))
    return tuple(dict.fromkeys(part for part in parts if part))


def _uscc(row: _Cells) -> str:
    code = row.clean(Column.USCC).upper().replace(" ", "")
    if code and len(code) == 18 and not uscc_is_consistent(code):
        row.notes.append(f"统一社会信用代码校验不符：{shown(code)}")
    return code


def _region(row: _Cells, region: str) -> str:
    text = row.clean(Column.REGION)
    if not text:
        return region
    found = region_in(text)
    if not found:
        row.notes.append(f"行政区划无法识别：{shown(text)}")
    return found or region
