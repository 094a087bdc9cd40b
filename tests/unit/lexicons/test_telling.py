"""A slogan silences no offer, and what nobody sees says nothing; a report stays a report."""

from datetime import UTC, datetime

import pytest

from crawler.domain.assessment import Assessment, Level, at_least
from crawler.domain.capture import Field, PageText
from crawler.reading.close_text import read_closely
from crawler.reading.quick_text import read_quickly
from crawler.service.wiring import LEXICONS
from lexicons.judging import Judge
from lexicons.reading import read_fields
from lexicons.telling import slogans_of
from tests.builders import a_visit
from tests.quality.corpora import SLOGANS

AT = datetime(2026, 1, 1, tzinfo=UTC)
SLOGAN = "警惕非法集资，远离高息诱惑，本站提醒您增强防范意识。"
NEWS = (
    "近日，记者从公安局获悉，犯罪嫌疑人被判处有期徒刑，受害人报案。律师提醒：请警惕非法集资，"
    "远离高息诱惑。"
)
LICENCE = "本行经国家金融监督管理总局批准设立，持有基金销售业务资格，证监会核准，公募基金管理人。"
OFFERS = {
    "shop": "<h1>消费全返</h1><p>在平台消费 1000 元即获 1000 积分，"
    "每日释放千分之五，直至全额返还。</p>"
    "<p>升级为市级代理，享受区域内全部消费 3% 的永久分红，推荐三人出局拿回全部本金。</p>",
    "lender": "<h1>稳健增值</h1><div><h3>月月盈</h3><p>预期年化 12.8%，按月付息，到期还本</p></div>"
    "<p>资金由第三方托管，本息全额保障。现在注册即送 888 元体验金，邀请好友再得 1% 返利。</p>",
    "stock": "<h1>Pre-IPO 原始股认购</h1><p>目标公司计划登陆科创板，"
    "现释放 500 万股，1 万股起认购。</p>"
    "<p>若两年内未上市，由大股东按年息 10% 回购。认购热线 400-800-1234，额满即止。</p>",
}


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(LEXICONS, tmp_path_factory.mktemp("cache"))


def judged(judge: Judge, body: str, title: str = "") -> Assessment:
    html = f"<title>{title}</title><body>{body}</body>"
    text = read_quickly(html)
    return judge.judge(a_visit(), text, read_closely(html, text, "http://a.cn/"), AT)


@pytest.mark.parametrize("offer", OFFERS)
def test_a_slogan_under_an_offer_leaves_it_an_alert(judge: Judge, offer: str) -> None:
    assert at_least(judged(judge, f"{OFFERS[offer]}<p>{SLOGAN}</p>").level, Level.YELLOW)


@pytest.mark.parametrize("lines", SLOGANS)
@pytest.mark.parametrize("offer", OFFERS)
def test_whatever_informs_under_an_offer_leaves_it_an_alert(
    judge: Judge, offer: str, lines: str
) -> None:
    padded = OFFERS[offer] + "".join(f"<p>{line}</p>" for line in SLOGANS[lines])
    assert at_least(judged(judge, padded).level, Level.YELLOW)


def test_slogans_stand_over_or_under_what_is_offered_and_say_nothing_of_the_house(
    judge: Judge,
) -> None:
    lines = ("警惕诈骗", "认养一头牛", "记者走访", "每月返利", "客户案例", "远离非法集资")
    text = PageText(
        fields=(Field(name="title", text="防骗"), Field(name="body", text="\n".join(lines)))
    )
    fields = read_fields(text, judge.tools)
    body = fields["body"].normal.text
    offered = [("body", body.index("认养")), ("body", body.index("每月"))]

    padding = slogans_of(fields, offered, judge.tools.weights.purpose)

    assert padding == {("body", 0), ("body", 5)}


@pytest.mark.parametrize("unseen", [SLOGAN * 100, NEWS, LICENCE])
@pytest.mark.parametrize("offer", OFFERS)
def test_what_no_visitor_sees_speaks_for_nobody(judge: Judge, offer: str, unseen: str) -> None:
    alone = judged(judge, OFFERS[offer])
    stuffed = judged(judge, f"{OFFERS[offer]}<div style='display:none'>{unseen}</div>")

    assert stuffed.score >= alone.score - 2.5
    assert at_least(stuffed.level, Level.YELLOW)


def test_a_report_of_the_same_offer_rings_nobody(judge: Judge) -> None:
    told = (
        "<p>近日，某法院公开宣判一起非法吸收公众存款案。</p><p>经审理查明，被告人以消费全返为诱饵，"
        "承诺每日释放千分之五、直至全额返还，向社会公众募集资金，被判处有期徒刑五年。</p>"
        "<p>法官提醒：月收益稳定在 20%、亏损包赔都是骗局，请远离非法集资。</p>"
    )
    assert not at_least(judged(judge, told, "法官说法").level, Level.YELLOW)
