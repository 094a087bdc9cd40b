"""The parent's side of a sweep: claim visits, hand them out, record what comes back.

All state is in the store: each crew of children serves one state of a visit, so a sweep
that was killed anywhere goes on where it was.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from crawler.domain.errors import StoreAway, WatchError
from crawler.domain.site import Sweep, SweepState, Visit, VisitState
from crawler.service.children import Child
from crawler.service.hands import BLOCK, Came, Crew, Held, blamed
from crawler.service.ordering import orders_for
from crawler.service.pacing import Pace
from crawler.service.pausing import until_set
from crawler.service.pipes import Order, Pulse, Ready, Report, Upward
from crawler.service.recording import Recorder
from crawler.service.repeating import Repeating
from crawler.service.writing import next_group, write_down
from crawler.store.database import Connection, Database
from crawler.store.efforts import add_to_account
from crawler.store.paces import Step, save_steps
from crawler.store.visits import (
    advance_each,
    claim_visits,
    close_unrendered,
    count_try,
    held_elsewhere,
    mark_sweep,
    release_leases,
    release_visits,
    renew_leases,
    resume_sweep,
    sweep_of,
    turn,
    waiting_count,
)

LEASE = timedelta(minutes=15)
MOST_TRIES = 2
MOST_DEATHS = 5  # of the children in one place, with nothing reported and no page to blame
MOVING_S = 30.0
LOOK_S = 0.3
MOST_LOOK_S = 5.0  # a look that took long, for the store was busy, puts the end off no longer
AWAY_S = 300.0  # for a server that restarts; after that an error
AWAY_LOOK_S = 1.0
ACCOUNT_S = 10.0

# turns that need the bytes of the turns before
AT_HOME = frozenset({VisitState.READING, VisitState.COMPARING, VisitState.DECIPHERING})

log = structlog.get_logger()
T = TypeVar("T")


@dataclass(kw_only=True)
class Sweeping:
    """One running sweep. `on_progress` gets the visits counted by state, often."""

    sweep: Sweep
    database: Database
    recorder: Recorder
    crews: tuple[Crew, ...]
    owner: str
    region: str
    on_progress: Callable[[Counter[VisitState]], None]
    on_notice: Callable[[str], None]
    beside: Callable[[], None]  # what moves meanwhile: deliveries, index
    settle: Callable[[], None]  # once no child writes any more
    pace: Pace
    is_lost: Callable[[Visit], bool] = lambda _: False  # what was kept of it lies out of reach
    joins: bool = False  # another machine started it: only that one may end it early
    lease: timedelta = LEASE
    gave_up: bool = False  # a crew's children died too often; its visits are where they were
    _memory: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _came: "asyncio.Queue[Came]" = field(default_factory=asyncio.Queue)
    _out: dict[int, Held] = field(default_factory=dict)
    _recorded: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _counts: Counter[VisitState] = field(default_factory=Counter)
    _unable: set[VisitState] = field(default_factory=set)
    _held: set[int] = field(default_factory=set)  # leased; only the store's thread touches it
    _for_all: bool = False
    _was_away: bool = False
    _counted_s: float = 0.0  # since when neither time nor traffic was written down

    def stop(self, *, for_all: bool = False, taken: bool = False) -> None:
        """End early and tidily; the rest waits for the next start. Other machines go on with the
        sweep, unless it is to end `for_all`. Once another has `taken` it over, its end is not ours
        to write down.
        """
        self._for_all = self._for_all or for_all
        self.joins = self.joins or taken
        self._over.set()

    async def run(self) -> SweepState:
        """Until every visit is closed or `stop` is called; says which of the two, or that it is
        still running on other machines. An error of any part ends all of them and is raised.
        """
        await self._write(partial(release_leases, owner=self.owner))
        if not self.joins:
            await self._write(partial(resume_sweep, sweep_id=self.sweep.id))
        await self._count()
        self._counted_s = time.monotonic()
        moving = Repeating("move_beside", self.beside, LOOK_S)
        moving.start()
        try:
            async with asyncio.TaskGroup() as group:
                keeping = [
                    group.create_task(self._keep(crew, number))
                    for crew in self.crews
                    for number in range(crew.size)
                ]
                group.create_task(self._record_groups(keeping))
                group.create_task(self._renew())
                await self._until_over()
                self._over.set()
        except ExceptionGroup as several:
            self._over.set()
            # what is still being written down ends before anybody settles the segments
            await asyncio.to_thread(partial(self._memory.shutdown, cancel_futures=True))
            raise several.exceptions[0] from several
        finally:
            self._over.set()
            moving.stop()
            await asyncio.to_thread(moving.join, MOVING_S)
        return await self._finish()

    async def _until_over(self) -> None:
        while not self._over.is_set():
            started = time.monotonic()
            await self._count()
            self.on_progress(self._counts)
            await self._adjust()
            if not self._left() and self._came.empty() and not await self._elsewhere():
                return
            if self.joins and await self._ended_there():
                return
            looked_s = time.monotonic() - started
            await until_set(self._over, min(max(LOOK_S, 10 * looked_s), MOST_LOOK_S))

    async def _adjust(self) -> None:
        """More or less at once, as line and machine follow; each step is logged and kept."""
        now = _now()
        steps = [
            Step(lever=one.lever, before=one.before, after=one.after, why=one.why, at=now)
            for one in await asyncio.to_thread(self.pace.adjust, time.monotonic())
        ]
        for one in steps:
            log.info(
                "pace changed", action="adjust", sweep=self.sweep.id, kind=str(one.lever),
                before=one.before, after=one.after, notice=one.why,
            )  # fmt: skip
        if steps:
            region = self.region
            await self._write(lambda db: save_steps(db, self.sweep, self.owner, steps, region))
        if time.monotonic() - self._counted_s > ACCOUNT_S:
            await self._write(self._accounted)

    def _accounted(self, db: Connection) -> None:
        seconds = round(time.monotonic() - self._counted_s)
        traffic, self.pace.received = self.pace.received, 0
        self._counted_s += seconds
        add_to_account(db, self.sweep.id, seconds=0 if self.joins else seconds, traffic=traffic)

    async def _renew(self) -> None:
        while not self._over.is_set():
            await self._write(self._renewed)
            await until_set(self._over, self.lease.total_seconds() / 3)

    def _renewed(self, db: Connection) -> None:
        renew_leases(db, self.owner, _now() + self.lease)

    async def _elsewhere(self) -> int:
        return await self._read(lambda db: held_elsewhere(db, self.sweep.id, self.owner, _now()))

    async def _ended_there(self) -> bool:
        """Whether the machine that started the sweep ended it for all."""
        known = await self._read(partial(sweep_of, sweep_id=self.sweep.id))
        return known.state is not SweepState.RUNNING

    async def _finish(self) -> SweepState:
        await self._count()
        if not self.joins and not self._left():  # pictures nobody could take keep no sweep open
            await self._in_memory(partial(self.recorder.leave_unshown, self.sweep.id, _now()))
            await self._write(partial(close_unrendered, sweep_id=self.sweep.id, now=_now()))
            await self._count()
        self.on_progress(self._counts)
        await self._write(self._accounted)
        await self._write(partial(release_leases, owner=self.owner))
        state = await self._write(self._marked)
        await self._in_memory(self._settled)
        self._memory.shutdown()
        return state

    def _marked(self, db: Connection) -> SweepState:
        """How the sweep stands now, written down. Who gave up left its visits where they were:
        that is no end. While another machine has some in hand it goes on there.
        """
        counts = waiting_count(db, self.sweep.id)
        if sum(counts.values()) == counts[VisitState.CLOSED]:
            state = SweepState.FINISHED
        elif self.joins:
            return sweep_of(db, self.sweep.id).state
        elif not self._for_all and held_elsewhere(db, self.sweep.id, self.owner, _now()):
            return SweepState.RUNNING
        else:
            state = SweepState.STOPPED
        mark_sweep(db, self.sweep.id, state, _now())
        return state

    def _settled(self) -> None:
        try:
            self.settle()
        except (OSError, WatchError):  # the sweep is over all the same; the next one settles first
            log.exception("segments not sealed", action="settle", sweep=self.sweep.id)

    def _left(self) -> int:
        served = {crew.state for crew in self.crews} - self._unable
        return sum(count for state, count in self._counts.items() if state in served)

    async def _count(self) -> None:
        self._counts = await self._read(partial(waiting_count, sweep_id=self.sweep.id))

    # one child after another in one place of a crew

    async def _keep(self, crew: Crew, number: int) -> None:
        fruitless = careful = 0
        while not self._over.is_set() and fruitless < MOST_DEATHS:
            if not crew.is_due(number, self._counts):
                await self._pause()
                continue
            child = await crew.start(number)
            await self._serve(crew, child, careful)
            if not self._over.is_set():
                found, lost = await self._after_death(crew, child)
                careful = lost if crew.one_at_a_time else 0
                fruitless = 0 if found or child.reported else fruitless + 1
        if fruitless == MOST_DEATHS:
            self.gave_up = True
            self._unable.add(crew.state)
            log.error("crew gave up", action="give_up", kind=crew.state)

    async def _serve(self, crew: Crew, child: Child, careful: int) -> None:
        """Feed and hear one child until it is gone."""
        feeding = asyncio.create_task(self._feed(crew, child, careful))
        watching = asyncio.create_task(self._watch(child))
        try:
            async for record in child.records():
                self._take(child, record)
        finally:
            watching.cancel()
            child.gone = True
            await feeding  # never cancelled: a claim under way must reach somebody's books
            await child.end()

    async def _feed(self, crew: Crew, child: Child, careful: int) -> None:
        """The first `careful` visits one at a time, then as many as it may hold."""
        try:
            await self._hand_out(crew, child, careful)
        finally:
            await child.end()

    async def _hand_out(self, crew: Crew, child: Child, careful: int) -> None:
        while not (self._over.is_set() or child.gone):
            window = 1 if child.reported < careful else self.pace.window(crew)
            places = self.pace.places(crew)
            if places and places != child.places:
                await child.allow(places)
            room = window - len(child.outstanding)
            orders = await self._claim(crew, min(room, BLOCK)) if room > window // 8 else []
            for order in orders:
                self._out[order.visit.id] = Held(visit=order.visit, crew=crew, child=child)
                await child.give(order)
            if not orders:
                await self._pause()

    async def _watch(self, child: Child) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            now_s = time.monotonic()
            if (visit_id := child.stuck_at(now_s)) or child.is_silent(now_s):
                log.warning("child stuck", action="kill", visit=visit_id, pid=child.pid)
                child.kill()
                return

    async def _after_death(self, crew: Crew, child: Child) -> tuple[bool, int]:
        """Hand its visits out again; the one it died over counts a try. Whether there was one, and
        how many were merely lost.
        """
        culprit = blamed(crew, child)
        lost = sorted(child.outstanding - {culprit})
        log.warning("child ended", action="restart", kind=crew.state, visit=culprit, lost=len(lost))
        await self._write(partial(self._released, ids=lost))
        if culprit:
            await self._count_try(culprit)
        return culprit != 0, len(lost)

    async def _count_try(self, visit_id: int) -> None:
        if await self._write(partial(count_try, visit_id=visit_id)) < MOST_TRIES:
            await self._write(partial(self._released, ids=[visit_id]))
        elif held := self._out.pop(visit_id, None):
            self._came.put_nowait(held.aside(_now()))  # still leased: nobody takes it before

    def _released(self, db: Connection, ids: Sequence[int]) -> None:
        release_visits(db, self.owner, ids)
        self._held.difference_update(ids)

    def _take(self, child: Child, record: Upward) -> None:
        match record:
            case Report(visit_id=visit_id):
                held = self._out.get(visit_id)
                if held and held.child is child:
                    del self._out[visit_id]
                    self._came.put_nowait(Came(held=held, report=record))
                    self.pace.hear(held.visit, record)
            case Pulse():
                self.pace.feel(record)
            case Ready(notice=notice) if notice:
                self.on_notice(notice)
            case _:
                return

    async def _record_groups(self, keeping: Sequence["asyncio.Task[None]"]) -> None:
        """Until nobody is left who reports, and all is written down."""
        while not (self._came.empty() and all(one.done() for one in keeping)):
            if group := await next_group(self._came):
                await self._in_memory(partial(self._write_down, group))
                self._recorded.set()

    def _write_down(self, group: Sequence[Came]) -> None:
        write_down(self.recorder, group, _now)
        self._held.difference_update(one.held.visit.id for one in group)

    # the store, off the loop

    async def _claim(self, crew: Crew, limit: int) -> list[Order]:
        def claimed(db: Connection) -> list[Order]:
            visits = claim_visits(
                db,
                self.sweep.id,
                crew.state,
                owner=self.owner,
                now=_now(),
                lease=self.lease,
                limit=limit,
                # after a server went away a claim may stand of which nobody was told
                held=self._held if self.database.is_shared or self._was_away else None,
            )
            return orders_for(db, crew.state, self._within_reach(db, crew, visits))

        def taken() -> list[Order]:
            with self.database.transaction() as db:
                orders = claimed(db)
            self._was_away = False
            self._held.update(one.visit.id for one in orders)
            return orders

        return await self._in_memory(taken)

    def _within_reach(self, db: Connection, crew: Crew, visits: Sequence[Visit]) -> list[Visit]:
        """Without those that a machine fetched which is gone: they are fetched anew, here."""
        if crew.state not in AT_HOME:
            return list(visits)
        lost = [one for one in visits if self.is_lost(one)]
        advance_each(db, [turn(one.id, VisitState.WAITING, now=_now()) for one in lost])
        return [one for one in visits if one not in lost]

    async def _pause(self) -> None:
        """Until something was recorded, or a moment passed."""
        self._recorded.clear()
        await until_set(self._recorded, LOOK_S)

    async def _write(self, act: Callable[[Connection], T]) -> T:
        def acted() -> T:
            with self.database.transaction() as db:
                return act(db)

        return await self._in_memory(acted)

    async def _read(self, look: Callable[[Connection], T]) -> T:
        def looked() -> T:
            with self.database.reading() as db:
                return look(db)

        return await self._in_memory(looked)

    async def _in_memory(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._memory, self._patiently, act)

    def _patiently(self, act: Callable[[], T]) -> T:
        """A server that restarts is waited for: `act` is whole or not at all, and again harmless.
        The children go on meanwhile, as far as what they hold.
        """
        until = time.monotonic() + AWAY_S
        while True:
            try:
                return act()
            except StoreAway as trouble:
                if time.monotonic() > until or (self._over.is_set() and self._was_away):
                    raise
                log.warning("store away", action="wait", sweep=self.sweep.id, error=str(trouble))
                self._was_away = True
                time.sleep(AWAY_LOOK_S)


def _now() -> datetime:
    return datetime.now(UTC)
