"""`serve`: console, timetable, sweeps, deliveries and index in one process, from the first request
to a tidy end.
"""

import asyncio
import errno
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
import uvicorn

from alerts.delivering import forget_future
from alerts.escalating import escalate
from crawler.domain.errors import BadInput, TryLater, WatchError
from crawler.domain.site import Sweep
from crawler.service.anchoring import Anchored, anchor_heads
from crawler.service.case_keeping import keep_cases
from crawler.service.catalogue import Catalogue
from crawler.service.certifying import certify_days, certify_missing
from crawler.service.desks import Desks
from crawler.service.docking import dock
from crawler.service.finishing import finish_sweep
from crawler.service.forecasting import room_problem
from crawler.service.health import Check, health_routes
from crawler.service.leading import ask_visits
from crawler.service.metrics import metrics_route
from crawler.service.minding import mind
from crawler.service.moving import Mover
from crawler.service.notifying import notify
from crawler.service.recapturing import LOOK_S as AGAIN_S
from crawler.service.recapturing import Recapturing
from crawler.service.rehearsing import drop_expired
from crawler.service.repeating import Daily, Repeating, WhenChanged
from crawler.service.resting import EVERY_S, rest
from crawler.service.retaining import remove_old
from crawler.service.scheduler import Timetable
from crawler.service.sealing import MACHINE
from crawler.service.sweeper import Sweeper
from crawler.service.web import web_app
from crawler.service.wiring import House
from crawler.store.anchors import JOURNAL
from crawler.store.database import schema_version
from crawler.store.figures import newest

ENDS_IN_S = 9.5  # whatever hangs: the store survives an end at any moment
GREETS_OFF_S = 2  # for open requests
DELIVER_S, LOOK_S = 3.0, 5.0  # an idle house must cost next to nothing
CASES_ALL_S = 600.0  # an alert may come to rest on an older visit, with no new row

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Doorway:
    """Where requests come in; with a certificate, encrypted."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None

    def opened(self) -> socket.socket:
        """Listening; TryLater if another program has the port."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            return socket.create_server((self.host, self.port), family=family, backlog=512)
        except PermissionError:
            raise BadInput(f"端口 {self.port} 需要管理员权限，请用 --port 换一个") from None
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            why = "端口已被占用" if taken else error
            raise TryLater(f"{self.host}:{self.port} 无法监听：{why}，可用 --port 换一个") from None

    def address(self, listening: socket.socket) -> str:
        """As a browser is given it."""
        name, port = listening.getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        return f"{'https' if self.certificate else 'http'}://{shown}:{port}"


class _Server(uvicorn.Server):
    """Uvicorn that leaves signals to the house."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Serving:
    """All that runs beside the requests, and how it ends."""

    def __init__(self, house: House, words: Catalogue) -> None:
        self._house = house
        self._place = house.run / "address"  # for whoever must find it
        self._mover: Mover | None = None
        self._keeping = threading.Lock()  # one at a time writes the cases' files
        self._sweeper = Sweeper(house, words, _now, hindrance=self._room, after=self._after)
        self._timetable = Timetable(house.database, _now)
        self._desks = Desks(house)
        self._over = asyncio.Event()
        again = Recapturing(house, words, _now, self._over.is_set, after=self._after)
        self._steady = (
            Repeating("recaptures", again.look, AGAIN_S),
            Repeating("deliver", lambda: self._moving().deliver(), DELIVER_S),
            Repeating("index", lambda: self._moving().index(), LOOK_S),
            Repeating("timetable", self._timetable.follow, LOOK_S),
            Repeating("clock", lambda: forget_future(house.database, _now()), 60.0),
            Repeating("limits", self._remind, 60.0),
            Repeating("anchor", self._anchor, 3_600.0),
            Repeating("cases", WhenChanged(self._newest, self._keep_cases, CASES_ALL_S), 30.0),
            Repeating("leads", lambda: ask_visits(house, _now()), 5.0),
            Repeating("docking", lambda: dock(house, _now()), house.config.ops.list_minutes * 60.0),
            Repeating("handed lists", lambda: drop_expired(house, _now()), 600.0),
            Repeating("minding", lambda: mind(house, _now()), 60.0),
            Repeating("telling", self._notify, 20.0),
            Repeating("accounts", self._account, 600.0),
            Repeating("survey", Daily(house.database.survey, house.config.keep.hour, _now), 60.0),
            Repeating("rest", lambda: rest(house.database), EVERY_S),
            Repeating("keeping", Daily(self._remove_old, house.config.keep.hour, _now), 60.0),
        )

    def _room(self) -> str:
        return room_problem(self._house, self._house.config.ops.least_free_mb)

    def _after(self, sweep: Sweep) -> None:
        try:
            with self._keeping:
                done = finish_sweep(self._house, sweep.id, sweep.state, _now, told=JOURNAL)
        except WatchError as error:  # a case that cannot be kept undoes no sweep
            log.warning("sweep not finished off", action="sweep", error=str(error))
        else:
            _log_anchor(done)

    def _notify(self) -> None:
        notify(self._house, self._desks.current().calendar, _now())

    def _newest(self) -> object:
        with self._house.database.reading() as db:
            return newest(db)

    def _keep_cases(self) -> None:
        with self._keeping:
            keep_cases(self._house, _now())

    def _account(self) -> None:
        certify_missing(self._house, _now())
        certify_days(self._house, _now())

    def _remove_old(self) -> None:
        if self._house.config.keep.daily:
            done = remove_old(self._house, MACHINE, _now(), over=self._over.is_set)
            log.info("old evidence removed", action="keep", **done)

    def _anchor(self) -> None:
        _log_anchor(anchor_heads(self._house, _now(), told=JOURNAL))

    async def run(self, doorway: Doorway, listening: socket.socket) -> None:
        """Until SIGTERM or SIGINT; a second one ends it at once."""
        server = _Server(self._settings(doorway))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._asked_to_end)
        answering = asyncio.create_task(server.serve(sockets=[listening]))
        self._start()
        self._place.write_text(doorway.address(listening), "utf-8")
        try:
            over = asyncio.create_task(self._over.wait())
            await asyncio.wait([answering, over], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._end_by_force(ENDS_IN_S)
            server.should_exit = True
            await self._end(time.monotonic() + ENDS_IN_S)
            await answering
        self._place.unlink(missing_ok=True)
        log.info("served", action="end")

    def _start(self) -> None:
        self._timetable.start()
        self._sweeper.start()
        for one in self._steady:
            one.start()

    async def _end(self, by: float) -> None:
        self._timetable.stop()
        self._sweeper.stop()
        for one in self._steady:
            one.stop()
        for part in (self._sweeper, *self._steady):
            await asyncio.to_thread(part.join, max(0.0, by - time.monotonic()))

    def _asked_to_end(self) -> None:
        if self._over.is_set():
            os._exit(1)
        log.info("asked to end", action="end")
        self._over.set()

    def _end_by_force(self, seconds: float) -> None:
        late = threading.Timer(seconds, _ended_by_force, (seconds,))
        late.daemon = True
        late.start()

    def _settings(self, doorway: Doorway) -> uvicorn.Config:
        return uvicorn.Config(
            web_app(
                self._house, [*health_routes(self._checks()), metrics_route(self._house, _now)]
            ),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GREETS_OFF_S,
            timeout_keep_alive=30,
            ssl_certfile=doorway.certificate,
            ssl_keyfile=doorway.key,
        )

    def _checks(self) -> dict[str, Check]:
        return {
            "database": self._database,
            "evidence": self._evidence,
            "sweeper": lambda: "" if self._sweeper.is_well() else "thread ended",
            **{one.name: one.trouble for one in self._steady},
        }

    def _database(self) -> str:
        with self._house.database.reading() as db:
            return "" if schema_version(db) else "no schema"

    def _evidence(self) -> str:
        return "" if os.access(self._house.evidence, os.W_OK) else "not writable"

    def _remind(self) -> None:
        escalate(self._house.database, _now(), self._desks.current())

    def _moving(self) -> Mover:
        # made at the first round, not before the first request: building it takes a while
        if self._mover is None:
            self._mover = Mover(self._house)
        return self._mover


def _ended_by_force(seconds: float) -> None:
    alive = sorted(one.name for one in threading.enumerate())
    log.warning("ended by force", action="end", seconds=seconds, alive=alive)
    os._exit(1)


def _log_anchor(done: Anchored | None) -> None:
    if done is not None:
        log.info("anchored", action="anchor", statement=done.anchor.statement)
        if done.trouble:
            log.warning("no time stamp", action="anchor", error=done.trouble)


def _now() -> datetime:
    return datetime.now(UTC)
