"""What officers expect of a finding: new, again, worse, back, gone, or nothing to say."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alerting import AlertChange, ChangeKind, alert_for, found_in
from crawler.domain.alert import ALERT_MOVES, Alert, AlertState, Decision
from crawler.domain.assessment import Assessment, Level, rank
from crawler.domain.capture import Outcome
from crawler.domain.delivery import EventType
from crawler.domain.lexicon import Hit
from tests.builders import NOON, a_capture, a_visit, an_alert, an_assessment

LATER = NOON + timedelta(days=7)


def a_hit(word: str = "保本保息", category: str = "principal_guarantee") -> Hit:
    return Hit(word=word, category=category, weight=4.0, field="body", start=0, end=4, raw=word)


def found(level: Level = Level.ORANGE, text: str = "t1", *hits: Hit, **given: Any) -> Assessment:
    hits = hits or (a_hit(),)
    categories = tuple(dict.fromkeys(hit.category for hit in hits))
    values = {"visit_id": 2, "text_digest": text, "hits": hits, "categories": categories} | given
    return an_assessment(level=level, **values)


def decided(state: AlertState, assessment: Assessment, **given: Any) -> Alert:
    values = {
        "state": state,
        "level": assessment.level,
        "found": found_in(assessment),
        "text_digest": assessment.text_digest,
        "decided_digest": assessment.text_digest if state is AlertState.DISMISSED else "",
    }
    return an_alert(**(values | given))


def change(
    assessment: Assessment, opened: Alert | None = None, last: Alert | None = None
) -> AlertChange:
    visit = a_visit(id=2, captures=(a_capture(visit_id=2),))
    return alert_for(visit, assessment, opened, last, LATER)


@pytest.mark.parametrize("level", [Level.YELLOW, Level.ORANGE, Level.RED])
def test_yellow_and_above_open_an_alert(level: Level) -> None:
    made = change(found(level))

    assert (made.kind, made.event) == (ChangeKind.OPENED, EventType.ALERT_OPENED)
    assert made.alert is not None
    assert (made.alert.level, made.alert.state) == (level, AlertState.OPEN)


@pytest.mark.parametrize("level", [Level.BLUE, Level.NONE])
def test_blue_and_none_open_nothing(level: Level) -> None:
    assert change(found(level)) == AlertChange(kind=ChangeKind.NONE)


def test_a_repeated_finding_adds_to_the_open_alert() -> None:
    opened = decided(AlertState.OPEN, found())

    again = change(found(), opened)

    assert (again.kind, again.event) == (ChangeKind.REPEATED, None)
    assert again.alert == replace(
        opened, repeats=1, last_seen_at=LATER, visit_id=2, score=12.0, sentence=opened.sentence
    )


def test_a_later_capture_of_the_same_visit_is_no_repetition() -> None:
    opened = decided(AlertState.OPEN, found(), visit_id=2)

    again = change(found(Level.RED), opened)

    assert again.alert is not None
    assert (again.kind, again.alert.repeats) == (ChangeKind.RAISED, 0)


def test_a_higher_level_raises_and_a_lower_one_takes_nothing_back() -> None:
    opened = decided(AlertState.OPEN, found(Level.ORANGE))

    raised = change(found(Level.RED, "t2"), opened)
    lower = change(found(Level.YELLOW, "t3"), opened)

    assert (raised.kind, raised.event) == (ChangeKind.RAISED, EventType.ALERT_RAISED)
    assert raised.alert is not None
    assert raised.alert.visit_id == 2
    assert lower.alert is not None
    assert (lower.kind, lower.alert.level, lower.alert.visit_id) == (
        ChangeKind.REPEATED, Level.ORANGE, opened.visit_id,
    )  # fmt: skip


def test_a_dismissed_text_never_alerts_again_whatever_the_level() -> None:
    last = decided(AlertState.DISMISSED, found(Level.YELLOW, "t1"))

    again = change(found(Level.RED, "t1", a_hit("新词", "yield_promise")), None, last)

    assert again.kind is ChangeKind.REPEATED


def test_a_dismissed_finding_stays_silent_in_another_text_with_the_same_words() -> None:
    last = decided(AlertState.DISMISSED, found(Level.ORANGE, "t1"))

    again = change(found(Level.ORANGE, "t2"), None, last)

    assert again.alert is not None
    assert (again.kind, again.alert.state) == (ChangeKind.REPEATED, AlertState.DISMISSED)


@pytest.mark.parametrize(("level", "word"), [(Level.ORANGE, "日化收益"), (Level.RED, "保本保息")])
def test_a_dismissed_site_that_says_more_is_looked_at_again(level: Level, word: str) -> None:
    last = decided(AlertState.DISMISSED, found(Level.ORANGE, "t1"))

    again = change(found(level, "t2", a_hit(), a_hit(word)), None, last)

    assert again.alert is not None
    assert (again.kind, again.alert.state, again.alert.reopened) == (
        ChangeKind.RELAPSED, AlertState.OPEN, 1,
    )  # fmt: skip
    assert again.why


def test_a_watched_site_comes_back_when_it_gets_worse_and_not_before() -> None:
    last = decided(AlertState.WATCHED, found(Level.YELLOW))

    same = change(found(Level.YELLOW, "t2", a_hit("换了说法")), None, last)
    higher = change(found(Level.ORANGE, "t2"), None, last)
    wider = change(found(Level.YELLOW, "t2", a_hit(), a_hit("MT5", "forex_margin")), None, last)

    assert [one.kind for one in (same, higher, wider)] == [
        ChangeKind.REPEATED, ChangeKind.RELAPSED, ChangeKind.RELAPSED,
    ]  # fmt: skip


def test_a_confirmed_site_is_silent_while_it_is_dealt_with_and_a_relapse_afterwards() -> None:
    dealt_with = decided(AlertState.CONFIRMED, found(), id=7)

    during = change(found(Level.ORANGE, "t2"), None, dealt_with)
    relapse = change(found(Level.YELLOW, "t2"), None, replace(dealt_with, settled_at=NOON))

    assert during.kind is ChangeKind.REPEATED
    assert relapse.alert is not None
    assert (relapse.kind, relapse.alert.id, relapse.alert.settled_at) == (
        ChangeKind.RELAPSED, 7, None,
    )  # fmt: skip
    assert "复燃" in relapse.why


def test_a_merged_alert_stays_away_and_something_worse_opens_a_new_one() -> None:
    last = decided(AlertState.MERGED, found(Level.YELLOW), id=7)

    same = change(found(Level.YELLOW, "t2"), None, last)
    worse = change(found(Level.RED, "t2"), None, last)

    assert worse.alert is not None
    assert (same.kind, worse.kind, worse.alert.id) == (
        ChangeKind.REPEATED, ChangeKind.OPENED, 0,
    )  # fmt: skip


def test_what_is_not_found_any_more_is_gone_but_only_where_somebody_looked() -> None:
    last = decided(AlertState.CONFIRMED, found())
    blind = a_visit(id=2, captures=(a_capture(outcome=Outcome.TIMED_OUT),))

    gone = change(found(Level.NONE), None, last)
    unseen = alert_for(blind, found(Level.NONE), None, last, LATER)
    unjudged = alert_for(a_visit(id=2, captures=(a_capture(),)), None, None, last, LATER)
    unread = change(found(Level.BLUE, text=""), None, last)

    assert gone.alert is not None
    assert (gone.kind, gone.alert.settled_at) == (ChangeKind.GONE, LATER)
    assert {one.kind for one in (unseen, unjudged, unread)} == {ChangeKind.NONE}


def test_a_changed_rate_alone_does_not_alert_anew() -> None:
    assert found_in(found(yields=())) == ("principal_guarantee:", "principal_guarantee:保本保息")


@given(
    before=st.sampled_from([Level.YELLOW, Level.ORANGE, Level.RED]),
    after=st.sampled_from(list(Level)),
    state=st.sampled_from(list(AlertState)),
    same_text=st.booleans(),
    settled=st.booleans(),
    word=st.sampled_from(["保本保息", "日化收益"]),
)
def test_every_change_of_state_is_a_reopening_that_the_table_allows(
    before: Level, after: Level, state: AlertState, same_text: bool, settled: bool, word: str
) -> None:
    last = decided(state, found(before), settled_at=NOON if settled else None)
    opened = last if state is AlertState.OPEN else None

    made = change(
        found(after, "t1" if same_text else "t2", a_hit(word)), opened, None if opened else last
    )

    if made.alert is not None and made.alert.id == last.id and made.alert.state is not last.state:
        assert ALERT_MOVES[last.state, Decision.REOPEN] is made.alert.state
    if made.alert is not None and made.alert.state is AlertState.OPEN and opened:
        assert rank(made.alert.level) >= rank(opened.level)
