"""What the served house makes of a sweep that did not come to its end."""

import asyncio
import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.domain.errors import GiveUp, StoreAway, TryLater
from crawler.domain.schedule import LATER, Firing, FiringState, Schedule, ScheduleState
from crawler.domain.site import SweepState
from crawler.service import sweeper
from crawler.service.catalogue import catalogue
from crawler.service.minding import mind
from crawler.service.wiring import House
from crawler.store.notices import open_notices
from crawler.store.schedules import (
    add_schedule,
    ask_run,
    change_state,
    claim_firing,
    firings_in,
    mark_firing,
    put_firing,
    schedule_named,
)
from tests.builders import NOON
from tests.integration.packing_house import a_house, seed_case

Ends = list[Exception | SweepState | None]


class Played:
    """In place of a sweep: ends as the list says; None goes on until it is asked to stop."""

    def __init__(self, ends: Ends) -> None:
        self._ends, self._asked = ends, asyncio.Event()

    async def run(self) -> SweepState:
        how = self._ends.pop(0) if self._ends else SweepState.FINISHED
        if isinstance(how, Exception):
            raise how
        if how is None:
            await self._asked.wait()
        return how or SweepState.STOPPED

    def stop(self, *, for_all: bool = False) -> None:
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
) -> Iterator[None]:
    for name, seconds in (("LOOK_S", 0.02), ("IDLE_S", 0.02), ("AGAIN_S", 0.05)):
        patch.setattr(sweeper, name, seconds)
    patch.setattr(sweeper, "sweeping_for", lambda *_, **__: Played(ends))
    patch.setattr(sweeper, "swept_sweep", lambda *_: None)
    running = sweeper.Sweeper(house, catalogue("zh"), lambda: NOON, hindrance=hindrance)
    running.start()
    try:
        yield
    finally:
        running.stop()
        assert running.join(10)


def firing_of(house: House) -> Firing:
    with house.database.reading() as db:
        return firings_in(db)[0]


def comes_to(house: House, state: FiringState, reason: str = "") -> Firing:
    for _ in range(500):
        if (one := firing_of(house)).state is state and reason in one.reason:
            return one
        time.sleep(0.02)
    raise AssertionError(firing_of(house))


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
    with house.database.transaction() as db:
        assert claim_firing(db, firing_of(house).id, "elsewhere")
    with swept(house, [], monkeypatch):
        time.sleep(0.3)
    assert firing_of(house).state is FiringState.RUNNING


@pytest.mark.parametrize("state", [ScheduleState.PAUSED, ScheduleState.REMOVED])
def test_what_waits_of_a_schedule_that_is_off_is_not_swept_unless_a_person_asked(
    house: House, state: ScheduleState, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.database.transaction() as db:
        plan = schedule_named(db, "每周")
        put_firing(db, plan, NOON - timedelta(hours=1), FiringState.WAITING, LATER)
        change_state(db, plan.name, state, "ops", NOON)
    with swept(house, [], monkeypatch):
        comes_to(house, FiringState.DONE)  # asked for by ops
    with house.database.reading() as db:
        (waited,) = firings_in(db, (FiringState.SKIPPED,))
    assert waited.reason == sweeper.OFF
