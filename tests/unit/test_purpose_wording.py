"""What the purpose of a page is given as a reason for, it really speaks for."""

import pytest

from crawler.domain.assessment import Side
from lexicons.purpose import Purpose
from lexicons.wording import reason_of_purpose


def a_purpose(offers: tuple[str, ...], informing: float) -> Purpose:
    return Purpose(
        offering=1.0, informing=informing, licensed=0.0, offers=offers, informs=("新闻",),
        licences=(), signs_of_structure=(), is_told=True, factor=1.0,
    )  # fmt: skip


@pytest.mark.parametrize("offers", [(), ("坐享", "首页", "新手")])
@pytest.mark.parametrize("informing", [0.0, 3.0])
def test_a_reason_against_speaks_against(offers: tuple[str, ...], informing: float) -> None:
    reason = reason_of_purpose(a_purpose(offers, informing), -0.53)

    assert reason.side is Side.AGAINST
    assert "面向公众招揽" not in reason.text
    assert any(one in reason.text for one in ("招揽用语少", "未见明确", "提供信息为主"))


@pytest.mark.parametrize("offers", [(), ("坐享",)])
def test_a_reason_for_speaks_for(offers: tuple[str, ...]) -> None:
    reason = reason_of_purpose(a_purpose(offers, 0.0), 0.53)

    assert reason.side is Side.FOR
    assert "招揽" in reason.text
    assert "未见" not in reason.text
