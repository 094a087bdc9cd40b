"""The parent of a sweep over children that die, err and answer late."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from crawler.domain.assessment import Assessment, Level
from crawler.domain.capture import Fetcher, Outcome
from crawler.domain.errors import StoreAway, TryLater, WatchError
from crawler.domain.forecast import foreseen
from crawler.domain.pace import Bounds, Lever
from crawler.domain.site import SweepState, Visit, VisitState
from crawler.service.crews import failed_capture, unjudged
from crawler.service.hands import Crew, Held
from crawler.service.pacing import Pace
from crawler.service.pipes import Order, Pulse, Ready, Report, Upward
from crawler.service.recording import Recorder
from crawler.service.sweeping import Sweeping
from crawler.service.turns import Turns
from crawler.service.watching import SEVERAL
from crawler.store.database import Connection, Database
from crawler.store.efforts import open_account
from crawler.store.evidence import SegmentWriter
from crawler.store.paces import latest_steps
from crawler.store.sweep_tables import sweep_accounts
from crawler.store.tables import assessments, visits
from crawler.store.visits import claim_visits, sweep_of, visits_by_id
from tests.builders import NOON, a_capture, an_assessment
from tests.integration.test_families import visits as filed_visits
from tests.stores import a_database

COUNT = 6
CULPRIT = 2
Answer = Callable[[Connection, Sequence[tuple[Visit, Assessment]], datetime], None]


@pytest.fixture(autouse=True)
def told() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = a_database(tmp_path)
    with made.transaction() as db:
        filed_visits(db, COUNT)
    return made


class Slot:
    """What a child says it is at."""

    def __init__(self, at: int) -> None:
        self.at = at

    def look(self) -> tuple[int, int]:
        return self.at, 7


class PlayedChild:
    """A child that answers every order, or dies over one of them."""

    def __init__(self, *, dies_at: int = 0, blames: bool = True, ready: bool = True) -> None:
        self.outstanding: set[int] = set()
        self.places, self.allowed = 0, list[int]()
        self.gone, self.ready, self.reported, self.pid = False, ready, 0, 0
        self.watch = Slot(0 if blames else SEVERAL)
        self._dies_at, self._blames = dies_at, blames
        self._orders: asyncio.Queue[Visit | None] = asyncio.Queue()

    async def give(self, order: Order) -> None:
        self.outstanding.add(order.visit.id)
        await self._orders.put(order.visit)

    async def allow(self, places: int) -> None:
        self.places = places
        self.allowed.append(places)

    async def records(self) -> AsyncIterator[Upward]:
        if not self.ready:
            return
        yield Ready()
        while visit := await self._orders.get():
            if self._dies_at in self.outstanding and not self._blames:
                await asyncio.sleep(0.1)  # it holds as many as it is given by then
                return
            if visit.id == self._dies_at:
                self.watch.at = visit.id
                return
            self.outstanding.discard(visit.id)
            self.reported += 1
            yield report_on(visit)

    def stuck_at(self, _now_s: float) -> int:
        return 0

    def is_silent(self, _now_s: float) -> bool:
        return False

    def kill(self) -> None:
        self._orders.put_nowait(None)

    async def end(self) -> None:
        await self._orders.put(None)


def report_on(visit: Visit) -> Report:
    capture = a_capture(id=f"C{visit.id:025}", visit_id=visit.id, site_id=visit.site.id)
    judged = an_assessment(visit_id=visit.id, level=Level.NONE)
    return Report(visit_id=visit.id, captures=(capture,), assessment=judged)


def set_aside(visit: Visit, at: datetime) -> Report:
    capture = failed_capture(visit, Fetcher.HTTP, Outcome.BUDGET_REACHED, at)
    return Report(visit_id=visit.id, captures=(capture,), assessment=unjudged(visit, at))


def nothing(_db: Connection, _seen: Any, _now: datetime) -> None:
    """Nobody is told."""


class Sweep:
    """A sweep under test: played children, a real store, a real recorder."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.born: list[PlayedChild] = []
        self.writer = SegmentWriter(folder / "evidence", "p", NOON)
        self.pace = Pace(slots=Bounds(least=2, most=16), pages=Bounds(least=1, most=2))

    def run(
        self,
        child: Callable[[], PlayedChild],
        *,
        answer: Answer = nothing,
        beside: Callable[[], None] = lambda: None,
        one_at_a_time: bool = False,
        joins: bool = False,
        soon: Callable[[Sweeping], None] | None = None,
    ) -> tuple[SweepState, Sweeping]:
        async def start(_number: int) -> Any:
            self.born.append(child())
            return self.born[-1]

        crew = Crew(
            state=VisitState.WAITING,
            size=1,
            window=16,
            start=start,
            set_aside=set_aside,
            one_at_a_time=one_at_a_time,
        )
        with self.database.transaction() as db:
            sweep = sweep_of(db, 1)
            open_account(db, sweep, foreseen(sweep.sites, None), "310118", measured=False)
        sweeping = Sweeping(
            sweep=sweep,
            database=self.database,
            recorder=self.recorder(answer),
            crews=(crew,),
            owner="me",
            region="310118",
            pace=self.pace,
            on_progress=lambda _: None,
            on_notice=lambda _: None,
            beside=beside,
            settle=lambda: None,
            joins=joins,
        )

        async def run() -> SweepState:
            if soon is not None:
                asyncio.get_running_loop().call_later(1.0, soon, sweeping)
            return await sweeping.run()

        return asyncio.run(asyncio.wait_for(run(), 20)), sweeping

    def recorder(self, answer: Answer) -> Recorder:
        self.writer.close()
        self.writer = SegmentWriter(self.folder / "evidence", f"p{len(self.born)}", NOON)
        return Recorder(
            database=self.database,
            writer=self.writer,
            chain="c",
            answer=answer,
            level_of=lambda _: Level.NONE,
            turns=Turns(renders=False, patient=False),
            owner="me",
        )

    def levels(self) -> dict[int, str]:
        rows = select(assessments.c.visit_id, assessments.c.level)
        with self.database.reading() as db:
            assert set(db.scalars(select(visits.c.state))) == {str(VisitState.CLOSED)}
            return {row.visit_id: row.level for row in db.execute(rows)}


@pytest.fixture
def sweep(database: Database, tmp_path: Path) -> Iterator[Sweep]:
    made = Sweep(database, tmp_path)
    yield made
    made.writer.close()


def all_quiet_but(*set_aside: int) -> dict[int, str]:
    quiet = {number: str(Level.NONE) for number in range(1, COUNT + 1)}
    return quiet | dict.fromkeys(set_aside, str(Level.BLUE))


@pytest.mark.fault("D38")
def test_a_report_that_cannot_be_written_costs_no_other(sweep: Sweep, told: list[Any]) -> None:
    def stumbles(_db: Connection, seen: Any, _now: datetime) -> None:
        if any(v.id == CULPRIT and one.level is Level.NONE for v, one in seen):
            raise AssertionError("one bad visit")

    state, _ = sweep.run(PlayedChild, answer=stumbles)

    assert state is SweepState.FINISHED
    assert sweep.levels() == all_quiet_but(CULPRIT)
    assert [one["visit"] for one in told if one.get("action") == "set_aside"] == [CULPRIT]


@pytest.mark.parametrize(
    "trouble", [TryLater("数据库暂不可用：重启中"), OSError(28, "No space left on device")]
)
def test_a_store_that_is_away_ends_the_sweep_and_says_so(sweep: Sweep, trouble: Exception) -> None:
    def away(_db: Connection, _seen: Any, _now: datetime) -> None:
        raise trouble

    with pytest.raises(TryLater, match=r"数据库暂不可用|空间不足"):
        sweep.run(PlayedChild, answer=away)

    state, _ = sweep.run(PlayedChild)
    assert state is SweepState.FINISHED
    assert sweep.levels() == all_quiet_but()


def test_what_moves_beside_may_fail_without_ending_the_sweep(sweep: Sweep) -> None:
    def away() -> None:
        raise WatchError("index away")

    state, _ = sweep.run(PlayedChild, beside=away)

    assert state is SweepState.FINISHED


@pytest.mark.fault("D30")
def test_a_page_that_kills_its_child_twice_is_set_aside(sweep: Sweep) -> None:
    state, _ = sweep.run(lambda: PlayedChild(dies_at=CULPRIT))

    assert state is SweepState.FINISHED
    assert sweep.levels() == all_quiet_but(CULPRIT)


def test_a_child_with_several_pages_in_hand_blames_none_of_them(sweep: Sweep) -> None:
    state, _ = sweep.run(lambda: PlayedChild(dies_at=CULPRIT, blames=False), one_at_a_time=True)

    assert state is SweepState.FINISHED
    assert sweep.levels() == all_quiet_but(CULPRIT)
    assert len(sweep.born) <= 6


def test_children_that_never_start_end_the_sweep_unfinished(sweep: Sweep) -> None:
    state, sweeping = sweep.run(lambda: PlayedChild(ready=False))

    assert (state, sweeping.gave_up) == (SweepState.STOPPED, True)
    assert len(sweep.born) == 5


def test_a_claim_that_fails_ends_the_sweep(sweep: Sweep, monkeypatch: Any) -> None:
    def away(*_given: Any, **_named: Any) -> list[Visit]:
        raise TryLater("数据库暂不可用")

    monkeypatch.setattr("crawler.service.sweeping.claim_visits", away)

    with pytest.raises(TryLater):
        sweep.run(PlayedChild)


@pytest.mark.fault("D29")
def test_a_report_on_a_visit_that_somebody_else_has_now_is_dropped(
    sweep: Sweep, database: Database
) -> None:
    with database.transaction() as db:
        lease = timedelta(minutes=15)
        claimed = claim_visits(
            db, 1, VisitState.WAITING, owner="me", now=NOON, lease=lease, limit=2
        )
        lost, kept = claimed
        db.execute(update(visits).where(visits.c.id == lost.id).values(lease_owner="other"))

    sweep.recorder(nothing).record([(one, report_on(one)) for one in claimed], NOON)

    with database.reading() as db:
        assert list(db.scalars(select(assessments.c.visit_id))) == [kept.id]


def test_a_child_reports_only_on_what_it_holds_itself(sweep: Sweep, database: Database) -> None:
    with database.reading() as db:
        (visit,) = visits_by_id(db, [1], NOON)
    _, sweeping = sweep.run(PlayedChild)
    holder, other = PlayedChild(), PlayedChild()
    crew = sweeping.crews[0]
    sweeping._out[visit.id] = Held(visit=visit, crew=crew, child=cast("Any", holder))

    sweeping._take(cast("Any", other), report_on(visit))
    assert sweeping._came.empty()

    sweeping._take(cast("Any", holder), report_on(visit))
    assert not sweeping._came.empty()


def held_by_another(database: Database, visit_id: int, until: datetime) -> None:
    with database.transaction() as db:
        mine = update(visits).where(visits.c.id == visit_id)
        db.execute(mine.values(lease_owner="other", lease_until=until))


def state_of(database: Database) -> SweepState:
    with database.reading() as db:
        return sweep_of(db, 1).state


def test_a_sweep_goes_on_where_another_machine_holds_some_of_it(
    sweep: Sweep, database: Database
) -> None:
    held_by_another(database, CULPRIT, datetime.now(UTC) + timedelta(minutes=5))

    state, _ = sweep.run(PlayedChild, soon=lambda one: one.stop())

    assert (state, state_of(database)) == (SweepState.RUNNING, SweepState.RUNNING)


def test_a_person_ends_it_for_every_machine(sweep: Sweep, database: Database) -> None:
    held_by_another(database, CULPRIT, datetime.now(UTC) + timedelta(minutes=5))

    state, _ = sweep.run(PlayedChild, soon=lambda one: one.stop(for_all=True))
    joined, _ = sweep.run(PlayedChild, joins=True)  # comes too late: leaves at once

    assert (state, joined) == (SweepState.STOPPED, SweepState.STOPPED)


def test_what_a_dead_machine_held_comes_back_when_its_lease_ends(
    sweep: Sweep, database: Database
) -> None:
    held_by_another(database, CULPRIT, datetime.now(UTC) + timedelta(seconds=2))

    state, _ = sweep.run(PlayedChild, joins=True)

    assert state is SweepState.FINISHED
    assert sweep.levels() == all_quiet_but()


def test_a_server_that_restarts_is_waited_for(sweep: Sweep, database: Database) -> None:
    asked = []

    def away(_db: Connection, seen: Any, _now: datetime) -> None:
        asked.append(len(seen))
        if len(asked) < 3:
            raise StoreAway("数据库暂不可用：重启中")

    state, _ = sweep.run(PlayedChild, answer=away)

    assert state is SweepState.FINISHED
    assert sweep.levels() == all_quiet_but()


def test_a_claim_of_which_nobody_was_told_comes_back(
    sweep: Sweep, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = []

    def claimed(db: Connection, *given: Any, **named: Any) -> list[Visit]:
        found = claim_visits(db, *given, **named)
        if not lost and found:
            lost.extend(found)
            db.commit()  # it stands, and the answer never comes
            raise StoreAway("数据库暂不可用：连接断开")
        return found

    monkeypatch.setattr("crawler.service.sweeping.claim_visits", claimed)

    state, _ = sweep.run(PlayedChild)

    assert lost
    assert state is SweepState.FINISHED
    assert sweep.levels() == all_quiet_but()


class StrainedChild(PlayedChild):
    """One whose loop cannot follow."""

    async def records(self) -> AsyncIterator[Upward]:
        yield Pulse(lag_s=4.0, received=400)
        yield Pulse(lag_s=4.0, received=600)
        await asyncio.sleep(0.8)
        async for record in super().records():
            yield record


def test_a_sweep_that_cannot_follow_does_less_at_once_and_says_so(
    sweep: Sweep, told: list[Any]
) -> None:
    state, _ = sweep.run(StrainedChild)

    assert state is SweepState.FINISHED
    with sweep.database.reading() as db:
        found = {one.lever: one for one in latest_steps(db, 1)}
        account = db.execute(select(sweep_accounts)).one()
    assert (found[Lever.SLOTS].before, found[Lever.SLOTS].after) == (16, 9)
    assert found[Lever.PAGES].after == 1
    assert "4.0 秒" in found[Lever.SLOTS].why
    assert sweep.born[0].allowed[-1] == 9  # the running child was told
    assert [one["after"] for one in told if one["event"] == "pace changed"] == [9, 1]
    assert account.traffic == 1_000
