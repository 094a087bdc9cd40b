"""An offer is found wherever it lies: far down, beside harmless matter, between disguised words."""

from datetime import UTC, datetime

import pytest

from crawler.domain.assessment import Assessment, Level, at_least
from crawler.domain.capture import PageText
from crawler.service.wiring import LEXICONS
from lexicons.judging import LONGEST, Judge
from tests.builders import a_text, a_visit

AT = datetime(2026, 1, 1, tzinfo=UTC)
OFFER = "本项目稳赚不赔，保本保息，年化收益18%，立即投资"
WEATHER = "今日天气晴朗，适合出行。"
FACTORY = (
    "本公司主营轴承、减速机与电机，产品广泛应用于机床、纺织、冶金等行业，通过质量管理体系认证，"
    "欢迎新老客户来厂参观考察，洽谈业务，共谋发展。"
)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(LEXICONS, tmp_path_factory.mktemp("cache"))


def judged(judge: Judge, text: PageText) -> Assessment:
    return judge.judge(a_visit(), text, None, AT)


@pytest.mark.parametrize("before", [LONGEST - 10, LONGEST + 5, 3 * LONGEST])
def test_an_offer_behind_what_is_judged_at_a_time_is_found_where_it_stands(
    judge: Judge, before: int
) -> None:
    text = a_text((WEATHER * (before // len(WEATHER) + 1))[:before] + "\n" + OFFER)
    seen = judged(judge, text)

    assert seen.level is Level.RED
    assert seen.text_digest == text.digest
    body = text.field("body")
    assert {body[hit.start : hit.end] for hit in seen.hits} >= {"稳赚不赔", "保本保息"}


def test_a_guarantee_beside_a_factory_is_no_factory(judge: Judge) -> None:
    seen = judged(
        judge, a_text("本项目稳赚不赔，保本保息。\n" + FACTORY + "\n" + "欢迎来厂参观，" * 30)
    )

    assert at_least(seen.level, Level.YELLOW)
    assert "wording_differs" not in {reason.rule for reason in seen.reasons}


def test_a_word_that_needs_another_is_borne_out_among_disguised_ones(judge: Judge) -> None:
    alone = judged(judge, a_text("保·本·保·息，拼团赚钱。"))
    among = judged(judge, a_text("保·本·保·息，拼团赚钱。" + WEATHER * 8 + "稳赚不赔，躺赚，包赔"))

    assert "拼团赚钱" in {hit.word for hit in alone.hits}
    assert "拼团赚钱" in {hit.word for hit in among.hits}
