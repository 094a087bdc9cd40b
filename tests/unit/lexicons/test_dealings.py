"""A deal is known by who pays in and who pays out, whatever is sold."""

import pytest

from lexicons.judging import Judge
from lexicons.normalising import normal_form

_DEALS = [
    ("交8.8万元预留房号，每年给您9600元旅居金。", ("<投入>", "<按期给钱>")),
    ("认养一头小牛9800元，十个月后公司收走。", ("<投入>", "<由我收回>")),
    ("闲钱放半年，一万给四百，放一年一万给一千。急用提前说一声。",
     ("<每万给>", "<分档给>", "<随时取走>")),
    ("会籍金¥58,000，期满会籍金一次性退还。", ("<定价>", "<拿回本钱>")),
    ("机器人租金¥2,000，每天产出¥10，租期届满租金全额退回。",
     ("<定价>", "<按期给钱>", "<拿回本钱>")),
    ("一台29800元，机器我们摆，保底每月1200元。", ("<投入>", "<按期给钱>", "<不必动手>")),
    ("投入三万，五年后把本金拿回去。", ("<投入>", "<拿回本钱>")),
    ("买399护肤套盒，朋友进来您拿10%。", ("<定价>", "<下层有份>")),
    ("60天，给您6.9；120天，7.6", ("<存期利数>",)),
    ("您拿2万，我们再给20万，凑成22万。", ("<配给本钱>",)),
    ("高手开仓你也开仓，最低500美金入场。", ("<代为买卖>", "<入金即赠>")),
    ("放款前请先交会员费，解锁款另付。", ("<先交后放>",)),
    ("先垫3000元，24小时到账3360元。", ("<垫付返还>",)),
    ("先放 500，二十分钟回 650。", ("<垫付返还>",)),
    ("猜中拿八成，猜错归零。", ("<猜涨跌>",)),
    ("一箱12000元，满一年我们加一成五收。", ("<投入>", "<由我收回>")),
    ("十万放一年，每个月准时900块，到日子本金一分不差。", ("<按期给钱>", "<拿回本钱>")),
    ("平台给五百倍，进多少送两成，跟我单一键复制。",
     ("<倍数杠杆>", "<入金即赠>", "<代为买卖>")),
]  # fmt: skip
_NO_DEALS = [
    ("储值500元送50元，会员价九折。", ("<按期给钱>", "<拿回本钱>", "<由我收回>")),
    ("每月发放工资6000元，五险一金。", ("<按期给钱>", "<拿回本钱>")),
    ("一年期2.0%，三年期2.45%，提前支取按活期计息。", ("<存期利数>",)),
    ("每天每平方3.8元，免租期两个月。", ("<按期给钱>", "<拿回本钱>")),
    ("借款1万元，每月还款900元。", ("<按期给钱>", "<每万给>")),
    ("押金1万元，退住时无息退还。", ("<拿回本钱>",)),
    ("会员店¥199，储值卡不计息，保证金合同期满退还。", ("<按期给钱>", "<拿回本钱>")),
    ("充648返6480元宝。", ("<垫付返还>",)),
    ("先垫付200元医药费，凭票报销180元。", ("<垫付返还>",)),
    ("猜中拿双倍金币，猜错扣一点体力。", ("<猜涨跌>",)),
    ("溶液按1:1000稀释。", ("<代为买卖>", "<配给本钱>")),
]


@pytest.mark.parametrize(("text", "ways"), _DEALS)
def test_a_deal_is_seen_in_harmless_words(judge: Judge, text: str, ways: tuple[str, ...]) -> None:
    found = judge.tools.vocabulary.signs(normal_form(text)).found
    assert [way for way in ways if way not in found] == []


@pytest.mark.parametrize(("text", "ways"), _NO_DEALS)
def test_what_shops_employers_and_banks_say_is_no_deal(
    judge: Judge, text: str, ways: tuple[str, ...]
) -> None:
    found = judge.tools.vocabulary.signs(normal_form(text)).found
    assert [way for way in ways if way in found] == []


def test_a_long_hostile_text_is_read_in_bounded_time(judge: Judge) -> None:
    text = "交1万元" + "每月给" * 30_000 + "1" * 10_000
    assert "<投入>" in judge.tools.vocabulary.signs(text).found
