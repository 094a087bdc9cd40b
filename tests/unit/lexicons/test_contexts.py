"""What stands around a word decides what it means: denied, forbidden, warned of, reported."""

from pathlib import Path

import pytest
import yaml

from crawler.domain.assessment import Assessment
from crawler.domain.errors import BadInput
from lexicons.assessing import Findings, find
from lexicons.judging import Judge
from lexicons.matching import find_hits
from lexicons.phrases import read_friends
from tests.builders import NOON, a_text, a_visit

SENTENCES = yaml.safe_load(
    (Path(__file__).parents[2] / "quality" / "boundaries.yaml").read_text("utf-8")
)["cases"]


def found_on(judge: Judge, body: str) -> Findings:
    text = a_text(body)
    return find(a_visit(), text, find_hits(text, judge.tools.finder), None, judge.tools)


def points_of(judge: Judge, body: str, word: str) -> float:
    weighed = found_on(judge, body).weighed
    return max((one.points for one in weighed if one.hit.word == word), default=0.0)


def judged(judge: Judge, body: str) -> Assessment:
    return judge.judge(a_visit(), a_text(body), None, NOON)


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: case["text"][:16])
def test_a_word_that_is_none_or_is_denied_counts_nothing(
    judge: Judge, case: dict[str, str]
) -> None:
    assert points_of(judge, case["text"], case["word"]) == 0


@pytest.mark.parametrize(
    "body",
    [
        "本产品不仅保本保息，还有高额分红",
        "收益非常可观，保本保息",
        "无门槛投资，保本保息",
        "不限额度，保本保息",
        "未来可期的投资，保本保息",
    ],
)
def test_words_that_only_begin_like_a_denial_deny_nothing(judge: Judge, body: str) -> None:
    assert points_of(judge, body, "保本保息") >= 4


def test_a_denial_reaches_over_the_list_it_governs(judge: Judge) -> None:
    denied = points_of(judge, "本计划不承诺保本、保息，投资收益浮动", "保息")
    promised = points_of(judge, "本计划承诺保本、保息，投资收益固定，稳赚不赔", "保息")

    assert denied == 0 < promised


@pytest.mark.parametrize(
    "body",
    [
        '本院从未推出"养老卡""预存返利"“投资养老”产品，稳赚不赔更是没有',
        "本所不发行任何“稳赚不赔”产品",
        "我们不对外销售“保本保息”“稳赚不赔”的产品",
        "本行从来没有推出稳赚不赔的产品",
    ],
)
def test_a_denial_reaches_into_marks_and_over_a_list_of_them(judge: Judge, body: str) -> None:
    for word in ("预存返利", "稳赚不赔", "保本保息"):
        if f"“{word}”" in body or f'"{word}"' in body or "推出稳" in body:
            assert points_of(judge, body, word) == 0


def test_what_is_called_fraud_afterwards_weighs_little(judge: Judge) -> None:
    exposed = points_of(judge, "网上的彩票计划群均为非法", "彩票计划")

    assert exposed <= points_of(judge, "加入彩票计划群，包中奖，立即充值投资", "彩票计划") / 4


def test_the_end_of_a_file_name_is_no_word(judge: Judge) -> None:
    assert not judge.tools.vocabulary.claim_signs("favicon.ico 白皮书").of_words({"ico"})
    assert judge.tools.vocabulary.claim_signs("参与ico 白皮书").of_words({"ico"})


@pytest.mark.parametrize(
    ("plain", "lowered", "context"),
    [
        ("投资理财，稳赚不赔", "稳赚不赔的投资都是骗局", "exposed"),
        ("投资理财，稳赚不赔", "所谓“稳赚不赔”的投资", "quoted"),
        ("投资理财，稳赚不赔", "不得宣传稳赚不赔的投资", "banned"),
        ("投资理财，稳赚不赔", "被告人称投资稳赚不赔，法院判决其有罪", "news"),
    ],
)
def test_a_context_lowers_the_word_and_is_named(
    judge: Judge, plain: str, lowered: str, context: str
) -> None:
    (one,) = [w for w in found_on(judge, lowered).weighed if w.hit.word == "稳赚不赔"]

    assert one.context == context
    assert one.points < points_of(judge, plain, "稳赚不赔") / 1.5


def test_a_warning_on_the_page_does_not_clear_the_rest_of_it(judge: Judge) -> None:
    offer = "新手标 预期年化 15%，保本保息，立即投资，注册送红包\n"

    with_warning = judged(judge, offer + "市场有风险，出借需谨慎，请勿参加非法集资")

    assert with_warning.level == judged(judge, offer).level


PROMISED = "保本保息，每月返3%，1000元起投，加微信报名"


@pytest.mark.parametrize(
    "lead",
    [
        "不要犹豫，",
        "切勿错过，",
        "远离打工，",
        "长按识别二维码，领取理财，",
        "人脸识别，三分钟开户，",
        "不得不说，",
        "今年报名，每日报名前十位，",
        "各位登记者、合作者，微信公众号发布：",
        "利润来源：矿场。",
        "我们绝不跑路，永不崩盘，没有套路，不是骗局，",
        "稳定理财，固定理财，经营收益分红，养老公寓预定，",
    ],
)
def test_words_that_only_look_like_a_warning_or_a_report_lower_nothing(
    judge: Judge, lead: str
) -> None:
    plain, led = judged(judge, PROMISED), judged(judge, lead + PROMISED)

    assert led.score >= plain.score
    assert not any("语境" in reason.text for reason in led.reasons), led.reasons


@pytest.mark.parametrize(
    "body",
    [
        "不要相信保本保息，那是骗局",
        "请勿参与保本保息的项目",
        "远离保本保息",
        "识别保本保息的骗术",
        "本报记者获悉，警方抓获一伙以保本保息为名的被告人",
        "保本保息是不是骗局，会不会跑路",
    ],
)
def test_a_warning_and_a_report_still_lower_what_they_tell_of(judge: Judge, body: str) -> None:
    assert points_of(judge, body, "保本保息") < 2


def test_the_longer_words_are_checked_like_all_others(tmp_path: Path) -> None:
    file = tmp_path / "contexts.yaml"
    file.write_text("groups: {}\nfalse_friends:\n  记者: [登记]\n", "utf-8")

    with pytest.raises(BadInput, match=r"第 3 行.*须包含“记者”"):
        read_friends(file)
