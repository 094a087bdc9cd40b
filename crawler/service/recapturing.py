"""While the house is served: looks again at single sites that people ask for, beside a sweep that
may be running. It works under a name of its own, as one more machine would: leases, evidence chain
and segments are never the sweep's.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from crawler.domain.errors import BadInput, WatchError
from crawler.domain.recapture import Compared, Recapture, RecaptureState
from crawler.domain.site import (
    RECAPTURE,
    SITE_RECAPTURE,
    SiteState,
    Sweep,
    SweepState,
    VisitState,
    outcome_of,
)
from crawler.service.catalogue import Catalogue
from crawler.service.summing import swept_sweep
from crawler.service.sweep_building import sweeping_for
from crawler.service.sweeping import Sweeping
from crawler.service.tidying import tidy
from crawler.service.wiring import House
from crawler.store.captures import captures_of_visit
from crawler.store.cards import Seen, history
from crawler.store.database import Connection
from crawler.store.recaptures import claim_recapture, give_back_recaptures, mark_recapture
from crawler.store.sites import sites_by_id
from crawler.store.visits import last_visit_of, named_sites, start_sweep, sweep_of

LOOK_S = 1.0
LONGEST_S = 300.0
LEASE = timedelta(minutes=15)  # never renewed: a look ends by itself long before
SIDE = "again"
NOT_WATCHED = "网站已不在巡查之列（暂停或已从名单退出）"
TOO_LONG = "五分钟没有做完，已停止"
GAVE_UP = "采集或研判进程反复起不来，见日志"

log = structlog.get_logger()


class Recapturing:
    """One site at a time. `after` is told of each look that came to its end."""

    def __init__(
        self,
        house: House,
        words: Catalogue,
        clock: Callable[[], datetime],
        is_over: Callable[[], bool],
        after: Callable[[Sweep], None] = lambda _: None,
    ) -> None:
        self._house, self._words, self._clock = replace(house, side=SIDE), words, clock
        self._is_over, self._after = is_over, after
        self._begun = False

    def look(self) -> None:
        """Carry out what waits; call it often, it is one small query."""
        if not self._begun:
            self._take_over()
        while not self._is_over() and (wish := self._next()):
            self._begun = False  # whatever happens here, nothing stays taken for good
            try:
                self._carry_out(wish)
            except WatchError as error:
                self._mark(wish, state=RecaptureState.FAILED, reason=str(error)[:300])
            except BaseException:
                self._mark(wish, state=RecaptureState.FAILED, reason="内部错误，见日志")
                raise
            finally:
                tidy(self._house)
            self._begun = True

    def _take_over(self) -> None:
        """What an earlier process was at waits again."""
        self._house.run.mkdir(mode=0o700, exist_ok=True)
        with self._house.database.transaction() as db:
            give_back_recaptures(db, self._house.owner)
        tidy(self._house)
        self._begun = True

    def _next(self) -> Recapture | None:
        with self._house.database.transaction() as db:
            now = self._clock()
            return claim_recapture(db, self._house.owner, now, now + LEASE)

    def _carry_out(self, wish: Recapture) -> None:
        sweep = self._sweep_of(wish)
        log.info("looks again", action="recapture", site=wish.domain, sweep=sweep.id)
        state, sweeping, late = asyncio.run(self._swept(sweep))
        if state is SweepState.FINISHED:
            self._after(swept_sweep(self._house, sweep.id))
            self._told(wish, sweep)
        elif late or sweeping.gave_up:
            reason = TOO_LONG if late else GAVE_UP
            self._mark(wish, state=RecaptureState.FAILED, reason=reason)
        else:  # the house ends: the next start goes on
            self._mark(wish, state=RecaptureState.WAITING)

    def _sweep_of(self, wish: Recapture) -> Sweep:
        """The one laid aside, else a new one; written down before the first page."""
        with self._house.database.transaction() as db:
            if wish.sweep_id:
                return sweep_of(db, wish.sweep_id)
            site = sites_by_id(db, [wish.site_id])[wish.site_id]
            if site.state is not SiteState.WATCHED:
                raise BadInput(NOT_WATCHED)
            sweep = start_sweep(
                db,
                f"{RECAPTURE}{wish.alert_id}"
                if wish.alert_id
                else f"{SITE_RECAPTURE}{site.domain}"[:300],
                named_sites([site.domain]),
                now=self._clock(),
                actor=wish.asked_by,
                region=site.region,
                render=True,
            )
            mark_recapture(db, wish.id, self._house.owner, sweep_id=sweep.id)
        return sweep

    async def _swept(self, sweep: Sweep) -> tuple[SweepState, Sweeping, bool]:
        """How it ended, and whether because it took too long."""
        sweeping = sweeping_for(
            self._house, sweep, self._words, _uncounted, _noticed, beside=lambda: None
        )
        watching = asyncio.create_task(self._watch(sweeping))
        try:
            state = await sweeping.run()
        finally:
            watching.cancel()
        await asyncio.wait([watching])
        return state, sweeping, not watching.cancelled() and watching.result()

    async def _watch(self, sweeping: Sweeping) -> bool:
        """Ends it when the house ends or it takes too long; says whether the latter."""
        until = asyncio.get_running_loop().time() + LONGEST_S
        while not self._is_over():
            if asyncio.get_running_loop().time() > until:
                sweeping.stop(for_all=True)
                return True
            await asyncio.sleep(LOOK_S / 2)
        sweeping.stop()
        return False

    def _told(self, wish: Recapture, sweep: Sweep) -> None:
        with self._house.database.transaction() as db:
            outcome, compared = _seen_by(db, wish.site_id, sweep.id)
            held = mark_recapture(
                db, wish.id, self._house.owner, state=RecaptureState.DONE, outcome=outcome,
                compared=compared, reason="", ended_at=self._clock(),
            )  # fmt: skip
        _say_whose(wish, held=held)

    def _mark(self, wish: Recapture, *, state: RecaptureState, reason: str = "") -> None:
        ended, owner = self._clock() if state is RecaptureState.FAILED else None, self._house.owner
        with self._house.database.transaction() as db:
            held = mark_recapture(db, wish.id, owner, state=state, reason=reason, ended_at=ended)
        _say_whose(wish, held=held)


def _say_whose(wish: Recapture, *, held: bool) -> None:
    if not held:
        log.warning("lease over, another machine has it", action="recapture", site=wish.domain)


def _seen_by(db: Connection, site_id: int, sweep_id: int) -> tuple[str, Compared]:
    visit = last_visit_of(db, site_id, sweep_id)
    outcome = outcome_of(tuple(captures_of_visit(db, visit)))
    return str(outcome), compared(history(db, site_id), visit)


def compared(seen: Sequence[Seen], visit_id: int) -> Compared:
    """A visit's texts beside the last that the same kind of look saw before. `seen`: the site's
    captures, newest first.
    """
    mine = [one for one in seen if one.visit_id == visit_id and one.text_digest]
    if not mine:
        return Compared.UNSEEN
    pairs = [(one, before) for one in mine if (before := _before(seen, one))]
    if not pairs:
        return Compared.FIRST
    same = all(one.text_digest == before.text_digest for one, before in pairs)
    return Compared.SAME if same else Compared.CHANGED


def _before(seen: Sequence[Seen], newer: Seen) -> Seen | None:
    alike = (newer.fetcher, newer.profile)
    earlier = (one for one in seen if one.visit_id < newer.visit_id and one.text_digest)
    return next((one for one in earlier if (one.fetcher, one.profile) == alike), None)


def _uncounted(_: Counter[VisitState]) -> None:
    """It is one site."""


def _noticed(notice: str) -> None:
    log.warning("sweep notice", action="recapture", notice=notice)
