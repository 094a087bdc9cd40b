"""A claim is a promise about an object near it; words that are nothing alone are something
together.
"""

from lexicons.assessing import find
from lexicons.claiming import Claim
from lexicons.judging import Judge
from lexicons.matching import find_hits
from tests.builders import a_text, a_visit


def claims_on(judge: Judge, body: str, **fields: str) -> dict[str, Claim]:
    text = a_text(body, **fields)
    found = find(a_visit(), text, find_hits(text, judge.tools.finder), None, judge.tools)
    return {claim.kind.id: claim for claim in found.claims}


def test_promises_about_a_loan_are_a_claim(judge: Judge) -> None:
    claims = claims_on(judge, "急用钱就来借款，无抵押，凭身份证，三分钟放款")

    assert claims["quick_cash"].strength >= 5


def test_the_same_promises_without_an_object_are_none(judge: Judge) -> None:
    claims = claims_on(judge, "本店门槛低，纯线上服务，当天到账积分，无需抵押押金")

    assert "quick_cash" not in claims


def test_promises_far_from_their_object_are_none(judge: Judge) -> None:
    far = "我们提供贷款。" + "今天天气很好。" * 60 + "门槛低，凭身份证，三分钟到账"

    assert "quick_cash" not in claims_on(judge, far)


def test_what_anybody_says_makes_no_claim_alone(judge: Judge) -> None:
    claims = claims_on(judge, "理财投资平台，安全保障，信息披露，稳健透明合规，收益")

    assert not claims


def test_a_claim_grows_with_different_promises_and_not_with_repeated_ones(judge: Judge) -> None:
    once = claims_on(judge, "股票配资，放大收益")["stock_margin"].strength
    again = claims_on(judge, "股票配资，放大收益" * 5)["stock_margin"].strength
    more = claims_on(judge, "股票配资，放大收益，警戒线，平仓线，我要配资")["stock_margin"].strength

    assert once == again < more


def test_a_claim_may_be_spread_over_title_and_body(judge: Judge) -> None:
    claims = claims_on(judge, "炒股，按天配资，我要配资", title="股票配资，放大收益")

    assert {promise.field for promise in claims["stock_margin"].promises} == {"title", "body"}


def test_disguised_words_make_the_same_claim(judge: Judge) -> None:
    plain = claims_on(judge, "股票配资，放大收益，警戒线")["stock_margin"]
    hidden = claims_on(judge, "股*票*配*资，放.大.收.益，警·戒·线")["stock_margin"]

    assert {p.word for p in hidden.promises} == {p.word for p in plain.promises}


def test_the_same_words_are_said_once_whatever_finds_them(judge: Judge) -> None:
    page = a_text("某设备投资260万元，静态投资回收期约3.3年。收回成本后每年节约显著。")
    found = find(a_visit(), page, find_hits(page, judge.tools.finder), None, judge.tools)

    for claim in found.claims:
        places = [(one.field, one.start, one.end) for one in claim.promises]
        assert len(places) == len(set(places))
