"""What one answer says about the endpoint that gave it."""

from datetime import timedelta

import pytest

from alerts.delivering import FAILURES_TO_OPEN, LONGEST_PAUSE, after_receipt
from crawler.domain.delivery import Receipt
from crawler.store.circuits import Circuit
from tests.builders import NOON

TROUBLED = Circuit(endpoint="P", failures=3, blocked_until=NOON)


def answered(status: int | None, retry_after_s: float | None = None) -> Receipt:
    return Receipt(delivery_id="1", at=NOON, status=status, retry_after_s=retry_after_s)


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 404, 422])
def test_who_answers_is_well_whatever_it_says_of_the_message(status: int) -> None:
    assert after_receipt(TROUBLED, answered(status)) == Circuit(endpoint="P")


@pytest.mark.parametrize("status", [408, 429, 500, 503, None])
def test_who_is_busy_broken_or_silent_has_failed_once_more(status: int | None) -> None:
    assert after_receipt(TROUBLED, answered(status)).failures == 4


@pytest.mark.parametrize(("failures", "pause"), [
    (FAILURES_TO_OPEN, timedelta(minutes=1)),
    (FAILURES_TO_OPEN + 1, timedelta(minutes=2)),
    (FAILURES_TO_OPEN + 5, LONGEST_PAUSE),
    (500, LONGEST_PAUSE),
])  # fmt: skip
def test_a_pause_doubles_up_to_half_an_hour(failures: int, pause: timedelta) -> None:
    after = after_receipt(Circuit(endpoint="P", failures=failures), answered(500))

    assert after.blocked_until == NOON + pause


def test_a_receiver_may_ask_for_a_longer_pause_not_for_a_shorter_one() -> None:
    failing = Circuit(endpoint="P", failures=FAILURES_TO_OPEN)

    longer = after_receipt(failing, answered(503, retry_after_s=3_600))
    shorter = after_receipt(failing, answered(503, retry_after_s=1))

    assert longer.blocked_until == NOON + timedelta(hours=1)
    assert shorter.blocked_until == NOON + timedelta(minutes=1)
