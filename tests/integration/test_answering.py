"""What comes back for a task: taken once, in any order, from whoever may speak for it."""

import contextlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.answering import (
    LARGEST_BODY,
    Answered,
    Effect,
    Fault,
    Sender,
    take_feedback,
)
from alerts.desk import Desk
from alerts.reporting import read_feedback
from alerts.reviewing import confirm
from alerts.tasking import approve, join, move_task
from crawler.domain.assessment import Level
from crawler.domain.delivery import EventType
from crawler.domain.errors import BadInput
from crawler.domain.task import Conclusion, Department, Move, SupervisionTask, TaskState
from crawler.store.database import Database
from crawler.store.outbox import list_deliveries
from crawler.store.sites import sites_by_id
from crawler.store.task_results import results_of
from crawler.store.tasks import feedback_of, moves_of, task_of
from tests.builders import NOON
from tests.integration.answering_house import a_desk, an_endpoint, open_alert
from tests.stores import a_database


def a_house(folder: Path) -> tuple[Database, Desk, SupervisionTask]:
    database = a_database(folder)
    desk = a_desk(an_endpoint(events=(EventType.TASK_CHANGED,)), approval_from=None)
    return database, desk, confirm(database, open_alert(database).id, "wang", NOON, desk)


def said(status: str, **given: Any) -> bytes:
    return json.dumps(
        {"status": status, "at": NOON.isoformat(), "operator": "李*"} | given
    ).encode()


def take(
    house: tuple[Database, Desk, SupervisionTask], id_: str, body: bytes, **given: Any
) -> Answered:
    database, desk, task = house
    number = given.pop("number", task.number)
    return take_feedback(database, id_, number, body, NOON, desk, **given)


def test_a_task_is_answered_step_by_step_and_the_site_is_due_at_once(tmp_path: Path) -> None:
    house = a_house(tmp_path)

    steps = [take(house, f"f{n}", said(status)) for n, status in enumerate(
        ["acknowledged", "处置中"])]  # fmt: skip
    last = take(house, "f9", said("answered", conclusion="属实-整改", note="已下架"))

    assert [one.effect for one in (*steps, last)] == [Effect.TAKEN] * 3
    assert last.task is not None
    assert (last.task.state, last.task.conclusion) == (TaskState.ANSWERED, Conclusion.RECTIFIED)
    with house[0].reading() as db:
        assert sites_by_id(db, [1])[1].due_at == NOON
        assert [row.note for row in moves_of(db, last.task.id)][-1] == "已下架"
        assert len(list_deliveries(db, subject=f"task:{last.task.number}")) == 3


@pytest.mark.fault("K03")
@pytest.mark.fault("K19")
def test_the_same_report_twice_has_one_effect(tmp_path: Path) -> None:
    house = a_house(tmp_path)

    first, second = (take(house, "f1", said("acknowledged")) for _ in range(2))

    assert (first.effect, second.effect) == (Effect.TAKEN, Effect.REPEATED)
    assert second.task is not None
    assert second.task.seq == first.task.seq  # type: ignore[union-attr]


@pytest.mark.fault("K19")
def test_out_of_order_the_later_state_stands(tmp_path: Path) -> None:
    house = a_house(tmp_path)

    closed = take(house, "f3", said("closed", conclusion="rectified"))
    late = [take(house, "f1", said("acknowledged")), take(house, "f2", said("working"))]

    assert closed.effect is Effect.TAKEN
    assert [one.effect for one in late] == [Effect.LATE, Effect.LATE]
    with house[0].reading() as db:
        assert task_of(db, house[2].id).state is TaskState.ANSWERED  # ours to check and close


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(said("teleported"), "status", id="unknown state"),
        pytest.param(said("approved"), "status", id="not theirs to say"),
        pytest.param(said("answered", conclusion="whatever"), "conclusion", id="conclusion"),
        pytest.param(said("answered", at="yesterday"), "at", id="no time"),
        pytest.param(said("answered", at="2026-05-12T12:00:00"), "at", id="no zone"),
        pytest.param(said("answered", at="2026-05-12T12:00:00+00:00"), "未来", id="future"),
        pytest.param(said("answered", note=["x"]), "note", id="note is no text"),
        pytest.param(said("answered", attachments=["x"]), "attachments", id="no digest"),
        pytest.param(said("answered", attachments=["a" * 64] * 21), "attachments", id="too many"),
        pytest.param(b"[]", "JSON 对象", id="a list"),
        pytest.param(b"\xff", "JSON", id="noise"),
        pytest.param(b"[" * 60_000, "JSON", id="deep"),
        pytest.param(b'{"status": {}, "at": 1}', "status", id="status is no text"),
    ],
)
@pytest.mark.fault("K19")
def test_what_cannot_be_taken_is_refused_and_kept(tmp_path: Path, body: bytes, says: str) -> None:
    house = a_house(tmp_path)

    answered = take(house, "f1", body)

    assert answered.effect is Effect.REFUSED
    assert says in answered.reason
    with house[0].reading() as db:
        kept = feedback_of(db, "f1")
        assert task_of(db, house[2].id).state is TaskState.SENT
    assert (kept.taken, kept.body) == (False, body)


@pytest.mark.fault("K19")
def test_half_a_character_in_a_report_is_kept_as_a_mark(tmp_path: Path) -> None:
    house = a_house(tmp_path)

    taken = take(house, "f1", said("acknowledged", note="\ud800看过", operator="李\udfff"))

    assert taken.effect is Effect.TAKEN
    with house[0].reading() as db:
        last = list(moves_of(db, house[2].id))[-1]
    assert (last.note, last.actor) == ("\ufffd看过", "主平台：李\ufffd")


@pytest.mark.fault("K19")
def test_another_districts_task_looks_like_none(tmp_path: Path) -> None:
    house = a_house(tmp_path)

    foreign = take(house, "f1", said("acknowledged"), sender=Sender(regions=("310115",)))
    unknown = take(
        house,
        "f2",
        said("acknowledged"),
        number="310118-JR-1-1",
        sender=Sender(regions=("310115",)),
    )

    assert foreign.effect is unknown.effect is Effect.REFUSED
    assert foreign.reason.replace(house[2].number, "N") == unknown.reason.replace(
        "310118-JR-1-1", "N"
    )
    assert foreign.task is unknown.task is None


@pytest.mark.fault("K19")
def test_a_closed_task_answered_again_stays_closed(tmp_path: Path) -> None:
    house = a_house(tmp_path)
    database, desk, task = house
    take(house, "f1", said("answered", conclusion="rectified"))
    for move in (Move.CHECK, Move.CLOSE):
        move_task(database, task.id, move, "li", NOON, desk)

    again = take(house, "f2", said("answered", conclusion="unfounded"))
    late = take(house, "f3", said("acknowledged"))

    assert (again.effect, late.effect) == (Effect.REFUSED, Effect.LATE)
    with database.reading() as db:
        assert task_of(db, task.id).conclusion is Conclusion.RECTIFIED


def test_a_third_return_is_the_coordinators_business(tmp_path: Path) -> None:
    house = a_house(tmp_path)
    database, desk, task = house
    for round_ in range(2):
        assert (
            take(house, f"f{round_}", said("returned", note="非本部门职责")).effect is Effect.TAKEN
        )
        for move in (Move.APPROVE, Move.SEND):
            move_task(database, task.id, move, "li", NOON, desk)

    third = take(house, "f9", said("returned", note="非本部门职责"))

    assert third.effect is Effect.REFUSED
    assert "协调部门" in third.reason


@pytest.mark.parametrize(("id_", "body"), [("", b"{}"), ("x" * 101, b"{}"),
                                           ("f1", b" " * (LARGEST_BODY + 1))])  # fmt: skip
def test_what_is_too_large_to_be_kept_is_turned_away(tmp_path: Path, id_: str, body: bytes) -> None:
    house = a_house(tmp_path)

    with pytest.raises(BadInput):
        take(house, id_, body)


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(["acknowledged", "working", "answered", "acknowledged"]))
def test_in_any_order_a_task_only_goes_forward(
    tmp_path_factory: pytest.TempPathFactory, order: list[str]
) -> None:
    house = a_house(tmp_path_factory.mktemp("house"))
    upto = ["sent", "acknowledged", "working", "answered"]

    reached = []
    for number, status in enumerate(order):
        answered = take(house, f"f{number}", said(status))
        reached.append(upto.index(str(answered.task.state)))  # type: ignore[union-attr]
    house[0].close()

    assert reached == sorted(reached)
    assert reached[-1] == 3


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_a_report(body: bytes) -> None:
    with contextlib.suppress(BadInput):
        assert read_feedback("n", body).task_number == "n"


def test_the_moment_of_a_report_may_lie_in_the_past(tmp_path: Path) -> None:
    house = a_house(tmp_path)

    old = take(house, "f1", said("acknowledged", at=(NOON - timedelta(days=9)).isoformat()))

    assert old.effect is Effect.TAKEN


@pytest.mark.fault("K19")
def test_an_id_that_was_another_reports_is_refused(tmp_path: Path) -> None:
    house = a_house(tmp_path)
    take(house, "f1", said("acknowledged"))

    other = take(house, "f1", said("answered", conclusion="unfounded"))
    elsewhere = take(house, "f1", said("acknowledged"), number="310118-JR-1-1")

    assert (other.fault, elsewhere.fault) == (Fault.REUSED_ID, Fault.REUSED_ID)
    with house[0].reading() as db:
        assert task_of(db, house[2].id).state is TaskState.ACKNOWLEDGED


def test_what_was_refused_may_come_again_under_its_id_and_then_counts(tmp_path: Path) -> None:
    house = a_house(tmp_path)
    database, desk, task = house
    early = take(house, "f1", said("suspended", note="等待鉴定"))
    take(house, "f2", said("working"))

    again = take(house, "f1", said("suspended", note="等待鉴定"))
    third = take(house, "f1", said("suspended", note="等待鉴定"))

    assert (early.effect, early.fault) == (Effect.REFUSED, Fault.NOT_NOW)
    assert (again.effect, third.effect) == (Effect.TAKEN, Effect.REPEATED)
    with database.reading() as db:
        assert task_of(db, task.id).state is TaskState.SUSPENDED
        assert moves_of(db, task.id)[-1].actor == "主平台：李*"
    assert desk.endpoints


@pytest.mark.parametrize("status", ["returned", "suspended", "transferred"])
def test_a_side_road_needs_a_reason(tmp_path: Path, status: str) -> None:
    house = a_house(tmp_path)
    take(house, "f1", said("working"))

    refused = take(house, "f2", said(status))

    assert (refused.effect, refused.fault) == (Effect.REFUSED, Fault.UNREADABLE)
    assert "须写明理由" in refused.reason


@pytest.mark.parametrize("status", ["returned", "transferred"])
def test_what_is_being_checked_is_the_supervisors(tmp_path: Path, status: str) -> None:
    house = a_house(tmp_path)
    database, desk, task = house
    take(house, "f1", said("answered", conclusion="unfounded"))
    move_task(database, task.id, Move.CHECK, "li", NOON, desk)

    refused = take(house, "f2", said(status, note="另有情况"))

    assert (refused.effect, refused.fault) == (Effect.REFUSED, Fault.NOT_NOW)
    with database.reading() as db:
        assert task_of(db, task.id).state is TaskState.CHECKING


def test_a_return_that_comes_too_late_is_refused_and_seen(tmp_path: Path) -> None:
    """It says something new: swallowed as late, nobody would read it."""
    house = a_house(tmp_path)
    take(house, "f1", said("working"))

    assert take(house, "f2", said("returned", note="非本部门职责")).effect is Effect.REFUSED


def test_who_suspended_a_task_goes_on_with_it(tmp_path: Path) -> None:
    house = a_house(tmp_path)
    database, _, task = house
    take(house, "f1", said("working"))
    take(house, "f2", said("suspended", note="等待鉴定"))

    assert take(house, "f3", said("working")).effect is Effect.TAKEN
    with database.reading() as db:
        assert task_of(db, task.id).state is TaskState.WORKING


def test_an_answer_may_bring_its_conclusion_later(tmp_path: Path) -> None:
    house = a_house(tmp_path)
    database, _, task = house
    take(house, "f1", said("answered", note="已约谈"))

    later = take(house, "f2", said("answered", conclusion="属实-整改"))

    assert later.effect is Effect.TAKEN
    with database.reading() as db:
        assert task_of(db, task.id).conclusion is Conclusion.RECTIFIED
    assert take(house, "f3", said("answered", conclusion="不属实")).effect is Effect.LATE


def test_an_answer_from_before_the_dispatch_is_not_of_it(tmp_path: Path) -> None:
    house = a_house(tmp_path)
    database, _, task = house
    before = (NOON - timedelta(days=80)).isoformat()

    old = take(house, "f1", said("answered", conclusion="不属实", at=before))

    assert (old.effect, old.fault) == (Effect.REFUSED, Fault.NOT_NOW)
    with database.reading() as db:
        assert task_of(db, task.id).conclusion is None


def test_an_old_report_resumes_nothing(tmp_path: Path) -> None:
    house = a_house(tmp_path)
    take(house, "f1", said("working"))
    take(house, "f2", said("suspended", note="等待鉴定"))

    old = take(house, "f3", said("working", at=(NOON - timedelta(days=80)).isoformat()))

    assert old.effect is Effect.LATE
    assert old.task is not None
    assert old.task.state is TaskState.SUSPENDED


def test_a_slow_clock_resumes_what_it_suspended(tmp_path: Path) -> None:
    """Both moments are the reporter's: four minutes behind, or days old in a file."""
    house = a_house(tmp_path)
    suspended, working = (NOON - timedelta(minutes=one) for one in (4, 2))
    take(house, "f1", said("working"))
    take(house, "f2", said("suspended", note="等待鉴定", at=suspended.isoformat()))

    resumed = take(house, "f3", said("working", at=working.isoformat()))
    answered = take(house, "f4", said("answered", conclusion="rectified"))

    assert (resumed.effect, answered.effect) == (Effect.TAKEN, Effect.TAKEN)


def test_a_file_that_never_came_is_said_beside_the_report(tmp_path: Path) -> None:
    house = a_house(tmp_path)

    gone = {"note": "已约谈", "attachments": ["a" * 64]}

    bare = take(house, "f1", said("answered", **gone))
    completing = take(house, "f2", said("answered", conclusion="rectified", **gone))
    again = take(house, "f1", said("answered", **gone))
    whole = take(house, "f3", said("answered", conclusion="rectified"))

    assert {one.reason for one in (bare, completing, again)} == {"所附文件有 1 个没有收到"}
    assert "没有收到" not in whole.reason
    with house[0].reading() as db:
        notes = [one.note for one in moves_of(db, house[2].id)][-2:]
    assert notes == ["已约谈（所附文件有 1 个没有收到）"] * 2


@pytest.mark.parametrize("sent", [False, True])
def test_who_declines_a_task_concludes_nothing(tmp_path: Path, *, sent: bool) -> None:
    house = a_house(tmp_path)
    database, desk, task = house
    if sent:  # and what was said before it was returned goes as well
        take(house, "f0", said("answered", conclusion="不属实"))
        move_task(database, task.id, Move.CHECK, "li", NOON, desk)
        move_task(database, task.id, Move.RETURN, "li", NOON, desk, "重做")
        assert take(house, "f1", said("answered", note="已重新核查")).effect is Effect.TAKEN
    else:
        take(house, "f1", said("returned", note="非本部门职责", conclusion="不属实"))

    with database.reading() as db:
        assert task_of(db, task.id).conclusion is None


def test_a_draft_is_no_task_to_who_would_answer_it(tmp_path: Path) -> None:
    database, desk = a_database(tmp_path), a_desk(an_endpoint(), approval_from=Level.YELLOW)
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)

    answered = take((database, desk, task), "f1", said("acknowledged"))

    assert (answered.fault, answered.task) == (Fault.NO_SUCH_TASK, None)


def test_what_is_only_begun_is_not_concluded(tmp_path: Path) -> None:
    answered = take(a_house(tmp_path), "f1", said("working", conclusion="unfounded"))

    assert answered.task is not None
    assert answered.task.conclusion is None


def test_a_report_that_names_another_task_is_refused(tmp_path: Path) -> None:
    house = a_house(tmp_path)
    other = take(house, "f1", said("working", task_no="XS-2026-000009-01"))
    own = take(house, "f2", said("working", task_no=house[2].number))

    assert (other.fault, own.effect) == (Fault.UNREADABLE, Effect.TAKEN)


@pytest.mark.parametrize(("levels", "told", "knows"), [
    ((Level.RED,), False, False), ((Level.RED,), True, True), ((Level.ORANGE,), False, True),
])  # fmt: skip
def test_who_never_heard_of_a_task_does_not_answer_it(
    tmp_path: Path, levels: tuple[Level, ...], *, told: bool, knows: bool
) -> None:
    database, desk = a_database(tmp_path), a_desk(approval_from=None)
    if told:
        desk = replace(desk, endpoints=(an_endpoint(name="P"),))
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    sender = Sender(name="P", levels=frozenset(levels))

    body = said("working")
    answered = take_feedback(database, "f1", task.number, body, NOON, desk, sender)

    assert answered.fault is (None if knows else Fault.NO_SUCH_TASK)


MZ, GA = (Department(code=f"310118-{one}", name=one) for one in ("MZ", "GA"))


def a_joint_house(folder: Path) -> tuple[Database, Desk, SupervisionTask]:
    database, desk = a_database(folder), a_desk(an_endpoint(), approval_from=Level.YELLOW)
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    join(database, task.id, (MZ, GA), "li", NOON)
    return database, desk, approve(database, task.id, "li", NOON, desk)


def found(department: str, conclusion: str = "rectified", **given: Any) -> bytes:
    return said("answered", result_of=department, conclusion=conclusion, **given)


def test_each_department_of_a_joint_inspection_reports_its_own_result(tmp_path: Path) -> None:
    house = a_joint_house(tmp_path)
    database, desk, task = house

    answers = [take(house, f"f{one.code}", found(one.code, note="已查")) for one in (MZ, GA)]

    assert [one.effect for one in answers] == [Effect.TAKEN] * 2
    with database.reading() as db:
        assert task_of(db, task.id).state is TaskState.SENT
        assert {one.department: one.actor for one in results_of(db, task.id)} == {
            MZ.code: "主平台：李*", GA.code: "主平台：李*",
        }  # fmt: skip
    take(house, "f3", said("answered", conclusion="rectified"))
    move_task(database, task.id, Move.CHECK, "li", NOON, desk)
    assert move_task(database, task.id, Move.CLOSE, "li", NOON, desk).state is TaskState.CLOSED
    assert take(house, "f4", found(MZ.code, "unfounded")).fault is Fault.NOT_NOW


def test_of_two_results_the_later_stands_whichever_comes_first(tmp_path: Path) -> None:
    house = a_joint_house(tmp_path)
    later = found(MZ.code, "filed", at=(NOON + timedelta(seconds=60)).isoformat())

    effects = [take(house, id_, body).effect for id_, body in (
        ("f2", later), ("f2", later), ("f1", found(MZ.code, "unfounded")))]  # fmt: skip

    assert effects == [Effect.TAKEN, Effect.REPEATED, Effect.LATE]
    with house[0].reading() as db:
        (stands,) = results_of(db, house[2].id)
    assert stands.conclusion is Conclusion.FILED


@pytest.mark.parametrize(("body", "fault", "says"), [
    (said("answered", result_of=MZ.code), Fault.UNREADABLE, "写明结论"),
    (said("working", result_of=MZ.code, conclusion="rectified"), Fault.UNREADABLE, "已反馈"),
    (found("310118-XX"), Fault.NOT_NOW, "联合检查部门是："),
    (found(MZ.code, at=(NOON - timedelta(days=9)).isoformat()), Fault.NOT_NOW, "早于本次派发"),
])  # fmt: skip
def test_a_result_that_is_nobodys_is_refused(
    tmp_path: Path, body: bytes, fault: Fault, says: str
) -> None:
    house = a_joint_house(tmp_path)

    refused = take(house, "f1", body)

    assert (refused.fault, says in refused.reason) == (fault, True)
    with house[0].reading() as db:
        assert results_of(db, house[2].id) == []
