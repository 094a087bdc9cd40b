"""Level, reasons and one sentence: right on the field's own examples, and never an accusation."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.domain.assessment import Assessment, Level, Side, TestState, at_least, rates_of
from crawler.domain.capture import Outcome, PageText
from crawler.domain.page import Contact, ContactKind, Form, FormKind, PageStructure
from crawler.domain.subject import Listed, Register, Standing
from lexicons.judging import Judge
from tests.builders import NOON, a_capture, a_site, a_text, a_visit

TEXTS = Path(__file__).parents[2] / "quality" / "texts"
RISKS = yaml.safe_load((TEXTS / "risk.yaml").read_text("utf-8"))
BENIGN = yaml.safe_load((TEXTS / "benign.yaml").read_text("utf-8"))
OFFER = "新手标 预期年化 15%，保本保息，100元起投，立即投资，注册送红包"


def judged(judge: Judge, body: str, **visit: object) -> Assessment:
    return judge.judge(a_visit(**visit), a_text(body), None, NOON)


def test_nearly_every_risk_of_our_own_texts_is_flagged(judge: Judge) -> None:
    flagged = [at_least(judged(judge, page["text"]).level, Level.YELLOW) for page in RISKS]

    assert sum(flagged) >= 0.95 * len(flagged)


@pytest.mark.parametrize("page", BENIGN, ids=lambda page: page["id"])
def test_no_harmless_text_of_our_own_is_flagged(judge: Judge, page: dict[str, str]) -> None:
    assert not at_least(judged(judge, page["text"]).level, Level.YELLOW)


def test_an_offer_is_red_with_its_rate_its_reasons_and_one_sentence(judge: Judge) -> None:
    assessment = judged(judge, OFFER)

    assert assessment.level is Level.RED
    assert rates_of(assessment) == (15.0,)
    assert assessment.sentence.startswith("疑似")
    assert assessment.sentence.endswith("请核查。")
    assert {"p2p_lending", "principal_guarantee"} <= set(assessment.categories)


@pytest.mark.parametrize("page", [*RISKS[::3], *BENIGN[::3]], ids=lambda page: page["id"])
def test_nothing_accuses_and_every_reason_shows_its_place(
    judge: Judge, page: dict[str, str]
) -> None:
    assessment = judged(judge, page["text"])

    assert "违法" not in assessment.sentence
    assert all("违法" not in reason.text for reason in assessment.reasons)
    for reason in assessment.reasons:
        assert 0 <= reason.start <= reason.end <= len(page["text"])
    for hit in assessment.hits:
        assert page["text"][hit.start : hit.end] == hit.raw


@pytest.mark.parametrize("page", [*RISKS, *BENIGN], ids=lambda page: page["id"])
def test_the_score_is_the_sum_of_its_reasons(judge: Judge, page: dict[str, str]) -> None:
    assessment = judged(judge, page["text"])

    total = sum(reason.points for reason in assessment.reasons)
    assert assessment.score == pytest.approx(max(0.0, total), abs=0.1)


def test_hiding_a_word_weighs_more_than_writing_it(judge: Judge) -> None:
    plain = judged(judge, "投资理财，保本保息，年化12%")
    hidden = judged(judge, "投资理财，保-本-保-息，年化12%")

    assert any(reason.rule == "words_disguised" for reason in hidden.reasons)
    assert hidden.score > plain.score


def test_forms_and_chat_make_an_offer_of_the_same_words(judge: Judge) -> None:
    text = a_text("信托收益权份额，年化9%，认购起点10万元")
    structure = PageStructure(
        forms=(Form(kind=FormKind.INVEST), Form(kind=FormKind.REGISTER)),
        buttons=("立即认购",),
        contacts=(Contact(kind=ContactKind.WECHAT, value="x"),),
    )

    alone = judge.judge(a_visit(), text, None, NOON)
    built = judge.judge(a_visit(), text, structure, NOON)

    assert built.score > alone.score
    assert any("投资表单" in reason.text for reason in built.reasons)


def test_bylines_make_a_report_of_the_same_words(judge: Judge) -> None:
    text = a_text("P2P理财平台新手标年化15%，本息保障")
    structure = PageStructure(bylines=("记者 王某", "来源：晚报", "2019-03-01"))

    alone = judge.judge(a_visit(), text, None, NOON)

    assert judge.judge(a_visit(), text, structure, NOON).score < alone.score


def test_a_licensed_voice_lowers_and_a_subject_that_is_none_takes_half_of_it_back(
    judge: Judge,
) -> None:
    body = "江畔银行手机银行 惠农快贷 无抵押 纯信用 凭身份证 3分钟放款 极速到账"

    own = judged(judge, body, site=a_site(id=1, unit_name="江畔银行股份有限公司"))
    other = judged(judge, body, site=a_site(id=1, unit_name="某某网络科技有限公司"))

    assert own.score < other.score
    assert any(r.rule == "licence_claimed" and r.side is Side.AGAINST for r in own.reasons)


def test_reserved_words_in_the_subjects_name_are_told(judge: Judge) -> None:
    assessment = judged(judge, OFFER, site=a_site(id=1, unit_name="某某财富管理有限公司"))

    (reason,) = [r for r in assessment.reasons if r.rule == "name_sensitive"]
    assert "财富管理" in reason.text


def test_excepted_terms_do_not_count_on_this_site(judge: Judge) -> None:
    visit = {"excepted_terms": ("征信修复", "征信洗白")}

    whole = judged(judge, "专业征信修复、征信洗白，包过")
    excepted = judged(judge, "专业征信修复、征信洗白，包过", **visit)

    assert excepted.score < whole.score
    assert not {hit.word for hit in excepted.hits} & set(visit["excepted_terms"])


def test_what_could_not_be_read_has_no_level_and_says_why(judge: Judge) -> None:
    capture = a_capture(outcome=Outcome.TIMED_OUT, reason="8 秒内没有答复")

    assessment = judge.judge(a_visit(captures=(capture,)), PageText(), None, NOON)

    assert assessment.level is Level.NONE
    assert "8 秒内没有答复" in assessment.sentence


def test_unlawfulness_stays_unchecked_without_a_register(judge: Judge) -> None:
    tests = judged(judge, OFFER).tests

    assert tests.unlawful is TestState.UNCHECKED
    assert tests.enticing is TestState.SHOWN
    assert tests.social is TestState.SHOWN


def test_the_same_page_is_always_judged_the_same(judge: Judge) -> None:
    assert judged(judge, OFFER) == judged(judge, OFFER)


@settings(deadline=None, max_examples=60)
@given(body=st.text(max_size=300))
def test_any_text_is_judged(judge: Judge, body: str) -> None:
    assessment = judged(judge, body)

    assert assessment.score >= 0


LICENCE = Listed(register=Register.LICENCES, name="某某银行", source="名录")


@pytest.mark.parametrize(
    ("standing", "state"),
    [
        (Standing(), TestState.UNCHECKED),
        (Standing(asked=(Register.LICENCES,)), TestState.UNLISTED),
        (Standing(asked=(Register.LICENCES,), found=(LICENCE,)), TestState.LICENSED),
    ],
)
def test_the_first_of_the_four_tests_says_what_the_registers_say(
    judge: Judge, standing: Standing, state: TestState
) -> None:
    assert judged(judge, OFFER, standing=standing).tests.unlawful is state
