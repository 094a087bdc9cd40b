"""What the served house makes of a sweep that did not come to its end."""

import asyncio
import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, update
from structlog.testing import capture_logs

from crawler.domain.errors import GiveUp, StoreAway, TryLater
from crawler.domain.schedule import LATER, Firing, FiringState, Schedule, ScheduleState
from crawler.domain.site import SweepState
from crawler.service import sweeper
from crawler.service.catalogue import catalogue
from crawler.service.minding import mind
from crawler.service.wiring import House
from crawler.store.notices import open_notices
from crawler.store.schedule_tables import firings
from crawler.store.schedules import (
    add_schedule,
    ask_run,
    ask_stop,
    change_state,
    claim_firing,
    firings_in,
    mark_firing,
    put_firing,
    renew_firing,
    schedule_named,
)
from crawler.store.visits import sweep_of
from tests.builders import NOON
from tests.integration.packing_house import a_house, seed_case

Ends = list[Exception | SweepState | None]


class Played:
    """In place of a sweep: ends as the list says; None goes on until it is asked to stop."""

    def __init__(self, ends: Ends, stopped: list[dict[str, bool]]) -> None:
        self._ends, self._stopped, self._asked = ends, stopped, asyncio.Event()

    async def run(self) -> SweepState:
        how = self._ends.pop(0) if self._ends else SweepState.FINISHED
        if isinstance(how, Exception):
            raise how
        if how is None:
            await self._asked.wait()
        return how or SweepState.STOPPED

    def stop(self, **how: bool) -> None:
        self._stopped.append(how)
        self._asked.set()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = a_house(tmp_path)
    seed_case(made, "yihe-wealth.cn")
    with made.database.transaction() as db:
        plan = Schedule(name="每周", cron="0 2 * * mon", selection="all", region="310118")
        ask_run(db, add_schedule(db, plan, NOON), "ops", NOON)
    yield made
    made.database.close()


@contextmanager
def swept(
    house: House,
    ends: Ends,
    patch: pytest.MonkeyPatch,
    hindrance: Callable[[], str] = lambda: "",
    clock: Callable[[], datetime] = lambda: NOON,
) -> Iterator[list[dict[str, bool]]]:
    """Gives how sweeps were asked to stop."""
    stopped: list[dict[str, bool]] = []
    for name, seconds in (("LOOK_S", 0.02), ("IDLE_S", 0.02), ("AGAIN_S", 0.05)):
        patch.setattr(sweeper, name, seconds)
    patch.setattr(sweeper, "sweeping_for", lambda *_, **__: Played(ends, stopped))
    patch.setattr(sweeper, "swept_sweep", lambda *_: None)
    running = sweeper.Sweeper(house, catalogue("zh"), clock, hindrance=hindrance)
    running.start()
    try:
        yield stopped
    finally:
        running.stop()
        assert running.join(10)


def firing_of(house: House) -> Firing:
    with house.database.reading() as db:
        return firings_in(db)[0]


def taken_elsewhere(house: House, minutes: int = 10) -> None:
    with house.database.transaction() as db:
        lease = NOON + timedelta(minutes=minutes)
        assert claim_firing(db, firing_of(house), "elsewhere:/x", lease)


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError


def comes_to(house: House, state: FiringState, reason: str = "") -> Firing:
    until(lambda: firing_of(house).state is state and reason in firing_of(house).reason)
    return firing_of(house)


@pytest.mark.parametrize(
    "trouble",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        TryLater("存证无法写入：空间不足"),
        StoreAway("数据库暂不可用"),
    ],
)
def test_a_trouble_that_may_pass_fails_no_sweep(
    house: House, trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    with swept(house, [trouble, trouble], monkeypatch):
        done = comes_to(house, FiringState.DONE)
    with house.database.reading() as db:
        assert [one.id for one in firings_in(db)] == [done.id]
    assert done.sweep_id == 2  # the first is seed_case's: taken up again, not begun anew


def test_why_it_waits_is_written_down_and_after_an_hour_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeper, "AGAIN_S", 60.0)
    always: Ends = [OSError(errno.ENOSPC, "No space left on device")] * 1_000
    with swept(house, always, monkeypatch):
        waits = comes_to(house, FiringState.WAITING, LATER)
    assert waits.reason == "空间不足；稍后接着做"
    for hours, told in ((0.5, False), (1.5, True)):
        mind(house, NOON + timedelta(hours=hours))
        with house.database.reading() as db:
            keys = [one.key for one in open_notices(db)]
        assert ("schedule:每周" in keys) is told


def test_what_will_never_succeed_fails(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with swept(house, [GiveUp("没有词库")], monkeypatch):
        assert comes_to(house, FiringState.FAILED).reason == "没有词库"


def test_children_that_do_not_start_fail_the_sweep(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with swept(house, [SweepState.STOPPED], monkeypatch):
        assert comes_to(house, FiringState.FAILED).reason == sweeper.GAVE_UP


def test_a_disk_that_fills_lays_the_running_sweep_aside_until_there_is_room(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    full: list[str] = []
    with swept(house, [None], monkeypatch, lambda: "".join(full)):
        comes_to(house, FiringState.RUNNING)
        full.append("存证磁盘只余 0.0 GiB")
        comes_to(house, FiringState.WAITING, "存证磁盘")
        full.clear()
        comes_to(house, FiringState.DONE)


def test_an_end_that_could_not_be_written_down_does_not_leave_it_running_for_ever(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = iter([StoreAway("数据库暂不可用")])

    def marked(*given: object, **more: object) -> None:
        if given[2] is FiringState.WAITING and (trouble := next(away, None)):
            raise trouble
        mark_firing(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeper, "mark_firing", marked)
    with swept(house, [StoreAway("数据库暂不可用")], monkeypatch):
        comes_to(house, FiringState.DONE)


def test_what_another_parent_runs_is_left_to_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_elsewhere(house)
    with swept(house, [], monkeypatch):
        time.sleep(0.3)
    assert firing_of(house).state is FiringState.RUNNING


@pytest.mark.parametrize("state", [ScheduleState.PAUSED, ScheduleState.REMOVED])
def test_what_waits_of_a_schedule_that_is_off_is_not_swept_unless_a_person_asked(
    house: House, state: ScheduleState, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.database.transaction() as db:
        plan = add_schedule(db, Schedule(name="每夜", cron="0 2 * * *", region="310118"), NOON)
        put_firing(db, plan, NOON - timedelta(hours=1), FiringState.WAITING, LATER)
        for name in ("每夜", "每周"):
            change_state(db, name, state, "ops", NOON)
    with swept(house, [], monkeypatch):
        comes_to(house, FiringState.DONE)  # asked for by ops
    with house.database.reading() as db:
        (waited,) = firings_in(db, (FiringState.SKIPPED,))
    assert (waited.schedule.id, waited.reason) == (plan.id, sweeper.OFF)


def test_what_a_machine_left_that_never_came_back_goes_on_here(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_elsewhere(house, minutes=-1)
    mind(house, NOON)
    with house.database.reading() as db:
        told = {one.key: one.text for one in open_notices(db)}
    with swept(house, [], monkeypatch):
        comes_to(house, FiringState.DONE)

    assert "由机器 elsewhere 执行，它没有再出现" in told["schedule:每周"]
    mind(house, NOON)
    with house.database.reading() as db:
        assert "schedule:每周" not in [one.key for one in open_notices(db)]


def test_what_nobody_runs_any_more_is_stopped_at_once(house: House) -> None:
    taken_elsewhere(house, minutes=-1)
    with house.database.transaction() as db:
        assert ask_stop(db, schedule_named(db, "每周"), "ops", NOON) == 1
        assert firing_of(house).state is FiringState.RUNNING  # not committed yet
    assert firing_of(house).state is FiringState.STOPPED


def test_who_comes_back_after_its_lease_finds_it_taken_and_stops(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capture_logs() as said, swept(house, [None], monkeypatch) as stopped:
        comes_to(house, FiringState.RUNNING)
        with house.database.transaction() as db:
            db.execute(update(firings).values(runner="elsewhere:/x"))
        until(lambda: any(one.get("error") == sweeper.TAKEN for one in said))

    assert stopped == [{"for_all": False, "taken": True}]
    now = firing_of(house)
    assert (now.state, now.runner, now.reason) == (FiringState.RUNNING, "elsewhere:/x", "")


def test_a_sweep_that_was_taken_over_while_it_ended_is_the_others_to_finish(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(db: Connection, firing: Firing, until: datetime) -> bool:
        db.execute(update(firings).values(runner="elsewhere:/x"))
        return renew_firing(db, firing, until)

    monkeypatch.setattr(sweeper, "renew_firing", too_late)
    with capture_logs() as said, swept(house, [SweepState.FINISHED], monkeypatch):
        until(lambda: any(one.get("error") == sweeper.TAKEN for one in said))
    assert firing_of(house).state is FiringState.RUNNING


@pytest.mark.parametrize("days", [1 / 96, 400, -400])  # as it passes, and as clocks are set
def test_what_runs_keeps_its_lease(
    house: House, days: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [NOON]
    with swept(house, [None], monkeypatch, clock=lambda: at[0]):
        comes_to(house, FiringState.RUNNING)
        at[0] += timedelta(days=days)
        due = at[0] + timedelta(seconds=house.config.crawl.lease_s)
        until(lambda: firing_of(house).lease_until == due)


def test_an_end_that_a_person_asked_for_is_the_sweeps_end_everywhere(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with swept(house, [None], monkeypatch):
        until(lambda: firing_of(house).sweep_id is not None)
        number = firing_of(house).sweep_id
    with house.database.transaction() as db:
        assert number
        assert sweep_of(db, number).state is SweepState.RUNNING
        ask_stop(db, schedule_named(db, "每周"), "ops", NOON)
    with swept(house, [], monkeypatch):
        comes_to(house, FiringState.STOPPED)
    with house.database.reading() as db:
        assert sweep_of(db, number).state is SweepState.STOPPED
