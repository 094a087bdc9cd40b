"""A new schedule, refused where it cannot be meant: the same for the command and the console."""

from datetime import datetime

from crawler.domain.errors import BadInput
from crawler.domain.schedule import Schedule, checked
from crawler.domain.user import reach_of
from crawler.service.scheduler import is_always_quiet
from crawler.service.wiring import House
from crawler.store.choices import chosen_sites
from crawler.store.database import Connection
from crawler.store.schedules import add_schedule
from crawler.store.visits import every_site


def plan(house: House, wanted: Schedule, now: datetime) -> Schedule:
    """Written down; BadInput says in one line what is wrong."""
    ready = checked(wanted)
    if is_always_quiet(ready, now):
        raise BadInput(f"“{ready.cron}”的每个时刻都在静默时段 {ready.quiet} 之内，请改其中之一")
    with house.database.transaction() as db:
        _check_sites(db, ready, house.config.region, now)
        return add_schedule(db, ready, now)


def names_in(typed: str) -> tuple[str, ...]:
    """Officers as people type them, by whichever comma."""
    parts = typed.replace("，", ",").replace("、", ",").split(",")
    return tuple(part.strip() for part in parts if part.strip())


def _check_sites(db: Connection, ready: Schedule, own: str, now: datetime) -> None:
    """Its list is there, and its region holds a site; our own may be empty at first."""
    reach = reach_of(ready.region)
    if ready.selection.startswith("list:"):
        chosen_sites(db, ready.selection, now, reach)
    if ready.region != own and db.scalar(every_site(reach).limit(1)) is None:
        raise BadInput(f"区划 {ready.region} 里没有网站，请核对代码")
