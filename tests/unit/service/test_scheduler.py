"""Each fire time once, whatever the process, the clock or a second scheduler does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.domain.schedule import FiringState, Schedule
from crawler.service.scheduler import (
    MOST_MISSED,
    Timetable,
    fire_passed,
    is_always_quiet,
    next_fires,
    passed_fires,
)
from crawler.store.database import Database
from crawler.store.schedules import (
    add_schedule,
    claim_firing,
    firing_by_id,
    firings_in,
    mark_firing,
    put_firing,
    renew_firing,
)
from tests.stores import a_database

START = datetime(2026, 5, 12, 4, 0, tzinfo=UTC)  # a Tuesday, noon in Shanghai
DAY = timedelta(days=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = a_database(tmp_path)
    yield opened
    opened.close()


def nightly(database: Database, cron: str = "0 2 * * *") -> Schedule:
    with database.transaction() as db:
        return add_schedule(db, Schedule(name="每夜", cron=cron, region="310118"), START)


def wake(database: Database, schedule: Schedule, at: datetime) -> int | None:
    with database.transaction() as db:
        return fire_passed(db, schedule, at)


def states(database: Database) -> list[FiringState]:
    with database.reading() as db:
        return [one.state for one in reversed(firings_in(db))]


@pytest.mark.fault("D27")
def test_three_missed_fire_times_come_to_one_sweep_and_are_recorded(database: Database) -> None:
    schedule = nightly(database)
    assert wake(database, schedule, START + 3 * DAY)
    assert states(database) == [FiringState.MISSED, FiringState.MISSED, FiringState.WAITING]
    assert wake(database, schedule, START + 3 * DAY) is None


@pytest.mark.fault("D26")
def test_two_schedulers_wake_for_one_fire_time_and_one_fires(database: Database) -> None:
    schedule = nightly(database)
    fired = [wake(database, schedule, START + DAY) for _ in range(2)]
    assert [bool(one) for one in fired] == [True, False]


async def test_a_wake_up_that_found_the_store_away_is_made_up_for_within_a_minute(
    database: Database,
) -> None:
    schedule, at = nightly(database), [START]
    timetable = Timetable(database, lambda: at[0])
    timetable.start()
    try:
        timetable.follow()
        at[0] = START + DAY  # its own wake-up came to nothing
        timetable.follow()
        once = states(database)
        timetable.follow()
    finally:
        timetable.stop()

    assert once == states(database) == [FiringState.WAITING]
    assert schedule.id


@pytest.mark.fault("D28")
def test_a_fire_time_while_the_last_sweep_runs_is_skipped_and_recorded(database: Database) -> None:
    schedule = nightly(database)
    number = wake(database, schedule, START + DAY)
    assert number
    with database.transaction() as db:
        waiting = firing_by_id(db, number)
        assert claim_firing(db, waiting, "a", START + 2 * DAY)
        assert not claim_firing(db, waiting, "b", START + 2 * DAY)  # another parent comes too late
    assert wake(database, schedule, START + 2 * DAY) is None
    assert states(database) == [FiringState.RUNNING, FiringState.SKIPPED]


@pytest.mark.fault("D25")
def test_a_clock_that_jumps_ahead_and_back_fires_no_storm(database: Database) -> None:
    schedule = nightly(database)
    ahead = wake(database, schedule, START + 400 * DAY)
    assert ahead
    with database.transaction() as db:
        mark_firing(db, firing_by_id(db, ahead), FiringState.DONE, START)
    assert len(states(database)) == MOST_MISSED

    assert wake(database, schedule, START + timedelta(hours=1)) is None
    assert wake(database, schedule, START + DAY)  # its own night is not lost
    assert wake(database, schedule, START + DAY) is None


def test_what_somebody_else_has_by_now_is_neither_renewed_nor_marked(database: Database) -> None:
    number = wake(database, nightly(database), START + DAY)
    assert number
    with database.transaction() as db:
        mine = claim_firing(db, firing_by_id(db, number), "a", START)
        assert mine
        assert renew_firing(db, mine, START + DAY)
        assert mark_firing(db, mine, FiringState.WAITING, START)
        assert claim_firing(db, firing_by_id(db, number), "b", START + DAY)
        assert not renew_firing(db, mine, START + DAY)
        assert not mark_firing(db, mine, FiringState.DONE, START)
    assert states(database) == [FiringState.RUNNING]


def test_of_one_schedule_no_two_are_under_way(database: Database) -> None:
    schedule = nightly(database)
    assert wake(database, schedule, START + DAY)
    with database.transaction() as db:
        later = START + DAY + timedelta(hours=1)
        assert put_firing(db, schedule, later, FiringState.WAITING) is None
        assert put_firing(db, schedule, later, FiringState.SKIPPED)


def test_weekdays_are_the_named_ones_in_the_zone_of_the_schedule() -> None:
    schedule = Schedule(name="x", cron="30 6 * * mon", zone="Asia/Shanghai")
    (fire,) = next_fires(schedule, START)
    assert fire.astimezone(UTC) == datetime(2026, 5, 17, 22, 30, tzinfo=UTC)  # Monday there


@pytest.mark.parametrize(
    ("cron", "quiet", "always"),
    [
        ("0 9 * * *", "08:00-18:00", True),
        ("*/20 9-11 1 * *", "08:00-18:00", True),
        ("0 9,19 * * mon", "08:00-18:00", False),
        ("* * * * *", "08:00-07:59", False),  # every minute but one
        ("0 1 * * *", "22:00-06:00", True),
        ("0 9 * * *", "", False),
    ],
)
def test_a_timetable_within_its_own_quiet_hours_is_known(
    cron: str, quiet: str, always: bool
) -> None:
    schedule = Schedule(name="x", cron=cron, quiet=quiet)
    assert is_always_quiet(schedule, START) is always


def test_a_very_busy_timetable_after_a_year_is_counted_quickly() -> None:
    schedule = Schedule(name="x", cron="* * * * *")
    found = passed_fires(schedule, START, START + 365 * DAY)
    assert len(found) == MOST_MISSED
    assert found[-1] == START + 365 * DAY
