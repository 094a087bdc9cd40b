"""What makes red, orange, yellow, blue: the field's own examples, and the rules behind them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from crawler.domain.assessment import Assessment, Level, rates_of
from crawler.domain.page import Contact, ContactKind, PageStructure
from lexicons.assessing import assess
from lexicons.judging import Judge
from lexicons.matching import find_hits
from tests.builders import NOON, a_text, a_visit

EXAMPLES = yaml.safe_load((Path(__file__).parent / "seed_examples.yaml").read_text("utf-8"))


def judged(judge: Judge, body: str, structure: PageStructure | None = None) -> Assessment:
    return judge.judge(a_visit(), a_text(body), structure, NOON)


def rules(assessment: Assessment) -> dict[str, float]:
    return {reason.rule: reason.points for reason in assessment.reasons}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one["text"][:16])
def test_an_example_of_the_field_has_its_level_kinds_and_rates(
    judge: Judge, example: dict[str, Any]
) -> None:
    found = judged(judge, example["text"])

    assert found.level == example.get("ours", example["level"])
    assert set(example.get("must", ())) <= set(found.categories)
    assert not set(example.get("must_not", ())) & set(found.categories)
    if "annual_pct" in example:
        assert rates_of(found) == pytest.approx(tuple(example["annual_pct"]))


def test_few_examples_are_excepted_and_each_says_why() -> None:
    excepted = [one for one in EXAMPLES if "ours" in one]

    assert len(excepted) <= 2
    assert all(one["why"] and one["ours"] != one["level"] for one in excepted)


@pytest.mark.parametrize(
    ("why", "red", "not_red"),
    [
        ("guarantee_with_return", "保本保息，年化12%", "理财产品，年化12%"),
        ("guarantee_with_return", "保本保息，年化12%", "保本保息，年化3%"),
        ("guarantee_with_return", "保本保息，年化12%", "售后返租，年租金回报率8%，到期回购"),
        ("leverage", "股票配资，10倍配资，实盘配资", "股票配资，实盘配资"),
        ("leverage", "外汇保证金交易，500倍杠杆，MT4平台", "外汇保证金交易，MT4平台"),
        (
            "leverage",
            "商品期货开户，保证金交易，10倍杠杆",
            "商品期货开户，保证金交易，10倍杠杆。申城期货有限公司",
        ),
        ("small_stake", "票据理财，年化8.5%，100元起投", "票据理财，年化8.5%，10万元起投"),
        ("small_stake", "票据理财，年化8.5%，五百元起投", "票据理财，年化8.5%，10,000元起投"),
        ("guaranteed_trading", "USDT承兑，合约带单，稳赚不赔", "USDT承兑，合约带单，老师带单"),
        ("account_trade", "收银行卡四件套，跑分日结", "床上四件套，跑分测试"),
        ("exorbitant", "原始股认购，年回报48%", "原始股认购，年回报12%"),
    ],
)
def test_each_matter_makes_it_red_and_nothing_does_without_it(
    judge: Judge, why: str, red: str, not_red: str
) -> None:
    assert judged(judge, red).level is Level.RED
    assert f"red:{why}" in rules(judged(judge, red))
    assert judged(judge, not_red).level is not Level.RED
    assert f"red:{why}" not in rules(judged(judge, not_red))


@pytest.mark.parametrize(
    "harmless",
    [
        "警惕“保本保息、年化18%”的骗局，远离非法集资，发现线索请举报",
        "记者获悉，该平台许诺保本保息、年化18%，警方已立案侦查，涉案人员被抓获",
        "法院判决：被告人出租银行卡四件套，为跑分平台转移资金，犯帮助信息网络犯罪活动罪",
        "我行结构性存款，保本浮动收益，年化1.5%-2.8%，1万元起购，理财非存款，产品有风险",
        "证券公司融资融券业务介绍，融资保证金比例不得低于100%，投资有风险，入市需谨慎",
    ],
)
def test_no_rule_of_urgency_makes_an_alert_of_what_is_none(judge: Judge, harmless: str) -> None:
    assert judged(judge, harmless).level in (Level.NONE, Level.BLUE)


def test_a_lone_word_is_watched_until_something_stands_beside_it(judge: Judge) -> None:
    alone = "P·2·P 理财 加V信"
    chat = PageStructure(contacts=(Contact(kind=ContactKind.WECHAT, value="abc12345"),))

    assert judged(judge, alone).level is Level.BLUE
    assert judged(judge, alone + "，年化12%").level in (Level.ORANGE, Level.RED)
    assert "lone_word" not in rules(judged(judge, alone, chat))


def test_a_lesser_kind_is_an_alert_and_with_a_promised_return_no_lesser_one(judge: Judge) -> None:
    lesser = judged(judge, "专业征信修复、征信洗白，包过")
    wealth = judged(judge, "定融产品火热认购中，年化9.2%，国企背景")

    assert lesser.level is Level.YELLOW
    assert "lesser_kind" in rules(lesser)
    assert "lesser_kind" not in rules(wealth)


def test_a_version_of_before_judges_as_it_did(judge: Judge) -> None:
    now = judge.tools
    weights = replace(now.weights, urgency={}, levels={**now.weights.levels, "red": 11})
    before = replace(now, weights=weights)

    text = a_text("银行卡四件套，收款码出租，跑分平台")
    hits = find_hits(text, before.finder)
    found = assess(a_visit(), text, hits, None, before, NOON)

    assert found.level is Level.RED
    assert rules(found)["gravest_kind"] == 3
    assert not any(name.startswith("red:") for name in rules(found))
