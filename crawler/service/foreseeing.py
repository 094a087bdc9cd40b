"""What an amendment would change on the pages that are stored: counted beside the requests, one
amendment at a time, and kept with it until its words or the version in force are others.
"""

import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from crawler.service.amending import Amendment, files_of_amendment
from crawler.service.replaying import Replay, replay
from crawler.service.wiring import House
from lexicons.judging import Judge
from lexicons.loading import version_of

MOST_SITES = 20_000  # a terminal's `lexicon diff` counts them all

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """How the counting stands: under way (`done` of `total`), failed, or over with its result."""

    done: int = 0
    total: int = 0
    failed: bool = False
    result: Replay | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self.failed or self.result is not None


class _Superseded(Exception):
    """Its words have changed while they were counted."""


@dataclass(kw_only=True, slots=True)
class Foreseeing:
    """The countings of one process. What is not over is lost with it, and asked for again."""

    _turn: threading.Lock = field(default_factory=threading.Lock)  # a counting takes a core
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _under_way: dict[int, tuple[Path, Outlook]] = field(default_factory=dict)

    def outlook(self, house: House, one: Amendment) -> Outlook | None:
        """Of these words against the version in force; None where nobody has asked."""
        kept = _kept(house, one)
        if kept.is_file():
            return Outlook(result=msgspec.json.decode(kept.read_bytes(), type=Replay))
        with self._lock:
            place, outlook = self._under_way.get(one.number, (None, None))
        return outlook if place == kept else None

    def begin(self, house: House, one: Amendment, now: datetime) -> None:
        """Count, unless that is under way or done; what was counted of other words ends."""
        known = self.outlook(house, one)
        if known is not None and not known.failed:
            return
        kept = _kept(house, one)
        with self._lock:
            self._under_way[one.number] = (kept, Outlook())
        args = (house, one, kept, now)
        threading.Thread(target=self._count, args=args, name="foreseeing", daemon=True).start()

    def forget(self, number: int) -> None:
        """That amendment is over: what is counted of it ends at its next step."""
        with self._lock:
            self._under_way.pop(number, None)

    def _count(self, house: House, one: Amendment, kept: Path, now: datetime) -> None:
        def progress(done: int, total: int) -> None:
            self._tell(one.number, kept, Outlook(done=done, total=min(total, MOST_SITES)))

        try:
            with self._turn:
                progress(0, 0)
                old = Judge(house.lexicon.resolve(), house.cache)
                new = Judge(files_of_amendment(house, one), house.cache)
                result = replay(house.database, old, new, now, progress, most=MOST_SITES)
            fresh = kept.with_suffix(".part")
            fresh.write_bytes(msgspec.json.encode(result))
            fresh.replace(kept)
            self._tell(one.number, kept, Outlook(result=result))
        except _Superseded:
            return
        except Exception:  # noqa: BLE001 a thread's end; the page says so, and it can be asked again
            trace = traceback.format_exc(limit=-12)  # without the variables: they hold settings
            with suppress(_Superseded):
                self._tell(one.number, kept, Outlook(failed=True))
                log.error("not counted", action="foresee", amendment=one.number, trace=trace)

    def _tell(self, number: int, kept: Path, outlook: Outlook) -> None:
        """Unless something else is counted of this amendment by now."""
        with self._lock:
            if self._under_way.get(number, (None,))[0] != kept:
                raise _Superseded
            if outlook.result is not None:
                del self._under_way[number]  # it is kept in its file
            else:
                self._under_way[number] = (kept, outlook)


def _kept(house: House, one: Amendment) -> Path:
    """Where the result for these two digests lies."""
    folder = files_of_amendment(house, one).parent
    return folder / f"{one.digest}-{version_of(house.lexicon)}.outlook"
