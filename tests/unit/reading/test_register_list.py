"""A register goes in; every row comes out as exactly one line or one refusal, whoever wrote it."""

import contextlib
import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.domain.errors import BadInput
from crawler.domain.filing import Refusal, SubjectKind
from crawler.domain.subject import CreditClass, Listed, Register, RegisterList, credit_class_from
from crawler.reading.register_list import read_register
from tests.builders import NOON

USCC = "91310118MA1TE5T0XE"


def a_register(register: Register = Register.LICENCES) -> RegisterList:
    return RegisterList(
        register=register, source="总局", as_of=date(2026, 5, 1), name="l.csv", sha256="",
        received_at=NOON,
    )  # fmt: skip


def rows_of(path: Path, register: Register = Register.LICENCES) -> list[Listed | Refusal]:
    return list(read_register(path, a_register(register)))


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "register.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_gbk_export_of_licences_with_a_title_row_and_notes_below(tmp_path: Path) -> None:
    text = (
        "2026年5月持牌机构名录,,,\n机构名称,统一社会信用代码,金融许可证号,官网\n"
        f"江畔银行股份有限公司,{USCC},B0001H131000001,www.jiangpan.example.cn\n"
        "合计：1 家,,,\n"
    )

    (line,) = rows_of(written(tmp_path, text, "gb18030"))

    assert isinstance(line, Listed)
    assert (line.name, line.uscc, line.row) == ("江畔银行股份有限公司", USCC, 3)
    assert line.domains == ("jiangpan.example.cn",)
    assert (line.source, line.as_of) == ("总局", date(2026, 5, 1))


def test_a_workbook_is_read_over_all_sheets_that_are_registers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["说明"])
    for sheet, name in (("银行", "甲银行"), ("信托", "乙信托")):
        page = book.create_sheet(sheet)
        page.append(["名称", "状态"])
        page.append([name, "有效"])
    book.save(tmp_path / "l.xlsx")

    lines = rows_of(tmp_path / "l.xlsx")

    assert [line.name for line in lines if isinstance(line, Listed)] == ["甲银行", "乙信托"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("l.json", json.dumps({"data": {"list": [{"entName": "甲银行", "creditCode": USCC}]}})),
        ("l.jsonl", f'{{"name":"甲银行","uscc":"{USCC}"}}\n{{"name":"乙银行"}}\n'),
        ("l.xls", f"<table><tr><td>名称<td>信用代码</tr><tr><td>甲银行<td>{USCC}</tr></table>"),
    ],
)
def test_json_and_web_pages_are_registers_too(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")

    first = rows_of(tmp_path / name)[0]

    assert isinstance(first, Listed)
    assert (first.name, first.uscc) == ("甲银行", USCC)


def test_a_code_that_a_spreadsheet_spoilt_is_noted_and_never_compared(tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path, f"名称,信用代码\n甲,9.13E+17\n乙,{USCC[:-1]}9\n"))

    assert [line.uscc for line in rows] == ["", f"{USCC[:-1]}9"]  # type: ignore[union-attr]
    assert "不可用" in rows[0].notes[0]  # type: ignore[union-attr]
    assert "校验不符" in rows[1].notes[0]  # type: ignore[union-attr]


def test_the_code_says_what_kind_of_subject_it_is(tmp_path: Path) -> None:
    rows = rows_of(
        written(tmp_path, "名称,信用代码\n甲律所,31310118MD00000167\n乙协会,52310118MJ0000AB36\n")
    )

    kinds = [line.kind for line in rows if isinstance(line, Listed)]
    assert kinds == [SubjectKind.LAW_SERVICE, SubjectKind.ASSOCIATION]


def test_a_credit_list_refuses_what_is_no_class_and_says_where(tmp_path: Path) -> None:
    text = "名称,信用等级\n甲,警示（黄）\n乙,D级\n丙,优秀\n"

    good, worst, refused = rows_of(written(tmp_path, text), Register.CREDIT)

    assert (good.credit, worst.credit) == (CreditClass.WARNED, CreditClass.SEVERE)  # type: ignore[union-attr]
    assert isinstance(refused, Refusal)
    assert (refused.row, refused.column, refused.value) == (4, "信用等级", "优秀")


@pytest.mark.parametrize(
    ("text", "credit"),
    [("A", "good"), ("b 级", "warned"), ("失信", "dishonest"), ("黑（D）", "severe"),
     ("良好/警示", None), ("", None), ("甲", None)],
)  # fmt: skip
def test_a_credit_class_is_read_only_where_it_is_one(text: str, credit: str | None) -> None:
    assert credit_class_from(text) == credit


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "空的"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04 broken", "."),
        ("域名,备案号\na.cn,沪ICP备1号\n".encode(), "缺少“名称”列"),
        ("名称,代码\n".encode(), "没有任何主体"),
        (b"[" * 4_000, "JSON"),
        (b'{"a": 1}', "."),
        ('名称,代码\n"甲,1\n乙,2\n'.encode(), "引号"),
        (b"<html><body>no table</body></html>", "."),
    ],
)
def test_what_is_no_register_is_refused_in_one_line(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "l.csv"
    path.write_bytes(content)

    with pytest.raises(BadInput, match=says) as refusal:
        rows_of(path)

    assert "\n" not in str(refusal.value)


def test_a_cell_that_swallowed_half_the_file_and_a_nameless_row_are_refused(tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path, f"名称,地址\n甲,{'长' * 5_000}\n,某路 1 号\n"))

    assert [row.reason for row in rows if isinstance(row, Refusal)] == [
        "单元格过长，引号可能没有配对",
        "没有名称，也没有信用代码",
    ]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=600))
def test_any_bytes_are_a_register_or_one_clear_refusal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes("名称,地址\n".encode() + content)

    rows: list[Listed | Refusal] = []
    with contextlib.suppress(BadInput):
        rows = rows_of(path)

    assert all(isinstance(row, (Listed, Refusal)) for row in rows)
