"""What a register of licensed institutions changes in a judgement, and what it leaves alone."""

import pytest

from crawler.domain.assessment import Assessment, TestState
from crawler.domain.subject import NOBODY_ASKED, CreditClass, Listed, Register, Standing
from lexicons.judging import Judge
from tests.builders import NOON, a_site, a_text, a_visit

VOICE = "江畔银行手机银行 惠农快贷 无抵押 纯信用 凭身份证 3分钟放款 极速到账"
OFFER = "投资理财，保本保息，年化12%，起投1万元，立即注册"
NAME = "某某网络科技有限公司"
ASKED = (Register.LICENCES,)


def listed(**given: object) -> Listed:
    return Listed(**({"register": Register.LICENCES, "name": NAME, "source": "总局"} | given))  # type: ignore[arg-type]


UNLISTED = Standing(asked=ASKED)
LICENSED = Standing(asked=ASKED, found=(listed(),))
ENDED = Standing(asked=ASKED, found=(listed(status="已注销"),))
NAMESAKES = Standing(asked=ASKED, found=(listed(uscc="1" * 18), listed(uscc="2" * 18)))


def judged(judge: Judge, body: str, standing: Standing = NOBODY_ASKED) -> Assessment:
    visit = a_visit(site=a_site(id=1, unit_name=NAME), standing=standing)
    return judge.judge(visit, a_text(body), None, NOON)


@pytest.mark.parametrize(
    ("standing", "state", "says"),
    [
        (NOBODY_ASKED, TestState.UNCHECKED, "未核验，须以持牌名录核对"),
        (UNLISTED, TestState.UNLISTED, "名录未命中"),
        (LICENSED, TestState.LICENSED, "持牌（总局"),
        (ENDED, TestState.UNLISTED, "所列许可已“已注销”"),
        (NAMESAKES, TestState.UNCHECKED, "同名主体有 2 个"),
    ],
)
def test_unlawfulness_is_what_the_register_says(
    judge: Judge, standing: Standing, state: TestState, says: str
) -> None:
    tests = judged(judge, OFFER, standing).tests

    assert tests.unlawful is state
    assert says in tests.notes[0]


def test_a_licensed_voice_is_believed_by_as_much_as_the_register_knows(judge: Judge) -> None:
    scores = [judged(judge, VOICE, one).score for one in (LICENSED, NOBODY_ASKED, UNLISTED)]

    assert scores[0] < scores[1] <= scores[2]
    told = [
        next(r.text for r in judged(judge, VOICE, one).reasons if r.rule == "licence_claimed")
        for one in (LICENSED, UNLISTED)
    ]
    assert "名录载有该主体" in told[0]
    assert "名录未载该主体" in told[1]


@pytest.mark.parametrize("standing", [LICENSED, UNLISTED, NAMESAKES])
def test_an_offer_that_speaks_of_no_licence_scores_the_same_whatever_the_register(
    judge: Judge, standing: Standing
) -> None:
    assert judged(judge, OFFER, standing).score == judged(judge, OFFER).score


def test_a_credit_class_or_being_vouched_for_is_no_part_of_the_level(judge: Judge) -> None:
    severe = Listed(register=Register.CREDIT, name=NAME, credit=CreditClass.SEVERE)
    vouched = Listed(register=Register.WHITE, name=NAME, reason="示范单位")
    standing = Standing(asked=(Register.CREDIT, Register.WHITE), found=(severe, vouched))

    assert judged(judge, OFFER, standing).level is judged(judge, OFFER).level
