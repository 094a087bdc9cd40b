"""Each task is about its own sites: it tells of them, settles them and counts for them alone."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import select, text

from alerts.desk import Desk
from alerts.gathering import findings_behind
from alerts.reviewing import confirm, dismiss, reopen
from alerts.tasking import approve, move_task
from crawler.domain.alert import Alert
from crawler.domain.assessment import Level
from crawler.domain.statistics import alert_rows, period_from, task_rows
from crawler.domain.task import Conclusion, Move, SupervisionTask, Urgency, urgency_of
from crawler.store.alerts import alert_of
from crawler.store.cases import case_of
from crawler.store.database import Database
from crawler.store.lexicons import decided_alerts
from crawler.store.migrations.versions import v0010_task_alerts
from crawler.store.outbox import list_deliveries
from crawler.store.statistics import alert_facts, task_facts
from crawler.store.subjects import outcomes_of
from crawler.store.task_alerts import alerts_of_task
from crawler.store.task_tables import rechecks
from crawler.store.tasks import task_of
from tests.builders import NOON
from tests.integration.answering_house import a_desk, an_endpoint, beside, open_alert
from tests.stores import a_database

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def desk() -> Desk:
    return a_desk(an_endpoint(), approval_from=None)


@pytest.fixture
def two(tmp_path: Path, desk: Desk) -> tuple[Database, Alert, Alert]:
    """Two sites of one case: the first one's task was answered when the second was confirmed."""
    database = a_database(tmp_path)
    first = open_alert(database)
    confirm(database, first.id, "wang", NOON, desk)
    answer(database, desk, 1, Conclusion.RECTIFIED)
    second = beside(database, first, "later.example.cn", Level.ORANGE)
    confirm(database, second.id, "wang", LATER, desk)
    return database, first, second


def answer(database: Database, desk: Desk, task: int, found: Conclusion | None) -> SupervisionTask:
    return move_task(database, task, Move.ANSWER, "x", LATER, desk, conclusion=found)


def close(database: Database, desk: Desk, task: int) -> SupervisionTask:
    move_task(database, task, Move.CHECK, "li", LATER, desk)
    return move_task(database, task, Move.CLOSE, "li", LATER, desk)


def test_each_task_settles_its_own_site(two: tuple[Database, Alert, Alert], desk: Desk) -> None:
    database, first, second = two

    close(database, desk, 1)
    with database.reading() as db:
        settled = [alert_of(db, one.id) for one in (first, second)]
        assert [one and one.settled_at for one in settled] == [LATER, None]
        assert set(db.scalars(select(rechecks.c.alert_id))) == {first.id}
        case = case_of(db, first.case_id)
    assert case is not None
    assert case.closed_at is None

    answer(database, desk, 2, Conclusion.UNFOUNDED)
    close(database, desk, 2)
    with database.reading() as db:
        again, other, case = (
            alert_of(db, first.id), alert_of(db, second.id), case_of(db, first.case_id)
        )  # fmt: skip
    assert again is not None
    assert other is not None
    assert case is not None
    assert (again.settled_at, other.settled_at, case.closed_at) == (LATER, None, LATER)


def test_what_was_unfounded_was_so_of_its_own_site(
    two: tuple[Database, Alert, Alert], desk: Desk
) -> None:
    database, first, second = two
    close(database, desk, 1)
    answer(database, desk, 2, Conclusion.UNFOUNDED)
    close(database, desk, 2)

    with database.reading() as db:
        decided = {one.alert_id: one.confirmed for one in decided_alerts(db)}
        _, total = alert_rows(alert_facts(db, period_from("2026"), ""), lambda _: "")
    assert decided == {first.id: True, second.id: False}
    assert (total.confirmed, total.needless, total.precision) == (2, 1, 0.5)


def test_the_newest_task_says_what_an_alert_was(tmp_path: Path, desk: Desk) -> None:
    database = a_database(tmp_path)
    alert = open_alert(database)
    confirm(database, alert.id, "wang", NOON, desk)
    answer(database, desk, 1, Conclusion.UNFOUNDED)
    close(database, desk, 1)
    reopen(database, alert.id, "li", LATER, desk, "又有新情况")
    confirm(database, alert.id, "wang", LATER, desk)

    with database.reading() as db:
        assert [one.confirmed for one in decided_alerts(db)] == [True]


def test_an_alert_waits_for_the_last_task_about_it(tmp_path: Path, desk: Desk) -> None:
    database = a_database(tmp_path)
    alert = open_alert(database)
    confirm(database, alert.id, "wang", NOON, desk)
    answer(database, desk, 1, Conclusion.UNFOUNDED)
    reopen(database, alert.id, "li", LATER, desk, "误点")
    confirm(database, alert.id, "wang", LATER, desk)  # the first takes no more sites

    close(database, desk, 1)
    with database.reading() as db:
        assert not db.execute(select(rechecks)).all()
    answer(database, desk, 2, Conclusion.SHUT_DOWN)
    close(database, desk, 2)

    with database.reading() as db:
        settled = alert_of(db, alert.id)
        assert set(db.scalars(select(rechecks.c.task_id))) == {2}
    assert settled is not None
    assert settled.settled_at == LATER


def test_a_task_tells_only_of_its_own_site(two: tuple[Database, Alert, Alert]) -> None:
    database, _, second = two
    with database.reading() as db:
        task = task_of(db, 2)
        assert task is not None
        told = list_deliveries(db, subject=f"task:{task.number}")

    body = json.loads(told[-1].body)
    assert (body["site"]["domain"], body.get("sites_total")) == ("later.example.cn", None)
    assert second.level == task.level


def test_a_subject_is_told_only_what_came_of_its_own_sites(
    two: tuple[Database, Alert, Alert], desk: Desk
) -> None:
    database, _, _ = two
    with database.transaction() as db:
        db.execute(
            text("UPDATE sites SET unit_name = '别家公司' WHERE domain = 'later.example.cn'")
        )
    answer(database, desk, 2, Conclusion.UNFOUNDED)
    close(database, desk, 2)

    with database.reading() as db:
        other = outcomes_of(db, "别家公司")
    assert (other.unfounded, other.confirmed, other.open_tasks) == (1, 0, 0)


def test_a_store_of_before_finds_the_same_links(
    two: tuple[Database, Alert, Alert], desk: Desk
) -> None:
    database, first, second = two
    third = beside(database, first, "third.example.cn", Level.ORANGE)
    confirm(database, third.id, "wang", LATER + timedelta(hours=1), desk)  # joins the second task
    with database.transaction() as db:
        links = [[one.id for one in alerts_of_task(db, task)] for task in (1, 2)]
        db.execute(text("DROP TABLE task_alerts"))
        db.execute(text("ALTER TABLE tasks DROP COLUMN runs_from"))
        with Operations.context(MigrationContext.configure(db)):
            v0010_task_alerts.upgrade()

    assert links == [[first.id], [second.id, third.id]]
    with database.reading() as db:
        found = [[one.id for one in alerts_of_task(db, task)] for task in (1, 2)]
        task = task_of(db, 1)
    assert found == links
    assert task is not None
    assert task.runs_from == task.sent_at == NOON


def test_what_stands_still_is_not_late(tmp_path: Path, desk: Desk) -> None:
    database = a_database(tmp_path)
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    move_task(database, task.id, Move.WORK, "x", NOON, desk)
    long_after = NOON + timedelta(days=200)
    with database.reading() as db:
        facts = list(task_facts(db, period_from("2026"), ""))
    assert task_rows(facts, lambda _: "", long_after)[1].late == 1

    move_task(database, task.id, Move.SUSPEND, "x", NOON, desk, "等待鉴定")

    with database.reading() as db:
        facts = list(task_facts(db, period_from("2026"), ""))
    assert task_rows(facts, lambda _: "", long_after)[1].late == 0


def test_a_pause_uses_up_nothing_of_the_limit(tmp_path: Path, desk: Desk) -> None:
    database = a_database(tmp_path)
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    move_task(database, task.id, Move.WORK, "x", NOON, desk)
    move_task(database, task.id, Move.SUSPEND, "x", NOON, desk, "等待鉴定")
    then = NOON + timedelta(days=42)

    going = move_task(database, task.id, Move.RESUME, "x", then, desk)

    assert urgency_of(going, then + timedelta(minutes=5), desk.calendar) is Urgency.IN_TIME
    assert going.answer_by is not None
    before_its_end = going.answer_by - timedelta(minutes=5)
    assert urgency_of(going, before_its_end, desk.calendar) is Urgency.AMBER


def test_what_is_done_again_is_concluded_anew(tmp_path: Path, desk: Desk) -> None:
    database = a_database(tmp_path)
    confirm(database, open_alert(database).id, "wang", NOON, desk)
    answer(database, desk, 1, Conclusion.UNFOUNDED)
    move_task(database, 1, Move.CHECK, "li", NOON, desk)
    move_task(database, 1, Move.RETURN, "li", NOON, desk, "重做")

    assert answer(database, desk, 1, None).conclusion is None


def test_a_case_opens_again_when_a_site_of_it_is_confirmed_after_its_end(
    tmp_path: Path, desk: Desk
) -> None:
    database = a_database(tmp_path)
    first = open_alert(database)
    second = beside(database, first, "later.example.cn", Level.ORANGE)
    confirm(database, first.id, "wang", NOON, desk)
    answer(database, desk, 1, Conclusion.RECTIFIED)
    close(database, desk, 1)

    confirm(database, second.id, "wang", LATER, desk)

    with database.reading() as db:
        case = case_of(db, first.case_id)
    assert case is not None
    assert case.closed_at is None


def test_a_site_joins_a_draft_and_is_told_when_it_is_approved(tmp_path: Path) -> None:
    database, careful = a_database(tmp_path), a_desk(an_endpoint())
    first = open_alert(database, level=Level.RED)
    task = confirm(database, first.id, "wang", NOON, careful)
    confirm(database, beside(database, first, "b.example.cn", Level.RED).id, "wang", LATER, careful)
    approve(database, task.id, "li", LATER, careful)

    with database.reading() as db:
        told = list_deliveries(db, subject=f"task:{task.number}")
    assert json.loads(told[0].body)["sites_total"] == 2


def test_a_task_names_its_first_site_first_then_as_they_joined(tmp_path: Path, desk: Desk) -> None:
    database = a_database(tmp_path)
    oldest = open_alert(database)
    first, newest = (
        beside(database, oldest, f"{name}.example.cn", Level.ORANGE) for name in ("b", "c")
    )
    for alert in (first, newest, oldest):
        confirm(database, alert.id, "wang", NOON, desk)

    with database.reading() as db:
        assert [one.id for one in alerts_of_task(db, 1)] == [first.id, newest.id, oldest.id]


def test_a_closed_task_was_about_its_sites_though_one_relapsed(tmp_path: Path, desk: Desk) -> None:
    database = a_database(tmp_path)
    first = open_alert(database)
    second, third = (
        beside(database, first, f"{name}.example.cn", Level.ORANGE) for name in ("b", "c")
    )
    for one in (first, second, third):
        confirm(database, one.id, "wang", NOON, desk)
    answer(database, desk, 1, Conclusion.RECTIFIED)
    reopen(database, third.id, "li", LATER, desk, "x")
    dismiss(database, third.id, "li", LATER, desk, "误读")
    close(database, desk, 1)

    reopen(database, second.id, "li", LATER, desk, "复燃")

    with database.reading() as db:
        task = task_of(db, 1)
        assert task is not None
        shown = findings_behind(db, task).shown
    assert [one.alert.id for one in shown] == [first.id, second.id]


def test_what_is_reopened_is_not_dealt_with(two: tuple[Database, Alert, Alert], desk: Desk) -> None:
    database, first, _ = two
    close(database, desk, 1)

    again = reopen(database, first.id, "li", LATER, desk, "再看")

    assert again.settled_at is None
