"""转交: a site and what is waiting about it go to another region, with all that belongs to them."""

from sqlalchemy import Connection, update

from crawler.store.album_tables import pictures
from crawler.store.tables import alerts, assessments, captures, sites, visits

_FOLLOW = (visits, captures, assessments, pictures)


def hand_over(db: Connection, site_id: int, region: str) -> None:
    """From now on the site is the other region's: its people see it, and its next finding is
    theirs. Alerts that were decided stay where they were decided. What the evidence chain links
    does not name a region, so nothing of it changes.
    """
    waiting = alerts.c.state.in_(("open", "watched"))
    mine = (alerts.c.site_id == site_id) & waiting
    db.execute(update(sites).where(sites.c.id == site_id).values(region=region))
    db.execute(update(alerts).where(mine).values(region=region))
    for table in _FOLLOW:
        db.execute(update(table).where(table.c.site_id == site_id).values(region=region))
