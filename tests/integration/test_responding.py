"""What follows from a judgement in the store: alert, case, audit entry and messages, together."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.domain.alert import AlertState
from crawler.domain.assessment import Level
from crawler.domain.delivery import EventType
from crawler.domain.filing import FilingList
from crawler.domain.site import Visit, VisitState
from crawler.service.responding import Responder
from crawler.store.alerts import alerts_of_site, change_alert
from crawler.store.audit import acts_on
from crawler.store.cases import case_of, save_case
from crawler.store.database import Connection, Database
from crawler.store.lists import import_list, stage_list
from crawler.store.outbox import list_deliveries
from crawler.store.visits import every_site, start_sweep, visits_by_id
from tests.builders import NOON, a_capture, a_filing, an_assessment
from tests.integration.answering_house import an_endpoint
from tests.stores import a_database


def test_a_relapse_reopens_the_closed_case_at_its_new_level(tmp_path: Path) -> None:
    database = a_store(tmp_path)
    responder = Responder(endpoints=(), categories={}, chance=os.urandom)
    with database.transaction() as db:
        sweep = start_sweep(db, "all", every_site(), now=NOON, actor="ops", region="", render=False)
        assert sweep.sites == 1
        visit = replace(visits_by_id(db, [1])[0], captures=(a_capture(),))
        assert visit.state is VisitState.WAITING
        responder.respond(db, visit, an_assessment(level=Level.YELLOW), NOON)
        alert = alerts_of_site(db, visit.site.id)[0]
        assert alert is not None
        done = replace(alert, state=AlertState.CONFIRMED, settled_at=NOON)
        change_alert(db, done, AlertState.OPEN)
        case = case_of(db, alert.case_id)
        assert case is not None
        save_case(db, replace(case, closed_at=NOON))

        later = NOON + timedelta(days=7)
        responder.respond(db, visit, an_assessment(level=Level.RED), later)

        again = case_of(db, alert.case_id)
        assert again is not None
        assert again.closed_at is None
        assert again.level is Level.RED


def test_a_raised_alert_reaches_who_subscribed_and_stands_in_the_trail(tmp_path: Path) -> None:
    database = a_store(tmp_path)
    raised = EventType.ALERT_RAISED
    responder = Responder(
        endpoints=(
            an_endpoint(name="raised", events=(raised,)),
            an_endpoint(name="opened", events=(EventType.ALERT_OPENED,)),
            an_endpoint(name="elsewhere", events=(raised,), regions=("310115",)),
        ),
        categories={},
    )
    with database.transaction() as db:
        visit = a_swept_visit(db)
        for level in (Level.ORANGE, Level.RED, Level.RED):
            responder.respond(db, visit, an_assessment(level=level), NOON)

    with database.reading() as db:
        told = {one.endpoint: one for one in list_deliveries(db)}
        alert = alerts_of_site(db, visit.site.id)[0]
        acts = [one.act for one in acts_on(db, "alert:1")]
    assert alert is not None
    assert alert.level is Level.RED
    assert {name: one.event for name, one in told.items()} == {
        "raised": raised,
        "opened": EventType.ALERT_OPENED,
    }
    assert json.loads(told["raised"].body)["alert"]["level_name"] == "红"
    assert [(one.action, one.actor, one.after) for one in acts] == [
        ("alert.raised", "system", "red 级别升高"),
        ("alert.opened", "system", "orange"),
    ]


def test_what_cannot_be_told_is_not_recorded_either(tmp_path: Path) -> None:
    database = a_store(tmp_path)

    def no_chance(_: int) -> bytes:
        raise OSError("no entropy")

    responder = Responder(endpoints=(an_endpoint(),), categories={}, chance=no_chance)
    with database.transaction() as db:
        visit = a_swept_visit(db)

    with pytest.raises(OSError, match="entropy"), database.transaction() as db:
        responder.respond(db, visit, an_assessment(level=Level.RED), NOON)

    with database.reading() as db:
        assert alerts_of_site(db, visit.site.id) == (None, None)
        assert acts_on(db, "alert:1") == []
        assert list_deliveries(db) == []


def a_swept_visit(db: Connection) -> Visit:
    start_sweep(db, "all", every_site(), now=NOON, actor="ops", region="", render=False)
    return replace(visits_by_id(db, [1])[0], captures=(a_capture(),))


def a_store(folder: Path) -> Database:
    database = a_database(folder)
    listed = FilingList(source="s", name="n", sha256="0" * 64, size_bytes=1, received_at=NOON)
    with database.transaction() as db:
        import_list(db, listed, stage_list(db, [a_filing()], "310118"), "ops", "310118")
    return database
