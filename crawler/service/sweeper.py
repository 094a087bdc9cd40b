"""Who sweeps while the house is served: takes waiting firings one after the other and runs their
sweeps in a thread of its own, for children die with the thread that started them.

The command line and the console only write rows; this looks at them.
"""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from crawler.domain.errors import StoreAway, TryLater, WatchError, reason_of
from crawler.domain.schedule import (
    GOING,
    LATER,
    STOPPED,
    Firing,
    FiringState,
    ScheduleState,
    is_quiet,
)
from crawler.domain.site import Sweep, SweepState, VisitState
from crawler.service.catalogue import Catalogue
from crawler.service.choosing import sweep_for
from crawler.service.summing import swept_sweep
from crawler.service.sweep_building import sweeping_for
from crawler.service.sweeping import Sweeping
from crawler.service.tidying import tidy
from crawler.service.wiring import House
from crawler.store.schedules import (
    claim_firing,
    firing_by_id,
    firings_in,
    mark_firing,
    renew_firing,
)
from crawler.store.visits import sweep_of

LOOK_S = 1.0  # while a sweep runs
IDLE_S = 3.0
AGAIN_S = 30.0  # after a trouble that may pass
MOST_WAITING = 50
GAVE_UP = "采集或研判进程反复起不来，没有做完，见日志"
ELSEWHERE = "其余在别的机器上，接着等"
INTERRUPTED = "中断过，接着做"
LOST = "执行它的机器没有再出现，换一台接着做"
TAKEN = "租约已过，这次巡查已不归本机，本机停下"
ENDING, QUIET = "服务停止，下次启动接着做", "静默时段，过后接着做"
OFF = "计划已停用"

log = structlog.get_logger()


class Sweeper:
    """One sweep at a time. `hindrance` says in one line why none may run here now, or nothing: none
    starts then, and the one that runs is laid aside. `after` is told of each sweep that came to
    its end.
    """

    def __init__(
        self,
        house: House,
        words: Catalogue,
        clock: Callable[[], datetime],
        hindrance: Callable[[], str] = lambda: "",
        after: Callable[[Sweep], None] = lambda _: None,
    ) -> None:
        self._house, self._words, self._clock = house, words, clock
        self._hindrance, self._after = hindrance, after
        self._lease = timedelta(seconds=house.config.crawl.lease_s)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        self.counts: Counter[VisitState] = Counter()  # of the running sweep
        self.sweep_id = 0

    def start(self) -> None:
        """Take up what was laid aside, then whatever waits."""
        self._lay_aside(self._going(), ENDING)
        tidy(self._house)
        self._thread.start()

    def stop(self) -> None:
        """Give back what is under way; `join` waits for it."""
        self._over.set()

    def join(self, seconds: float) -> bool:
        """Whether it ended in time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def is_well(self) -> bool:
        """Whether its thread lives."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                pause_s = self._take_one()
            except Exception:  # the thread must outlive any one sweep
                log.exception("sweep failed", action="sweep")
                pause_s = IDLE_S
            self._over.wait(pause_s)

    def _take_one(self) -> float:
        """Seconds until the next look."""
        firing = self._next()
        if firing is None:
            return IDLE_S
        try:
            self._sweep(firing)
        except (TryLater, OSError) as error:
            why = reason_of(error) if isinstance(error, OSError) else str(error)
            log.warning("sweep laid aside", action="sweep", firing=firing.id, error=why)
            self._mark(firing, FiringState.WAITING, f"{why}；{LATER}")
            return AGAIN_S
        except WatchError as error:
            self._mark(firing, FiringState.FAILED, str(error))
        except BaseException:
            self._mark(firing, FiringState.FAILED, "内部错误，见日志")
            raise
        finally:
            self.sweep_id, self.counts = 0, Counter()
            tidy(self._house)
        return 0.0

    def _next(self) -> Firing | None:
        """The oldest that may run now, claimed."""
        now, going = self._clock(), self._going()
        # the end of one of ours could not be written down: the store was away
        if self._lay_aside(going, INTERRUPTED):
            return None
        for firing in going:
            if firing.state is FiringState.RUNNING:  # by another parent, which is there
                continue
            if firing.stop_asked:
                self._mark(firing, FiringState.STOPPED, STOPPED)
            elif firing.schedule.state is not ScheduleState.ACTIVE and not firing.asked_by:
                begun = FiringState.STOPPED if firing.sweep_id else FiringState.SKIPPED
                self._mark(firing, begun, OFF)
            elif is_quiet(firing.schedule, now):
                self._say(firing, QUIET)
            elif why := self._hindrance():
                self._say(firing, why)
            elif claimed := self._claimed(firing):
                return claimed
        return None

    def _going(self) -> list[Firing]:
        with self._house.database.reading() as db:
            return firings_in(db, GOING, limit=MOST_WAITING)

    def _lay_aside(self, going: list[Firing], reason: str) -> bool:
        """What stands as run by this parent, which runs nothing now, or by one that is gone: it
        waits again, with its sweep. Whether there was any.
        """
        now, owner = self._clock(), self._house.owner
        running = [one for one in going if one.state is FiringState.RUNNING]
        left = [one for one in running if one.runner == owner or one.is_left(now)]
        for one in left:
            log.warning("sweep left behind", action="sweep", firing=one.id, by=one.runner)
            self._mark(one, FiringState.WAITING, reason if one.runner == owner else LOST)
        return bool(left)

    def _claimed(self, firing: Firing) -> Firing | None:
        until = self._clock() + self._lease
        with self._house.database.transaction() as db:
            return claim_firing(db, firing, self._house.owner, until)

    def _sweep(self, firing: Firing) -> None:
        sweep = self._sweep_of(firing)
        if not sweep.sites:
            self._mark(firing, FiringState.DONE, "没有符合条件的网站", sweep.id)
            return
        self.sweep_id = sweep.id
        log.info("sweep begins", action="sweep", sweep=sweep.id, sites=sweep.sites)
        state, why = asyncio.run(self._swept(firing, sweep))
        log.info("sweep ends", action="sweep", sweep=sweep.id, state=state, error=why)
        if why == TAKEN:
            raise TryLater(TAKEN)
        if state is SweepState.FINISHED:
            if not self._held(firing):  # for what follows may take its time
                raise TryLater(TAKEN)
            self._after(swept_sweep(self._house, sweep.id))
            self._mark(firing, FiringState.DONE, "", sweep.id)
        elif why == STOPPED:
            self._mark(firing, FiringState.STOPPED, why, sweep.id)
        elif why or state is SweepState.RUNNING:
            self._mark(firing, FiringState.WAITING, why or ELSEWHERE, sweep.id)
        else:
            self._mark(firing, FiringState.FAILED, GAVE_UP, sweep.id)

    def _sweep_of(self, firing: Firing) -> Sweep:
        """The one laid aside, else a new one; both are written down before the first page."""
        now = self._clock()
        actor = firing.asked_by or f"schedule:{firing.schedule.name}"
        with self._house.database.transaction() as db:
            if firing.sweep_id:
                return sweep_of(db, firing.sweep_id)
            sweep = sweep_for(db, firing.schedule, actor, os.urandom(16).hex(), now)
            mark_firing(db, firing, FiringState.RUNNING, now, sweep_id=sweep.id)
        return sweep

    async def _swept(self, firing: Firing, sweep: Sweep) -> tuple[SweepState, str]:
        """How it ended, and why it ended early."""
        sweeping = sweeping_for(
            self._house, sweep, self._words, self._count, _told, beside=lambda: None
        )
        looking = asyncio.create_task(self._look(firing, sweeping))
        try:
            state = await sweeping.run()
        finally:
            looking.cancel()
        await asyncio.wait([looking])
        return state, "" if looking.cancelled() else looking.result()

    def _count(self, counts: Counter[VisitState]) -> None:
        self.counts = Counter(counts)

    async def _look(self, firing: Firing, sweeping: Sweeping) -> str:
        """Ends the sweep when something says so, and says what."""
        while not (why := await asyncio.to_thread(self._early_end, firing)):
            await asyncio.to_thread(self._over.wait, LOOK_S)
        sweeping.stop(for_all=why in (STOPPED, QUIET), taken=why == TAKEN)
        return why

    def _early_end(self, firing: Firing) -> str:
        if self._over.is_set():
            return ENDING
        try:
            if why := self._lost_or_stopped(firing):
                return why
        except StoreAway:  # the sweep waits for it, and so do we
            return ""
        return QUIET if is_quiet(firing.schedule, self._clock()) else self._hindrance()

    def _lost_or_stopped(self, firing: Firing) -> str:
        with self._house.database.reading() as db:
            seen = firing_by_id(db, firing.id)
        if (seen.state, seen.runner) != (firing.state, firing.runner):
            return TAKEN
        if seen.stop_asked:
            return STOPPED
        left = seen.lease_until - self._clock() if seen.lease_until else timedelta(0)
        is_fresh = self._lease * 2 / 3 < left <= self._lease  # by a clock that may have been set
        return "" if is_fresh or self._held(firing) else TAKEN

    def _held(self, firing: Firing) -> bool:
        """For one lease more."""
        with self._house.database.transaction() as db:
            return renew_firing(db, firing, self._clock() + self._lease)

    def _say(self, firing: Firing, reason: str) -> None:
        """Why it still waits, written down once."""
        if firing.reason != reason:
            self._mark(firing, FiringState.WAITING, reason)

    def _mark(
        self, firing: Firing, state: FiringState, reason: str, sweep_id: int | None = None
    ) -> None:
        with self._house.database.transaction() as db:
            mark_firing(db, firing, state, self._clock(), reason=reason, sweep_id=sweep_id)


def _told(notice: str) -> None:
    log.warning("sweep notice", action="sweep", notice=notice)
