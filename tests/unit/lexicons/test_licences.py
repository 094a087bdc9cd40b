"""In whose voice a page speaks: its own, or one that only mentions a bank."""

import pytest

from lexicons.licences import is_licensed_name, names_itself_licensed


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
    ],
)
def test_a_page_that_only_mentions_one_is_not(text: str) -> None:
    assert not names_itself_licensed(text)


def test_a_subjects_name_tells_what_only_licensed_houses_bear() -> None:
    assert is_licensed_name("江畔银行股份有限公司")
    assert not is_licensed_name("某某网络科技有限公司")
