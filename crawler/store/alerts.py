"""Alerts: at most one open a site; whoever changes one says in which state they saw it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, case, insert, select, update

from crawler.domain.alert import ALERT_STATE_NAMES, Alert, AlertState
from crawler.domain.assessment import Level, rank
from crawler.domain.errors import NotAllowed
from crawler.store.audit import take_chain
from crawler.store.tables import alerts

_GRAVEST_FIRST = case({str(level): rank(level) for level in Level}, value=alerts.c.level).desc()


def save_alert(db: Connection, alert: Alert) -> Alert:
    """A new alert, with the id it now has."""
    made = db.execute(insert(alerts).values(_values(alert)).returning(alerts.c.id))
    return replace(alert, id=int(made.scalar_one()))


def change_alert(db: Connection, alert: Alert, was: AlertState) -> None:
    """Write a change made to the alert as it stood in state `was`; NotAllowed if somebody else was
    quicker.
    """
    take_chain(db)
    mine = (alerts.c.id == alert.id) & (alerts.c.state == str(was))
    if db.execute(update(alerts).where(mine).values(_values(alert))).rowcount != 1:
        now = alert_of(db, alert.id)
        state = ALERT_STATE_NAMES[now.state] if now else "不存在"
        raise NotAllowed(f"预警 {alert.id} 已被他人处理，现为“{state}”")


def alert_of(db: Connection, alert_id: int) -> Alert | None:
    """One alert by number."""
    row = db.execute(select(alerts).where(alerts.c.id == alert_id)).first()
    return alert_from(row) if row else None


def alerts_of_site(db: Connection, site_id: int) -> tuple[Alert | None, Alert | None]:
    """The site's open alert, and its newest decided one."""
    rows = select(alerts).where(alerts.c.site_id == site_id).order_by(alerts.c.id.desc())
    found = [alert_from(row) for row in db.execute(rows.limit(50))]
    opened = next((one for one in found if one.state is AlertState.OPEN), None)
    return opened, next((one for one in found if one.state is not AlertState.OPEN), None)


def alerts_of_sites(db: Connection, site_ids: Collection[int]) -> dict[int, Alert]:
    """Of each of several sites the open alert, else its newest."""
    rows = select(alerts).where(alerts.c.site_id.in_(site_ids))
    found = db.execute(rows.order_by(alerts.c.state == str(AlertState.OPEN), alerts.c.id))
    return {row.site_id: alert_from(row) for row in found}


def alerted_sites(db: Connection, site_ids: Sequence[int]) -> set[int]:
    """Which of these ever had an alert."""
    return set(db.scalars(select(alerts.c.site_id).where(alerts.c.site_id.in_(site_ids))))


def alerts_of_case(db: Connection, case_id: int) -> list[Alert]:
    """All alerts of a case, the gravest first."""
    rows = select(alerts).where(alerts.c.case_id == case_id)
    return [alert_from(row) for row in db.execute(rows.order_by(_GRAVEST_FIRST, alerts.c.id))]


def list_alerts(
    db: Connection,
    *,
    states: Iterable[AlertState] = (),
    levels: Iterable[Level] = (),
    region: str = "",
    limit: int = 100,
    offset: int = 0,
) -> list[Alert]:
    """Alerts under a region prefix, the gravest and then the newest first."""
    rows = _chosen(select(alerts), states, levels, region)
    ordered = rows.order_by(_GRAVEST_FIRST, alerts.c.last_seen_at.desc(), alerts.c.id.desc())
    return [alert_from(row) for row in db.execute(ordered.limit(limit).offset(offset))]


def _chosen(
    rows: Select[Any], states: Iterable[AlertState], levels: Iterable[Level], region: str
) -> Select[Any]:
    wanted_states, wanted_levels = _words(states), _words(levels)
    rows = rows.where(alerts.c.region.startswith(region))
    if wanted_states:
        rows = rows.where(alerts.c.state.in_(wanted_states))
    return rows.where(alerts.c.level.in_(wanted_levels)) if wanted_levels else rows


def _words(values: Iterable[str]) -> Sequence[str]:
    return [str(one) for one in values]


def _values(alert: Alert) -> dict[str, Any]:
    return {
        "site_id": alert.site_id,
        "visit_id": alert.visit_id,
        "case_id": alert.case_id,
        "state": str(alert.state),
        "level": str(alert.level),
        "score": alert.score,
        "sentence": alert.sentence,
        "region": alert.region,
        "opened_at": alert.opened_at,
        "last_seen_at": alert.last_seen_at,
        "repeats": alert.repeats,
        "reopened": alert.reopened,
        "found": list(alert.found),
        "text_digest": alert.text_digest,
        "decided_digest": alert.decided_digest,
        "settled_at": alert.settled_at,
    }


def alert_from(row: Row[Any]) -> Alert:
    """The noun behind one row of `alerts`."""
    return Alert(
        id=row.id,
        site_id=row.site_id,
        visit_id=row.visit_id,
        case_id=row.case_id,
        state=AlertState(row.state),
        level=Level(row.level),
        score=row.score,
        sentence=row.sentence,
        region=row.region,
        opened_at=row.opened_at,
        last_seen_at=row.last_seen_at,
        repeats=row.repeats,
        reopened=row.reopened,
        found=tuple(row.found),
        text_digest=row.text_digest,
        decided_digest=row.decided_digest,
        settled_at=row.settled_at,
    )
