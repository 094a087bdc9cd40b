"""Two who act at the same moment on a real PostgreSQL: neither is lost, neither waits for ever."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, make_url, select, text, update

from alerts import answering, delivering, moving, reviewing
from alerts.answering import Effect, take_feedback
from alerts.delivering import deliver_due, pause, resume
from alerts.desk import Desk
from alerts.reviewing import confirm, reopen, take_back
from alerts.tasking import approve, move_task
from crawler.domain.alert import Alert, AlertState
from crawler.domain.assessment import Level
from crawler.domain.errors import NotAllowed
from crawler.domain.retention import Hold, HoldScope
from crawler.domain.schedule import Firing, FiringState, Schedule
from crawler.domain.task import Conclusion, Move, SupervisionTask, TaskState
from crawler.service import retaining
from crawler.service.scheduler import fire_passed
from crawler.service.sealing import settle_segments
from crawler.service.wiring import House
from crawler.store import audit, holds, retention, schedules
from crawler.store.alerts import alert_of
from crawler.store.circuits import circuit_of
from crawler.store.database import Database, migrate, open_database
from crawler.store.outbox import put
from crawler.store.schedules import (
    add_schedule,
    ask_run,
    claim_firing,
    firing_by_id,
    firings_in,
    mark_firing,
)
from crawler.store.tables import alerts
from crawler.store.tables import audit as audit_rows
from crawler.store.task_alerts import alerts_of_task
from crawler.store.tasks import task_of
from tests.builders import NOON
from tests.integration.answering_house import (
    Clock,
    Platform,
    a_courier,
    a_delivery,
    a_desk,
    an_endpoint,
    beside,
    open_alert,
)
from tests.integration.packing_house import a_house, clean_visit, seed_case

pytestmark = pytest.mark.postgres
AWHILE_S = 0.5  # in which the other one is through, or waits
_numbers = count(1)


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """A migrated one of each test's own."""
    name = f"at_once_{next(_numbers)}"
    with closing(open_database(postgres_url)) as server, server.engine.connect() as db:
        db.execution_options(isolation_level="AUTOCOMMIT").execute(text(f"CREATE DATABASE {name}"))
    made = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    with closing(open_database(made)) as opened:
        migrate(opened)
        yield opened


@pytest.fixture
def other() -> Iterator[ThreadPoolExecutor]:
    """Whoever acts at the same moment."""
    with ThreadPoolExecutor(1) as one:
        yield one


def after(
    real: Callable[..., Any], other: ThreadPoolExecutor, acts: Callable[[], Any]
) -> tuple[Callable[..., Any], list[Future[Any]]]:
    """A function that lets the other one act once it has done its work, the first time."""
    acting: list[Future[Any]] = []
    calls = count()

    def slow(*given: Any, **more: Any) -> Any:
        found = real(*given, **more)
        if next(calls) == 0:
            acting.append(other.submit(acts))
            wait(acting, timeout=AWHILE_S)
        return found

    return slow, acting


def a_task(database: Database) -> tuple[Desk, SupervisionTask, Alert]:
    """A sent task, and an alert of another site of its case that waits for review."""
    desk = a_desk(an_endpoint(), approval_from=None)
    first = open_alert(database)
    second = beside(database, first, "b.example.cn", Level.ORANGE)
    return desk, confirm(database, first.id, "wang", NOON, desk), second


def joined(database: Database, task: SupervisionTask) -> int:
    with database.reading() as db:
        return len(alerts_of_task(db, task.id))


def test_a_callback_and_a_confirmation_at_once_both_stand(
    database: Database, other: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, task, second = a_task(database)
    slow, acting = after(
        answering.keep_feedback,  # type: ignore[attr-defined]
        other,
        lambda: confirm(database, second.id, "li", NOON, desk),
    )
    monkeypatch.setattr(answering, "keep_feedback", slow)
    body = json.dumps({"status": "acknowledged", "at": NOON.isoformat()}).encode()

    answered = take_feedback(database, "f1", task.number, body, NOON, desk)

    assert answered.effect is Effect.TAKEN
    assert acting[0].result(20).id == task.id
    assert joined(database, task) == 2


def test_a_move_and_a_confirmation_at_once_both_stand(
    database: Database, other: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, task, second = a_task(database)
    slow, acting = after(
        moving.change_task,  # type: ignore[attr-defined]
        other,
        lambda: confirm(database, second.id, "li", NOON, desk),
    )
    monkeypatch.setattr(moving, "change_task", slow)

    move_task(database, task.id, Move.ACKNOWLEDGE, "zhao", NOON, desk)

    assert acting[0].result(20).id == task.id
    assert joined(database, task) == 2
    with database.reading() as db:
        now = task_of(db, task.id)
    assert now is not None
    assert now.state is TaskState.ACKNOWLEDGED


def test_a_closed_task_and_its_alert_reopened_at_once_both_stand(
    database: Database, other: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, task, _ = a_task(database)
    for move in (Move.ACKNOWLEDGE, Move.WORK, Move.ANSWER, Move.CHECK):
        move_task(database, task.id, move, "zhao", NOON, desk)
    with database.reading() as db:
        (alert,) = alerts_of_task(db, task.id)
    slow, acting = after(
        moving.note,  # type: ignore[attr-defined]
        other,
        lambda: reopen(database, alert.id, "li", NOON, desk, "误判"),
    )
    monkeypatch.setattr(moving, "note", slow)

    moved = move_task(database, task.id, Move.CLOSE, "zhao", NOON, desk, "", Conclusion.RECTIFIED)

    assert moved.state is TaskState.CLOSED
    acting[0].result(20)
    with database.reading() as db:
        now = alert_of(db, alert.id)
    assert now is not None
    assert now.state is AlertState.OPEN


def test_of_an_approval_and_a_decision_taken_back_at_once_one_stands(
    database: Database, other: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = a_desk(an_endpoint())
    alert = open_alert(database, level=Level.ORANGE)
    task = confirm(database, alert.id, "wang", NOON, desk)
    slow, acting = after(
        reviewing.tasks_of_alert,  # type: ignore[attr-defined]
        other,
        lambda: approve(database, task.id, "li", NOON, desk),
    )
    monkeypatch.setattr(reviewing, "tasks_of_alert", slow)

    take_back(database, alert.id, "wang", NOON, desk)

    with pytest.raises(NotAllowed):
        acting[0].result(20)
    with database.reading() as db:
        assert alert_of(db, alert.id).state is AlertState.OPEN  # type: ignore[union-attr]
        assert task_of(db, task.id).state is TaskState.CANCELLED  # type: ignore[union-attr]


@pytest.mark.parametrize("acts", [pause, resume])
def test_a_persons_word_on_an_endpoint_outlasts_what_a_round_learnt_of_it_meanwhile(
    database: Database,
    other: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
    acts: Callable[..., None],
) -> None:
    with database.transaction() as db:
        put(db, [a_delivery(1)])
    platform = Platform(answers=lambda delivery: 500)
    why = ("维护",) if acts is pause else ()
    slow, acting = after(
        delivering.locked_circuit,  # type: ignore[attr-defined]
        other,
        lambda: acts(database, "platform", "wang", NOON, *why),
    )
    monkeypatch.setattr(delivering, "locked_circuit", slow)

    deliver_due(a_courier(database, platform, Clock()), [an_endpoint()])

    acting[0].result(20)
    with database.reading() as db:
        now = circuit_of(db, "platform")
    assert (now.paused, now.failures) == (("维护", 1) if acts is pause else ("", 0))


def test_one_move_asks_for_the_chain_once(database: Database) -> None:
    desk = a_desk(an_endpoint(), approval_from=None)
    task = confirm(database, open_alert(database).id, "wang", NOON, desk)
    asked: list[str] = []
    event.listen(
        database.engine, "before_cursor_execute",
        lambda *given: asked.append(given[2]) if "advisory" in given[2] else None,
    )  # fmt: skip

    move_task(database, task.id, Move.ACKNOWLEDGE, "li", NOON, desk)
    move_task(database, task.id, Move.WORK, "li", NOON, desk)

    assert len(asked) == 2  # once a transaction, also where the connection is the same


def test_a_step_that_is_taken_back_does_not_keep_the_chain(database: Database) -> None:
    other = text("SELECT pg_try_advisory_lock(:key)"), {"key": audit._CHAIN_LOCK}
    with database.transaction() as db, database.engine.connect() as stranger:
        step = db.begin_nested()
        audit.take_chain(db)
        step.rollback()
        free = stranger.scalar(*other)
        stranger.scalar(text("SELECT pg_advisory_unlock_all()"))

        audit.take_chain(db)
        step = db.begin_nested()
        audit.take_chain(db)
        step.rollback()
        held = not stranger.scalar(*other)

    assert (free, held) == (True, True)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    """Two looks at a site that are old, of a case that came to nothing, and a newer one."""
    url = database.engine.url.render_as_string(hide_password=False)
    made = a_house(tmp_path / "home", f'[store]\ndatabase = "{url}"\n')
    seeded = seed_case(made, "a.example.cn")
    clean_visit(made, seeded, "改好了", NOON + timedelta(days=10))
    settle_segments(made.database, made.evidence, NOON)
    with made.database.transaction() as db:
        db.execute(update(alerts).values(state="dismissed", settled_at=NOON))
    yield made
    made.database.close()


def hold(house: House) -> None:
    wanted = Hold(
        scope=HoldScope.SITE, object="a.example.cn", reason="诉讼", actor="li", at=NOON
    )  # fmt: skip
    with house.database.transaction() as db:
        holds.put_hold(db, wanted)


def clean_up(house: House) -> int:
    return retaining.run(house, "ops", NOON + timedelta(days=6 * 365)).captures


def test_a_hold_that_is_being_put_is_waited_for_by_what_removes(
    house: House, other: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, acting = after(holds.open_holds, other, lambda: clean_up(house))
    monkeypatch.setattr(holds, "open_holds", slow)

    hold(house)

    assert acting[0].result(20) == 0


def test_a_hold_that_comes_while_something_is_removed_stands_after_it_in_the_trail(
    house: House, other: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Had it been before, what it holds would be gone all the same."""
    slow, acting = after(retaining.unsealed, other, lambda: hold(house))  # type: ignore[attr-defined]

    def found_first(*given: Any) -> Any:
        found = list(retention.expired(*given))
        slow(given[0])
        return iter(found)

    monkeypatch.setattr(retaining, "expired", found_first)
    monkeypatch.setattr(retaining, "too_many", lambda *_: "")
    monkeypatch.setattr(retaining, "foresee", lambda *_: None)

    assert clean_up(house) == 2

    acting[0].result(20)
    with house.database.reading() as db:
        rows = select(audit_rows.c.action).order_by(audit_rows.c.seq)
        told = [one for one in db.scalars(rows) if one in ("evidence.remove", "evidence.hold")]
    assert told == ["evidence.remove", "evidence.hold"]


def test_two_who_have_a_schedule_run_at_once_start_one_sweep(
    database: Database, other: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = a_plan(database)

    def fired() -> int | None:
        with database.transaction() as db:
            return fire_passed(db, plan, NOON + timedelta(days=1))

    slow, acting = after(schedules.put_firing, other, fired)
    monkeypatch.setattr(schedules, "put_firing", slow)

    with database.transaction() as db:
        asked = ask_run(db, plan, "ops", NOON + timedelta(days=1, seconds=1))

    assert acting[0].result(20) is None
    with database.reading() as db:
        found = {one.id: one.state for one in firings_in(db)}
    assert found.pop(asked) is FiringState.WAITING
    assert list(found.values()) == [FiringState.SKIPPED]


def test_of_two_who_take_a_firing_whose_lease_is_over_one_has_it(
    database: Database, other: ThreadPoolExecutor
) -> None:
    plan = a_plan(database)
    with database.transaction() as db:
        number = ask_run(db, plan, "ops", NOON)
        claim_firing(db, firing_by_id(db, number), "gone:/x", NOON)
        left = firing_by_id(db, number)

    def takes(name: str) -> Firing | None:
        with database.transaction() as db:
            mark_firing(db, left, FiringState.WAITING, NOON)
            return claim_firing(db, replace(left, state=FiringState.WAITING), name, NOON)

    with database.transaction() as db:
        assert mark_firing(db, left, FiringState.WAITING, NOON)
        second = other.submit(takes, "b:/x")
        wait([second], timeout=AWHILE_S)
        first = claim_firing(db, replace(left, state=FiringState.WAITING), "a:/x", NOON)

    assert first
    assert second.result(20) is None
    with database.reading() as db:
        assert firing_by_id(db, number).runner == "a:/x"


def a_plan(database: Database) -> Schedule:
    with database.transaction() as db:
        return add_schedule(db, Schedule(name="每夜", cron="0 2 * * *", region="310118"), NOON)
