"""A small installation for tests of what is answered: a migrated store, sites, alerts, a desk."""

import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from alerts.alerting import found_in
from alerts.calendars import load_calendar
from alerts.delivering import Courier
from alerts.desk import Desk
from alerts.dispatching import load_departments
from alerts.grouping import belonging_of, case_for
from crawler.domain.alert import Alert
from crawler.domain.assessment import Level
from crawler.domain.delivery import Delivery, Endpoint, EventType, Receipt
from crawler.domain.ids import ulid
from crawler.domain.lexicon import Hit
from crawler.domain.site import Site
from crawler.store.alerts import save_alert
from crawler.store.assessments import save_assessment
from crawler.store.cases import open_cases_with, save_case
from crawler.store.database import Database
from crawler.store.tables import alerts, sites, sweeps, visits
from tests.builders import NOON, a_site, an_alert, an_assessment

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def an_endpoint(**given: Any) -> Endpoint:
    return Endpoint(
        **({"name": "platform", "url": "http://127.0.0.1:9/", "secret": SECRET} | given)
    )


def a_desk(*endpoints: Endpoint, **given: Any) -> Desk:
    defaults: dict[str, Any] = {
        "endpoints": endpoints,
        "departments": load_departments(),
        "calendar": load_calendar(),
        "chance": os.urandom,
    }
    return Desk(**(defaults | given))


def a_delivery(number: int, **given: Any) -> Delivery:
    defaults: dict[str, Any] = {
        "id": ulid(number + 1, number.to_bytes(10, "big")),
        "event_key": f"{number:064x}",
        "event": EventType.TASK_CREATED,
        "endpoint": "platform",
        "subject": f"task:{number}",
        "seq": 1,
        "body": b'{"type":"task.created"}',
        "region": "310118",
        "created_at": NOON,
        "due_at": NOON,
    }
    return Delivery(**(defaults | given))


def settle_site(database: Database, site: Site | None = None) -> Site:
    """One watched site with an open visit that bears its number."""
    site = site or a_site(unit_name="某某财富管理有限公司")
    with database.transaction() as db:
        values = {
            "domain": site.domain,
            "domain_shown": site.domain_shown,
            "region": site.region,
            "unit_name": site.unit_name,
            "subject_kind": str(site.subject_kind),
            "site_name": site.site_name,
            "main_licence": site.main_licence,
            "service_licence": site.service_licence,
            "state": str(site.state),
            "created_at": NOON,
            "actor": "test",
        }
        site_id = db.execute(insert(sites).values(values)).inserted_primary_key[0]
        sweep = {"selection": "all", "state": "running", "render": False, "actor": "test",
                 "region": "", "started_at": NOON}  # fmt: skip
        sweep_id = db.execute(insert(sweeps).values(sweep)).inserted_primary_key[0]
        visit = {"id": site_id, "sweep_id": sweep_id, "site_id": site_id, "region": site.region,
                 "state": "closed"}  # fmt: skip
        db.execute(insert(visits).values(visit))
    return replace(site, id=site_id)


def beside(database: Database, first: Alert, domain: str, level: Level, **given: Any) -> Alert:
    """An alert of another site in the same case."""
    alert = open_alert(
        database,
        a_site(id=zlib.crc32(domain.encode()) >> 8, domain=domain, domain_shown=domain, **given),
        level,
    )
    with database.transaction() as db:
        db.execute(update(alerts).where(alerts.c.id == alert.id).values(case_id=first.case_id))
    return replace(alert, case_id=first.case_id)


def open_alert(
    database: Database, site: Site | None = None, level: Level = Level.ORANGE, **given: Any
) -> Alert:
    """An open alert of a site, with assessment and case."""
    site = settle_site(database, site)
    assessment = an_assessment(
        visit_id=site.id,
        level=level,
        categories=("yield_promise",),
        sentence="疑似承诺保本高收益",
        hits=(Hit(word="保本保息", category="principal_guarantee", weight=4.0, field="body",
                  start=0, end=4, raw="保本保息"),),
        text_digest="t" * 64,
    )  # fmt: skip
    alert = an_alert(
        **(
            {"id": 0, "site_id": site.id, "visit_id": site.id, "level": level,
             "found": found_in(assessment), "text_digest": assessment.text_digest}
            | given
        )
    )  # fmt: skip
    with database.transaction() as db:
        save_assessment(db, assessment, site.id, site.region)
        belonging = belonging_of(site, assessment)
        case = save_case(db, case_for(alert, belonging, open_cases_with(db, belonging.keys), NOON))
        return save_alert(db, replace(alert, case_id=case.id))


@dataclass
class Clock:
    """A clock that goes only when told."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def go(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Platform:
    """A receiver without a network: answers as told, and remembers what it took."""

    answers: Callable[[Delivery], int | None] = lambda delivery: 204
    seen: list[Delivery] = field(default_factory=list)

    def send(self, endpoint: Endpoint, delivery: Delivery, at: datetime) -> Receipt:
        self.seen.append(delivery)
        status = self.answers(delivery)
        reason = "" if status and 200 <= status < 300 else f"http_error：{status}"
        return Receipt(delivery_id=delivery.id, at=at, status=status, reason=reason)

    @property
    def ids(self) -> Sequence[str]:
        return [one.id for one in self.seen]


def a_courier(database: Database, platform: Platform, clock: Clock, **given: Any) -> Courier:
    tokens = iter(range(1_000_000))
    defaults: dict[str, Any] = {
        "database": database,
        "send": platform.send,
        "clock": clock,
        "spread": lambda: 0.5,
        "token": lambda: f"token-{next(tokens)}",
    }
    return Courier(**(defaults | given))
