"""What bounds the time of judging hides nothing by coming first; where it still leaves something
out, the assessment says so.
"""

import time

import pytest

from crawler.domain.assessment import Assessment, Level, Track, at_least
from lexicons.folding import fold
from lexicons.judging import LONGEST, Judge
from lexicons.matching import find
from lexicons.yield_tables import column_rates
from lexicons.yields import find_yields, more_yields
from tests.builders import NOON, a_text, a_visit

OFFER = "新手标 预期年化 15%，保本保息，100元起投，立即投资，注册送红包"
LINES = 3_300  # more than any cap there was


def judged(judge: Judge, body: str) -> Assessment:
    return judge.judge(a_visit(), a_text(body), None, NOON)


def told_cut(assessment: Assessment) -> bool:
    return any(one.text.startswith("截断") for one in assessment.reasons)


@pytest.mark.parametrize("filler", ["% ", "本店 5% 折扣，", "占比为 7%\n", "满3天打卡\n"])
def test_a_rate_behind_thousands_of_signs_is_read(filler: str) -> None:
    found = find_yields("body", filler * LINES + "\n年化收益18%，保本")

    assert [one.annual_high for one in found] == [18]


def test_a_promise_behind_a_denial_said_hundreds_of_times_counts(judge: Judge) -> None:
    assessment = judged(judge, "本公司不承诺保本保息。\n" * 300 + OFFER)

    assert at_least(assessment.level, Level.ORANGE)
    assert "principal_guarantee" in assessment.categories
    assert not told_cut(assessment)


@pytest.mark.parametrize("count", [101, 300, 499])
def test_a_word_denied_in_other_words_each_time_hides_none(judge: Judge, count: int) -> None:
    denials = "".join(f"第{n}条：本公司不承诺保本保息。\n" for n in range(count))

    assert "principal_guarantee" in judged(judge, denials + OFFER).categories


def test_a_word_of_claims_behind_so_many_is_found_in_other_words(judge: Judge) -> None:
    text = "本页不讲月收益。\n" * 45 + "投资我们，月收益很高"

    found = judge.tools.vocabulary.claim_signs(text).found["月收益"]

    assert found[-1].end == text.index("很高")
    assert 41 <= len(found) <= 45


def test_of_more_rates_than_are_told_the_highest_stay() -> None:
    low = "".join(f"年化收益{3 + n % 3}.{n % 10}%，\n" for n in range(450))

    found = find_yields("body", low + "年化收益36%")

    assert len(found) == 400
    assert max(one.annual_high or 0 for one in found) == 36
    assert [one.start for one in found] == sorted(one.start for one in found)


def test_where_rates_are_left_out_it_is_said(judge: Judge) -> None:
    def page(count: int) -> str:
        return "".join(f"年化收益{8 + n % 3}.{n % 10}%，\n" for n in range(count))

    assert not told_cut(judged(judge, page(200)))
    assert not more_yields("body", page(400))
    assert more_yields("body", page(401))
    assert told_cut(judged(judge, page(401)))
    assert len(judged(judge, page(401)).yields) == 400


def test_where_words_are_left_out_it_is_said(judge: Judge) -> None:
    def page(count: int) -> str:
        return "".join(f"第{n}款保本产品。\n" for n in range(count))

    finder = judge.tools.finder
    assert not find(a_text(page(500)), finder).cut
    assert find(a_text(page(501)), finder).cut
    assert told_cut(judged(judge, page(501)))


def test_a_quiet_page_says_so_too(judge: Judge) -> None:
    page = "".join(f"年化收益{n % 3 + 1}.{n % 10}%，\n" for n in range(401))

    assessment = judged(judge, page)

    assert assessment.level is Level.NONE
    assert told_cut(assessment)


def test_signs_are_bounded_and_say_so(judge: Judge) -> None:
    def page(count: int) -> str:
        return "".join(f"{n} 月收益 {n}\n" for n in range(count))

    words = judge.tools.vocabulary
    assert not words.claim_signs(page(399)).cut
    many = words.claim_signs(page(450))

    assert many.cut
    assert len(many.found["月收益"]) == 400


def test_hits_of_one_page_are_bounded_and_it_is_said(judge: Judge) -> None:
    terms = [one for one in judge.tools.terms.values() if len(one.word) > 2 and not one.exact]
    body = "".join(f"{n}{one.word}\n" for n in range(12) for one in terms)

    result = find(a_text(body), judge.tools.finder)

    assert len(result.hits) == 5_000
    assert result.cut


@pytest.mark.parametrize("rows", [3, 61, 200])
def test_every_row_of_a_long_table_is_read(rows: int) -> None:
    table = "产品\t预期年化收益率\t期限\n" + "".join(f"第{n}期\t8.5%\t3个月\n" for n in range(rows))

    assert len(find_yields("body", table)) == rows


def test_a_table_ends_at_its_third_row_without_a_figure() -> None:
    def table(gaps: int) -> str:
        return "产品\t年化\t期限\n甲\t8%\t天\n" + "乙\t无\t天\n" * gaps + "丙\t9%\t天\n"

    assert len(find_yields("body", table(2))) == 2
    assert len(find_yields("body", table(3))) == 1


def test_a_table_that_is_headed_again_and_again_is_read_once() -> None:
    text = "方案\t3个月\t6个月\t12个月\n5%\t6%\t7%\t8%\n" * 3_000

    before = time.process_time()
    cells = list(column_rates(fold(text).text))

    assert len(cells) == len({one[0] for one in cells}) == 3 * 3_000
    assert time.process_time() - before < 2


@pytest.mark.parametrize(("name", "rates"), [("甲" * 100, 1), ("甲" * 130, 0)])
def test_a_line_of_prose_is_no_row(name: str, rates: int) -> None:
    table = f"产品\t年化\t期限\n{name}\t8%\t3个月"

    assert len(find_yields("body", table)) == rates


@pytest.mark.parametrize(("length", "rates"), [(20, 1), (21, 0)])
def test_a_sentence_heads_no_column(length: int, rates: int) -> None:
    table = f"产品\t{'本店年化'.ljust(length, '说')}\t期限\n甲\t8%\t天"

    assert len(find_yields("body", table)) == rates


@pytest.mark.parametrize(("praise", "rates"), [(36, 1), (60, 0)])
def test_a_sentence_is_no_cell_of_a_figure(praise: int, rates: int) -> None:
    table = f"产品\t年化\t期限\n甲\t{'优' * praise} 8%\t天"

    assert len(find_yields("body", table)) == rates


def test_a_stake_far_before_what_it_brings_is_read() -> None:
    text = "认购 10,000 元一份，公司负责全部日常经营管理与市场销售推广工作，您每年分红 1,800 元"

    assert [one.annual_high for one in find_yields("body", text)] == [18]


@pytest.mark.parametrize(("text", "rates"), [("日收益2700%", 1), ("日收益2800%", 0)])
def test_more_than_a_million_per_cent_is_a_slip(text: str, rates: int) -> None:
    assert len(find_yields("body", text)) == rates


def test_a_loan_named_forty_characters_before_is_the_rates() -> None:
    text = "个人借款手续简单材料齐全即可办理不限地区全国都能做随时可以来店里面谈，年利率24%"

    assert {one.track for one in find_yields("body", text)} == {Track.LOAN}


def test_words_far_apart_on_a_page_of_ordinary_length_are_judged_together(judge: Judge) -> None:
    assessment = judged(judge, "稳赚不赔。" + "今日天气晴朗。" * 12_000 + "保本保息。")

    assert {one.word for one in assessment.hits} >= {"稳赚不赔", "保本保息"}


def test_reasons_are_told_up_to_sixty(judge: Judge) -> None:
    words = [one.word for one in judge.tools.terms.values() if one.weight >= 4][:700]

    assert len(judged(judge, "，".join(words)).reasons) <= 60


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    ["5%", "年化5% ", "每天返5元 ", "投资1万元每天返100元 ", "半年1万给", "不承诺保本保息",
     "方案\t3个月\t6个月\t12个月\n5%\t6%\t7%\t8%\n", "年化收益\n8.5%\n立即投资\n"],
)  # fmt: skip
def test_a_page_full_of_anything_is_judged_in_bounded_time(judge: Judge, unit: str) -> None:
    before = time.process_time()
    judged(judge, unit * (2 * LONGEST // len(unit)))

    assert time.process_time() - before < 12
