"""Every outcome is decided on: whether a visit ended well by it, what the browser saw, whether
longer limits may show more. A new one belongs in a list here, and that is a decision.
"""

from collections.abc import Callable, Set

import pytest

from crawler.domain.capture import Outcome, Profile
from crawler.domain.site import deserves_patience, ended_well, outcome_of
from crawler.fetching.reporting import NOTHING_SEEN
from tests.builders import a_capture

WELL = {Outcome.SEEN, Outcome.PARTIAL, Outcome.EMPTY, Outcome.NOT_HTML}
ANSWERED = {Outcome.HTTP_ERROR, Outcome.RATE_LIMITED, Outcome.ROBOTS_REFUSED}
UNSEEN = {
    Outcome.BLOCKED_ADDRESS, Outcome.NAME_NOT_FOUND, Outcome.CONNECTION_REFUSED, Outcome.TIMED_OUT,
    Outcome.TLS_FAILED, Outcome.BAD_RESPONSE, Outcome.REDIRECT_LIMIT, Outcome.DOWNLOAD,
    Outcome.BROWSER_FAILED, Outcome.BUDGET_REACHED,
}  # fmt: skip
PATIENT = {
    Outcome.TIMED_OUT, Outcome.TLS_FAILED, Outcome.BAD_RESPONSE, Outcome.HTTP_ERROR,
    Outcome.RATE_LIMITED, Outcome.PARTIAL,
}  # fmt: skip
AS_IT_IS = {
    Outcome.SEEN, Outcome.EMPTY, Outcome.NOT_HTML, Outcome.ROBOTS_REFUSED, Outcome.BLOCKED_ADDRESS,
    Outcome.NAME_NOT_FOUND, Outcome.CONNECTION_REFUSED, Outcome.REDIRECT_LIMIT, Outcome.DOWNLOAD,
    Outcome.BROWSER_FAILED, Outcome.BUDGET_REACHED,
}  # fmt: skip


@pytest.mark.parametrize(
    ("says", "yes", "no"),
    [
        (ended_well, WELL, ANSWERED | UNSEEN),
        (NOTHING_SEEN.__contains__, UNSEEN, WELL | ANSWERED),
        (deserves_patience, PATIENT, AS_IT_IS),
    ],
    ids=["ended_well", "nothing_seen", "patience"],
)
def test_every_outcome_is_decided_on_once(
    says: Callable[[Outcome], bool], yes: Set[Outcome], no: Set[Outcome]
) -> None:
    assert sorted([*yes, *no]) == sorted(Outcome)
    assert {one for one in Outcome if says(one)} == yes


@pytest.mark.parametrize("good", sorted(WELL))
@pytest.mark.parametrize("bad", sorted(ANSWERED | UNSEEN))
def test_whoever_saw_the_page_speaks_for_the_visit(good: Outcome, bad: Outcome) -> None:
    both = (a_capture(outcome=good), a_capture(outcome=bad))

    assert outcome_of(both) is outcome_of(both[::-1]) is good


def test_what_another_visitor_met_later_unmakes_no_answer() -> None:
    answered = a_capture(outcome=Outcome.HTTP_ERROR, profile=Profile.DESKTOP)
    hurried = a_capture(outcome=Outcome.TIMED_OUT, profile=Profile.SEARCH)

    assert outcome_of((answered, hurried)) is Outcome.HTTP_ERROR
    assert outcome_of((hurried,)) is Outcome.TIMED_OUT
