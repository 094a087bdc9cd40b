"""In whose voice a page speaks: its own, or one that only mentions a bank."""

import pytest

from lexicons.licences import has_licence_for, is_licensed_name, names_itself_licensed


@pytest.mark.parametrize(
    "text",
    [
        "江畔银行手机银行 为您服务",
        "掌上生活app由江畔银行信用卡官方出品",
        "远山证券股份有限公司 极速开户",
        "近日,江畔银行推出新产品",
        "青禾是银保监会批准设立的持牌消费金融机构",
    ],
)
def test_a_house_that_names_itself_is_told(text: str) -> None:
    assert names_itself_licensed(text)


@pytest.mark.parametrize(
    "text",
    [
        "某某金服正式签约江畔银行资金存管",
        "资金由江畔银行直接存管,平台不碰钱",
        "月息1分,高于银行三倍",
        "凭身份证和银行卡就能借",
        "携手江畔银行,打造安全平台",
        "绑定银行卡 网上保险",
        "钱放银行,不如放我们这儿",
        "存在银行官方利息太低",
    ],
)
def test_a_page_that_only_mentions_one_is_not(text: str) -> None:
    assert not names_itself_licensed(text)


def test_a_subjects_name_tells_what_only_licensed_houses_bear() -> None:
    assert is_licensed_name("江畔银行股份有限公司")
    assert not is_licensed_name("某某网络科技有限公司")
    assert is_licensed_name("江畔理财有限责任公司")
    assert not is_licensed_name("江畔投资理财有限责任公司")


@pytest.mark.parametrize(
    ("category", "name", "licensed"),
    [
        ("forex_margin", "江畔期货有限公司", True),
        ("forex_margin", "江畔贵金属经营有限公司", False),
        ("elderly_care", "江畔养老保险股份有限公司", True),
        ("elderly_care", "江畔养老服务有限公司", False),
        ("payment_laundering", "江畔支付科技有限公司", True),
        ("virtual_currency", "江畔期货有限公司", False),
    ],
)
def test_some_trades_have_a_licensed_house_of_their_own(
    category: str, name: str, licensed: bool
) -> None:
    assert has_licence_for(category, ("", name)) is licensed
