"""Tasks: opened with limits on working days, extended, suspended, resumed."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.calendars import load_calendar
from alerts.dispatching import dispatch, load_departments
from alerts.supervising import (
    extended,
    graver,
    joined,
    open_task,
    redirected,
    resumed,
    sent,
    settled_claim,
    sla_profile,
)
from crawler.domain.alert import Decision, Review
from crawler.domain.assessment import Level
from crawler.domain.calendar import working_time_between
from crawler.domain.case import CHINA, Case
from crawler.domain.errors import NotAllowed
from crawler.domain.task import Department, Move, SupervisionTask, TaskState, moved
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
    task = a_task(level, approval_from=setting)

    assert task.state is state
    assert task.needs_approval is (state is TaskState.DRAFTED)


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


def test_a_task_of_what_came_back_says_so() -> None:
    task = open_task(CASE, an_alert(reopened=2), REVIEW, TO, CALENDAR)

    assert task.summary.startswith("再次出现或重新打开（第 2 次）。疑似")


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


@pytest.mark.parametrize(
    ("level", "acknowledge", "answer", "close", "profile"),
    [
        (Level.ORANGE, china(13, 17, 30), china(15, 17, 30), china(26, 17, 30), "orange-1d-3d-10d"),
        (Level.YELLOW, china(14, 17, 30), china(21, 17, 30), None, "yellow-2d-7d-15d"),
        (Level.BLUE, china(14, 17, 30), china(21, 17, 30), None, "blue-2d-7d-15d"),
    ],
)
def test_every_level_has_its_limits_and_their_name(
    level: Level, acknowledge: datetime, answer: datetime, close: datetime | None, profile: str
) -> None:
    task = a_task(level)

    assert (task.acknowledge_by, task.answer_by) == (acknowledge, answer)
    assert close in (None, task.due_at)
    assert sla_profile(level) == profile
    assert sla_profile(Level.RED) == "red-4h-1d-5d"


def test_an_extension_moves_the_answer_too_and_may_take_sixty_days() -> None:
    working = replace(a_task(), state=TaskState.WORKING)

    longer = extended(working, "li", NOON, 60, CALENDAR)

    assert extended(working, "li", NOON, 1, CALENDAR).answer_by == china(14, 17, 30)
    assert longer.due_at > working.due_at + timedelta(days=80)
    assert longer.state is TaskState.EXTENDED
    assert longer.acknowledge_by == working.acknowledge_by


def test_all_that_runs_stands_still_together() -> None:
    sent_task = sent(a_task(approval_from=None), "system", NOON, CALENDAR)
    waiting = moved(replace(sent_task, state=TaskState.WORKING), Move.SUSPEND, "li", NOON)

    going = resumed(waiting, "li", NOON + timedelta(days=2), CALENDAR)

    for before, after in (
        (sent_task.answer_by, going.answer_by), (sent_task.runs_from, going.runs_from)
    ):  # fmt: skip
        assert before is not None
        assert after is not None
        assert working_time_between(before, after, CALENDAR) == timedelta(hours=17)


def test_who_gets_a_redirected_task_keeps_only_joint_partners_that_are_theirs() -> None:
    partner, other = Department(code="310118-GA", name="公安"), Department(code="x", name="x")
    drafted = replace(a_task(), joint=(partner.code, other.code))
    to = replace(
        TO, region="310104", lead=other, cooperating=(partner,), joint=(), contested="两说"
    )

    there = redirected(drafted, to)

    assert there.lead == other
    assert (there.region, there.cooperating, there.joint) == ("310104", (partner,), (partner.code,))
    assert (there.contested, there.seq) == ("两说", drafted.seq + 1)
    assert redirected(drafted, replace(to, joint=("y",))).joint == ("y",)


def test_what_is_not_under_way_gets_the_graver_limits_whole() -> None:
    drafted = a_task(Level.YELLOW)
    later = NOON + timedelta(days=1)

    urgent = graver(drafted, Level.RED, later, CALENDAR)

    assert urgent.due_at == china(20, 17, 30)
    assert urgent.acknowledge_by == china(13, 16)
    under_way = graver(
        sent(a_task(Level.YELLOW, approval_from=None), "system", NOON, CALENDAR), Level.RED, later,
        CALENDAR,
    )  # fmt: skip
    assert (under_way.acknowledge_by, under_way.answer_by, under_way.due_at) == (
        china(13, 16), china(14, 17, 30), china(20, 17, 30)
    )  # fmt: skip


def test_a_contested_task_needs_a_person_who_says_why() -> None:
    contested = replace(a_task(), contested="登记地有两说")

    with pytest.raises(NotAllowed, match="登记地有两说；审核时须写明由谁主办及理由"):
        settled_claim(contested, "li", "  ")
    settled = settled_claim(contested, "li", " 以执照为准 ")

    assert settled.contested == ""
    assert settled.rule == (
        f"{contested.rule} · 经li确定由金融监管局（办）（310118-JR）主办：以执照为准"
    )
    assert settled_claim(a_task(), "li", "").rule == a_task().rule
    assert settled_claim(contested, "li", "x" * 900).rule.count("x") == 200
    partner = Department(code="a", name="a")
    to = replace(TO, contested="两说", cooperating=(partner,), joint=("a",))
    undecided = open_task(CASE, an_alert(level=Level.YELLOW), REVIEW, to, CALENDAR)
    assert (undecided.state, undecided.needs_approval) == (TaskState.DRAFTED, True)
    assert (undecided.contested, undecided.cooperating, undecided.joint) == (
        "两说", (partner,), ("a",)
    )  # fmt: skip


def test_a_joint_inspection_is_one_and_one_or_two_others_before_it_leaves() -> None:
    one, two, three = (Department(code=code, name=code) for code in ("a", "b", "c"))
    task = a_task()

    both = joined(task, (one, two))
    single = joined(both, (one,))

    assert (both.joint, single.joint) == (("a", "b"), ("a",))
    assert both.rule == f"{task.rule} · 联合检查 1+2"
    assert single.rule == f"{task.rule} · 联合检查 1+1"  # said once, as it is now
    assert joined(both, ()).rule == task.rule
    assert both.cooperating[-2:] == (one, two)
    assert both.seq == task.seq + 1
    for partners in ((one, two, three), (one, one), (task.lead,)):
        with pytest.raises(NotAllowed, match="联合检查为主办加 1 至 2 个"):
            joined(task, partners)
    with pytest.raises(NotAllowed, match="派发前"):
        joined(replace(task, state=TaskState.SENT), (one,))
    for state in (TaskState.APPROVED, TaskState.RETURNED):
        assert joined(replace(task, state=state), (one,)).joint == ("a",)


def test_title_and_summary_are_bounded_and_speak_for_themselves() -> None:
    alert = replace(an_alert(level=Level.RED), sentence="疑" * 400)
    said_nothing = replace(REVIEW, reason="  ")

    long = open_task(replace(CASE, title="名" * 300), alert, REVIEW, TO, CALENDAR)
    plain = open_task(CASE, an_alert(level=Level.RED), said_nothing, TO, CALENDAR, title="乙站")

    assert (len(long.title), len(long.summary)) == (200, 300)
    assert open_task(CASE, alert, said_nothing, TO, CALENDAR).summary == "疑" * 300
    assert (plain.title, plain.summary) == ("乙站", an_alert().sentence)
    assert open_task(CASE, alert, REVIEW, TO, CALENDAR).title == CASE.title
    elsewhere = open_task(CASE, alert, REVIEW, replace(TO, region=""), CALENDAR)
    assert elsewhere.region == alert.region
