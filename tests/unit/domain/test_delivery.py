"""When to try again."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.delivery import (
    LONGEST_WAIT_S,
    SCHEDULE_S,
    Delivery,
    EventType,
    Receipt,
    arrived,
    next_attempt,
)
from tests.builders import NOON


def a_delivery(attempts: int = 0) -> Delivery:
    return Delivery(
        id="i", event_key="k", event=EventType.TASK_CREATED, endpoint="p", subject="task:1",
        seq=1, body=b"", region="", attempts=attempts, created_at=NOON, due_at=NOON,
    )  # fmt: skip


def a_receipt(status: int | None = 500, **given: Any) -> Receipt:
    return Receipt(delivery_id="i", at=NOON, status=status, **given)


@pytest.mark.parametrize(
    ("status", "yes"),
    [
        (None, False),
        (199, False),
        (200, True),
        (204, True),
        (299, True),
        (302, False),
        (410, False),
    ],
)
def test_only_2xx_has_arrived(status: int | None, yes: bool) -> None:
    assert arrived(a_receipt(status)) is yes


@pytest.mark.fault("K04")
@given(st.integers(0, len(SCHEDULE_S) - 1), st.floats(0, 1, exclude_max=True))
def test_each_wait_is_the_schedules_give_or_take_a_fifth(attempts: int, chance: float) -> None:
    again = next_attempt(a_delivery(attempts), a_receipt(), chance)

    assert again is not None
    ratio = (again - NOON).total_seconds() / SCHEDULE_S[attempts]
    assert 0.79 < ratio < 1.21


@pytest.mark.fault("K08")
def test_after_the_last_attempt_it_is_given_up() -> None:
    assert next_attempt(a_delivery(len(SCHEDULE_S)), a_receipt(), 0.5) is None


def test_the_schedule_lasts_about_three_days() -> None:
    assert timedelta(days=3) < timedelta(seconds=sum(SCHEDULE_S)) < timedelta(days=4)


@pytest.mark.fault("K05")
@pytest.mark.parametrize(
    ("asked", "waits"), [(3_600.0, 3_600), (1e12, LONGEST_WAIT_S), (-9.0, 5), (0.0, 5), (None, 5)]
)
def test_what_the_receiver_asks_for_is_honoured_inside_a_cap(
    asked: float | None, waits: float
) -> None:
    again = next_attempt(a_delivery(), a_receipt(429, retry_after_s=asked), 0.5)

    assert again == NOON + timedelta(seconds=waits)
