"""Tasks: opened with limits on working days, extended, suspended, resumed."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.calendars import load_calendar
from alerts.dispatching import dispatch, load_departments
from alerts.supervising import extended, graver, open_task, redirected, resumed, sent
from crawler.domain.alert import Decision, Review
from crawler.domain.assessment import Level
from crawler.domain.calendar import working_time_between
from crawler.domain.case import CHINA, Case
from crawler.domain.errors import NotAllowed
from crawler.domain.task import Move, SupervisionTask, TaskState, moved
from tests.builders import NOON, a_site, an_alert

CALENDAR = load_calendar()
CASE = Case(
    id=1, number="310118-JR-20260512-000001", key="k", title="某某公司：疑似承诺保本高收益",
    category="yield_promise", level=Level.RED, region="310118", opened_at=NOON,
)  # fmt: skip
REVIEW = Review(alert_id=1, decision=Decision.CONFIRM, actor="wang", at=NOON, reason="见截图")
TO = dispatch("yield_promise", a_site(), None, load_departments())


def a_task(level: Level = Level.RED, **given: Any) -> SupervisionTask:
    return open_task(CASE, an_alert(level=level), REVIEW, TO, CALENDAR, **given)


def china(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("level", "setting", "state"),
    [
        (Level.RED, Level.ORANGE, TaskState.DRAFTED),
        (Level.ORANGE, Level.ORANGE, TaskState.DRAFTED),
        (Level.YELLOW, Level.ORANGE, TaskState.APPROVED),
        (Level.YELLOW, Level.YELLOW, TaskState.DRAFTED),
        (Level.RED, None, TaskState.APPROVED),
    ],
)
def test_the_setting_says_from_which_level_a_supervisor_is_needed(
    level: Level, setting: Level | None, state: TaskState
) -> None:
    assert a_task(level, approval_from=setting).state is state


def test_a_red_task_of_tuesday_noon_has_the_limits_of_its_level() -> None:
    task = a_task(Level.RED)

    assert task.acknowledge_by == china(12, 16)
    assert task.answer_by == china(13, 17, 30)
    assert task.due_at == china(19, 17, 30)


def test_the_task_names_the_rule_and_quotes_the_review() -> None:
    task = a_task()

    assert task.rule == "集资类 · 登记地 310118（备案）"
    assert task.summary == "疑似承诺保本高收益。复核意见：见截图"
    assert (task.lead.code, task.lead.name) == ("310118-JR", "金融监管局（办）")


def test_limits_run_from_sending_not_from_drafting() -> None:
    approved = moved(a_task(), Move.APPROVE, "li", NOON)

    later = sent(approved, "li", NOON + timedelta(days=3), CALENDAR)

    assert later.due_at == china(22, 17, 30)
    assert later.sent_at == NOON + timedelta(days=3)


def test_an_extension_adds_working_days_and_has_bounds() -> None:
    working = replace(a_task(), state=TaskState.WORKING)

    assert extended(working, "li", NOON, 1, CALENDAR).due_at == china(20, 17, 30)
    for days in (0, -1, 61):
        with pytest.raises(NotAllowed):
            extended(working, "li", NOON, days, CALENDAR)


def test_what_a_task_stood_still_is_added_to_its_limits() -> None:
    working = replace(a_task(), state=TaskState.WORKING)
    waiting = moved(working, Move.SUSPEND, "li", NOON)

    # noon on Tuesday to noon on Thursday: two days of 8.5 hours of office time
    going = resumed(waiting, "li", NOON + timedelta(days=2), CALENDAR)

    assert going.state is TaskState.WORKING
    assert working_time_between(working.due_at, going.due_at, CALENDAR) == timedelta(hours=17)
    assert going.suspended_at is None


def test_only_what_nobody_works_at_is_sent_elsewhere() -> None:
    returned = replace(a_task(), state=TaskState.RETURNED)

    assert redirected(returned, replace(TO, rule="改派")).rule == "改派"
    with pytest.raises(NotAllowed):
        redirected(replace(a_task(), state=TaskState.SENT), TO)


def test_a_graver_site_never_lengthens_a_limit() -> None:
    task = sent(a_task(Level.YELLOW, approval_from=None), "system", NOON, CALENDAR)
    later = task.due_at - timedelta(hours=1)

    urgent = graver(task, Level.RED, later, CALENDAR)

    assert urgent.level is Level.RED
    assert (urgent.acknowledge_by, urgent.answer_by, urgent.due_at) == (
        task.acknowledge_by, task.answer_by, task.due_at,
    )  # fmt: skip
