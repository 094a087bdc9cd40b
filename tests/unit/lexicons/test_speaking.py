"""Who tells what came after a fraud collects no money; who offers to get it back may."""

import pytest

from crawler.domain.assessment import Assessment, Level, at_least
from crawler.domain.capture import Field, PageText
from crawler.domain.page import Form, FormKind, PageStructure
from lexicons.judging import Judge
from tests.builders import NOON, a_text, a_visit

DEAL = "投入5000元每天返75元，拉一人奖200元，年化收益率540%。"
AFTER = "上个月起提现一直不动，业务员联系不上，我们已经到派出所报案。"


def judged(judge: Judge, body: str, structure: PageStructure | None = None) -> Assessment:
    return judge.judge(a_visit(), a_text(body), structure, NOON)


def rules(assessment: Assessment) -> set[str]:
    return {reason.rule for reason in assessment.reasons}


def test_what_came_after_makes_a_complaint_of_the_same_deal(judge: Judge) -> None:
    complaint = judged(judge, DEAL + AFTER)

    assert complaint.score < 0.6 * judged(judge, DEAL).score
    assert "aftermath" in rules(complaint)


@pytest.mark.parametrize(
    "body",
    [
        DEAL + "平台从未无法提现，从未被人报案。",
        "被骗的钱报案没用？杀猪盘、外汇平台无法提现都能追回，不成功不收费，先交保证金，加微信。",
    ],
)
def test_denied_or_said_to_victims_it_excuses_nothing(judge: Judge, body: str) -> None:
    assessment = judged(judge, body)

    assert at_least(assessment.level, Level.YELLOW)
    assert "aftermath" not in rules(assessment)


def test_a_page_that_asks_for_money_is_no_complaint(judge: Judge) -> None:
    form = PageStructure(forms=(Form(kind=FormKind.INVEST),))

    assert "aftermath" not in rules(judged(judge, DEAL + AFTER, form))


def test_a_deposit_of_a_bank_is_safe_without_a_rate_and_no_bait_is(judge: Judge) -> None:
    bank = "江畔农商银行 享存通\n手机银行办理 本息安全 零风险 随存随取 提前支取靠档计息"
    deposit = judged(judge, bank + "\n储蓄存款产品 个人定期存款")

    assert not at_least(deposit.level, Level.YELLOW)
    assert at_least(judged(judge, bank + "\n定期存款 年化8.8% 名额有限").level, Level.YELLOW)


@pytest.mark.parametrize("title", ["《互联网金融》课程大纲", "在线利息计算器", "这个存茶靠谱吗？"])
def test_a_title_that_teaches_or_asks_tells_what_the_page_is_for(judge: Judge, title: str) -> None:
    body = "存10万元茶叶，每月收益1.8%，一年后原价收回。公式：利息等于本金乘利率。"
    page = PageText(fields=(Field(name="title", text=title), Field(name="body", text=body)))
    other = PageText(fields=(Field(name="title", text="古道茶仓"), Field(name="body", text=body)))

    taught = judge.judge(a_visit(), page, None, NOON)

    assert taught.score < 0.8 * judge.judge(a_visit(), other, None, NOON).score
