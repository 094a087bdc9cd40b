"""Wishes to look again at one site: filed by whoever has the right, carried out by the parent."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from crawler.domain.audit import Act
from crawler.domain.errors import TryLater
from crawler.domain.recapture import Compared, Recapture, RecaptureState, free_again
from crawler.domain.site import Site
from crawler.store.audit import note
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
    return recapture_from(found) if (found := row.first()) else None


def recapture_by_id(db: Connection, number: int, reach: str = "") -> Recapture | None:
    """One of a site within reach."""
    rows = _rows().where(recaptures.c.id == number, recaptures.c.region.startswith(reach))
    row = db.execute(rows).first()
    return recapture_from(row) if row else None


def claim_recapture(
    db: Connection, runner: str, now: datetime, until: datetime
) -> Recapture | None:
    """The oldest that waits, or whose runner let its lease end, taken for so long."""
    over = or_(recaptures.c.lease_until.is_(None), recaptures.c.lease_until < now)
    left = (recaptures.c.state == str(RecaptureState.RUNNING)) & over
    free = or_(recaptures.c.state == str(RecaptureState.WAITING), left)
    oldest = db.execute(_rows().where(free).order_by(recaptures.c.id).limit(1)).first()
    if oldest is None:
        return None
    mine = (recaptures.c.id == oldest.id) & free
    taken = {"state": str(RecaptureState.RUNNING), "runner": runner, "lease_until": until}
    if db.execute(update(recaptures).where(mine).values(taken)).rowcount != 1:
        return None
    return replace(recapture_from(oldest), state=RecaptureState.RUNNING)


def mark_recapture(db: Connection, number: int, runner: str, **values: Any) -> bool:
    """What became of it so far; False, and nothing written, where another has it by now."""
    plain = {name: str(v) if name in ("state", "compared") else v for name, v in values.items()}
    mine = (recaptures.c.id == number) & (recaptures.c.runner == runner)
    running = recaptures.c.state == str(RecaptureState.RUNNING)
    return db.execute(update(recaptures).where(mine & running).values(plain)).rowcount == 1


def give_back_recaptures(db: Connection, runner: str) -> int:
    """What this parent was at when it ended waits again; how many those are."""
    mine = (recaptures.c.runner == runner) & (recaptures.c.state == str(RecaptureState.RUNNING))
    waiting = {"state": str(RecaptureState.WAITING)}
    return db.execute(update(recaptures).where(mine).values(waiting)).rowcount


def _rows() -> Select[Any]:
    return select(recaptures, sites.c.domain).join(sites, sites.c.id == recaptures.c.site_id)


def recapture_from(row: Any) -> Recapture:
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
