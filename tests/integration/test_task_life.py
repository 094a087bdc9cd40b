"""The life of a task: claims decided, joint inspections, reasons, limits, looks after the end."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update

from alerts.desk import Desk
from alerts.escalating import escalate
from alerts.reviewing import confirm
from alerts.tasking import approve, extend, join, move_task, record_result
from crawler.domain.assessment import Level
from crawler.domain.case import CHINA
from crawler.domain.delivery import EventType
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.recheck import RecheckResult
from crawler.domain.site import Site
from crawler.domain.subject import Listed, Register, RegisterList
from crawler.domain.task import (
    NEEDS_REASON,
    Conclusion,
    Department,
    Move,
    SupervisionTask,
    TaskResult,
    TaskState,
)
from crawler.service.responding import Responder
from crawler.store.alerts import alerts_of_site
from crawler.store.audit import acts_on
from crawler.store.cases import case_of
from crawler.store.database import Database
from crawler.store.outbox import list_deliveries
from crawler.store.rechecks import rechecks_of
from crawler.store.sites import site_of_domain
from crawler.store.subjects import import_register, stage_register
from crawler.store.tables import sites
from crawler.store.task_results import results_of, unfinished_tasks
from crawler.store.tasks import moves_of
from crawler.store.visits import due_sites
from tests.builders import NOON, a_capture, a_visit, an_assessment
from tests.integration.answering_house import a_desk, an_endpoint, open_alert
from tests.stores import a_database

MZ = Department(code="310118-MZ", name="民政局")
GA = Department(code="310118-GA", name="公安经侦部门")
NAME = "某某财富管理有限公司"


def working_task(database: Database, **given: object) -> SupervisionTask:
    """A task on its way, being worked on."""
    desk = a_desk(approval_from=None)
    task = confirm(database, open_alert(database, **given).id, "wang", NOON, desk)  # type: ignore[arg-type]
    return move_task(database, task.id, Move.WORK, "dept", NOON, desk)


def an_overdue_task(folder: Path) -> tuple[Database, Desk, SupervisionTask, datetime]:
    """A day after its limit."""
    database = a_database(folder)
    task = working_task(database)
    return database, a_desk(), task, task.due_at + timedelta(days=1)


def closed_task(database: Database, conclusion: Conclusion) -> SupervisionTask:
    task, desk = working_task(database), a_desk()
    for move in (Move.ANSWER, Move.CHECK):
        move_task(database, task.id, move, "li", NOON, desk)
    return move_task(database, task.id, Move.CLOSE, "li", NOON, desk, "", conclusion)


def looked(database: Database, site: Site, level: Level, at: datetime, **given: object) -> None:
    """A later visit that found this."""
    visit = a_visit(id=site.id, site=site, captures=(a_capture(**({"ended_at": at} | given)),))
    found = an_assessment(visit_id=site.id, level=level, judged_at=at, text_digest="n" * 64)
    with database.transaction() as db:
        Responder(endpoints=(), categories={}).respond(db, visit, found, at)


def the_site(database: Database) -> Site:
    with database.reading() as db:
        site = site_of_domain(db, "a.example.cn")
    assert site is not None
    return site


def test_a_contested_task_waits_until_a_supervisor_says_who_leads(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    alert = open_alert(database)
    entities = RegisterList(
        register=Register.ENTITIES, source="市局", as_of=date(2026, 5, 1), name="l", sha256="",
        received_at=NOON,
    )  # fmt: skip
    line = Listed(register=Register.ENTITIES, name=NAME, uscc="91310118MA1TE5T0XE", region="310104")
    staging = partial(stage_register, entries=[line], region="310118")
    with database.prepared(staging) as (db, staged):
        import_register(db, entities, staged, "ops", "310118")

    task = confirm(database, alert.id, "wang", NOON, desk)

    assert task.state is TaskState.DRAFTED
    assert "310104" in task.contested
    with pytest.raises(NotAllowed, match="由谁主办"):
        approve(database, task.id, "li", NOON, desk)
    sent = approve(database, task.id, "li", NOON, desk, "市级协调：由青浦主办")
    assert (sent.state, sent.contested) == (TaskState.SENT, "")
    assert "经li确定由金融监管局（办）（310118-JR）主办：市级协调：由青浦主办" in sent.rule


def test_side_roads_need_a_reason(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk()
    task = working_task(database)

    for move in NEEDS_REASON - {Move.EXTEND}:
        with pytest.raises(BadInput, match="理由"):
            move_task(database, task.id, move, "li", NOON, desk, "  ")
    with pytest.raises(BadInput, match="理由"):
        extend(database, task.id, 3, "li", NOON, desk)


def test_a_joint_inspection_is_closed_only_with_every_result(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint())
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    join(database, task.id, (MZ, GA), "li", NOON)
    approve(database, task.id, "li", NOON, desk)
    for move in (Move.ANSWER, Move.CHECK):
        move_task(database, task.id, move, "li", NOON, desk)

    with pytest.raises(NotAllowed, match=r"尚缺结果：.*民政局"):
        move_task(database, task.id, Move.CLOSE, "li", NOON, desk, "", Conclusion.RECTIFIED)
    for one in (MZ, GA):
        found = TaskResult(
            department=one.code, conclusion=Conclusion.RECTIFIED, note="已查", actor="x", at=NOON
        )
        record_result(database, task.id, found, desk)
    closed = move_task(database, task.id, Move.CLOSE, "li", NOON, desk, "", Conclusion.RECTIFIED)

    assert closed.state is TaskState.CLOSED
    assert "联合检查 1+2" in closed.rule
    with database.reading() as db:
        told = [one.event for one in list_deliveries(db, subject=f"task:{task.number}")]
    assert told.count(EventType.TASK_CHANGED) == 5  # answer, check, two results, close


def test_a_result_may_be_corrected_and_both_are_on_record(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk()
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    join(database, task.id, (MZ,), "li", NOON)
    approve(database, task.id, "li", NOON, desk)
    first = TaskResult(
        department=MZ.code, conclusion=Conclusion.UNFOUNDED, note="", actor="x", at=NOON
    )

    record_result(database, task.id, first, desk)
    record_result(database, task.id, replace(first, conclusion=Conclusion.FILED), desk)

    with database.reading() as db:
        assert [one.conclusion for one in results_of(db, task.id)] == [Conclusion.FILED]
        assert "更正，原为不属实" in moves_of(db, task.id)[-1].note


def test_who_owes_no_result_gives_none_and_the_end_is_the_end(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk()
    result = TaskResult(
        department=GA.code, conclusion=Conclusion.RECTIFIED, note="", actor="x", at=NOON
    )
    task = working_task(database)

    with pytest.raises(NotAllowed, match="联合检查部门是：（无）"):
        record_result(database, task.id, result, desk)
    with pytest.raises(NotAllowed, match="派发前"):
        join(database, task.id, (GA,), "li", NOON)


@pytest.mark.parametrize("partners", [(MZ, MZ), (MZ, GA, Department(code="310118-SC", name="x"))])
def test_a_joint_inspection_is_one_plus_one_or_two(
    tmp_path: Path, partners: tuple[Department, ...]
) -> None:
    database, desk = a_database(tmp_path), a_desk()
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)

    with pytest.raises(NotAllowed, match="1 至 2 个不同的部门"):
        join(database, task.id, partners, "li", NOON)


def test_a_limit_is_reminded_of_in_office_time_and_escalated_once(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint())
    task = confirm(
        database, open_alert(database).id, "wang", NOON, replace(desk, approval_from=None)
    )
    assert task.acknowledge_by == datetime(2026, 5, 13, 17, 30, tzinfo=CHINA)

    # Tuesday noon to Wednesday's close are 14 office hours; 80 % of them end at 14:42
    early, amber, late = (
        datetime(2026, 5, 13, hour, minute, tzinfo=CHINA)
        for hour, minute in ((14, 40), (14, 45), (17, 31))
    )
    told = [escalate(database, at, desk) for at in (early, amber, amber, late, late)]

    assert [(one.reminded, one.escalated) for one in told] == [
        (0, 0), (1, 0), (0, 0), (0, 1), (0, 0),
    ]  # fmt: skip
    with database.reading() as db:
        assert [row.move for row in moves_of(db, task.id)][-2:] == ["remind", "escalate"]
        assert [one.act.actor for one in acts_on(db, f"task:{task.number}")][:2] == ["system"] * 2


def test_a_round_in_which_nothing_is_new_writes_nothing(tmp_path: Path) -> None:
    database, desk, _, late = an_overdue_task(tmp_path)
    escalate(database, late, desk)
    writes: list[str] = []
    event.listen(
        database.engine, "before_cursor_execute", lambda *said: writes.append(said[2].split()[0])
    )

    escalate(database, late, desk)

    assert {"INSERT", "UPDATE"}.isdisjoint(writes)
    assert "SELECT" in writes


def test_who_moved_a_task_during_a_round_is_not_reminded_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, desk, task, late = an_overdue_task(tmp_path)

    def listed(*given: Any) -> list[SupervisionTask]:
        found = unfinished_tasks(*given)
        if found:
            move_task(database, task.id, Move.CANCEL, "li", late, desk, "重复")
        return found

    monkeypatch.setattr("alerts.escalating.unfinished_tasks", listed)
    escalate(database, late, desk)

    with database.reading() as db:
        assert [row.move for row in moves_of(db, task.id)][-1] == "cancel"


def test_who_was_reminded_by_another_round_meanwhile_is_not_reminded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, desk, task, late = an_overdue_task(tmp_path)

    def listed(*given: Any) -> list[SupervisionTask]:
        monkeypatch.undo()
        found = unfinished_tasks(*given)
        escalate(database, late, desk)
        return found

    monkeypatch.setattr("alerts.escalating.unfinished_tasks", listed)
    done = escalate(database, late, desk)

    assert (done.reminded, done.escalated) == (0, 0)
    with database.reading() as db:
        assert [row.move for row in moves_of(db, task.id)].count("escalate") == 1


def test_an_extension_is_a_new_limit_and_is_reminded_of_anew(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk()
    task = working_task(database)
    assert task.answer_by is not None
    escalate(database, task.answer_by, desk)
    extend(database, task.id, 5, "li", task.answer_by, desk, "须现场核查")

    later = escalate(database, task.due_at + timedelta(days=9), desk)

    assert later.escalated == 1


@pytest.mark.parametrize("conclusion", list(Conclusion))
def test_what_the_conclusion_changes_in_what_is_watched(
    tmp_path: Path, conclusion: Conclusion
) -> None:
    database = a_database(tmp_path)

    task = closed_task(database, conclusion)

    nothing = conclusion in (Conclusion.UNFOUNDED, Conclusion.LICENSED)
    with database.reading() as db:
        planned = rechecks_of(db, task.id)
        site = the_site(database)
        (_, alert) = alerts_of_site(db, site.id)
    assert [one.day for one in planned] == ([] if nothing else [1, 7, 30])
    close = conclusion in (
        Conclusion.RECTIFIED, Conclusion.FILED, Conclusion.REFERRED, Conclusion.UNREACHABLE
    )  # fmt: skip
    assert site.rhythm_days == (1 if close else 7)
    assert (alert.settled_at is None) == nothing  # type: ignore[union-attr]


def test_a_recheck_is_due_even_where_the_site_itself_is_not(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    closed_task(database, Conclusion.SHUT_DOWN)
    with database.transaction() as db:
        db.execute(update(sites).values(due_at=NOON + timedelta(days=28)))  # it did not answer

        due = [
            bool(db.scalars(due_sites(NOON + timedelta(hours=hours))).all()) for hours in (23, 25)
        ]

    assert due == [False, True]


def test_a_clean_page_passes_every_recheck_and_goes_back_to_the_ordinary_pace(
    tmp_path: Path,
) -> None:
    database = a_database(tmp_path)
    task = closed_task(database, Conclusion.RECTIFIED)

    for day in (1, 7, 30):
        looked(database, the_site(database), Level.NONE, NOON + timedelta(days=day))

    with database.reading() as db:
        done = rechecks_of(db, task.id)
        acts = [one.act for one in reversed(acts_on(db, f"task:{task.id}"))]
    assert [one.result for one in done] == [RecheckResult.CLEAR] * 3
    # the visits here bear one number: a later look says the earlier ones again
    assert {(act.actor, act.action, act.region, act.before, act.after) for act in acts} == {
        ("system", "task.recheck", task.region, f"day {day}", "clear none") for day in (1, 7, 30)
    }
    assert all(one.after_visit_id and one.before_visit_id for one in done)
    assert the_site(database).rhythm_days == 7


def test_an_old_visit_judged_anew_is_no_look_again(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    task = closed_task(database, Conclusion.RECTIFIED)

    looked(database, the_site(database), Level.NONE, NOON + timedelta(days=2), ended_at=NOON)

    with database.reading() as db:
        assert {one.result for one in rechecks_of(db, task.id)} == {RecheckResult.WAITING}


def test_a_page_that_was_not_seen_is_not_called_clean(tmp_path: Path) -> None:
    from crawler.domain.capture import Outcome

    database = a_database(tmp_path)
    task = closed_task(database, Conclusion.SHUT_DOWN)

    at = NOON + timedelta(days=1)
    looked(database, the_site(database), Level.NONE, at, outcome=Outcome.TIMED_OUT, status=None)

    with database.reading() as db:
        assert rechecks_of(db, task.id)[0].result is RecheckResult.UNSEEN


def test_a_relapse_is_told_by_the_recheck_and_reopens_the_same_case(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    task = closed_task(database, Conclusion.RECTIFIED)
    with database.reading() as db:
        assert case_of(db, task.case_id).closed_at is not None  # type: ignore[union-attr]

    looked(database, the_site(database), Level.ORANGE, NOON + timedelta(days=7))

    with database.reading() as db:
        opened, _ = alerts_of_site(db, the_site(database).id)
        assert [one.result for one in rechecks_of(db, task.id)] == [
            RecheckResult.STILL, RecheckResult.STILL, RecheckResult.WAITING,
        ]  # fmt: skip
        assert case_of(db, task.case_id).closed_at is None  # type: ignore[union-attr]
    assert opened is not None
    assert (opened.case_id, opened.reopened) == (task.case_id, 1)


def test_an_unfounded_finding_stays_silent_when_seen_again(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    closed_task(database, Conclusion.UNFOUNDED)

    looked(database, the_site(database), Level.ORANGE, NOON + timedelta(days=7))

    with database.reading() as db:
        assert alerts_of_site(db, the_site(database).id)[0] is None
