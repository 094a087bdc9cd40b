"""Loan rates beside their limits, thin pages, reports: each a reason of its own."""

import pytest

from crawler.domain.assessment import Assessment
from crawler.domain.page import Form, FormKind, PageStructure
from lexicons.judging import Judge
from tests.builders import NOON, a_text, a_visit

LOAN_FORM = PageStructure(forms=(Form(kind=FormKind.LOAN, button="立即拿钱"),))


def judged(judge: Judge, body: str, structure: PageStructure | None = None) -> Assessment:
    return judge.judge(a_visit(), a_text(body), structure, NOON)


def reason(judge: Judge, body: str, rule: str, structure: PageStructure | None = None) -> str:
    found = judged(judge, body, structure).reasons
    return next((one.text for one in found if one.rule == rule), "")


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        ("个人借款，日息0.3%，凭身份证放款，不看征信", "高于36%"),
        ("个人借款，月利率2.5%，凭身份证放款，不看征信", "高于24%"),
        ("个人借款，年利率18%，凭身份证放款，不看征信", "LPR 的 4 倍（12%，LPR 取 2025-05-20）"),
    ],
)
def test_a_loan_rate_over_a_limit_is_a_reason_and_no_bait(
    judge: Judge, body: str, limit: str
) -> None:
    assert limit in reason(judge, body, "loan_limits")
    assert reason(judge, body, "rates_promised") == ""


def test_a_modest_loan_rate_is_no_reason(judge: Judge) -> None:
    assert reason(judge, "个人借款，年利率7.2%，不看征信，凭身份证放款", "loan_limits") == ""


def test_a_page_with_hardly_a_word_and_a_form_must_be_seen(judge: Judge) -> None:
    body = "刷脸就能借 黑户可贷"

    with_form = judged(judge, body, LOAN_FORM)

    assert "几乎没有文字" in reason(judge, body, "thin_page", LOAN_FORM)
    assert with_form.score > judged(judge, body, PageStructure()).score


def test_a_form_beside_enough_words_is_no_thin_page(judge: Judge) -> None:
    body = "刷脸就能借 黑户可贷。" + "本公司生产轴承，欢迎来电。" * 20

    assert reason(judge, body, "thin_page", LOAN_FORM) == ""


def test_a_report_is_told_by_all_it_says_unless_it_asks_for_money(judge: Judge) -> None:
    report = (
        "本报讯（记者 陈晨）近日，运营五年的平台发布公告称将停止发标，投资人待收本金约12.7亿元。"
        "该平台此前宣传历史年化9.6%–13.8%、注册送红包、银行存管。业内人士表示，监管明确网贷机构"
        "不得承诺保本保息。监管部门回应称，公司涉嫌非法吸收公众存款，整改尚未完成。责任编辑：刘洋"
    )
    after = report + "警方已立案侦查。"

    assert "报道" in reason(judge, report, "report")
    assert "出事以后" in reason(judge, after, "aftermath")
    assert reason(judge, report, "report", LOAN_FORM) == ""
    assert reason(judge, after, "aftermath", LOAN_FORM) == ""


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("推荐三位好友，每位奖 500 元", "<推荐得钱>"),
        ("三年后全额退款", "<全额退本>"),
        ("涨了归您，跌了不亏", "<涨跌不亏>"),
        ("赚了再分", "<盈利分成>"),
        ("须缴纳认证金 3,000 元", "<先缴费>"),
        ("手续费 8 个点", "<收费套现>"),
        ("分 500 天返还", "<分期返还>"),
        ("存入 3 万元，每季补贴", "<存钱得利>"),
    ],
)
def test_ways_of_speaking_of_money_are_found_from_their_words(
    judge: Judge, text: str, way: str
) -> None:
    assert judge.tools.vocabulary.claim_signs(text).of_words({way})


@pytest.mark.parametrize(
    "text", ["推荐阅读：三位作家的书", "门票全额退款须提前一天", "涨价通知", "手续费 0.1%"]
)
def test_everyday_words_are_no_way_of_speaking_of_money(judge: Judge, text: str) -> None:
    ways = {"<推荐得钱>", "<全额退本>", "<涨跌不亏>", "<收费套现>"}
    assert not judge.tools.vocabulary.claim_signs(text).of_words(ways)
