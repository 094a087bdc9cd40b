"""A new sweep of what a schedule or a person asks for; of a sample, drawn by a recorded seed."""

from datetime import datetime

from crawler.domain.schedule import Schedule, draw, percent_of
from crawler.domain.site import Sweep
from crawler.domain.user import reach_of
from crawler.store.choices import chosen_sites, quiet_sites, sites_drawn
from crawler.store.database import Connection
from crawler.store.schedules import save_draw
from crawler.store.visits import fill_sweep, open_sweep


def sweep_for(db: Connection, schedule: Schedule, actor: str, seed: str, now: datetime) -> Sweep:
    """Opened and filled; it may be of no site."""
    reach = reach_of(schedule.region)
    opened = open_sweep(
        db,
        schedule.selection,
        now=now,
        actor=actor,
        region=schedule.region,
        render=schedule.render,
    )
    if not schedule.selection.startswith("sample:"):
        return fill_sweep(db, opened, chosen_sites(db, schedule.selection, now, reach))
    population = quiet_sites(db, reach)
    drawn = draw(population, schedule.officers, percent_of(schedule.selection), seed)
    save_draw(db, opened, drawn, schedule.officers, schedule.region, now)
    return fill_sweep(db, opened, sites_drawn(opened))
