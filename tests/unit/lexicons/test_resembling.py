"""The wording taken whole: counted as written down, shown where it stands, refused when malformed,
and never more than a hint.
"""

import copy
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.domain.assessment import Level
from crawler.domain.capture import Field, PageText
from crawler.domain.errors import BadInput
from crawler.domain.subject import Listed, Register, Standing
from lexicons.judging import Judge
from lexicons.normalising import normal_form
from lexicons.publishing import check, copied
from lexicons.resembling import FILE, Resemblance, load_resemblance
from tests.builders import NOON, a_text, a_visit
from tests.quality.learning import groups_of
from tests.unit.conftest import FOLDER

GROUPS = {"每月": 1.5, "每月拿": 0.5, "00天": 2.0, "拿钱": -0.7, "回本": 3.0}


@example("回本")  # a text no longer than one group
@given(st.text(alphabet="每月拿钱回本天 1２,\n", max_size=60))
def test_likeness_is_the_weights_times_the_shares(body: str) -> None:
    resemblance = Resemblance(-1.0, GROUPS)
    said = [one for one in groups_of(normal_form(body)) if one in GROUPS]
    shares = {one: 1 + math.log(said.count(one)) for one in said}
    size = math.sqrt(sum(share**2 for share in shares.values())) or 1.0

    likeness = resemblance.likeness(a_text(body))

    expected = -1.0 + sum(GROUPS[one] * share for one, share in shares.items()) / size
    assert likeness == pytest.approx(expected)


def test_what_speaks_for_it_is_shown_where_it_stands() -> None:
    text = PageText(
        fields=(
            Field(name="title", text="今天天氣"),
            Field(name="body", text="養牛每\u200b月拿一次，30天回本，拿钱走人。"),
        )
    )

    shown = Resemblance(-1.0, GROUPS).heaviest(text)

    for one in shown:
        assert text.field(one.field)[one.start : one.end] == one.raw
    assert {normal_form(one.raw) for one in shown} == {"30天", "回本", "每月拿"}


def test_nothing_resembles_a_version_without_groups(tmp_path: Path) -> None:
    assert load_resemblance(tmp_path).likeness(a_text("每月回本")) == float("-inf")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("groups: {1.0: [每月]}", "bias"),
        ("bias: .nan\ngroups: {1.0: [每月]}", "bias"),
        ("bias: -1\ngroups: [每月]", "groups"),
        ("bias: -1\ngroups: {inf: [每月]}", "inf"),
        ("bias: -1\ngroups: {999: [每月]}", "999"),
        ("bias: -1\ngroups: {1.0: 每月}", "列表"),
        ("bias: -1\ngroups: {1.0: [每月拿钱]}", "每月拿钱"),
        ("bias: -1\ngroups: {1.0: [123]}", "123"),
        ("bias: -1\ngroups: {1.0: [每月, [每]]}", "两三个"),
        ("bias: -1\ngroups: {1.0: [每月], 2.0: [每月]}", "重复"),
        ("- 每月", "bias"),
        ("bias: -1\ngroups: {1.0: [每月", "YAML"),
    ],
)
def test_a_malformed_file_is_refused_in_one_line(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / FILE).write_text(content, "utf-8")

    with pytest.raises(BadInput) as refused:
        load_resemblance(tmp_path)

    assert FILE in str(refused.value)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_too_many_groups_are_refused(tmp_path: Path) -> None:
    letters = [chr(0x4E00 + at) for at in range(150)]
    groups = ", ".join(one + other for one in letters for other in letters)
    (tmp_path / FILE).write_text(f"bias: 0\ngroups: {{1.0: [{groups}]}}", "utf-8")

    with pytest.raises(BadInput, match="超过"):
        load_resemblance(tmp_path)


@pytest.fixture
def alert(judge: Judge) -> Judge:
    """A judge to whom five groups are all of known solicitation."""
    other = copy.copy(judge)
    other.tools = replace(judge.tools, resemblance=Resemblance(-1.0, GROUPS))
    return other


@pytest.fixture
def plain(judge: Judge) -> Judge:
    """A judge to whom nothing resembles anything."""
    other = copy.copy(judge)
    other.tools = replace(judge.tools, resemblance=Resemblance(0.0, {}))
    return other


OFFER = "跟着老马养牛，村里人都来了。每月拿一次，30天回本，每月都有，回本以后全是您的，老马的话算数"


def test_a_page_of_known_wording_is_yellow_and_says_why(alert: Judge, plain: Judge) -> None:
    text = a_text(OFFER)

    judged = alert.judge(a_visit(), text, None, NOON)

    assert plain.judge(a_visit(), text, None, NOON).level is not Level.YELLOW
    assert judged.level is Level.YELLOW
    assert judged.score == alert.tools.weights.levels["yellow"]
    assert judged.sentence.startswith("疑似")
    reasons = [one for one in judged.reasons if one.rule.startswith("wording_resembles")]
    assert reasons[0].points > 0
    assert "回本" in reasons[0].text
    assert all(OFFER[one.start : one.end] for one in reasons)


def test_what_is_graver_anyway_gains_nothing(alert: Judge, judge: Judge) -> None:
    text = a_text(OFFER + "保本保息，年化收益率18%，100元起投，立即加入。")

    judged = alert.judge(a_visit(), text, None, NOON)

    assert judged == judge.judge(a_visit(), text, None, NOON)
    assert judged.level in (Level.ORANGE, Level.RED)


@pytest.mark.parametrize(
    "around",
    [
        "据报道，记者调查发现，警方提醒市民：谨防此类骗局，法院已判决，受害人报案。",
        "我行系经中国银保监会批准设立的商业银行，存款保险，营业网点，金融许可证，客服热线。",
    ],
)
def test_what_speaks_against_it_silences_it(alert: Judge, around: str) -> None:
    judged = alert.judge(a_visit(), a_text(around + OFFER), None, NOON)

    assert alert.tools.resembles(a_text(around + OFFER))
    assert not [one for one in judged.reasons if one.rule == "wording_resembles"]


def test_a_subject_in_a_register_is_not_told_of_its_wording(alert: Judge) -> None:
    found = Listed(register=Register.LICENCES, name="马家牧业", source="总局")
    listed = a_visit(standing=Standing(asked=(Register.LICENCES,), found=(found,)))

    judged = alert.judge(listed, a_text(OFFER), None, NOON)

    assert judged.level is not Level.YELLOW


def test_a_page_of_known_wording_is_left_to_the_reader(alert: Judge) -> None:
    long = a_text(OFFER + "\n" + "天气晴朗。" * 50)  # one with hardly a word is left there anyway

    assert alert.passes(long)
    assert alert.settle(a_visit(), long, NOON) is None


def test_a_sentence_or_two_have_no_wording_as_a_whole(alert: Judge) -> None:
    assert alert.tools.resembles(a_text(OFFER))
    assert not alert.tools.resembles(a_text(OFFER[:34]))


def test_it_is_switched_off_by_its_weight(alert: Judge) -> None:
    weights = replace(alert.tools.weights, resemblance={})
    alert.tools = replace(alert.tools, weights=weights)

    judged = alert.judge(a_visit(), a_text(OFFER), None, NOON)

    assert judged.level is not Level.YELLOW


def resembling(judge: Judge, bias: float) -> Judge:
    """The judge, to whom a wording without known groups lies `bias` on the side of solicitation."""
    other = copy.copy(judge)
    other.tools = replace(judge.tools, resemblance=Resemblance(bias, GROUPS))
    return other


QUEUE = (
    "和老马一起做事，家里人都放心。镇上的商家有四十多家，消费排队返现的事大家都懂，街坊常来坐，回本"
)
ROOF = (
    "屋顶光伏安装说明：20 千瓦系统全款 6.8 万元，年发电两万四千度，电费由供电公司结到户主存折，"
    "约八年收回成本，"
    "系统寿命二十五年。发电多少看天气和遮挡，支持银行光伏贷，首付零元，月供约等于电费。"
    "质保十年，逆变器五年，欢迎村民到大队部看样板。"
)
PROMISES = "公司回购，租金打卡，坐收租金，保底分红，每月返钱，固定回报，到期收回，返租，原价回购。"


@pytest.mark.parametrize(("bias", "level"), [(-2.6, Level.YELLOW), (-5.0, Level.BLUE)])
def test_words_that_come_to_something_need_less_of_the_wording(
    judge: Judge, plain: Judge, bias: float, level: Level
) -> None:
    leaning = resembling(judge, bias)

    assert not leaning.tools.resembles(a_text(QUEUE))
    assert plain.judge(a_visit(), a_text(QUEUE), None, NOON).level is Level.BLUE
    assert leaning.judge(a_visit(), a_text(QUEUE), None, NOON).level is level


def test_a_harmless_wording_lowers_what_calls_on_hardly_anybody(judge: Judge, plain: Judge) -> None:
    before = plain.judge(a_visit(), a_text(ROOF), None, NOON)

    judged = resembling(judge, -4.0).judge(a_visit(), a_text(ROOF), None, NOON)

    assert before.level is Level.YELLOW
    assert judged.level is Level.NONE
    reason = next(one for one in judged.reasons if one.rule == "wording_differs")
    assert reason.points < 0
    assert "正当经营" in reason.text


@pytest.mark.parametrize(
    "body",
    [
        ROOF[:95],  # too little is said
        ROOF + PROMISES,  # many promises of one kind
        ROOF[:95]
        + "\n谨防诈骗，警惕骗局，切勿轻信，远离非法集资，莫贪高利。",  # a slogan is an aside
        ROOF + "立即投资，立即加入，咨询热线，加微信，注册送，邀请好友，充值提现，名额有限。",
    ],
)
def test_a_harmless_wording_lowers_nothing_else(judge: Judge, plain: Judge, body: str) -> None:
    judged = resembling(judge, -4.0).judge(a_visit(), a_text(body), None, NOON)

    assert judged.score == plain.judge(a_visit(), a_text(body), None, NOON).score


def test_what_nobody_sees_lowers_nothing(judge: Judge) -> None:
    fields = (Field(name="body", text=ROOF[:95]), Field(name="hidden", text="天气晴朗。" * 50))

    judged = resembling(judge, -4.0).judge(a_visit(), PageText(fields=fields), None, NOON)

    assert not [one for one in judged.reasons if one.rule == "wording_differs"]


def test_a_version_of_before_neither_leans_nor_differs(judge: Judge) -> None:
    old = resembling(judge, -4.0)
    weights = replace(old.tools.weights, resemblance={"enough": 1.5, "characters": 40})
    old.tools = replace(old.tools, weights=weights)

    assert not old.tools.leans(a_text(QUEUE), 4.0)
    assert old.tools.differs(a_text(ROOF)) == 0.0


def test_a_draft_is_checked_for_it(tmp_path: Path) -> None:
    copied(FOLDER, tmp_path / "draft")
    (tmp_path / "draft" / FILE).write_text("bias: 很大", "utf-8")

    assert [one for one in check(tmp_path / "draft") if one.file == FILE]
