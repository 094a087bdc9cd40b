"""The close reading: what only the tree tells, where it lies, and that nothing is too much."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.page import PageStructure
from crawler.reading.close_text import read_closely, read_without_tree
from crawler.reading.quick_text import read_quickly

CASES = yaml.safe_load(
    (Path(__file__).parents[2] / "quality" / "structure_cases.yaml").read_text("utf-8")
)
OWN = "http://www.a.example.cn/"


def closely(html: str) -> PageStructure:
    return read_closely(html, read_quickly(html), OWN)


def shown(structure: PageStructure, field: str) -> Any:
    """A field as the cases write it."""
    value = getattr(structure, field)
    match field:
        case "cards":
            return [list(card.cells) for card in value]
        case "forms":
            return [f"{form.kind}: {form.button}" for form in value]
        case "contacts":
            return [f"{contact.kind}: {contact.value}" for contact in value]
        case "images":
            return value
    return list(value)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_tree_tells_it(case: Mapping[str, Any]) -> None:
    assert shown(closely(case["html"]), case["field"]) == case["wants"]


def test_without_the_tree_thirty_cases_and_more_go_wrong() -> None:
    wrong = [
        case["id"]
        for case in CASES
        if shown(read_without_tree(read_quickly(case["html"])), case["field"]) != case["wants"]
    ]

    assert len(wrong) >= 30
    assert wrong == [case["id"] for case in CASES]


@pytest.mark.parametrize(
    "case", [c for c in CASES if c["field"] == "cards"], ids=lambda case: case["id"]
)
def test_a_card_lies_where_its_words_are(case: Mapping[str, Any]) -> None:
    text = read_quickly(case["html"])
    heads = {
        "项目",
        "年化收益率",
        "期限",
        "起投金额",
        "预期收益",
        "产品",
        "门槛",
        "收益",
        "档位",
        "日收益",
    }

    for card in read_closely(case["html"], text, OWN).cards:
        own = [cell for cell in card.cells if cell not in heads or "<table" not in case["html"]]
        there = text.field("body")[card.start : card.end]
        assert "".join(there.split()) == "".join("".join(own).split())


@pytest.mark.parametrize(
    ("text", "contacts"),
    [
        ("咨询热线：400-555-0188", ["phone: 4005550188"]),
        ("电话：(021)5555-0188 ", []),
        ("电话：021-55550188", ["phone: 02155550188"]),
        ("手机 138 0000 0000", ["mobile: 13800000000"]),
        ("客服QQ：123456789", ["qq: 123456789"]),
        ("加薇信 abc_12345 领取", ["wechat: abc_12345"]),
        ("V信：abc12345", ["wechat: abc12345"]),
        ("微信同号 13800000000", ["mobile: 13800000000", "wechat: 13800000000"]),
        ("邮箱 kefu@a.example.cn", ["email: kefu@a.example.cn"]),
        ("电报群 @some_group", ["telegram: some_group"]),
        ("电话 [电话] 微信 [微信]", ["phone: [电话]", "wechat: [微信]"]),
        ("身份证 310118199001011234", []),
        ("订单 20260512138000000001", []),
        ("微信支付，安全便捷", []),
    ],
)
def test_contacts_are_read_from_the_words(text: str, contacts: list[str]) -> None:
    assert shown(closely(f"<p>{text}</p>"), "contacts") == contacts


@pytest.mark.parametrize(
    ("text", "bylines"),
    [
        ("来源：某某日报", ["来源：某某日报"]),
        ("2026-05-12 10:30", ["2026-05-12 10:30"]),
        ("（2020）沪01刑初12号", ["（2020）沪01刑初12号"]),
        ("（记者 张某 李某）", ["（记者 张某 李某）"]),
        ("新华社上海5月12日电", ["新华社上海5月12日电"]),
        ("沪府办规〔2024〕12号", ["沪府办规〔2024〕12号"]),
        ("收益来源广泛", []),
        ("2026-05-12 新标上线", []),
    ],
)
def test_bylines_are_read_from_the_words(text: str, bylines: list[str]) -> None:
    assert shown(closely(f"<p>{text}</p>"), "bylines") == bylines


@given(st.text(alphabet=st.sampled_from(list("<>/=\"'ab \n&#;保td-!x1%")), max_size=120))
def test_no_page_is_too_broken(html: str) -> None:
    closely(html)


def test_the_ratio_tells_words_from_source() -> None:
    assert closely("<p>保本保息</p>").text_ratio == pytest.approx(4 / 11, abs=1e-3)


@pytest.mark.slow
@pytest.mark.fault("W32")
@pytest.mark.parametrize(
    "html",
    [
        "<div><p>甲</p><p>8%</p></div>" * 150_000,
        "<form><input name=a><a class=btn href=//b.example/>x</a></form><input>" * 50_000,
        "<td>1" * 300_000,
        "<div class=a>" * 4_000 + "<b>1</b>" * 20_000,
        "<p>" + "保本保息 " * 1_000_000,
        "13800000000 " * 400_000,
        "有限公司" * 800_000,
    ],
    ids=["boxes", "entries", "cells", "nested", "text", "numbers", "companies"],
)
def test_an_endless_page_costs_no_minute(html: str) -> None:
    text = read_quickly(html)
    start = time.process_time()

    read_closely(html, text, OWN)

    assert time.process_time() - start < 12
