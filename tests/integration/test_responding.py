"""What follows from a judgement in the store: a relapse takes its closed case up again."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from crawler.domain.alert import AlertState
from crawler.domain.assessment import Level
from crawler.domain.filing import FilingList
from crawler.domain.site import VisitState
from crawler.service.responding import Responder
from crawler.store.alerts import alerts_of_site, change_alert
from crawler.store.cases import case_of, save_case
from crawler.store.database import Database, migrate, open_database
from crawler.store.lists import import_list, stage_list
from crawler.store.visits import every_site, start_sweep, visits_by_id
from tests.builders import NOON, a_capture, a_filing, an_assessment


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


def a_store(folder: Path) -> Database:
    database = open_database(f"sqlite:///{folder / 'x.db'}")
    migrate(database)
    listed = FilingList(source="s", name="n", sha256="0" * 64, size_bytes=1, received_at=NOON)
    with database.transaction() as db:
        import_list(db, listed, stage_list(db, [a_filing()], "310118"), "ops", "310118")
    return database
