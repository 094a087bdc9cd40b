"""Decisions of people, on a real store: everything is written, or nothing."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from alerts import reviewing
from alerts.answering import Fault, Sender, take_feedback
from alerts.dispatching import Dispatch, dispatch, region_after
from alerts.moving import Step, make_move
from alerts.reviewing import confirm, dismiss, merge, reopen, take_back, watch
from alerts.tasking import approve, extend, move_task, redirect
from crawler.domain.alert import Alert, AlertState
from crawler.domain.assessment import Level
from crawler.domain.audit import Act
from crawler.domain.delivery import EventType
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.filing import SubjectKind
from crawler.domain.task import Conclusion, Department, Move, SupervisionTask, TaskState
from crawler.store.alerts import alert_of, change_alert, save_alert
from crawler.store.audit import acts_on, broken_entries, latest_acts, note
from crawler.store.cases import case_of
from crawler.store.database import Database
from crawler.store.lexicons import decided_alerts
from crawler.store.outbox import list_deliveries
from crawler.store.reviews import reviews_of
from crawler.store.tables import alerts, audit, sites
from crawler.store.task_alerts import alerts_of_task
from crawler.store.tasks import moves_of, task_of
from tests.builders import NO_TRIGGER, NOON, a_site, an_alert
from tests.integration.answering_house import a_desk, an_endpoint, beside, open_alert, settle_site
from tests.integration.api_house import said
from tests.stores import a_database


def test_a_confirmed_orange_alert_waits_as_a_draft_for_a_supervisor(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint())
    alert = open_alert(database, level=Level.ORANGE)

    task = confirm(database, alert.id, "wang", NOON, desk)

    with database.reading() as db:
        assert alert_of(db, alert.id).state is AlertState.CONFIRMED
        assert task_of(db, task.id).state is TaskState.DRAFTED
        assert [one.event for one in list_deliveries(db)] == [EventType.ALERT_CLOSED]
        assert [one.act.actor for one in acts_on(db, f"alert:{alert.id}")] == ["wang"]
        assert [one.actor for one in reviews_of(db, alert.id)] == ["wang"]


def test_an_approved_task_is_sent_in_the_same_transaction(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint(events=(EventType.TASK_CREATED,)))
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)

    sent = approve(database, task.id, "li", NOON, desk)

    assert (sent.state, sent.approved_by) == (TaskState.SENT, "li")
    with database.reading() as db:
        assert [one.subject for one in list_deliveries(db)] == [f"task:{task.number}"]
        assert [row.move for row in moves_of(db, task.id)] == ["draft", "approve", "send"]


def test_nobody_outside_hears_of_a_task_before_it_is_sent(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint())
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)

    approve(database, task.id, "li", NOON, desk)

    with database.reading() as db:
        told = [one.event for one in list_deliveries(db, subject=f"task:{task.number}")]
    assert told == [EventType.TASK_CREATED]


def test_a_change_to_an_alert_that_is_no_longer_so_is_refused(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk()
    stale = open_alert(database)
    watch(database, stale.id, "wang", NOON, desk)

    with pytest.raises(NotAllowed, match="他人处理，现为“观察”"), database.transaction() as db:
        change_alert(db, replace(stale, repeats=9), AlertState.OPEN)

    with database.reading() as db:
        assert alert_of(db, stale.id).repeats == 0


def test_nobody_approves_their_own_draft(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint())
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)

    with pytest.raises(NotAllowed, match="自己起草"):
        approve(database, task.id, "wang", NOON, desk)


def test_where_no_supervisor_is_needed_a_confirmed_alert_is_a_sent_task(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint(), approval_from=None)

    task = confirm(database, open_alert(database, level=Level.RED).id, "wang", NOON, desk)

    assert task.state is TaskState.SENT
    with database.reading() as db:
        told = {one.event for one in list_deliveries(db)}
    assert told == {EventType.ALERT_CLOSED, EventType.TASK_CREATED}


def test_two_officers_cannot_both_decide(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint(), approval_from=None)
    alert = open_alert(database)
    ready, outcomes = threading.Barrier(2), []

    def decide(actor: str) -> None:
        ready.wait(timeout=10)
        try:
            confirm(database, alert.id, actor, NOON, desk)
            outcomes.append("done")
        except NotAllowed as refusal:
            outcomes.append(str(refusal))

    officers = [threading.Thread(target=decide, args=(name,)) for name in ("wang", "li")]
    for officer in officers:
        officer.start()
    for officer in officers:
        officer.join(timeout=20)

    late = (
        f"预警 {alert.id} 已是“已核实”，不能再次处理，可重新打开",
        f"预警 {alert.id} 已被他人处理，现为“已核实”",  # both looked before either wrote
    )
    done, refused = sorted(outcomes, key=len)
    assert done == "done"
    assert refused in late
    with database.reading() as db:
        assert len(reviews_of(db, alert.id)) == 1


@pytest.mark.fault("D06")
@pytest.mark.fault("K11")
def test_a_decision_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    alert = open_alert(database)

    def no_chance(count: int) -> bytes:
        raise KeyboardInterrupt  # killed between the task's row and its message

    with pytest.raises(KeyboardInterrupt):
        confirm(database, alert.id, "wang", NOON, a_desk(an_endpoint(), chance=no_chance))

    with database.reading() as db:
        assert alert_of(db, alert.id).state is AlertState.OPEN
        assert not reviews_of(db, alert.id)
        assert not latest_acts(db)
        assert not list_deliveries(db)


def test_a_dismissal_needs_a_reason_and_ends_the_case(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint())
    alert = open_alert(database)
    with pytest.raises(NotAllowed, match="理由"):
        dismiss(database, alert.id, "wang", NOON, desk, "  ")

    dismissed = dismiss(database, alert.id, "wang", NOON, desk, "银行官网", ("保本保息",))

    assert dismissed.decided_digest == alert.text_digest
    with database.reading() as db:
        assert case_of(db, alert.case_id).closed_at == NOON
        assert reviews_of(db, alert.id)[0].misled_by == ("保本保息",)


def test_a_case_whose_task_is_under_way_does_not_end_by_a_dismissal(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    alert = open_alert(database)
    task = confirm(database, alert.id, "wang", NOON, desk)
    reopen(database, alert.id, "li", NOON, desk, "证据有误")

    dismiss(database, alert.id, "li", NOON, desk, "银行官网")

    assert _ended(database, alert) is None
    later = NOON + timedelta(days=1)
    move_task(database, task.id, Move.CANCEL, "li", later, desk, "误报")
    assert _ended(database, alert) == later


@pytest.mark.parametrize("decision", [None, watch])
def test_a_case_does_not_end_with_its_task_while_an_alert_of_it_waits_or_is_watched(
    tmp_path: Path, decision: Callable[..., object] | None
) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    alert = open_alert(database)
    task = confirm(database, alert.id, "wang", NOON, desk)
    other = beside(database, alert, "other.example.cn", Level.ORANGE)
    if decision is not None:
        decision(database, other.id, "wang", NOON, desk)

    move_task(database, task.id, Move.CANCEL, "li", NOON, desk, "重复")

    assert _ended(database, alert) is None
    later = NOON + timedelta(days=1)
    dismiss(database, other.id, "wang", later, desk, "银行官网")
    assert _ended(database, alert) == later


def _ended(database: Database, alert: Alert) -> datetime | None:
    with database.reading() as db:
        case = case_of(db, alert.case_id)
    assert case is not None
    return case.closed_at


def test_a_watched_alert_may_still_be_confirmed_and_a_decision_taken_back(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint())
    alert = open_alert(database)

    watch(database, alert.id, "wang", NOON, desk)
    confirm(database, alert.id, "wang", NOON, desk)
    again = reopen(database, alert.id, "li", NOON, desk, "证据有误")

    assert (again.state, again.reopened) == (AlertState.OPEN, 1)
    with database.reading() as db:
        told = [one.event for one in reversed(list_deliveries(db, subject=f"alert:{alert.id}"))]
    assert sorted(told) == ["alert.closed", "alert.closed", "alert.opened"]


def test_the_second_site_of_a_subject_joins_the_unfinished_task(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint(), approval_from=None)
    first = open_alert(database, a_site(domain="a.example.cn", unit_name="某某财富管理有限公司"))
    second = open_alert(database, a_site(domain="b.example.cn", unit_name="某某财富管理有限公司"))

    one = confirm(database, first.id, "wang", NOON, desk)
    two = confirm(database, second.id, "wang", NOON, desk)

    assert (first.case_id, one.id) == (second.case_id, two.id)
    assert two.seq == one.seq + 1
    with database.reading() as db:
        told = list_deliveries(db, subject=f"task:{one.number}")
    assert {one.event for one in told} == {EventType.TASK_CREATED, EventType.TASK_CHANGED}


def test_a_merged_alert_joins_the_others_case(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk()
    kept = open_alert(database, a_site(domain="a.example.cn", unit_name="甲方财富公司"))
    other = open_alert(database, a_site(domain="b.example.cn", unit_name="乙方财富公司"))

    merged = merge(database, other.id, kept.id, "wang", NOON, desk)

    assert (merged.state, merged.case_id) == (AlertState.MERGED, kept.case_id)
    with pytest.raises(BadInput):
        merge(database, kept.id, kept.id, "wang", NOON, desk)
    assert (_ended(database, kept), _ended(database, other)) == (None, NOON)


def test_nothing_is_merged_into_a_case_that_has_ended(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk()
    ended = open_alert(database, a_site(domain="a.example.cn", unit_name="甲方财富公司"))
    other = open_alert(database, a_site(domain="b.example.cn", unit_name="乙方财富公司"))
    dismiss(database, ended.id, "wang", NOON, desk, "银行官网")

    with pytest.raises(NotAllowed, match="已办结"):
        merge(database, other.id, ended.id, "wang", NOON, desk)

    assert _ended(database, other) is None


def test_a_closed_task_settles_its_alert_and_case(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    alert = open_alert(database)
    task = confirm(database, alert.id, "wang", NOON, desk)
    for move in (Move.ACKNOWLEDGE, Move.WORK, Move.ANSWER, Move.CHECK):
        move_task(database, task.id, move, "li", NOON, desk)
    with pytest.raises(NotAllowed, match="结论"):
        move_task(database, task.id, Move.CLOSE, "li", NOON, desk)

    move_task(database, task.id, Move.CLOSE, "li", NOON, desk, conclusion=Conclusion.RECTIFIED)

    with database.reading() as db:
        assert case_of(db, alert.case_id).closed_at == NOON
        assert alert_of(db, alert.id).settled_at == NOON


def test_what_another_task_is_still_about_is_settled_by_the_last(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    alert = open_alert(database)
    first = confirm(database, alert.id, "wang", NOON, desk)
    move_task(database, first.id, Move.ANSWER, "li", NOON, desk)
    reopen(database, alert.id, "li", NOON, desk, "证据有误")
    second = confirm(database, alert.id, "wang", NOON, desk)
    move_task(database, second.id, Move.ANSWER, "li", NOON, desk)

    found = []
    for day, task in ((1, first), (2, second)):
        at = NOON + timedelta(days=day)
        move_task(database, task.id, Move.CHECK, "li", at, desk)
        move_task(database, task.id, Move.CLOSE, "li", at, desk, conclusion=Conclusion.RECTIFIED)
        with database.reading() as db:
            found.append(alert_of(db, alert.id).settled_at)

    assert found == [None, NOON + timedelta(days=2)]


def test_what_was_gone_before_its_task_ended_is_gone_since_then(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    with database.transaction() as db:
        (alert,) = alerts_of_task(db, task.id)
        change_alert(db, replace(alert, settled_at=NOON), AlertState.CONFIRMED)

    later = NOON + timedelta(days=1)
    for move in (Move.ANSWER, Move.CHECK):
        move_task(database, task.id, move, "li", later, desk)
    move_task(database, task.id, Move.CLOSE, "li", later, desk, conclusion=Conclusion.RECTIFIED)

    with database.reading() as db:
        assert alert_of(db, alert.id).settled_at == NOON


def test_of_a_warning_that_never_left_no_end_is_told(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint())

    dismiss(database, open_alert(database, level=Level.YELLOW).id, "wang", NOON, desk, "官网")

    with database.reading() as db:
        assert list_deliveries(db) == []


def test_an_unfounded_task_leaves_the_alert_known_and_silent(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    alert = open_alert(database)
    task = confirm(database, alert.id, "wang", NOON, desk)

    for move in (Move.ANSWER, Move.CHECK):
        move_task(database, task.id, move, "li", NOON, desk)
    move_task(database, task.id, Move.CLOSE, "li", NOON, desk, conclusion=Conclusion.UNFOUNDED)

    with database.reading() as db:
        assert alert_of(db, alert.id).settled_at is None


def test_a_returned_task_goes_to_another_department_and_is_sent_anew(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint())
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    approve(database, task.id, "li", NOON, desk)
    move_task(database, task.id, Move.RETURN, "platform", NOON, desk, "非本部门职责")
    foreign = a_site(id=1, subject_kind=SubjectKind.FOREIGN)

    to = dispatch("yield_promise", foreign, None, desk.departments)
    redirect(database, task.id, to, "wang", NOON, desk, "涉外网站")
    again = approve(database, task.id, "li", NOON, desk)

    assert (again.state, again.lead.name, again.returns) == (TaskState.SENT, "网信办", 1)
    with database.reading() as db:
        told = [one.event for one in list_deliveries(db, subject=f"task:{task.number}")]
        history = [(row.move, row.note) for row in moves_of(db, task.id)]
    assert told.count(EventType.TASK_CREATED) == 1
    assert ("redirect", "网信办：涉外网站") in history


def test_an_extension_moves_the_limits_by_working_days(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    move_task(database, task.id, Move.ACKNOWLEDGE, "li", NOON, desk)

    later = extend(database, task.id, 5, "li", NOON, desk, "须现场核查")

    assert (later.state, (later.due_at - task.due_at).days) == (TaskState.EXTENDED, 7)


def test_a_site_has_one_open_alert_whoever_writes(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    alert = open_alert(database)

    with pytest.raises(DatabaseError), database.transaction() as db:
        save_alert(db, an_alert(id=0, site_id=alert.site_id, visit_id=1, case_id=alert.case_id))


@pytest.mark.fault("C15")
def test_the_audit_trail_can_be_neither_changed_nor_shortened(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk()
    watch(database, open_alert(database).id, "wang", NOON, desk)

    for statement in (update(audit).values(actor="somebody"), delete(audit)):
        with pytest.raises(DatabaseError, match="append-only"), database.transaction() as db:
            db.execute(statement)

    with database.reading() as db:
        assert list(broken_entries(db)) == []


def test_several_acts_of_one_transaction_are_chained_too(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    acts = [Act(at=NOON, actor="wang", action="list.import", object=f"list:{n}") for n in "123"]

    with database.transaction() as db:
        note(db, *acts)

    with database.reading() as db:
        assert [one.act for one in reversed(latest_acts(db))] == acts
        assert list(broken_entries(db)) == []


def test_a_forged_audit_entry_is_found(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk()
    first, second = (open_alert(database, a_site(domain=f"{name}.example.cn")).id for name in "ab")
    watch(database, first, "wang", NOON, desk)
    watch(database, second, "li", NOON, desk)
    with database.transaction() as db:
        db.exec_driver_sql(NO_TRIGGER[db.dialect.name])
        db.execute(update(audit).where(audit.c.seq == 1).values(actor="somebody"))

    with database.reading() as db:
        broken = list(broken_entries(db))

    assert broken == [1]


def test_personal_subjects_leave_masked(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint(), approval_from=None)
    person = a_site(unit_name="张三丰", subject_kind=SubjectKind.PERSON, site_name="张三丰理财")

    confirm(database, open_alert(database, person).id, "wang", NOON, desk)

    with database.reading() as db:
        bodies = [one.body.decode() for one in list_deliveries(db)]
    assert bodies
    assert all("张三丰" not in body and "张**" in body for body in bodies)


def test_an_unknown_alert_is_named(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    settle_site(database)

    with pytest.raises(BadInput, match="没有编号为 99"):
        watch(database, 99, "wang", NOON, a_desk())

    with database.reading() as db:
        assert db.execute(select(alerts)).all() == []


def test_another_district_gets_what_is_redirected_to_it_and_the_first_is_told(
    tmp_path: Path,
) -> None:
    database = a_database(tmp_path)
    desk = a_desk(
        an_endpoint(name="qingpu", regions=("310118",)),
        an_endpoint(name="xuhui", regions=("310104",)),
        an_endpoint(name="city", regions=("31",)),
        approval_from=None,
    )
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    move_task(database, task.id, Move.RETURN, "platform", NOON, desk, "不在本区")
    lead = Department(code="310104-GA", name="公安经侦部门")
    region = region_after(lead, task.region)

    redirect(
        database,
        task.id,
        Dispatch(lead=lead, cooperating=(), region=region, rule="改派"),
        "li",
        NOON,
        desk,
    )
    again = approve(database, task.id, "zhao", NOON, desk)

    assert again.region == "310104"
    assert region_after(Department(code="310000-SJR", name="市"), "310118") == "310118"
    with database.reading() as db:
        told = list_deliveries(db, subject=f"task:{task.number}", limit=50)
    by_endpoint = {
        name: [one.event for one in sorted(told, key=lambda one: one.seq) if one.endpoint == name]
        for name in ("qingpu", "xuhui", "city")
    }
    assert by_endpoint["qingpu"][-1] is EventType.TASK_CANCELLED
    assert by_endpoint["xuhui"] == [EventType.TASK_CREATED]
    assert by_endpoint["city"] == [
        EventType.TASK_CREATED, EventType.TASK_CHANGED, EventType.TASK_CHANGED,
    ]  # fmt: skip


def test_a_task_that_comes_back_to_a_district_is_new_there_again(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    qingpu = an_endpoint(name="qingpu", regions=("310118",))
    desk = a_desk(qingpu, an_endpoint(name="xuhui", regions=("310104",)), approval_from=None)
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)

    for region in ("310104", "310118"):
        move_task(database, task.id, Move.RETURN, "platform", NOON, desk, "不在本区")
        lead = Department(code=f"{region}-GA", name="公安经侦部门")
        to = Dispatch(lead=lead, cooperating=(), region=region, rule="改派")
        redirect(database, task.id, to, "li", NOON, desk)
        approve(database, task.id, "zhao", NOON, desk)

    assert _told(database, task, "qingpu")[-2:] == [
        EventType.TASK_CANCELLED,
        EventType.TASK_CREATED,
    ]
    assert _told(database, task, "xuhui")[-1] is EventType.TASK_CANCELLED


def test_who_was_told_hears_that_a_task_is_cancelled_before_it_was_sent_anew(
    tmp_path: Path,
) -> None:
    database = a_database(tmp_path)
    xuhui = an_endpoint(name="xuhui", regions=("310104",))
    desk = a_desk(an_endpoint(name="city", regions=("31",)), xuhui, approval_from=None)
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    move_task(database, task.id, Move.RETURN, "platform", NOON, desk, "不在本区")
    lead = Department(code="310104-GA", name="公安经侦部门")
    to = Dispatch(lead=lead, cooperating=(), region="310104", rule="改派")
    redirect(database, task.id, to, "li", NOON, desk)

    waits = {
        name: take_feedback(
            database, name, task.number, said("acknowledged"), NOON, desk,
            Sender(name=name, regions=regions),
        ).fault
        for name, regions in (("city", ("31",)), ("xuhui", ("310104",)))
    }  # fmt: skip
    move_task(database, task.id, Move.CANCEL, "li", NOON, desk, "重复")

    assert waits == {"city": Fault.NOT_NOW, "xuhui": Fault.NO_SUCH_TASK}
    assert _told(database, task, "city")[-1] is EventType.TASK_CANCELLED
    assert _told(database, task, "xuhui") == []


def test_who_came_later_hears_nothing_of_the_end_of_an_old_task(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    old, new = an_endpoint(name="old"), an_endpoint(name="new")
    task = confirm(database, open_alert(database).id, "wang", NOON, a_desk(old, approval_from=None))
    both = a_desk(old, new, approval_from=None)
    other = confirm(
        database, open_alert(database, a_site(domain="o.example.cn")).id, "wang", NOON, both
    )

    for one in (task, other):
        move_task(database, one.id, Move.TRANSFER, "li", NOON, both, "属公安")

    assert _told(database, task, "old") == [EventType.TASK_CREATED, EventType.TASK_CHANGED]
    assert _told(database, task, "new") == []
    assert _told(database, other, "new") == [EventType.TASK_CREATED, EventType.TASK_CHANGED]


def test_a_task_that_gets_graver_is_followed_by_who_had_it_and_new_to_who_gets_it(
    tmp_path: Path,
) -> None:
    database = a_database(tmp_path)
    desk = a_desk(
        an_endpoint(name="yellow", levels=(Level.YELLOW,)),
        an_endpoint(name="red", levels=(Level.RED,)),
        an_endpoint(name="orange", levels=(Level.ORANGE,)),
        approval_from=None,
    )
    first = open_alert(database, level=Level.YELLOW)
    task = confirm(database, first.id, "wang", NOON, desk)

    confirm(database, beside(database, first, "red.example.cn", Level.RED).id, "wang", NOON, desk)
    move_task(database, task.id, Move.CANCEL, "li", NOON, desk, "重复")

    had_it = [EventType.TASK_CREATED, EventType.TASK_CHANGED, EventType.TASK_CANCELLED]
    assert _told(database, task, "yellow") == had_it
    assert _told(database, task, "red") == [EventType.TASK_CREATED, EventType.TASK_CANCELLED]
    assert _told(database, task, "orange") == []


def _told(database: Database, task: SupervisionTask, endpoint: str) -> list[EventType]:
    with database.reading() as db:
        told = list_deliveries(db, subject=f"task:{task.number}", endpoint=endpoint)
    return [one.event for one in sorted(told, key=lambda one: one.seq)]


def test_who_approves_at_the_same_moment_does_not_lose_a_redirect(tmp_path: Path) -> None:
    """Whoever read the task before it was redirected is told, not obeyed."""
    database, desk = a_database(tmp_path), a_desk(an_endpoint())
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    lead = Department(code="310118-WX", name="网信办")
    to = Dispatch(lead=lead, cooperating=(), region=task.region, rule="改派")

    with database.transaction() as db:
        stale = task_of(db, task.id)
    redirect(database, task.id, to, "li", NOON, desk)

    with database.transaction() as db, pytest.raises(NotAllowed, match="已被他人处理"):
        make_move(db, stale, Step(move=Move.APPROVE, actor="li", at=NOON), desk)
    assert approve(database, task.id, "li", NOON, desk).lead == lead


def test_a_task_tells_only_of_what_somebody_confirmed(tmp_path: Path) -> None:
    """First of the site that it was made from, though a graver one waits in the same case."""
    database, desk = a_database(tmp_path), a_desk(an_endpoint(), approval_from=None)
    mine = open_alert(database, level=Level.ORANGE)
    beside(database, mine, "unseen.example.cn", Level.RED)

    confirm(database, mine.id, "wang", NOON, desk)

    with database.reading() as db:
        (told,) = [one for one in list_deliveries(db) if one.event is EventType.TASK_CREATED]
    assert b"unseen.example.cn" not in told.body


def test_a_graver_site_is_no_way_round_the_supervisor(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=Level.ORANGE)
    first = open_alert(database, level=Level.YELLOW)
    sent = confirm(database, first.id, "wang", NOON, desk)
    red = beside(database, first, "red.example.cn", Level.RED)

    second = confirm(database, red.id, "wang", NOON, desk)

    assert sent.state is TaskState.SENT
    assert second.id != sent.id
    assert (second.state, second.level) == (TaskState.DRAFTED, Level.RED)


def test_a_case_of_several_subjects_goes_where_each_is_registered(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=Level.ORANGE)
    first = open_alert(database, a_site(region="310118", unit_name="甲某某财富管理有限公司"))
    with_it = beside(database, first, "b.example.cn", Level.ORANGE)
    other = beside(database, first, "c.example.cn", Level.ORANGE, region="310115")

    mine, joined, theirs = (
        confirm(database, one.id, "wang", NOON, desk) for one in (first, with_it, other)
    )

    assert mine.id == joined.id != theirs.id
    assert [one.region for one in (mine, theirs)] == ["310118", "310115"]
    assert theirs.lead.code.startswith("310115-")
    assert "甲某某" in mine.title
    assert "甲某某" not in theirs.title


def test_one_place_is_one_place_whoever_names_it(tmp_path: Path) -> None:
    """By the code of the one, by the filing of the other."""
    database, desk = a_database(tmp_path), a_desk(approval_from=Level.ORANGE)
    first = open_alert(database, a_site(region="310118"))
    second = beside(database, first, "b.example.cn", Level.ORANGE, region="310118")
    coded = update(sites).where(sites.c.id == second.site_id).values(uscc="91310118MA1TE5T0XE")
    with database.transaction() as db:
        db.execute(coded)

    one, two = (confirm(database, alert.id, "wang", NOON, desk) for alert in (first, second))

    assert one.id == two.id


def test_what_a_person_changed_is_not_lost_in_another_task(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=Level.ORANGE)
    first = open_alert(database)
    task = confirm(database, first.id, "wang", NOON, desk)
    second = beside(database, first, "b.example.cn", Level.ORANGE)

    edited = confirm(
        database, second.id, "wang", NOON, desk, edited=lambda one: replace(one, title="改过的标题")
    )

    assert edited.id != task.id
    assert edited.title == "改过的标题"


@pytest.mark.parametrize("level", [Level.ORANGE, Level.RED])
def test_no_site_joins_behind_the_supervisors_back(tmp_path: Path, level: Level) -> None:
    """Once approved, a task takes only what needs no approval."""
    database, desk = a_database(tmp_path), a_desk(approval_from=Level.ORANGE)
    first = open_alert(database, level=Level.ORANGE)
    task = confirm(database, first.id, "wang", NOON, desk)
    approve(database, task.id, "li", NOON, desk)
    later = beside(database, first, "later.example.cn", level)
    light = beside(database, first, "light.example.cn", Level.YELLOW)

    second = confirm(database, later.id, "wang", NOON, desk)
    third = confirm(database, light.id, "wang", NOON, desk)

    assert (second.id != task.id, second.state) == (True, TaskState.DRAFTED)
    assert third.id in (task.id, second.id)


def test_nobody_approves_a_site_that_they_added(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=Level.ORANGE)
    first = open_alert(database)
    task = confirm(database, first.id, "wang", NOON, desk)
    confirm(database, beside(database, first, "b.example.cn", Level.RED).id, "li", NOON, desk)

    with pytest.raises(NotAllowed, match="自己增加过网站"):
        approve(database, task.id, "li", NOON, desk)
    assert approve(database, task.id, "zhao", NOON, desk).state is TaskState.SENT


def test_who_added_a_site_sends_a_returned_task_anew_where_no_approval_is_needed(
    tmp_path: Path,
) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    first = open_alert(database)
    task = confirm(database, first.id, "wang", NOON, desk)
    confirm(database, beside(database, first, "b.example.cn", Level.RED).id, "li", NOON, desk)
    move_task(database, task.id, Move.RETURN, "platform", NOON, desk, "不属本辖区")

    assert approve(database, task.id, "li", NOON, desk).state is TaskState.SENT


def test_a_graver_site_makes_the_task_more_urgent(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    first = open_alert(database, level=Level.ORANGE)
    sent = confirm(database, first.id, "wang", NOON, desk)
    red = beside(database, first, "red.example.cn", Level.RED)

    joined = confirm(database, red.id, "wang", NOON, desk)

    assert (joined.id, joined.level) == (sent.id, Level.RED)
    assert joined.due_at < sent.due_at
    assert joined.acknowledge_by is not None
    assert sent.acknowledge_by is not None
    assert joined.acknowledge_by < sent.acknowledge_by


def test_a_site_confirmed_after_the_answer_gets_a_task_of_its_own(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    first = open_alert(database)
    task = confirm(database, first.id, "wang", NOON, desk)
    move_task(database, task.id, Move.ANSWER, "platform", NOON, desk)
    later = beside(database, first, "later.example.cn", Level.ORANGE)

    other = confirm(database, later.id, "wang", NOON, desk)

    assert other.id != task.id
    assert other.state is TaskState.SENT


def test_what_a_task_found_unfounded_counts_against_the_words_that_raised_it(
    tmp_path: Path,
) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    with database.reading() as db:
        assert [one.confirmed for one in decided_alerts(db)] == [True]

    move_task(database, task.id, Move.ANSWER, "x", NOON, desk, conclusion=Conclusion.UNFOUNDED)
    move_task(database, task.id, Move.CHECK, "li", NOON, desk)
    move_task(database, task.id, Move.CLOSE, "li", NOON, desk)

    with database.reading() as db:
        assert [one.confirmed for one in decided_alerts(db)] == [False]


def test_a_decision_taken_back_takes_its_draft_along_or_nothing_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, desk = a_database(tmp_path), a_desk()
    alert = open_alert(database, level=Level.ORANGE)
    task = confirm(database, alert.id, "wang", NOON, desk)

    def dies(*_: object) -> None:
        raise OSError("power")

    with monkeypatch.context() as broken:
        broken.setattr(reviewing, "make_move", dies)
        with pytest.raises(OSError, match="power"):
            take_back(database, alert.id, "wang", NOON, desk)
    with database.reading() as db:
        half = alert_of(db, alert.id).state, task_of(db, task.id).state
    take_back(database, alert.id, "wang", NOON, desk)

    assert half == (AlertState.CONFIRMED, TaskState.DRAFTED)
    with database.reading() as db:
        assert alert_of(db, alert.id).state is AlertState.OPEN
        assert task_of(db, task.id).state is TaskState.CANCELLED
        assert case_of(db, alert.case_id).closed_at is None
        assert [one.move for one in moves_of(db, task.id)] == ["draft", "cancel"]


def test_nobody_takes_back_a_task_that_a_supervisor_has_sent(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk()
    alert = open_alert(database, level=Level.ORANGE)
    task = confirm(database, alert.id, "wang", NOON, desk)
    approve(database, task.id, "li", NOON, desk)

    with pytest.raises(NotAllowed, match="任务已派发"):
        take_back(database, alert.id, "wang", NOON, desk)

    with database.reading() as db:
        assert alert_of(db, alert.id).state is AlertState.CONFIRMED
        assert task_of(db, task.id).state is TaskState.SENT


def test_a_task_that_another_site_needs_outlasts_a_decision_taken_back(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk()
    first = open_alert(database, level=Level.ORANGE)
    second = beside(database, first, "b.example.cn", Level.ORANGE)
    task = confirm(database, first.id, "wang", NOON, desk)
    confirm(database, second.id, "wang", NOON, desk)

    take_back(database, first.id, "wang", NOON, desk)

    with database.reading() as db:
        assert task_of(db, task.id).state is TaskState.DRAFTED
        assert alert_of(db, second.id).state is AlertState.CONFIRMED


@pytest.mark.parametrize(("actor", "minutes"), [("li", 1), ("wang", 10)])
def test_only_ones_own_decision_is_taken_back_and_only_while_it_is_fresh(
    tmp_path: Path, actor: str, minutes: int
) -> None:
    database, desk = a_database(tmp_path), a_desk()
    alert = open_alert(database)
    dismiss(database, alert.id, "wang", NOON, desk, "宣传")

    with pytest.raises(NotAllowed, match="10 分钟"):
        take_back(database, alert.id, actor, NOON + timedelta(minutes=minutes), desk)

    with database.reading() as db:
        assert alert_of(db, alert.id).state is AlertState.DISMISSED
