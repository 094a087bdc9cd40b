"""A filing list goes in; every row comes out as exactly one filing or one refusal."""

import json
from datetime import date
from itertools import islice
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.domain.errors import BadInput
from crawler.domain.filing import Filing, Refusal, SubjectKind
from crawler.reading.filing_list import open_list
from crawler.reading.list_rules import ListRules

LISTS = Path(__file__).parent / "lists"
HEADER = "主办单位名称,网站备案/许可证号,网站首页网址,域名,审核通过日期"


def rows_of(path: Path, **rules: int) -> list[Filing | Refusal]:
    return list(open_list(path, "310118", ListRules(**rules)).rows)


def filings_of(path: Path) -> list[Filing]:
    return [row for row in rows_of(path) if isinstance(row, Filing)]


def a_list(folder: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = folder / "list.csv"
    path.write_text("\n".join((header, *lines)) + "\n", encoding=encoding, newline="")
    return path


def one_row(folder: Path, line: str) -> Filing | Refusal:
    (row,) = rows_of(a_list(folder, line))
    return row


def refused(path: Path, **rules: int) -> str:
    with pytest.raises(BadInput) as caught:
        rows_of(path, **rules)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_gbk_export_becomes_filings_and_refusals_with_their_row_numbers() -> None:
    rows = rows_of(LISTS / "gbk.csv")

    assert [(row.row, type(row).__name__) for row in rows] == [
        (2, "Filing"),
        (3, "Filing"),
        (4, "Filing"),
        (5, "Refusal"),
        (6, "Refusal"),
        (7, "Filing"),
    ]


def test_a_filing_carries_what_its_row_says() -> None:
    filing = filings_of(LISTS / "gbk.csv")[0]

    assert filing.unit_name == "晨芦信息科技（上海）有限公司"
    assert filing.subject_kind is SubjectKind.ENTERPRISE
    assert filing.domains == ("chenlu-keji.example.cn",)
    assert filing.home_url == "http://www.chenlu-keji.example.cn/"
    assert filing.main_licence == "沪ICP备2021000011号"
    assert filing.service_licence == "沪ICP备2021000011号-1"
    assert filing.approved_on == date(2021, 5, 6)
    assert filing.restricted is False
    assert filing.region == "310118"
    assert filing.given["网站首页网址"] == "www.chenlu-keji.example.cn"


@pytest.mark.fault("S02")
@pytest.mark.parametrize(
    ("name", "encoding"), [("gbk.csv", "gb18030"), ("utf8_bom.csv", "utf-8-sig")]
)
def test_the_same_list_reads_the_same_in_every_encoding(name: str, encoding: str) -> None:
    opened = open_list(LISTS / name, "310118")

    assert opened.encoding == encoding
    assert [row for row in opened.rows if isinstance(row, Filing)] == filings_of(LISTS / "gbk.csv")


@pytest.mark.fault("S02")
def test_utf16_with_its_mark_is_read(tmp_path: Path) -> None:
    path = a_list(tmp_path, "某某,沪ICP备2021000011号-1,,a.example.cn,", encoding="utf-16")

    assert filings_of(path)[0].unit_name == "某某"


@pytest.mark.fault("S02")
def test_a_list_of_two_encodings_is_refused_naming_the_row(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    good = "晨芦信息科技有限公司,沪ICP备2021000011号-1,,a.example.cn,\n"
    path.write_bytes((HEADER + "\n" + good * 3).encode() + good.encode("gbk"))

    assert "第 5 行" in refused(path)


@pytest.mark.fault("S02")
def test_bytes_of_no_encoding_are_refused_naming_the_row(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_bytes((HEADER + "\n晨芦信息科技有限公司,").encode() + b"\xff\xff,,a.cn,\n")

    assert "第 2 行" in refused(path)


@pytest.mark.fault("S01")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空"),
        (b"\xef\xbb\xbf  \n\n", "空"),
        (HEADER.encode() + b"\n", "只有表头"),
        ("姓名,电话\n张三,123\n".encode(), "缺少“域名”或“网站首页网址”列"),
        ("主办单位名称,备案号\n某某,沪ICP备2021000011号\n".encode(), "缺少“域名”"),
        (b"%PDF-1.7 \x00\x01", "PDF"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "图片"),
        (b"\x7fELF\x02\x01\x01\x00", "程序"),
        (b"<html><body><p>hi</p></body></html>", "网页"),
        (b"\x00\x01\x02\x03 not text", "二进制"),
        (b"PK\x03\x04 but no archive", "已损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 but no workbook", "已损坏"),
        (b'{"code": 200, "params": {"list": [', "JSON"),
        (b'{"code": 200, "msg": "none"}', "没有找到备案列表"),
        (b'[{"name": "x"}]', "缺少“域名”"),
        (b"[]", "没有任何备案"),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_what_is_no_list_is_refused_in_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)

    assert words in refused(path)


@pytest.mark.fault("S01")
def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "找不到文件" in refused(tmp_path / "gone.csv")
    assert "文件夹" in refused(tmp_path)


@pytest.mark.fault("S01")
def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = a_list(tmp_path, "某某,,,a.example.cn,")

    assert "太大" in refused(path, max_bytes=10)


@pytest.mark.parametrize("name", ["no_header.csv", "two_headers.tsv", "query_service.json"])
def test_other_shapes_name_the_same_sites(name: str) -> None:
    filings = filings_of(LISTS / name)

    assert filings[0].unit_name == "晨芦信息科技（上海）有限公司"
    assert filings[0].domains == ("chenlu-keji.example.cn",)
    assert filings[0].main_licence == "沪ICP备2021000011号"
    assert filings[-1].domains == ("onetea.example.net",)
    assert filings[-1].subject_kind is SubjectKind.PERSON


def test_rows_below_a_title_and_two_headers_keep_the_numbers_a_person_sees() -> None:
    rows = rows_of(LISTS / "two_headers.tsv")

    assert [row.row for row in rows] == [4, 5]


def test_one_object_a_line_is_read() -> None:
    first, second = filings_of(LISTS / "by_line.jsonl")

    assert first.home_url == "http://www.chenlu-keji.example.cn/"
    assert second.domains == ("maotian.example.com", "maotian-nong.example.cn")


def test_the_query_services_repeated_approvals_are_kept_once() -> None:
    assert filings_of(LISTS / "query_service.json")[0].pre_approval == ("出版", "文化")


@pytest.mark.parametrize(
    "shape",
    [
        {"domain_name": "a.example.cn", "domain_owner": "某某", "domain_type": "企业"},
        {"subject": {"name": "某某", "nature": "企业"}, "website": {"domain": "a.example.cn"}},
        {
            "siteName": "x",
            "homeSite": ["http://a.example.cn/"],
            "domain": ["a.example.cn"],
            "companyName": "某某",
        },
        {"WebsiteName": "x", "DomainName": "a.example.cn", "CompanyName": "某某"},
        {"webName": "x", "host": "www.a.example.cn", "owner": "某某"},
        {"域名": "a.example.cn", "主办单位": "某某"},
    ],
)
def test_the_shapes_of_other_producers_are_understood(tmp_path: Path, shape: object) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"data": {"rows": [shape]}}, ensure_ascii=False), encoding="utf-8")

    (filing,) = filings_of(path)

    assert (filing.unit_name, filing.domains) == ("某某", ("a.example.cn",))


def test_every_sheet_that_is_a_list_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["说明", "本表由系统导出"])
    for name in ("一月", "二月"):
        sheet = book.create_sheet(name)
        sheet.append(HEADER.split(","))
        sheet.append(
            [
                "某某",
                "沪ICP备2021000011号-1",
                None,
                f"{len(book.sheetnames)}a.example.cn",
                date(2021, 5, 6),
            ]
        )
        sheet.append(["某某", "沪ICP备2021000011号-1", "javascript:alert(1)", None, None])
    path = tmp_path / "list.xlsx"
    book.save(path)

    first, _, third, fourth = rows_of(path)

    assert isinstance(first, Filing)
    assert first.approved_on == date(2021, 5, 6)
    assert isinstance(third, Filing)
    assert third.given["工作表"] == "二月"
    assert isinstance(fourth, Refusal)
    assert (fourth.row, fourth.column) == (3, "二月!网站首页网址")


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("某某,,http://127.0.0.1/,a.example.cn,", "网站首页网址", "内部或保留地址"),
        ("某某,,javascript:alert(1),a.example.cn,", "网站首页网址", "不支持的网址类型"),
        ("某某,,,a.example.cn,-5", "审核通过日期", "负数"),
        ("某某,,,a.example.cn,-2021-05-06", "审核通过日期", "日期"),
        ("某某,,,a.example.cn,2021-02-30", "审核通过日期", "日期不存在"),
        ("某某,,,,2021-05-06", "域名", "没有域名"),
        ("某某,,无,-,2021-05-06", "域名", "没有域名"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_column_and_reason(
    tmp_path: Path, line: str, column: str, reason: str
) -> None:
    row = one_row(tmp_path, line)

    assert isinstance(row, Refusal)
    assert (row.row, row.column) == (2, column)
    assert reason in row.reason


def test_a_bad_name_beside_good_ones_is_noted_not_fatal(tmp_path: Path) -> None:
    row = one_row(tmp_path, "某某,,,a.example.cn；10.0.0.1;*.cn,")

    assert isinstance(row, Filing)
    assert row.domains == ("a.example.cn",)
    assert len([note for note in row.notes if "未采用" in note]) == 2


@pytest.mark.fault("S12")
def test_ten_thousand_spellings_of_one_site_are_one_domain(tmp_path: Path) -> None:
    spellings = [
        "a.example.cn",
        "A.Example.CN",
        "http://a.example.cn",
        "https://www.a.example.cn/",
        "www.a.example.cn",
        "a.example.cn.",
        "a.example.cn/",
        "ａ.example.cn",
        "a。example。cn",
        "a.example.cn:80",
    ]
    path = a_list(tmp_path, *[f"某某,,,{one}," for one in spellings * 1000])

    found = {domain for filing in filings_of(path) for domain in filing.domains}

    assert found == {"a.example.cn"}
    assert len(rows_of(path)) == 10_000


@pytest.mark.fault("S13")
def test_a_list_is_read_as_it_is_asked_for(tmp_path: Path) -> None:
    path = a_list(tmp_path, *[f"某某,,,s{n}.example.cn," for n in range(5000)])

    rows = open_list(path, "310118").rows
    first = list(islice(rows, 3))

    assert [row.row for row in first] == [2, 3, 4]
    assert sum(1 for _ in rows) == 4997


@pytest.mark.fault("S14")
def test_formulas_markup_and_sql_are_kept_literally(tmp_path: Path) -> None:
    row = one_row(
        tmp_path, '"=HYPERLINK(""http://x"")<script>",\'; DROP TABLE sites; --,,a.example.cn,'
    )

    assert isinstance(row, Filing)
    assert row.unit_name == '=HYPERLINK("http://x")<script>'
    assert "DROP TABLE" in row.service_licence
    assert any("备案号格式不符" in note for note in row.notes)


@pytest.mark.fault("S20")
@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("沪ICP备2021012345号-1", "沪ICP备2021012345号-1"),
        ("沪icp备 2021012345 号－1", "沪ICP备2021012345号-1"),
        ("滇ICP备09010050—5号", "滇ICP备09010050号-5"),
        ("川ICP备12345678号", "蜀ICP备12345678号"),
        ("粤B2-20090059-5", "粤B2-20090059-5"),
        ("ICP证：沪ICP备15006375号-2", "沪ICP备15006375号-2"),
        ("2.02E+09", "2.02E+09"),
        ("蜀ICP备XXX号", "蜀ICP备XXX号"),
    ],
)
def test_licence_numbers_are_kept_in_normal_form_or_as_written(
    tmp_path: Path, written: str, normal: str
) -> None:
    row = one_row(tmp_path, f"某某,{written},,a.example.cn,")

    assert isinstance(row, Filing)
    assert row.given["网站备案/许可证号"] == written
    assert row.service_licence == normal


def test_values_in_refusals_are_cut_and_escaped(tmp_path: Path) -> None:
    row = one_row(tmp_path, f'某某,,"http://a\x1b[31m{"x" * 500}",,')

    assert isinstance(row, Refusal)
    assert len(row.value) <= 80
    assert "\\x1b" in row.value


def test_a_quote_that_never_closes_is_named_instead_of_swallowing_the_rest(tmp_path: Path) -> None:
    path = a_list(tmp_path, "某某,,,a.example.cn,", '"某某,,,b.example.cn,', "某某,,,c.example.cn,")

    assert "第 3 行的引号没有闭合" in refused(path)


def test_a_row_may_name_its_own_region(tmp_path: Path) -> None:
    path = a_list(
        tmp_path,
        "某某,a.example.cn,上海市青浦区",
        "某某,b.example.cn,310104",
        "某某,c.cn,",
        header="主办单位名称,域名,所属区",
    )

    regions = [row.region for row in open_list(path, "310000").rows if isinstance(row, Filing)]

    assert regions == ["310118", "310104", "310000"]


def test_a_wrong_credit_code_is_a_note(tmp_path: Path) -> None:
    path = a_list(
        tmp_path,
        "某某,a.example.cn,91310118MA1TE5T0XE",
        "某某,a.example.cn,91310118MA1TE5T0XA",
        header="主办单位名称,域名,统一社会信用代码",
    )

    good, bad = filings_of(path)

    assert not good.notes
    assert "校验不符" in bad.notes[0]


_CELLS = st.one_of(
    st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=30),
    st.sampled_from(
        ["a.example.cn", "http://b.example.cn/", "10.0.0.1", "无", "*.cn", "2021-2-30"]
    ),
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(_CELLS, _CELLS, _CELLS, _CELLS, _CELLS), min_size=1, max_size=8))
def test_every_row_ends_as_exactly_one_filing_or_one_refusal(
    tmp_path: Path, rows: list[tuple[str, ...]]
) -> None:
    path = tmp_path / "list.json"
    objects = [dict(zip(HEADER.split(","), cells, strict=True)) for cells in rows]
    path.write_text(json.dumps(objects), encoding="utf-8")

    read = rows_of(path)

    assert [row.row for row in read] == list(range(1, len(rows) + 1))
    for row in read:
        assert row.domains if isinstance(row, Filing) else row.reason


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_never_a_crash(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list"
    path.write_bytes(HEADER.encode() + b"\n" + content)

    try:
        rows = rows_of(path)
    except BadInput:
        return

    assert rows


def test_a_page_that_calls_itself_xls_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.xls"
    path.write_text(
        "<html><meta charset=gb2312><table><tr><th>主办单位名称<th>域名</tr>"
        "<tr><td>某某<td><a href=/x>a.example.cn</a></table>",
        encoding="gbk",
    )

    (filing,) = filings_of(path)

    assert (filing.row, filing.unit_name, filing.domains) == (2, "某某", ("a.example.cn",))


def test_a_log_of_keys_and_values_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text(
        "unitName:某某\tdomain:a.example.cn\tserviceLicence:沪ICP备2021000011号-1\n"
        "unitName:他人\tdomain:http://10.0.0.1/\n",
        encoding="utf-8",
    )

    filing, refusal = rows_of(path)

    assert isinstance(filing, Filing)
    assert filing.service_licence == "沪ICP备2021000011号-1"
    assert isinstance(refusal, Refusal)


@pytest.mark.parametrize("encoding", ["cp950", "cp932"])
def test_a_list_in_another_encoding_is_not_read_as_gibberish(tmp_path: Path, encoding: str) -> None:
    names = [f"上海東京金融情報技術有限公司北京第{n}号,https://a{n}.cn/" for n in range(9)]
    path = tmp_path / "list.csv"
    path.write_bytes("\n".join(["公司名称,網址", *names]).encode(encoding, "ignore"))

    assert "也不像 GB18030" in refused(path)


def test_traditional_characters_in_gb18030_are_read(tmp_path: Path) -> None:
    lines = [f"上海匯通金服信息技術有限公司,,,a{n}.com.cn,2020-01-01" for n in range(9)]

    assert len(filings_of(a_list(tmp_path, *lines, encoding="gb18030"))) == 9


def test_one_known_column_among_many_is_a_header_if_a_site_stands_below(tmp_path: Path) -> None:
    wide = ",".join(["域名", *(f"列{n}" for n in range(299))])
    line = ",".join(["a.com.cn", *["x"] * 299])

    assert [f.domains for f in filings_of(a_list(tmp_path, line, header=wide))] == [("a.com.cn",)]
