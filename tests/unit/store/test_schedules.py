"""Each (schedule, fire time) stands once, whoever fires it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.domain.errors import BadInput
from crawler.domain.schedule import FiringState, Schedule, ScheduleState
from crawler.store.database import Database
from crawler.store.schedules import (
    add_schedule,
    all_schedules,
    change_state,
    firings_in,
    last_fire,
    put_firing,
    timetable_mark,
)
from tests.builders import NOON
from tests.stores import a_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = a_database(tmp_path)
    yield opened
    opened.close()


def a_schedule(name: str = "每夜") -> Schedule:
    return Schedule(name=name, cron="0 2 * * *", region="310118")


@pytest.mark.fault("D26")
def test_two_schedulers_fire_one_time_once(database: Database) -> None:
    with database.transaction() as db:
        schedule = add_schedule(db, a_schedule(), NOON)
    made = []
    for _ in range(2):
        with database.transaction() as db:
            made.append(put_firing(db, schedule, NOON, FiringState.WAITING))

    assert made[0] is not None
    assert made[1] is None
    with database.reading() as db:
        assert len(firings_in(db)) == 1


def test_a_name_is_taken_until_it_is_removed(database: Database) -> None:
    with database.transaction() as db:
        add_schedule(db, a_schedule(), NOON)
    with pytest.raises(BadInput, match="已有名为"), database.transaction() as db:
        add_schedule(db, a_schedule(), NOON)
    with database.transaction() as db:
        before = timetable_mark(db)
        change_state(db, "每夜", ScheduleState.REMOVED, "ops", NOON)
        assert timetable_mark(db) != before
        add_schedule(db, a_schedule(), NOON)
        assert [one.name for one in all_schedules(db)] == ["每夜"]


def test_a_resumed_schedule_does_not_catch_up_on_its_pause(database: Database) -> None:
    later = NOON + timedelta(days=9)
    with database.transaction() as db:
        add_schedule(db, a_schedule(), NOON)
        change_state(db, "每夜", ScheduleState.PAUSED, "ops", NOON)
        resumed = change_state(db, "每夜", ScheduleState.ACTIVE, "ops", later)
        assert last_fire(db, resumed, later) == later


@pytest.mark.fault("D25")
def test_a_firing_of_a_clock_that_ran_ahead_holds_nothing_back(database: Database) -> None:
    with database.transaction() as db:
        schedule = add_schedule(db, a_schedule(), NOON)
        put_firing(db, schedule, NOON + timedelta(days=300), FiringState.DONE)
        assert last_fire(db, schedule, NOON + timedelta(hours=1)) == NOON
