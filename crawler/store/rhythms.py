"""Who is due when, and why: the pace of the whole register in figures."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, Connection, ScalarSelect, func, select

from crawler.domain.rhythm import DueWhy
from crawler.domain.site import SiteState
from crawler.store.regions import within
from crawler.store.tables import sites


def due_by(
    db: Connection, moments: Sequence[datetime], reach: str = ""
) -> list[Mapping[DueWhy, int]]:
    """How many watched sites are due until each of several moments, by reason. Each site is counted
    once: those without a time, then those between one moment and the next.
    """
    ordered = sorted(moments)
    spans = [sites.c.due_at.is_(None), sites.c.due_at <= ordered[0]]
    spans += [
        (sites.c.due_at > since) & (sites.c.due_at <= until) for since, until in pairwise(ordered)
    ]
    columns = [
        _count(why, span, reach).label(f"{why}_{place}")
        for why in DueWhy
        for place, span in enumerate(spans)
    ]
    row = db.execute(select(*columns)).one()._mapping
    until = {moment: place + 2 for place, moment in enumerate(ordered)}
    return [
        {
            why: n
            for why in DueWhy
            if (n := sum(row[f"{why}_{place}"] for place in range(until[moment])))
        }
        for moment in moments
    ]


def _count(why: DueWhy, span: ColumnElement[bool], reach: str) -> ScalarSelect[int]:
    kept = "" if why is DueWhy.NEW else str(why)
    mine = (sites.c.state == str(SiteState.WATCHED)) & (sites.c.due_why == kept)
    here = within(sites.c.region, reach)
    return select(func.count()).select_from(sites).where(mine, span, here).scalar_subquery()
