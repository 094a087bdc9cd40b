"""名录, 例外 and 统计 over HTTP, as the people see them who use them."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qsl, quote

import pytest
from openpyxl import load_workbook

from crawler.domain.user import Role
from crawler.service.console import app
from crawler.store.exceptions import exemption_of
from crawler.store.subjects import count_listed
from tests.integration.console_house import UPLOADING, Answer, Served, Visitor, console
from tests.integration.console_seeds import seed_alert


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with console(tmp_path_factory.mktemp("registers") / "home") as served:
        seed_alert(served.house, "bank.example.cn", unit="江畔银行股份有限公司", picture=False)
        seed_alert(served.house, "person.example.cn", unit="张三丰", kind="person", picture=False)
        seed_alert(served.house, "there.example.cn", region="310115", picture=False)
        yield served


@pytest.fixture(scope="module")
def ops(house: Served) -> Visitor:
    return house.person("ops", Role.OPS, region="310000")


@pytest.fixture(scope="module")
def officer(house: Served) -> Visitor:
    return house.person("officer", Role.OFFICER)


@pytest.fixture(scope="module")
def supervisor(house: Served) -> Visitor:
    return house.person("boss", Role.OFFICER, Role.SUPERVISOR)


def upload(visitor: Visitor, content: bytes, **fields: str) -> Answer:
    given = {"kind": "licences", "source": "总局", "as_of": "2026-05-01"} | fields
    return visitor.upload("/registers", content, **given)


def test_an_uploaded_register_is_asked_by_name_code_and_domain(
    house: Served, ops: Visitor, officer: Visitor
) -> None:
    text = "名称,统一社会信用代码,许可证编号\n江畔银行股份有限公司,91310118MA1TE5T0XE,B0001\n,,x\n"

    loaded = upload(ops, text.encode("gb18030"))

    assert loaded.status == 303
    told = ops.get("/registers").text
    assert "2 行 = 采用 1 + 合并 0 + 拒绝 1" in told
    assert "1 个网站须重新研判" in told
    for asked in ("江畔银行股份有限公司", "91310118MA1TE5T0XE", "bank.example.cn"):
        page = officer.get(f"/registers?q={quote(asked)}").text
        assert "持牌（持牌范围须人工核对）" in page, asked
    assert list((house.house.run).glob("tmp*")) == []  # nothing of the upload stays behind


@pytest.mark.parametrize(
    ("content", "fields", "says"),
    [
        (b"%PDF-1.7", {}, "PDF"),
        ("域名\na.cn\n".encode(), {}, "缺少“名称”列"),
        ("名称\n甲\n".encode(), {"kind": "nonsense"}, "没有这种名录"),
        ("名称\n甲\n".encode(), {"as_of": "1-1"}, "日期"),
        ("名称\n甲\n".encode(), {"as_of": "2999-01-01"}, "在未来"),
        ("名称\n甲\n".encode(), {"source": ""}, "名录来源"),
        (b"", {}, "空的"),
    ],
)
def test_an_upload_that_is_no_register_is_refused_and_changes_nothing(
    house: Served, ops: Visitor, content: bytes, fields: dict[str, str], says: str
) -> None:
    with house.house.database.reading() as db:
        before = count_listed(db)

    answer = upload(ops, content, **fields)

    assert answer.status == 400
    assert says in answer.text
    with house.house.database.reading() as db:
        assert count_listed(db) == before


def test_a_person_on_a_list_is_shown_masked(ops: Visitor, officer: Visitor) -> None:
    text = "姓名,类型,关注原因\n张三丰,个人,多次举报\n"
    assert upload(ops, text.encode(), kind="watch", source="专班").status == 303

    page = officer.get("/registers?q=person.example.cn").text

    assert "多次举报" in page
    assert "张**" in page
    assert "张三丰" not in page


def test_markup_in_a_register_is_text(ops: Visitor, officer: Visitor) -> None:
    text = "名称,关注原因\n丙公司,<script>alert(1)</script>\n"
    assert upload(ops, text.encode(), kind="watch", source="<b>另").status == 303

    page = officer.get(f"/registers?q={quote('丙公司')}").text
    lists = officer.get("/registers").text

    assert "<script>alert" not in page + lists
    assert "&lt;b&gt;另" in lists


def test_another_district_is_not_told_whose_site_it_is(officer: Visitor) -> None:
    page = officer.get("/registers?q=there.example.cn").text

    assert "云湖颐享养老服务有限公司" not in page


def test_an_exception_is_proposed_by_one_and_approved_by_another(
    house: Served, officer: Visitor, supervisor: Visitor
) -> None:
    wish = {"site": "bank.example.cn", "reason": "持牌存款产品", "days": "90"}

    assert officer.post("/registers/exceptions", wish).status == 303
    waiting = supervisor.get("/registers/exceptions").text
    own = supervisor.post("/registers/exceptions", wish | {"reason": "我自己的"})
    assert own.status == 303
    refused = supervisor.post("/registers/exceptions/2/approve")
    approved = supervisor.post("/registers/exceptions/1/approve")

    assert "持牌存款产品" in waiting
    assert (refused.status, approved.status) == (409, 303)
    assert "不能批准自己提出的例外" in refused.text
    with house.house.database.reading() as db:
        assert exemption_of(db, 1).approved_by == "boss"  # type: ignore[union-attr]
        assert exemption_of(db, 2).approved_at is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "wish",
    [
        {"site": "there.example.cn", "reason": "x", "days": "9"},  # another district's
        {"site": "bank.example.cn", "reason": "", "days": "9"},
        {"site": "bank.example.cn", "reason": "x", "days": "9999"},
        {"site": "bank.example.cn", "reason": "x", "days": "-1"},
        {"site": "bank.example.cn", "reason": "x", "days": "9", "term": "没有命中的词"},
        {"subject": "张三丰", "reason": "x", "days": "9"},  # a person: who else bears the name?
        {"reason": "x", "days": "9"},
    ],
)
def test_a_proposal_that_cannot_be_meant_is_refused(officer: Visitor, wish: dict[str, str]) -> None:
    assert officer.post("/registers/exceptions", wish).status == 400


def test_the_report_shows_ones_own_region_and_comes_as_a_workbook(officer: Visitor) -> None:
    page = officer.get("/statistics?period=2026-05&by=region")
    file = officer.post("/statistics/file", {"period": "2026-05", "file": "xlsx"})

    assert page.status == file.status == 200
    assert "310118 青浦区" in page.text
    assert "310115" not in page.text
    assert 'filename="xunwang-2026-05.xlsx"' in file.headers["content-disposition"]
    assert "预警按区域" in load_workbook(BytesIO(file.body)).sheetnames


@pytest.mark.parametrize(
    "query",
    ["period=2026-13", "period=x%22%0d%0aSet-Cookie:a=b", "by=nonsense", "period=../../etc"],
)
def test_a_report_of_no_period_is_refused(officer: Visitor, query: str) -> None:
    answer = officer.get(f"/statistics?{query}")

    assert answer.status == 400
    assert officer.post("/statistics/file", [*parse_qsl(query), ("file", "exe")]).status == 400
    assert "set-cookie" not in answer.headers


def test_a_register_that_is_too_large_is_not_read(
    ops: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "FORM_S", 0.5)  # what it waits for never comes
    headers = UPLOADING | {"Content-Length": str(10**12)}

    assert ops.ask("POST", "/registers", b"x", headers).status == 413


def test_a_district_changes_no_register_of_the_city(tmp_path: Path) -> None:
    with console(tmp_path / "home") as city:  # 310000
        district = city.person("district", Role.OPS, region="310118")
        dropped = district.post(
            "/registers/drop", {"kind": "credit", "source": "市", "reason": "x"}
        )

    assert (dropped.status, "辖区小于" in dropped.text) == (403, True)
