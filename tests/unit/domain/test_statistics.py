"""The reported tables: every part adds up to its whole, and a share says how much it rests on."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.alert import AlertState
from crawler.domain.assessment import Level
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.statistics import (
    AlertFact,
    Dimension,
    Span,
    TaskFact,
    alert_rows,
    in_order,
    last_whole,
    month_of,
    period_from,
    region_shown,
    task_rows,
    week_of,
    wilson,
)
from crawler.domain.task import TASK_ENDS, Conclusion, TaskState
from tests.builders import NOON


def an_alert_fact(**given: Any) -> AlertFact:
    defaults: dict[str, Any] = {
        "region": "310118", "level": Level.RED, "category": "p2p_lending", "opened_at": NOON,
        "state": AlertState.OPEN,
    }  # fmt: skip
    return AlertFact(**(defaults | given))


def a_task_fact(**given: Any) -> TaskFact:
    defaults: dict[str, Any] = {
        "region": "310118", "level": Level.RED, "category": "p2p_lending", "department": "甲局",
        "state": TaskState.WORKING, "conclusion": None, "created_at": NOON, "due_at": NOON,
    }  # fmt: skip
    return TaskFact(**(defaults | given))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2028-02", "2028-02-01", "2028-02-29"),
        ("2026-W20", "2026-05-11", "2026-05-17"),
        ("2026w01", "2025-12-29", "2026-01-04"),
        ("2026Q2", "2026-04-01", "2026-06-30"),
        ("2026-q4", "2026-10-01", "2026-12-31"),
        ("2026", "2026-01-01", "2026-12-31"),
        (" 2026-05-01..2026-05-01 ", "2026-05-01", "2026-05-01"),
    ],
)
def test_a_period_is_whole_days_in_china(text: str, first: str, last: str) -> None:
    period = period_from(text)

    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert period.end - period.start == timedelta(days=(period.last - period.first).days + 1)
    assert period.start.utcoffset() == timedelta(hours=8)


@pytest.mark.parametrize(
    ("text", "report", "before"),
    [
        ("2026-W01", "周报", "2025-12-22 至 2025-12-28"),
        ("2026-03", "月报", "2026-02-01 至 2026-02-28"),
        ("2026-01", "月报", "2025-12-01 至 2025-12-31"),
        ("2026Q1", "季报", "2025-10-01 至 2025-12-31"),
        ("2026", "年报", "2025-01-01 至 2025-12-31"),
        ("2026-05-04..2026-05-05", "统计报告", "2026-05-02 至 2026-05-03"),
        ("2026-02-01..2026-03-31", "统计报告", "2025-12-01 至 2026-01-31"),
    ],
)
def test_a_period_has_a_name_and_one_like_it_just_before(
    text: str, report: str, before: str
) -> None:
    period = period_from(text)

    assert (period.report, period.before.name) == (report, before)


@pytest.mark.parametrize(
    ("span", "at", "name"),
    [
        (Span.WEEK, datetime(2026, 5, 10, 23, 59, tzinfo=CHINA), "2026-04-27 至 2026-05-03"),
        (Span.WEEK, datetime(2026, 5, 11, 0, 0, tzinfo=CHINA), "2026-05-04 至 2026-05-10"),
        (Span.MONTH, datetime(2026, 1, 1, 0, 0, tzinfo=CHINA), "2025-12-01 至 2025-12-31"),
    ],
)
def test_the_last_whole_week_or_month_is_over(span: Span, at: datetime, name: str) -> None:
    assert last_whole(span, at).name == name
    assert last_whole(span, at).end <= at


def test_a_week_is_named_after_the_year_that_has_most_of_it() -> None:
    assert week_of(datetime(2027, 1, 3, 12, tzinfo=CHINA)) == "2026-W53"


@pytest.mark.parametrize(
    "text",
    ["", "2026-13", "2026-W54", "9999-12-01..9999-12-31", "0001-01-01..0001-01-02", "2026-00",
     "2026Q5", "20260512", "2026-05-02..2026-05-01", "1-1..2-2",
     "2026-05-01..", "..", "0001-01-01..9999-12-31", "２０２６Q９", "x" * 10_000],
)  # fmt: skip
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="期间"):
        period_from(text)


@pytest.mark.parametrize(
    ("state", "due", "late"),
    [
        (TaskState.WORKING, -1, 1),
        (TaskState.WORKING, 0, 0),
        (TaskState.RETURNED, -1, 1),
        (TaskState.SUSPENDED, -1, 0),  # its clock stands still
        (TaskState.CLOSED, -1, 0),
        (TaskState.CANCELLED, -1, 0),
    ],
)
def test_late_is_what_is_under_way_and_past_its_limit(
    state: TaskState, due: int, late: int
) -> None:
    fact = a_task_fact(state=state, due_at=NOON + timedelta(seconds=due), closed_at=NOON)

    _, total = task_rows([fact], lambda one: one.region, NOON)

    assert total.late == late


def test_a_moment_late_in_utc_belongs_to_the_next_month_in_china() -> None:
    assert month_of(datetime.fromisoformat("2026-04-30T17:00:00+00:00")) == "2026-05"
    assert period_from("2026-05").first == date(2026, 5, 1)


@given(
    st.lists(
        st.builds(
            an_alert_fact,
            state=st.sampled_from(AlertState),
            level=st.sampled_from(Level),
            region=st.sampled_from(["310118", "310104", ""]),
        )
    )
)
def test_alerts_add_up_in_every_row_and_over_all_rows(facts: list[AlertFact]) -> None:
    rows, total = alert_rows(facts, lambda fact: fact.region)

    for row in (*rows, total):
        parts = row.open + row.confirmed + row.dismissed + row.watched + row.merged
        assert row.opened == parts
    assert total.opened == len(facts) == sum(row.opened for row in rows)


@given(
    st.lists(
        st.builds(
            a_task_fact,
            state=st.sampled_from(TaskState),
            conclusion=st.sampled_from([None, *Conclusion]),
            closed_at=st.sampled_from([None, NOON, NOON + timedelta(days=1)]),
        )
    )
)
def test_tasks_add_up_in_every_row_and_over_all_rows(facts: list[TaskFact]) -> None:
    rows, total = task_rows(facts, lambda fact: fact.level, NOON)

    for row in (*rows, total):
        assert row.made == row.under_way + row.closed + row.transferred + row.cancelled
        assert row.closed == row.founded + row.unfounded + row.other
        assert row.in_time <= row.closed
    assert total.under_way == sum(fact.state not in TASK_ENDS for fact in facts)


def test_precision_is_confirmed_among_what_was_decided_and_says_when_it_rests_on_little() -> None:
    states = [AlertState.CONFIRMED] * 9 + [AlertState.DISMISSED] + [AlertState.WATCHED] * 5
    _, few = alert_rows([an_alert_fact(state=one) for one in states], lambda _: "x")
    _, many = alert_rows([an_alert_fact(state=one) for one in states * 10], lambda _: "x")
    _, none = alert_rows([an_alert_fact()], lambda _: "x")

    assert few.precision == many.precision == 0.9
    assert (few.few, many.few) == (True, False)
    assert (none.precision, none.interval) == (None, None)


def test_the_interval_is_wilsons() -> None:
    # Newcombe 1998, table I: 81 of 263
    low, high = wilson(81, 263)  # type: ignore[misc]

    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 0) is None


def test_the_wait_for_a_decision_is_the_median() -> None:
    waits = [1, 2, 90]
    facts = [an_alert_fact(decided_at=NOON + timedelta(hours=hours)) for hours in waits]

    assert alert_rows(facts, lambda _: "x")[1].median_h == 2


def test_rows_stand_in_the_order_that_a_reader_expects() -> None:
    counts = {"黄": 9, "红": 1}

    assert in_order(counts, Dimension.LEVEL, counts) == ["红", "黄"]
    assert in_order(counts, Dimension.CATEGORY, counts) == ["黄", "红"]
    assert region_shown("310118") == "310118 青浦区"
    assert (region_shown("330106"), region_shown("")) == ("330106", "不明")
    assert NOON.astimezone(CHINA).hour == 12
