"""Rates are read as a person would read them, and nothing else is."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.assessment import Confidence, Track, Yield
from lexicons.numbers import number
from lexicons.yields import find_yields
from tests.unit.lexicons.yield_rows import BAIT, FLAGS, LICENSED, LOAN, NOTHING


def figures(found: tuple[Yield, ...]) -> list[float]:
    return sorted({f for one in found for f in (one.annual_low, one.annual_high) if f is not None})


@pytest.mark.parametrize(("text", "annual"), BAIT)
def test_a_promise_becomes_one_annual_figure(text: str, annual: list[float]) -> None:
    found = find_yields("body", text)

    assert figures(found) == pytest.approx(annual)
    assert {one.track for one in found} <= {Track.BAIT}


@pytest.mark.parametrize(("text", "kind"), FLAGS)
def test_a_multiple_is_found_without_a_figure(text: str, kind: str) -> None:
    found = find_yields("body", text)

    assert [one.pattern for one in found] == [kind]
    assert figures(found) == []


@pytest.mark.parametrize("text", NOTHING)
def test_what_only_looks_like_a_rate_is_none(text: str) -> None:
    assert find_yields("body", text) == ()


@pytest.mark.parametrize(("text", "annual"), LOAN)
def test_what_borrowers_pay_is_never_bait(text: str, annual: list[float]) -> None:
    found = find_yields("body", text)

    assert figures(found) == pytest.approx(annual)
    assert {one.track for one in found} == {Track.LOAN}


@pytest.mark.parametrize(("text", "annual"), LICENSED)
def test_the_lawful_words_of_licensed_products_are_never_bait(
    text: str, annual: list[float]
) -> None:
    found = find_yields("body", text)

    assert figures(found) == pytest.approx(annual)
    assert {one.track for one in found} == {Track.LICENSED}


def test_rates_are_leftmost_first_and_do_not_overlap() -> None:
    text = "7.0%\n年化收益\n80%\n" * 5 + "月息2分，投资1万元每天返100元，三天翻倍"

    found = find_yields("body", text)

    spans = [(one.start, one.end) for one in found]
    assert len(found) == 8
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_a_rate_quotes_the_page_as_it_is_written() -> None:
    text = "全新项目，年\u200b化收益１８％，立即投资"

    (found,) = find_yields("body", text)

    assert found.raw == text[found.start : found.end] == "年\u200b化收益１８％"


def test_a_rate_without_a_period_is_little_trusted() -> None:
    (found,) = find_yields("body", "收益高达30%")

    assert found.confidence is Confidence.LOW


@given(
    st.text(
        alphabet="年化月日收益率利息返投入万千百元分厘倍翻天0123456789.%％-~+ \n\t，。两三十个点",
        max_size=300,
    )
)
def test_any_text_is_read_and_every_span_is_its_raw(text: str) -> None:
    for one in find_yields("body", text):
        assert text[one.start : one.end] == one.raw
        assert one.annual_low is None or 0 < one.annual_low <= (one.annual_high or 0)


@pytest.mark.parametrize("unit", ["%", "年化", "9", "1万", "收益1", "月息", "¦", "每天返", "一"])
def test_endless_repetition_is_read_in_bounded_time(unit: str) -> None:
    text = unit * (200_000 // len(unit))

    before = time.process_time()
    find_yields("body", text)

    assert time.process_time() - before < 5


def test_chinese_numerals_are_numbers() -> None:
    written = {"十二": 12, "三十五点五": 35.5, "一百二十": 120, "两": 2, "十": 10, "二零": 20}

    assert {text: number(text) for text in written} == written
