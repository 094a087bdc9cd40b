"""A register as it was handed over (CSV, workbook, JSON, a table in a web page) becomes lines and
refusals, one for every row, in flat memory: the same decoding as a filing list, other columns.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path

from crawler.domain.errors import BadInput
from crawler.domain.filing import Refusal, SubjectKind, subject_kind_from, uscc_is_consistent
from crawler.domain.subject import (
    REGISTER_NAMES,
    Listed,
    Register,
    RegisterList,
    credit_class_from,
    kind_from_uscc,
    usable_uscc,
)
from crawler.reading.cells import BadCell, cleaned, region_in, shown, written
from crawler.reading.domains import parts_of_names, place_in
from crawler.reading.headers import plain_header
from crawler.reading.list_kinds import Kind
from crawler.reading.list_rules import ListRules
from crawler.reading.list_tables import ListFile, open_list_file
from crawler.reading.tables import Row, Table

_HEAD_ROWS = 12
_LONGEST_CELL = 4_000
_MOST_DOMAINS = 50


class _Column(StrEnum):
    NAME = "名称"
    USCC = "统一社会信用代码"
    DOMAIN = "网站"
    NATURE = "类型"
    CREDIT = "信用等级"
    REGION = "行政区划"
    STREET = "街镇"
    ADDRESS = "地址"
    STATUS = "状态"
    LICENCE = "许可证编号"
    AUTHORITY = "批准机关"
    REASON = "关注原因"


_NAMES: Mapping[_Column, str] = {
    _Column.NAME: """
        名称 机构名称 企业名称 单位名称 公司名称 主体名称 机构全称 持牌机构 市场主体名称 法人名称
        当事人 姓名 name unitName companyName entName
    """,
    _Column.USCC: """
        统一社会信用代码 信用代码 社会信用代码 统一信用代码 组织机构代码 注册号 uscc creditCode
    """,
    _Column.DOMAIN: "网站 官网 网址 官方网站 域名 官网域名 网站域名 domain website url",
    _Column.NATURE: "类型 机构类型 主体类型 企业类型 单位性质 主体性质 机构类别 nature",
    _Column.CREDIT: """
        信用等级 信用类别 信用分类 信用风险等级 信用风险分类 风险分类 分类等级 分类结果 评级 等级
        credit creditClass grade
    """,
    _Column.REGION: "行政区划 行政区划代码 区划代码 所属区 区县 所在区 辖区 注册区 region district",
    _Column.STREET: "街镇 街道 乡镇 所属街镇 所属街道 街道乡镇 street",
    _Column.ADDRESS: "地址 住所 注册地址 机构住所 登记住所 经营地址 住址 address",
    _Column.STATUS: "状态 登记状态 经营状态 机构状态 许可状态 许可证状态 企业状态 status",
    _Column.LICENCE: """
        许可证编号 金融许可证号 许可证号 机构编码 许可证流水号 业务许可证号 证书编号 licenceNo
    """,
    _Column.AUTHORITY: "批准机关 发证机关 批准部门 登记机关 监管机构 发证机构 许可机关 authority",
    _Column.REASON: "关注原因 列入原因 原因 事由 备注 案由 reason",
}
_COLUMN_OF = {plain_header(n): column for column, names in _NAMES.items() for n in names.split()}
_REMARK = re.compile(
    r"总?合计|总计|小计|共计|备注|附注|注\s*\d*\s*[:：]|说明|制表|填报|数据来源|以上"
)
_Places = Mapping[_Column, int]


def read_register(
    path: Path, register_list: RegisterList, rules: ListRules | None = None
) -> Iterator[Listed | Refusal]:
    """Every row as exactly one Listed or one Refusal; BadInput if it is no such register."""
    rules = rules or ListRules()
    file = open_list_file(path, rules)
    rows = _from_json(file) if file.kind is Kind.JSON else _from_tables(file)
    found = (_line(row, headers, places, register_list, rules) for row, headers, places in rows)
    first = next(found, None)
    if first is None:
        raise BadInput("只有表头，没有任何主体")
    return chain([first], found)


_Placed = Iterator[tuple[Row, Sequence[str], _Places]]


def _from_tables(file: ListFile) -> _Placed:
    """All tables that are registers; BadInput if none of them is."""
    refused, taken = "", 0
    for table in file.tables:
        try:
            rows = _placed(table)
        except BadInput as why:
            refused = refused or str(why)
            continue
        taken += 1
        yield from rows
    if not taken:
        raise BadInput(refused or "工作簿里没有工作表")


def _from_json(file: ListFile) -> _Placed:
    for number, columns, cells in file.entries:
        places = _places(columns.headers)
        if _Column.NAME not in places and _Column.USCC not in places:
            raise BadInput(_missing(columns.headers))
        yield Row(number=number, cells=cells), columns.headers, places


def _placed(table: Table) -> _Placed:
    """The rows below the header; BadInput here and now if there is no header."""
    first = list(islice(table.rows, _HEAD_ROWS))
    for place, row in enumerate(first):
        places = _places(row.cells)
        if _Column.NAME in places:
            return _below(chain(first[place + 1 :], table.rows), row.cells, places)
    head = next((row.cells for row in first if _filled(row)), [])
    raise BadInput(_missing(head))


def _below(rows: Iterator[Row], headers: Sequence[str], places: _Places) -> _Placed:
    for row in rows:
        filled = _filled(row)
        is_remark = len(filled) == 1 < len(places) and _REMARK.match(filled[0])
        if filled and not is_remark and list(row.cells) != list(headers):
            yield row, headers, places


def _filled(row: Row) -> list[str]:
    return [cell.strip() for cell in row.cells if cell.strip()]


def _missing(headers: Sequence[str]) -> str:
    names = "、".join(cleaned(cell)[:20] for cell in headers[:12] if cleaned(cell))
    return f"不是主体名录：缺少“名称”列；第一行是：{names or '空'}"


def _places(headers: Sequence[str]) -> dict[_Column, int]:
    places: dict[_Column, int] = {}
    for place, header in enumerate(headers):
        column = _COLUMN_OF.get(plain_header(header))
        if column is not None:
            places.setdefault(column, place)
    return places


class _Unusable(Exception):
    def __init__(self, column: _Column, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value = column, value


def _line(
    row: Row, headers: Sequence[str], places: _Places, of: RegisterList, rules: ListRules
) -> Listed | Refusal:
    cells = {c: row.cells[p] for c, p in places.items() if p < len(row.cells)}
    try:
        return _listed(row.number, cells, of, rules)
    except _Unusable as why:
        header = headers[places[why.column]] if why.column in places else why.column.value
        return Refusal(row=row.number, column=header, value=shown(why.value), reason=str(why))


def _listed(
    number: int, cells: Mapping[_Column, str], of: RegisterList, rules: ListRules
) -> Listed:
    for column, cell in cells.items():
        if len(cell) > _LONGEST_CELL:
            raise _Unusable(column, cell, "单元格过长，引号可能没有配对")
    notes: list[str] = []
    name, uscc = written(cells.get(_Column.NAME, "")), _uscc(cells, notes)
    if not name and not uscc:
        raise _Unusable(_Column.NAME, cells.get(_Column.NAME, ""), "没有名称，也没有信用代码")
    credit = credit_class_from(cleaned(cells.get(_Column.CREDIT, "")))
    if of.register is Register.CREDIT and credit is None:
        why = f"信用等级无法识别（{REGISTER_NAMES[of.register]}须有四类或 A–D）"
        raise _Unusable(_Column.CREDIT, cells.get(_Column.CREDIT, ""), why)
    return Listed(
        register=of.register,
        name=name,
        uscc=uscc,
        domains=_domains(cells.get(_Column.DOMAIN, ""), rules, notes),
        kind=_kind(cleaned(cells.get(_Column.NATURE, "")), uscc),
        credit=credit,
        credit_written=_plain(cells, _Column.CREDIT),
        region=_region(cells, notes),
        street=_plain(cells, _Column.STREET),
        address=_plain(cells, _Column.ADDRESS),
        status=_plain(cells, _Column.STATUS),
        licence_number=_plain(cells, _Column.LICENCE),
        authority=_plain(cells, _Column.AUTHORITY),
        reason=_plain(cells, _Column.REASON),
        source=of.source,
        as_of=of.as_of,
        row=number,
        notes=tuple(notes),
    )


def _plain(cells: Mapping[_Column, str], column: _Column) -> str:
    return cleaned(cells.get(column, ""))[:500]


def _uscc(cells: Mapping[_Column, str], notes: list[str]) -> str:
    """Usable for comparison or empty. A wrong check digit is noted, never refused: early pilot
    codes are valid and fail it.
    """
    given = cleaned(cells.get(_Column.USCC, ""))
    code = usable_uscc(given)
    if given and not code:
        notes.append(f"统一社会信用代码不可用：{shown(given)}")
    elif code and not uscc_is_consistent(code):
        notes.append(f"统一社会信用代码校验不符：{code}")
    return code


def _kind(nature: str, uscc: str) -> SubjectKind:
    named = subject_kind_from(nature)
    told = named not in (SubjectKind.UNKNOWN, SubjectKind.OTHER)
    return named if told else kind_from_uscc(uscc)


def _domains(cell: str, rules: ListRules, notes: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    try:
        for part in islice(parts_of_names(cell) if cleaned(cell) else (), _MOST_DOMAINS):
            found.append(place_in(part, rules).domain)
    except BadCell as why:
        notes.append(f"网站未采用：{why}")
    return tuple(dict.fromkeys(found))


def _region(cells: Mapping[_Column, str], notes: list[str]) -> str:
    given = cleaned(cells.get(_Column.REGION, ""))
    if not given:
        return region_in(cleaned(cells.get(_Column.ADDRESS, "")))
    found = region_in(given)
    if not found:
        notes.append(f"行政区划无法识别：{shown(given)}")
    return found
