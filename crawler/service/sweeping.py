"""The parent's side of a sweep: claim visits, hand them out, record what comes back.

All state is in the store: each crew of children serves one state of a visit, so a sweep
that was killed anywhere goes on where it was.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from crawler.domain.site import Sweep, SweepState, Visit, VisitState
from crawler.service.children import Child
from crawler.service.ordering import orders_for
from crawler.service.pipes import Order, Ready, Report, Upward
from crawler.service.recording import Recorder
from crawler.store.database import Connection, Database
from crawler.store.visits import (
    claim_visits,
    close_unrendered,
    count_try,
    mark_sweep,
    release_leases,
    release_visits,
    waiting_count,
)

GROUP = 100  # captures a transaction, at most
GROUP_S = 0.5
BLOCK = 200  # visits a claim
LEASE = timedelta(minutes=15)
MOST_TRIES = 2
MOST_DEATHS = 5  # of the children in one place, without a page to blame
LOOK_S = 0.3

log = structlog.get_logger()
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Crew:
    """All children of one kind: whose turn they serve, how many, how much each may hold."""

    state: VisitState
    size: int
    window: int
    start: Callable[[int], Awaitable[Child]]
    set_aside: Callable[[Visit, datetime], Report]  # what is recorded of a page that kills them


@dataclass(kw_only=True)
class Sweeping:
    """One running sweep. `on_progress` gets the visits counted by state, often."""

    sweep: Sweep
    database: Database
    recorder: Recorder
    crews: tuple[Crew, ...]
    owner: str
    on_progress: Callable[[Counter[VisitState]], None]
    on_notice: Callable[[str], None]
    beside: Callable[[], None]  # what moves meanwhile: deliveries, index
    _memory: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _came: "asyncio.Queue[tuple[Visit, Report]]" = field(default_factory=asyncio.Queue)
    _out: dict[int, Visit] = field(default_factory=dict)
    _recorded: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _counts: Counter[VisitState] = field(default_factory=Counter)
    _unable: set[VisitState] = field(default_factory=set)

    def stop(self) -> None:
        """End early and tidily; the rest waits for the next start."""
        self._over.set()

    async def run(self) -> SweepState:
        """Until every visit is closed or `stop` is called; says which of the two."""
        await self._write(partial(release_leases, owner=self.owner))
        await self._count()
        jobs = [
            asyncio.create_task(self._keep(crew, number))
            for crew in self.crews
            for number in range(crew.size)
        ]
        recording = asyncio.create_task(self._record_groups())
        moving = asyncio.create_task(self._move_beside())
        try:
            await self._until_over([*jobs, recording, moving])
        finally:
            self._over.set()
            await asyncio.gather(*jobs, moving)
            await self._came.join()
            recording.cancel()
        return await self._finish()

    async def _until_over(self, jobs: Sequence["asyncio.Task[None]"]) -> None:
        while not self._over.is_set():
            started = time.monotonic()
            await self._count()
            self.on_progress(self._counts)
            if not self._left() and self._came.empty():
                return
            for job in jobs:
                if job.done():
                    job.result()  # a job ends early only by an error: show it
            pause = max(LOOK_S, 10 * (time.monotonic() - started))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), pause)

    async def _finish(self) -> SweepState:
        await self._count()
        if not self._left():  # pictures nobody could take do not keep a sweep open
            await self._write(partial(close_unrendered, sweep_id=self.sweep.id, now=_now()))
            await self._count()
        self.on_progress(self._counts)
        # who gave up left its visits where they were: that is no end
        left = sum(n for state, n in self._counts.items() if state is not VisitState.CLOSED)
        state = SweepState.STOPPED if left else SweepState.FINISHED
        now = _now()
        await self._write(partial(mark_sweep, sweep_id=self.sweep.id, state=state, now=now))
        self._memory.shutdown()
        return state

    def _left(self) -> int:
        served = {crew.state for crew in self.crews} - self._unable
        return sum(count for state, count in self._counts.items() if state in served)

    async def _count(self) -> None:
        self._counts = await self._read(partial(waiting_count, sweep_id=self.sweep.id))

    # one child after another in one place of a crew

    async def _keep(self, crew: Crew, number: int) -> None:
        deaths = 0
        while not self._over.is_set() and deaths < MOST_DEATHS:
            if not self._counts[crew.state]:
                await self._pause()
                continue
            child = await crew.start(number)
            await self._serve(crew, child)
            if not self._over.is_set():
                deaths += await self._after_death(crew, child) == 0
        if deaths == MOST_DEATHS:
            self._unable.add(crew.state)
            log.error("crew gave up", action="give_up", kind=crew.state)

    async def _serve(self, crew: Crew, child: Child) -> None:
        """Feed and hear one child until it is gone."""
        feeding = asyncio.create_task(self._feed(crew, child))
        watching = asyncio.create_task(self._watch(child))
        try:
            async for record in child.records():
                self._take(record)
        finally:
            watching.cancel()
            child.gone = True
            await feeding  # never cancelled: a claim under way must reach somebody's books
            await child.end()

    async def _feed(self, crew: Crew, child: Child) -> None:
        while not (self._over.is_set() or child.gone):
            room = crew.window - len(child.outstanding)
            orders = await self._claim(crew, min(room, BLOCK)) if room > crew.window // 8 else []
            for order in orders:
                self._out[order.visit.id] = order.visit
                await child.give(order)
            if not orders:
                await self._pause()
        await child.end()

    async def _watch(self, child: Child) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if visit_id := child.stuck_at(time.monotonic()):
                log.warning("child stuck", action="kill", visit=visit_id, pid=child.pid)
                child.kill()
                return

    async def _after_death(self, crew: Crew, child: Child) -> int:
        """Hand its visits out again; the one it died over counts a try. Gives that visit's id."""
        blamed = child.watch.look()[0]
        blamed = blamed if blamed in child.outstanding else 0
        lost = sorted(child.outstanding - {blamed})
        log.warning("child ended", action="restart", kind=crew.state, visit=blamed, lost=len(lost))
        await self._write(partial(release_visits, ids=lost))
        if not blamed:
            return 0
        if await self._write(partial(count_try, visit_id=blamed)) < MOST_TRIES:
            await self._write(partial(release_visits, ids=[blamed]))
        else:  # still leased, so that nobody takes it before this is recorded
            visit = self._out[blamed]
            await self._came.put((visit, crew.set_aside(visit, _now())))
        return blamed

    def _take(self, record: Upward) -> None:
        match record:
            case Report() if record.visit_id in self._out:
                self._came.put_nowait((self._out[record.visit_id], record))
            case Ready(notice=notice) if notice:
                self.on_notice(notice)
            case _:
                return

    # the store, off the loop

    async def _claim(self, crew: Crew, limit: int) -> list[Order]:
        def claimed(db: Connection) -> list[Order]:
            visits = claim_visits(
                db,
                self.sweep.id,
                crew.state,
                owner=self.owner,
                now=_now(),
                lease=LEASE,
                limit=limit,
            )
            return orders_for(db, crew.state, visits)

        return await self._write(claimed)

    async def _record_groups(self) -> None:
        while True:
            group = await self._next_group()
            await self._in_memory(partial(self._record, group))
            for _ in group:
                self._came.task_done()
            self._recorded.set()

    async def _next_group(self) -> list[tuple[Visit, Report]]:
        group = [await self._came.get()]
        deadline = time.monotonic() + GROUP_S
        while len(group) < GROUP and (left := deadline - time.monotonic()) > 0:
            try:
                group.append(await asyncio.wait_for(self._came.get(), left))
            except TimeoutError:
                break
        return group

    def _record(self, group: list[tuple[Visit, Report]]) -> None:
        self.recorder.record(group, _now())
        for visit, _ in group:
            self._out.pop(visit.id, None)

    async def _move_beside(self) -> None:
        while not self._over.is_set():
            await asyncio.to_thread(self.beside)
            await self._pause()

    async def _pause(self) -> None:
        """Until something was recorded, or a moment passed."""
        self._recorded.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._recorded.wait(), LOOK_S)

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
        return await asyncio.get_running_loop().run_in_executor(self._memory, act)


def _now() -> datetime:
    return datetime.now(UTC)
