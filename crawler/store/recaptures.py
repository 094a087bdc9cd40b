"""Wishes to look again at one site: filed by whoever has the right, carried out by the parent."""

from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from crawler.domain.audit import Act
from crawler.domain.errors import TryLater
from crawler.domain.lead import Lead
from crawler.domain.recapture import Compared, Recapture, RecaptureState, free_again
from crawler.domain.site import Site
from crawler.store.audit import note
from crawler.store.lead_tables import leads
from crawler.store.leads import lead_from
from crawler.store.recapture_tables import recaptures
from crawler.store.tables import sites


def ask_recapture(
    db: Connection, site: Site, alert_id: int, actor: str, now: datetime
) -> Recapture:
    """File one. The one that is under way is given back instead; TryLater soon after the last."""
    last = last_recapture(db, site.id)
    if last is not None and not last.is_over:
        return last
    if free := free_again(last, now):
        minutes = -(-int((free - now).total_seconds()) // 60)
        raise TryLater(f"这个网站刚重新采集过，请 {minutes} 分钟后再试")
    row = {
        "site_id": site.id, "alert_id": alert_id or None, "region": site.region,
        "asked_by": actor, "asked_at": now, "state": str(RecaptureState.WAITING),
    }  # fmt: skip
    try:
        with db.begin_nested():
            made = db.execute(insert(recaptures).values(row))
    except IntegrityError:  # somebody else was quicker
        raise TryLater("这个网站正在重新采集") from None
    number = int(made.inserted_primary_key[0])  # type: ignore[index]
    what = f"alert:{alert_id}" if alert_id else f"site:{site.domain}"
    act = Act(
        at=now, actor=actor, action=f"{what.partition(':')[0]}.recapture", object=what,
        region=site.region, after=f"recapture:{number}",
    )  # fmt: skip
    note(db, act)
    return Recapture(
        id=number, site_id=site.id, domain=site.domain, alert_id=alert_id, region=site.region,
        asked_by=actor, asked_at=now,
    )  # fmt: skip


def last_recapture(db: Connection, site_id: int) -> Recapture | None:
    """The newest wish for one site."""
    rows = _rows().where(recaptures.c.site_id == site_id)
    row = db.execute(rows.order_by(recaptures.c.asked_at.desc(), recaptures.c.id.desc()).limit(1))
    return _recapture(found) if (found := row.first()) else None


def asked_of_site(db: Connection, site_id: int) -> tuple[list[Lead], Recapture | None]:
    """What people want looked into: all that was told of a site, oldest first, and the newest wish
    to look at it again; one query, for a page may ask only so often.
    """
    newest = select(recaptures.c.id).where(recaptures.c.site_id == site_id)
    newest = newest.order_by(recaptures.c.asked_at.desc(), recaptures.c.id.desc()).limit(1)
    joined = sites.outerjoin(leads, leads.c.site_id == sites.c.id).outerjoin(
        recaptures, recaptures.c.id == newest.scalar_subquery()
    )
    own = [one.label(f"again_{one.name}") for one in (*recaptures.c, sites.c.domain)]
    chosen = select(*leads.c, *own).select_from(joined).where(sites.c.id == site_id)
    rows = db.execute(chosen.order_by(leads.c.id)).all()
    told = [lead_from(row) for row in rows if row.id is not None]
    if not rows or rows[0].again_id is None:
        return told, None
    wish = {k.removeprefix("again_"): v for k, v in rows[0]._mapping.items() if k[:6] == "again_"}
    return told, _recapture(SimpleNamespace(**wish))


def recapture_by_id(db: Connection, number: int, reach: str = "") -> Recapture | None:
    """One of a site within reach."""
    rows = _rows().where(recaptures.c.id == number, recaptures.c.region.startswith(reach))
    row = db.execute(rows).first()
    return _recapture(row) if row else None


def claim_recapture(db: Connection, runner: str) -> Recapture | None:
    """The oldest that waits, taken: nobody else looks."""
    waits = recaptures.c.state == str(RecaptureState.WAITING)
    oldest = db.execute(_rows().where(waits).order_by(recaptures.c.id).limit(1)).first()
    if oldest is None:
        return None
    mine = (recaptures.c.id == oldest.id) & waits
    taken = {"state": str(RecaptureState.RUNNING), "runner": runner}
    if db.execute(update(recaptures).where(mine).values(taken)).rowcount != 1:
        return None
    return replace(_recapture(oldest), state=RecaptureState.RUNNING)


def mark_recapture(db: Connection, number: int, **values: Any) -> None:
    """What became of it so far."""
    plain = {name: str(v) if name in ("state", "compared") else v for name, v in values.items()}
    db.execute(update(recaptures).where(recaptures.c.id == number).values(plain))


def give_back_recaptures(db: Connection, runner: str) -> int:
    """What this parent was at when it ended waits again; how many those are."""
    mine = (recaptures.c.runner == runner) & (recaptures.c.state == str(RecaptureState.RUNNING))
    waiting = {"state": str(RecaptureState.WAITING)}
    return db.execute(update(recaptures).where(mine).values(waiting)).rowcount


def _rows() -> Select[Any]:
    return select(recaptures, sites.c.domain).join(sites, sites.c.id == recaptures.c.site_id)


def _recapture(row: Any) -> Recapture:
    return Recapture(
        id=row.id,
        site_id=row.site_id,
        domain=row.domain,
        alert_id=row.alert_id or 0,
        region=row.region,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        state=RecaptureState(row.state),
        reason=row.reason,
        sweep_id=row.sweep_id,
        outcome=row.outcome,
        compared=Compared(row.compared) if row.compared else None,
        ended_at=row.ended_at,
    )
