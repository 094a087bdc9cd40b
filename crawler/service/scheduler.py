"""The only APScheduler: it wakes, the table decides.

A wake-up writes down which fire times have passed since the last one that is written down: the
newest becomes a firing that waits, older ones are missed. So a late wake-up, a downtime, a second
scheduler and a clock that jumps all come to the same: each fire time once, one sweep to catch up.
"""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from itertools import count, islice

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from crawler.domain.errors import BadInput
from crawler.domain.schedule import (
    FiringState,
    Schedule,
    ScheduleState,
    is_quiet,
    plain_cron,
    zone_of,
)
from crawler.store.database import Connection, Database
from crawler.store.schedules import (
    all_schedules,
    last_fire,
    put_firing,
    timetable_mark,
)

MOST_MISSED = 100  # written down by name; an every-minute schedule after a year says no more
_BOUNDS = "分 0-59，时 0-23，日 1-31，月 1-12，周 mon-sun，范围须由小到大"
MOST_STEPS = 10_000
AGAIN = timedelta(minutes=1)
# a wake-up is never too late: what it does is the same at any time
_DEFAULTS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}

log = structlog.get_logger()
Clock = Callable[[], datetime]


def trigger_of(cron: str, zone: str) -> CronTrigger:
    """The trigger behind a cron line; BadInput if it is none, or never comes."""
    line = plain_cron(cron)
    try:
        trigger = CronTrigger.from_crontab(line, timezone=zone_of(zone))
    except ValueError:
        raise BadInput(f"时间表达式“{cron}”无效：{_BOUNDS}") from None
    if trigger.get_next_fire_time(None, datetime(2026, 1, 1, tzinfo=zone_of(zone))) is None:
        raise BadInput(f"时间表达式“{cron}”永远不会到来")
    return trigger


def next_fires(schedule: Schedule, now: datetime, wanted: int = 1) -> list[datetime]:
    """The next fire times after a moment."""
    return list(islice(_coming(schedule, now), wanted))


def is_always_quiet(schedule: Schedule, now: datetime) -> bool:
    """Whether all its times of a day lie in its own quiet hours."""
    known: set[time] = set()
    for fire in _coming(schedule, now):
        if not is_quiet(schedule, fire):
            return False
        if fire.time() in known:  # each of its days has the same times
            return True
        known.add(fire.time())
    return False


def _coming(schedule: Schedule, now: datetime) -> Iterator[datetime]:
    trigger, at = trigger_of(schedule.cron, schedule.zone), now
    while fire := trigger.get_next_fire_time(None, at + timedelta(microseconds=1)):
        yield fire
        at = fire


def passed_fires(schedule: Schedule, since: datetime, now: datetime) -> list[datetime]:
    """Fire times in (since, now], the last MOST_MISSED of them; of a very busy timetable after a
    very long silence, those of the last day.
    """
    trigger = trigger_of(schedule.cron, schedule.zone)
    found: deque[datetime] = deque(maxlen=MOST_MISSED)
    at = since + timedelta(microseconds=1)
    for steps in count():
        fire = trigger.get_next_fire_time(None, at)
        if fire is None or fire > now:
            break
        found.append(fire)
        at = fire + timedelta(microseconds=1)
        if steps == MOST_STEPS:
            at = max(at, now - timedelta(days=1))
    return list(found)


def fire_passed(db: Connection, schedule: Schedule, now: datetime) -> int | None:
    """Write down what has passed; the number of the firing that now waits, if one does."""
    passed = passed_fires(schedule, last_fire(db, schedule, now), now)
    if not passed:
        return None
    for fire_at in passed[:-1]:
        put_firing(db, schedule, fire_at, FiringState.MISSED, "停机期间错过，并入一次补查")
    late = "补查" if passed[1:] else ""
    number = put_firing(db, schedule, passed[-1], FiringState.WAITING, late)
    if number is None:
        put_firing(db, schedule, passed[-1], FiringState.SKIPPED, "上一次还没有结束")
    return number


class Timetable:
    """Wakes for every active schedule."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._active: tuple[Schedule, ...] = ()
        self._woken = clock()
        self._scheduler = AsyncIOScheduler(job_defaults=_DEFAULTS, timezone="Asia/Shanghai")
        self._mark: tuple[int, int] | None = None

    def start(self) -> None:
        """On the running loop. What passed while nobody was there is caught up at once."""
        self._scheduler.start()

    def stop(self) -> None:
        """No further wake-ups."""
        self._scheduler.shutdown(wait=False)

    def follow(self) -> None:
        """Take over what was edited since; call it often, it is one small query."""
        with self._database.reading() as db:
            mark = timetable_mark(db)
            schedules = all_schedules(db) if mark != self._mark else []
        if mark == self._mark:
            self._look_after()
            return
        active = {f"schedule:{s.id}": s for s in schedules if s.state is ScheduleState.ACTIVE}
        for job in self._scheduler.get_jobs():
            if job.id.startswith("schedule:") and job.id not in active:
                job.remove()
        for name, schedule in active.items():
            trigger = trigger_of(schedule.cron, schedule.zone)
            self._scheduler.add_job(
                self._wake, trigger, args=[schedule], id=name, replace_existing=True
            )
            self._wake(schedule)
        self._active, self._woken = tuple(active.values()), self._clock()
        self._mark = mark

    def _look_after(self) -> None:
        """A wake-up may have found the store away, or a clock set forward: what passed meanwhile is
        seen within a minute, and fires once.
        """
        if abs(self._clock() - self._woken) < AGAIN:
            return
        for schedule in self._active:
            self._wake(schedule)
        self._woken = self._clock()

    def _wake(self, schedule: Schedule) -> None:
        with self._database.transaction() as db:
            number = fire_passed(db, schedule, self._clock())
        if number is not None:
            log.info("schedule fired", action="fire", schedule=schedule.id, firing=number)
