"""Offers in English ring, and English pages that offer nothing do not."""

from pathlib import Path

import pytest
import yaml

from crawler.domain.assessment import Level, Track, at_least
from lexicons.judging import Judge
from lexicons.yields import find_yields
from tests.builders import NOON, a_text, a_visit

PAGES = yaml.safe_load((Path(__file__).parent / "english.yaml").read_text("utf-8"))


def alerts(judge: Judge, body: str) -> bool:
    return at_least(judge.judge(a_visit(), a_text(body), None, NOON).level, Level.YELLOW)


@pytest.mark.parametrize("body", PAGES["offers"])
def test_an_offer_in_english_rings(judge: Judge, body: str) -> None:
    assert alerts(judge, body)


@pytest.mark.parametrize("body", PAGES["innocents"])
def test_a_page_in_english_that_offers_nothing_does_not(judge: Judge, body: str) -> None:
    assert not alerts(judge, body)


@pytest.mark.parametrize(
    ("text", "annual"),
    [
        ("guaranteed 2.5% daily ROI on your deposit", [912.5]),
        ("stake and get 1.8% per day", [657]),
        ("earn 0.9%-1.4% daily profit", [328.5, 511]),
        ("profit 15% to 25% monthly", [180, 300]),
        ("8% weekly return on your investment", [416]),
        ("fixed return of 18% per year", [18]),
        ("annual coupon 15%, capital back", [15]),
        ("daily income up to 3%", [1095]),
        ("invest: 110% after 24 hours", [3650]),
        ("earn 2-3% ETH every 24 hours", [730, 1095]),
        ("save 20% monthly on your bill", []),
        ("revenue grew 15% per year", []),
        ("uptime 99% monthly", []),
        ("humidity 80% daily", []),
        ("20% off every day", []),
    ],
)
def test_rates_are_read_with_their_period(text: str, annual: list[float]) -> None:
    found = find_yields("body", text)

    figures = {f for one in found for f in (one.annual_low, one.annual_high) if f is not None}
    assert sorted(figures) == pytest.approx(annual)
    assert {one.track for one in found} <= {Track.BAIT}


@pytest.mark.parametrize(
    ("text", "track"),
    [
        ("Mortgage interest 6.75% per year, subject to credit approval", Track.LOAN),
        ("Savings account interest 4.1% per year, member FDIC", Track.LICENSED),
        ("Fund return 9% per year. Past performance is no indicator", Track.LICENSED),
    ],
)
def test_lawful_rates_are_no_bait(text: str, track: Track) -> None:
    assert {one.track for one in find_yields("body", text)} == {track}


def test_what_is_multiplied_is_a_multiple() -> None:
    (found,) = find_yields("body", "100% sure: double your bitcoin with us")

    assert found.pattern == "multiple"
