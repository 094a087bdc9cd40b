"""Workbooks are looked into before they are opened, and cannot take us along."""

import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from crawler.domain.errors import BadInput
from crawler.domain.filing import Filing
from crawler.reading.filing_list import open_list
from crawler.reading.list_rules import MIB, ListRules
from tests.unit.reading.old_workbook import compound_file, xls

_TYPES = """<?xml version="1.0"?><Types
 xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels"
 ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml"
 ContentType="application/xml"/></Types>"""
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def a_workbook(path: Path, sheet: str, **more: str) -> Path:
    """The least that opens as xlsx, with a sheet of raw XML and further members."""
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        **more,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def a_sheet(*rows: list[str]) -> str:
    lines = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>"
        for row in rows
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'


GOOD = a_sheet(["主办单位名称", "域名"], ["某某", "a.example.cn"])


def refused(path: Path, rules: ListRules | None = None) -> str:
    with pytest.raises(BadInput) as caught:
        list(open_list(path, "310118", rules).rows)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_least_workbook_is_read(tmp_path: Path) -> None:
    (filing,) = open_list(a_workbook(tmp_path / "a.xlsx", GOOD), "310118").rows

    assert isinstance(filing, Filing)
    assert (filing.row, filing.domains) == (2, ("a.example.cn",))


def test_the_kind_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    (filing,) = open_list(a_workbook(tmp_path / "list.csv", GOOD), "310118").rows

    assert isinstance(filing, Filing)


@pytest.mark.fault("S15")
def test_two_cells_far_apart_do_not_ask_for_all_memory_there_is(tmp_path: Path) -> None:
    sheet = (
        f'<worksheet xmlns="{_MAIN}"><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData></worksheet>'
    )

    assert "内存" in refused(a_workbook(tmp_path / "a.xlsx", sheet))


@pytest.mark.fault("S15")
def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", GOOD, **{"xl/bomb.xml": " " * 64 * MIB})

    assert "压缩炸弹" in refused(path)
    assert "展开后" in refused(path, ListRules(max_unpacked_bytes=MIB))


@pytest.mark.fault("S15")
def test_huge_shared_strings_and_too_many_members_are_refused(tmp_path: Path) -> None:
    strings = a_workbook(tmp_path / "a.xlsx", GOOD, **{"xl/sharedStrings.xml": "x" * 2 * MIB})
    members = a_workbook(tmp_path / "b.xlsx", GOOD, **{f"xl/m{n}": "" for n in range(50)})

    assert "共享字符串" in refused(strings, ListRules(max_shared_strings_bytes=MIB))
    assert "部件太多" in refused(members, ListRules(max_members=40))


@pytest.mark.fault("S15")
def test_macros_links_and_entities_are_passed_over_and_fetch_nothing(tmp_path: Path) -> None:
    entity = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + GOOD
    path = a_workbook(
        tmp_path / "a.xlsm",
        entity.replace("某某", "某某&e;"),
        **{
            "xl/vbaProject.bin": "macro",
            "xl/externalLinks/externalLink1.xml": '<externalLink r:id="rId1"/>',
            "xl/externalLinks/_rels/externalLink1.xml.rels": f'<Relationships xmlns="{_PACKAGE}">'
            '<Relationship Id="rId1" Target="http://127.0.0.1:9/x" TargetMode="External"/>'
            "</Relationships>",
        },
    )

    try:
        rows = list(open_list(path, "310118").rows)
    except BadInput:
        rows = []

    assert "root:" not in str(rows)


@pytest.mark.fault("S01")
@pytest.mark.parametrize(
    ("member", "words"),
    [("word/document.xml", "Word"), ("ppt/slides/1.xml", "演示"), ("readme.txt", "ZIP")],
)
def test_other_archives_are_named(tmp_path: Path, member: str, words: str) -> None:
    path = tmp_path / "list.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "x")

    assert words in refused(path)


@pytest.mark.fault("S01")
def test_a_truncated_workbook_is_refused(tmp_path: Path) -> None:
    whole = a_workbook(tmp_path / "a.xlsx", GOOD).read_bytes()
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(whole[: len(whole) // 2])

    assert "已损坏" in refused(cut)


def test_excel_numbers_dates_and_apostrophes_are_read_as_people_see_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["主办单位名称", "主体备案号", "域名", "审核通过日期"])
    book.active.append(["某某", 2021012345, "a.example.cn", 44322])
    path = tmp_path / "a.xlsx"
    book.save(path)

    (filing,) = open_list(path, "310118").rows

    assert isinstance(filing, Filing)
    assert filing.main_licence == "2021012345"
    assert filing.approved_on is not None
    assert filing.approved_on.isoformat() == "2021-05-06"


def test_rows_above_an_empty_start_keep_their_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B3"], sheet["C3"] = "主办单位名称", "域名"
    sheet["B4"], sheet["C4"] = "某某", "a.example.cn"
    sheet["B6"], sheet["C6"] = "某某", "10.0.0.1"
    path = tmp_path / "a.xlsx"
    book.save(path)

    assert [row.row for row in open_list(path, "310118").rows] == [4, 6]


def test_an_abandoned_list_leaves_no_process_behind(tmp_path: Path) -> None:
    rows = [["某某", f"s{n}.example.cn"] for n in range(3000)]
    path = a_workbook(tmp_path / "a.xlsx", a_sheet(["主办单位名称", "域名"], *rows))
    script = (
        "import sys, subprocess; from pathlib import Path\n"
        "from crawler.reading.filing_list import open_list\n"
        "rows = open_list(Path(sys.argv[1]), '310118').rows; next(rows); del rows\n"
        "import gc; gc.collect()\n"
        "subprocess._cleanup(); print(len(subprocess._active))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.strip() == "0"


def test_an_old_workbook_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.xls"
    path.write_bytes(
        xls([["主办单位名称", "域名", "审核通过日期"], ["某某", "a.example.cn", 44322.0]])
    )

    (filing,) = open_list(path, "310118").rows

    assert isinstance(filing, Filing)
    assert filing.approved_on is not None
    assert filing.approved_on.isoformat() == "2021-05-06"


@pytest.mark.fault("S01")
def test_a_workbook_with_a_password_says_so(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(compound_file({"EncryptionInfo": b"x", "EncryptedPackage": b"y"}))

    assert "密码" in refused(path)


@pytest.mark.fault("S15")
def test_an_ods_of_endless_repeats_is_refused(tmp_path: Path) -> None:
    plain, bomb = an_ods(tmp_path / "a.ods", ""), an_ods(tmp_path / "b.ods", _REPEATED)

    (filing,) = open_list(plain, "310118").rows

    assert isinstance(filing, Filing)
    assert refused(bomb)


_REPEATED = (
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell'
    ' table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p>'
    "</table:table-cell></table:table-row>"
)


def an_ods(path: Path, more_rows: str) -> Path:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    rows = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        + "</table:table-row>"
        for row in (["主办单位名称", "域名"], ["某某", "a.example.cn"])
    ).replace("<table:table-cell>", '<table:table-cell office:value-type="string">')
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="S">{rows}{more_rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<m:manifest xmlns:m="{manifest}"><m:file-entry m:full-path="/"'
            f' m:media-type="{kind}"/></m:manifest>',
        )
        archive.writestr("content.xml", content)
    return path


def test_a_list_tells_about_how_many_rows_it_has_before_they_are_read(tmp_path: Path) -> None:
    lines = [["主办单位名称", "域名"], *([f"某{n}", f"a{n}.example.cn"] for n in range(300))]
    text = tmp_path / "a.csv"
    text.write_text("\n".join(",".join(one) for one in lines) + "\n", "utf-8")

    book = open_list(a_workbook(tmp_path / "a.xlsx", a_sheet(*lines)), "310118")

    assert (book.there, open_list(text, "310118").there) == (301, 301)
    assert len(list(book.rows)) == 300
