"""Rates in household words: every form with every sum, and sums that are
no rate.
"""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.assessment import Track
from lexicons.numbers import spoken
from lexicons.yields import find_yields

YEARLY = {"天": 365.0, "月": 12.0, "季": 4.0, "年": 1.0}
# as it is said, and how many yuan that are
STAKES = [
    ("一万", 10_000),
    ("1万", 10_000),
    ("两万五", 25_000),
    ("十万", 100_000),
    ("30万元", 300_000),
]
PAID_EACH = [
    ("一天", "天"),
    ("每天", "天"),
    ("一个月", "月"),
    ("每个月", "月"),
    ("每个季度", "季"),
    ("一年", "年"),
    ("每年", "年"),
]
BACK = [("三百", 300), ("500块", 500), ("一千二", 1_200), ("1500元", 1_500)]
SUMS = [
    "投{stake}{each}给您{back}",
    "存{stake},{each}拿{back}",
    "放{stake}在我们这,{each}打给你{back}",
    "拿{stake}出来,{each}返{back}到卡里",
    "{stake}本金,{each}到账{back}",
    "押{stake},{each}赚{back}",
    "每份{stake}，每份{each}发{back}",
    "入股{stake},{each}分红{back}",
    "存款{stake}{each}利息{back}",
]
SHARES = [
    ("3%", 3),
    ("百分之三", 3),
    ("三个点", 3),
    ("3个点", 3),
    ("千分之八", 0.8),
    ("一成", 10),
    ("一成半", 15),
]
OF_SHARES = [
    "本金{each}返{share}",
    "投进来{each}给您{share}",
    "{each}不低于投资款{share}的分红",
    "资金{each}净赚{share}",
    "{each}领取货款{share}的收益",
]
TERMS = [("180天", 180), ("六个月", 182.5), ("10天", 10), ("三年", 1_095), ("90 天", 90)]
AFTER = [
    "投{stake}，{term}后拿回{back}",
    "存{stake},满{term}退{back}",
    "{stake}投进去,{term}到期得{back}",
]
MORE = [("十二万", 120_000, "十万", 100_000), ("13200元", 13_200, "1.2万", 12_000)]


def promised(text: str) -> list[float]:
    found = find_yields("body", text)
    assert {one.track for one in found} <= {Track.BAIT}
    return sorted({end for one in found for end in (one.annual_low, one.annual_high) if end})


@pytest.mark.parametrize("form", SUMS)
@pytest.mark.parametrize("each", PAID_EACH)
def test_a_sum_paid_again_and_again(form: str, each: tuple[str, str]) -> None:
    for (stake, paid), (back, gain) in product(STAKES, BACK):
        text = form.format(stake=stake, each=each[0], back=back)

        expected = gain / paid * 100 * YEARLY[each[1]]
        if expected < 1:  # less than any bank pays
            continue
        assert promised(text) == pytest.approx([expected], rel=1e-4), text


@pytest.mark.parametrize("form", OF_SHARES)
@pytest.mark.parametrize("each", PAID_EACH)
def test_a_share_paid_again_and_again(form: str, each: tuple[str, str]) -> None:
    for said, share in SHARES:
        text = form.format(each=each[0], share=said)

        assert promised(text) == pytest.approx([share * YEARLY[each[1]]], rel=1e-4), text


@pytest.mark.parametrize("form", AFTER)
@pytest.mark.parametrize("term", TERMS)
def test_more_is_paid_back_after_a_term(form: str, term: tuple[str, float]) -> None:
    for back, gain, stake, paid in MORE:
        text = form.format(stake=stake, term=term[0], back=back)

        expected = (gain / paid - 1) * 100 * 365 / term[1]
        assert promised(text) == pytest.approx([expected], rel=1e-3), text


@pytest.mark.parametrize(
    ("text", "annual"),
    [
        ("签约即返三年租金：第一年8%，第二年9%，第三年10%", [8, 9, 10]),
        ("等 10 天配对，收回来时连本带利一共 115%", [547.5]),
        ("养殖周期 180天\n认养价 12,000元/头\n出栏回款 13,200元/头", [20.2778]),
        ("每坛 8.8 万元。满一年，酒厂按每坛 10.56 万元回收；满两年按 13 万元回收", [20, 23.8636]),
        ("Pool\t锁仓\tAPY\t起投\nUSDT\t随存随取\t28%\t100U\nNOVA\t90天\t36%\t500U", [28, 36]),
        ("金额\t12个月\t24个月\n10-50万\t8.5%\t8.8%\n50万以上\t8.8%\t9.0%", [8.5, 8.8, 9]),
        ("社员存款\n三个月\t4厘/月\n一年\t6厘/月", [4.8, 7.2]),
        ("留一张交三万八。\n还没住进来的日子，每三个月补给您一千一百四", [12]),
        (
            "档\t一次缴\t每月康养金\t期满\n银杏\t5 万\t500 元\t退 5 万\n白鹤\t10 万\t1100 元\t退",
            [12, 13.2],
        ),
        ("一柜 6800 元，三柜起订\n柜主坐等分钱：平均每柜每天 18 元", [96.6176]),
        ("一辆 3980。每辆一个月给您 320，打到卡里", [96.4824]),
        ("买茶存我这，满一年我们加一成二收", [12]),
        ("上不了市，公司按每年 10 个点连本退", [10]),
        ("持股满一年未挂牌，由实控人按 1.15 倍收购", [15]),
        ("十五天后别人帮您，帮 1000 得 1300", [730]),
        ("十万放一年，每个月准时 900 块，到日子本金一分不差", [10.8]),
        ("入股社员存钱：三个月 4.2，半年 5.4，一年 7.2，两年 8.4（%）。", [4.2, 5.4, 7.2, 8.4]),
        ("一年期满按本金的115%赎回，保本", [15]),
        ("收益稳，半年按投资额的 108% 返还", [16]),
        ("一年翻一番，财富滚滚来", []),
        ("出资1万元，分账周期7天，每期收益800-1500元", [417.142857]),
        ("投资1万元，每轮返1100元，周期为15天", [267.666667]),
        ("投入1万元，每7天分账800元", [417.142857]),
    ],
)
def test_other_ways_to_say_it(text: str, annual: list[float]) -> None:
    assert promised(text) == pytest.approx(annual)
    assert find_yields("body", text)


@pytest.mark.parametrize(
    "text",
    [
        "押一付三，每月1.2万元",
        "12期免息，月供 333.25 元",
        "首年980元，次年580元",
        "学费每年9800元",
        "月薪6500–8000元，每月15日发放",
        "日薪200-800元",
        "返费3000元（满45天打卡）",
        "每年缴费一万，保障三十万",
        "交一万押金，每月房租三千",
        "年产量12万吨",
        "每年投入100万元，培训学员3000人",
        "产值一年翻一番",
        "五年收入翻番",
        "每天3000步",
        "每两年递增5%",
        "每股分红 780 元",
        "每10股派2.5元",
        "充1000送100",
        "下降3个百分点",
        "上午9个点",
        "三分甜",
        "一分钱一分货",
        "比分3:1",
        "考试得分98分",
        "进度 80%",
        "每年交 1 万元，交 10 年，60 岁起每年领取 6200 元",
        "出借给我们，预期年化6 个月先息后本满标 41%",
        "收益每日自动入账，可提现 70%",
        "自投资金约3.5万元，一年发电约1.1万度",
        "预存 600 元话费，每月返 50 元话费",
        "每天前三成客户满意",
        "借一万，一天利息十块",
        "贷款十万，每月还三千",
        "平台每天拿出营业额的30%",
        "年龄满18周岁",
        "销售额三年翻两番",
        "电话 400-860-0000",
        "原价399元，现价299元",
        "打八五折",
        "第一年租金8万，第二年9万",
        "投入1万元，每期返800元",  # nobody says how long that is
        "分期付款1万元，每期还款900元，周期12个月",
        "福彩投注2元，开奖周期1天，每期奖池800万元",
        "每期培训收入1万元学费，周期7天，每期收30人",
        "金价每年涨6%，一克工费12元",
    ],
)
def test_sums_and_periods_of_other_things(text: str) -> None:
    assert promised(text) == []
    assert not any(one.annual_low is None for one in find_yields("body", text))


@pytest.mark.parametrize(
    "text",
    [
        "利息高，0天冻结期，3%起",
        "存 4 万，每0天收 500 元",
        "认购 5000 元满0天拿 6000 元",
        "投一万，每 0 个月领 300 元",
        "收益满0周，一周5%",
    ],
)
def test_a_period_of_nothing_is_none(text: str) -> None:
    find_yields("body", text)  # the page is read to its end, by whoever wrote it to stop us


PIECES = (
    *"0123456789零一二三半十百千万亿年月日天周季每按第满后共投存返给领拿收益利息本金元%点分厘倍",
    *(
        "连本带利",
        "年化",
        "月息",
        "回购",
        "个月",
        "\n",
        "\t",
        "，",
        "。",
        "-",
        "+",
        ".",
        "¦",
        " ",
        "：",
    ),
)


@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_any_soup_of_sums_and_periods_is_read_to_its_end(pieces: list[str]) -> None:
    for one in find_yields("body", "".join(pieces)):
        assert one.annual_low is None or 0 < one.annual_low <= (one.annual_high or 0)


@pytest.mark.parametrize(
    ("said", "yuan"),
    [
        ("一万二", 12_000),
        ("两百五", 250),
        ("十一万二", 112_000),
        ("三万五千六", 35_600),
        ("一万零五百", 10_500),
        ("一百二十万", 1_200_000),
        ("三十", 30),
        ("一万二千", 12_000),
    ],
)
def test_sums_as_they_are_said(said: str, yuan: float) -> None:
    assert spoken(said) == yuan
