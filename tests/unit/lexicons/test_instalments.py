"""A stake that comes back in parts is no gain; interest beside it is."""

import pytest

from lexicons.yields import find_yields


@pytest.mark.parametrize(
    ("said", "annual"),
    [
        ("投1万，每天返100，返120天", 60.83),
        ("充3000每天返50元，返90天", 202.78),
        ("投资5万元，每月返利2000元，连返36个月", 14.67),
        ("投资1万元，每月返500元，返24期", 10.0),
        ("投1万每月返300元，返12个月，到期退还本金", 36.0),
        ("存10万每月领1000元，领12个月后本金退还", 12.0),
        ("投资5万元，每月返利2000元，连返36个月，到期还本", 48.0),
        ("投资1万元，每月返500元", 60.0),
    ],
)
def test_only_what_comes_beyond_the_stake_is_gain(said: str, annual: float) -> None:
    (found,) = find_yields("body", said)

    assert found.annual_high == pytest.approx(annual, abs=0.01)


@pytest.mark.parametrize(
    ("said", "annual"), [("月化 2.5%", 30.0), ("周化1.5%", 78.0), ("静态收益日1.5%", 547.5)]
)
def test_a_rate_by_month_week_and_day_needs_no_other_word(said: str, annual: float) -> None:
    assert [one.annual_high for one in find_yields("body", said)] == [annual]
