"""One more machine: joins whatever sweep runs, as long as there is something to do in it. Nobody
gives it orders: which visits wait is in the store.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from crawler.domain.agreement import Agreement, differing
from crawler.domain.errors import BadInput, StoreAway, TryLater
from crawler.domain.site import Sweep, VisitState
from crawler.service.archiving import Archiver
from crawler.service.catalogue import Catalogue
from crawler.service.compacting import compact
from crawler.service.pausing import until_set
from crawler.service.repeating import Daily
from crawler.service.sealing import MACHINE
from crawler.service.sweep_building import settle, sweeping_for
from crawler.service.sweeping import Sweeping
from crawler.service.tidying import tidy
from crawler.service.wiring import House, agreement_for
from crawler.store.agreements import agreement_of
from crawler.store.database import clock_of
from crawler.store.visits import sweep_to_join

IDLE_S = 3.0
MOST_SKEW_S = 60.0  # leases are compared by each machine's own clock

log = structlog.get_logger()


class Joining:
    """Ends when it is stopped, or, if asked to, when nothing is left to do."""

    def __init__(
        self,
        house: House,
        words: Catalogue,
        clock: Callable[[], datetime],
        warn: Callable[[str], None],
    ) -> None:
        self._house, self._words, self._clock, self._warn = house, words, clock, warn
        self._archiver = Archiver(house, time.monotonic)
        self._compacting = Daily(self._compact, house.config.keep.hour, clock)
        self._over = asyncio.Event()
        self._running: Sweeping | None = None

    def stop(self) -> None:
        """Give back what is under way; the other machines go on."""
        self._over.set()
        if self._running is not None:
            self._running.stop()

    async def run(self, *, once: bool) -> int:
        """How many sweeps it joined."""
        check_clock(self._house, self._clock())
        tidy(self._house)
        settle(self._house)  # what a kill left open: other machines wait for it
        joined = 0
        while not self._over.is_set():
            sweep = await asyncio.to_thread(self._next)
            if sweep is not None:
                await self._join(sweep)
                joined += 1
            elif once:
                break
            else:
                await asyncio.to_thread(self._archive)
                await asyncio.to_thread(self._remove_old)
                await self._idle()
        await asyncio.to_thread(partial(self._archive, last=True))
        return joined

    def _next(self) -> Sweep | None:
        try:
            with self._house.database.reading() as db:
                sweep = sweep_to_join(db, tuple(VisitState), self._clock())
                theirs = agreement_of(db, sweep.id) if sweep else None
        except StoreAway as trouble:
            log.warning("store away", action="wait", error=str(trouble))
            return None
        if sweep is None or theirs is None:
            return None
        check_alike(agreement_for(self._house), theirs, sweep)
        return sweep

    async def _join(self, sweep: Sweep) -> None:
        log.info("joins sweep", action="join", sweep=sweep.id)
        self._running = sweeping_for(
            self._house, sweep, self._words, _counted, self._warn, beside=self._archive, joins=True
        )
        if self._over.is_set():
            self._running.stop()
        state = await self._running.run()
        self._running = None
        tidy(self._house)
        log.info("leaves sweep", action="leave", sweep=sweep.id, state=str(state))
        await self._idle()  # what others hold may come back; nobody hurries

    def _archive(self, *, last: bool = False) -> None:
        if trouble := self._archiver.round(self._clock(), last=last):
            log.warning("not archived", action="archive", error=trouble)

    def _remove_old(self) -> None:
        """What went by age of the files that lie here: nobody else has them."""
        try:
            self._compacting()
        except (BadInput, OSError, TryLater) as trouble:
            log.warning("not compacted", action="compact", error=str(trouble))

    def _compact(self) -> None:
        if self._house.config.keep.daily:
            freed = compact(self._house, MACHINE, self._clock(), over=self._over.is_set)
            log.info("old evidence removed", action="keep", bytes=freed)

    async def _idle(self) -> None:
        await until_set(self._over, IDLE_S)


def _counted(_: Counter[VisitState]) -> None:
    """The machine that started the sweep shows how far it is."""


def check_alike(ours: Agreement, theirs: Agreement, sweep: Sweep) -> None:
    """BadInput says what this machine has otherwise than the one that started the sweep."""
    if names := differing(ours, theirs):
        raise BadInput(f"本机的{'、'.join(names)}与批次 {sweep.id} 的不同，不参加：请先使各机一致")


def check_clock(house: House, now: datetime) -> None:
    """TryLater if this machine and the database disagree about the time."""
    with house.database.reading() as db:
        there = clock_of(db)
    skew = abs((there - now).total_seconds()) if there else 0.0
    if skew > MOST_SKEW_S:
        raise TryLater(f"本机时钟与数据库相差 {skew:.0f} 秒，租约会被误判：请先校时")
