"""Decisions about an alert: the table, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.alert import (
    ALERT_MOVES,
    ALERT_STATE_NAMES,
    AlertState,
    Decision,
    Review,
    decided,
)
from crawler.domain.errors import NotAllowed
from tests.builders import NOON, an_alert


def a_review(decision: Decision, reason: str = "理由") -> Review:
    return Review(alert_id=1, decision=decision, actor="wang", at=NOON, reason=reason)


@given(st.sampled_from(list(AlertState)), st.sampled_from(list(Decision)))
def test_a_decision_is_in_the_table_or_refused(state: AlertState, decision: Decision) -> None:
    alert = an_alert(state=state)
    after = ALERT_MOVES.get((state, decision))

    if after is None:
        with pytest.raises(NotAllowed, match=ALERT_STATE_NAMES[state]):
            decided(alert, a_review(decision))
    else:
        assert decided(alert, a_review(decision)).state is after


def test_every_state_has_a_chinese_name_and_every_decided_one_but_merged_a_way_back() -> None:
    back = {state for state, decision in ALERT_MOVES if decision is Decision.REOPEN}

    assert set(ALERT_STATE_NAMES) == set(AlertState)
    assert back == set(AlertState) - {AlertState.OPEN, AlertState.MERGED}


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_a_dismissal_without_a_reason_is_refused(reason: str) -> None:
    with pytest.raises(NotAllowed, match="理由"):
        decided(an_alert(), a_review(Decision.DISMISS, reason))


def test_a_dismissal_remembers_the_text_and_a_reopening_forgets_it() -> None:
    dismissed = decided(an_alert(text_digest="t"), a_review(Decision.DISMISS))
    again = decided(dismissed, a_review(Decision.REOPEN))

    assert dismissed.decided_digest == "t"
    assert (again.decided_digest, again.reopened) == ("", 1)
