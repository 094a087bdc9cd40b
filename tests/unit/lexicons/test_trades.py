"""Who sells software, a game or a course speaks of money and takes none; who only opens like one
of them gains nothing by it.
"""

import pytest

from crawler.domain.assessment import Assessment, Level, at_least
from crawler.domain.page import Form, FormKind, PageStructure
from lexicons.judging import Judge
from tests.builders import NOON, a_text, a_visit

SOLD = {
    "lending_source": (
        "软件",
        "P2P网贷系统源码、众筹系统源码、区块链交易所系统搭建，PHP+Java双版本。功能模"
        "块：散标、债权转让、自动投标、新手标、加息券、红包、资"
        "金存管接口、后台对账。系统演示站账号demo，前台年化收益率可在后台设置为 8%-15"
        "%。购买源码送一年技术支持，含部署文档。本公司只提供软"
        "件开发服务，不参与任何平台运营，不提供任何投资理财服务。",
    ),
    "trading_game": (
        "游戏",
        "股神养成记——一款真实行情驱动的模拟炒股游戏。初始资金100万虚拟币，杠杆最高10"
        "倍，爆仓也不怕，重新开局！每周大赛收益率排行榜，冠军收益率"
        " 312%。全部为虚拟资金，不涉及真实交易，不提供任何投资建议。应用商店下载。适"
        "龄提示12+。",
    ),
    "finance_course": (
        "课程",
        "《互联网金融》课程教学大纲。学分：3。第一章 互联网金融概论；第二章 网络借贷"
        "：P2P的运营模式、风险备付金、债权转让与资金池；第三章 股权"
        "众筹；第四章 虚拟货币与ICO：代币、挖矿、质押；第五章 数字人民币；第六章 非法"
        "集资案例：庞氏骗局年化 20% 的承诺。考核方式：平时成绩"
        "30%，期末考试70%。教材：《互联网金融学》。",
    ),
    "chain_mall": (
        "软件",
        "区块链积分商城系统开发：数字藏品发行、盲盒、合成、寄售、空投功能；支持二次开"
        "发，源码交付，演示站可申请账号。我们只提供技术服务，不参与运营，"
        "客户须自行取得资质。",
    ),
    "staking_board": (
        "软件",
        "staking-dashboard：开源质押看板。npm install，github star 1.2k。支持显示验证"
        "人 APR 8%-1"
        "4%、每日奖励、解锁周期。更新日志 v2.3：修复测试网RPC问题。接口文档见wiki。",
    ),
    "estate_game": (
        "游戏",
        "财富自由桌游模拟器：单机经营，买房收租、股票分红、贷款买地，先还清负债者胜。"
        "游戏内均为虚拟货币，不可兑换。排行榜、成就、关卡编辑器。",
    ),
    "bank_exam": (
        "课程",
        "银行从业资格考试大纲解读：第三章 个人理财：保本型产品、年化收益率的计算、70"
        "法则（年化7.2%十年翻一番）。习题与答案，课时20，学费59"
        "9元。",
    ),
}
OFFERED = [
    "智能量化系统APP开发团队倾力打造 量化机器人全自动炒币 每日收益1.5%-3% 充值100U起 "
    "邀请好友返佣10% 本金随时提现 技术支持"
    " 案例 解决方案",
    "P2P系统平台：新手标预期年化15% 本息保障 100元起投 系统安全 技术支持 客户案例 立即注册领红包",
    "USDT交易所软件官方下载 质押挖矿 年化36% 稳定收益 只涨不跌 客服在线 更新日志 技术"
    "服务 邀请三级奖励",
    "数字资产管理系统 私募份额 季度付息3% 到期还本 国资背景 定融产品募集中 100万起 解"
    "决方案 机构客户",
    "理财课程大纲：第一章 认识我们的养老项目 第二章 存5万每年补贴6000元 到期全额退本 "
    "报名送鸡蛋 名额有限",
    "股票实战课程介绍：学费0元，老师带单，周周抓涨停，跟上老师操作月收益30%以上，不翻"
    "倍退学费，课时、教材免费送，添加助理进群",
]


def judged(judge: Judge, body: str, structure: PageStructure | None = None) -> Assessment:
    return judge.judge(a_visit(), a_text(body), structure, NOON)


def trade(assessment: Assessment) -> str:
    return next((one.text for one in assessment.reasons if one.rule == "trade"), "")


@pytest.mark.parametrize("sold", SOLD)
def test_what_is_sold_is_no_offer(judge: Judge, sold: str) -> None:
    _, body = SOLD[sold]

    assert not at_least(judged(judge, body).level, Level.YELLOW)


def test_the_trade_is_told_with_the_words_that_tell_it(judge: Judge) -> None:
    name, body = SOLD["lending_source"]

    assert trade(judged(judge, body)).startswith(f"页面介绍的是{name}（")
    assert "源码" in trade(judged(judge, body))


@pytest.mark.parametrize("body", OFFERED)
def test_who_opens_like_one_and_offers_still_rings(judge: Judge, body: str) -> None:
    assert at_least(judged(judge, body).level, Level.YELLOW)


@pytest.mark.parametrize("kind", [FormKind.INVEST, FormKind.LOAN])
def test_a_form_to_invest_or_borrow_is_no_part_of_a_trade(judge: Judge, kind: FormKind) -> None:
    _, body = SOLD["lending_source"]

    with_form = judged(judge, body, PageStructure(forms=(Form(kind=kind, button="立即参与"),)))

    assert not trade(with_form)
    assert at_least(with_form.level, Level.YELLOW)
