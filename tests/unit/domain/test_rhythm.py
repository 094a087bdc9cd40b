"""Risk sets the pace, and the reason is kept beside it."""

from datetime import timedelta

import pytest

from crawler.domain.assessment import Level
from crawler.domain.capture import Outcome
from crawler.domain.rhythm import (
    DUE_NAMES,
    LONG_STILL,
    SLACK,
    DueWhy,
    Seen,
    due_after,
    is_sensitive,
)
from tests.builders import NOON, a_site

PLAIN = {"unit_name": "云湖面馆", "site_name": "面馆"}


def seen(**given: object) -> Seen:
    plain: dict[str, object] = {
        "outcome": Outcome.SEEN, "level": Level.NONE, "alert_open": False, "watched": False,
        "changed": False, "still": 1,
    }  # fmt: skip
    return Seen(**(plain | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("site", "visit", "why", "days"),
    [
        ({}, {}, DueWhy.ORDINARY, 7),
        ({}, {"watched": True}, DueWhy.WATCHED, 1),
        ({}, {"alert_open": True, "level": Level.RED}, DueWhy.SUSPECT, 1),
        ({"rhythm_days": 1}, {}, DueWhy.CONFIRMED, 1),
        ({}, {"level": Level.BLUE}, DueWhy.HIT, 3),
        ({"unit_name": "青浦财富投资咨询有限公司"}, {}, DueWhy.SENSITIVE, 3),
        ({}, {"changed": True, "still": 0}, DueWhy.CHANGED, 3),
        ({}, {"still": LONG_STILL}, DueWhy.STILL, 14),
        ({"unit_name": "财富投资"}, {"still": 99}, DueWhy.SENSITIVE, 3),
        ({}, {"watched": True, "alert_open": True, "still": 99}, DueWhy.WATCHED, 1),
    ],
)
def test_the_sharpest_reason_sets_the_pace(
    site: dict[str, object], visit: dict[str, object], why: DueWhy, days: int
) -> None:
    due, found = due_after(a_site(**(PLAIN | site)), seen(**visit), NOON)
    assert (found, due) == (why, NOON + timedelta(days=days) - SLACK)


def test_a_daily_site_is_due_when_the_next_nightly_sweep_starts() -> None:
    visited = NOON + timedelta(minutes=50)  # late in a sweep that began at noon
    due, _ = due_after(a_site(**PLAIN), seen(watched=True), visited)
    assert due < NOON + timedelta(days=1)


def test_trouble_is_tried_again_soon_and_the_long_dead_monthly() -> None:
    soon, why = due_after(a_site(**PLAIN), seen(outcome=Outcome.TIMED_OUT), NOON)
    assert (soon - NOON, why) == (timedelta(hours=12), DueWhy.TROUBLE)
    dead = a_site(**PLAIN, failures_in_a_row=9)
    late, why = due_after(dead, seen(outcome=Outcome.NAME_NOT_FOUND), NOON)
    assert (late - NOON, why) == (timedelta(days=28), DueWhy.DEAD)


def test_every_reason_has_a_name() -> None:
    assert set(DUE_NAMES) == set(DueWhy)
    assert not is_sensitive(a_site(**PLAIN))
