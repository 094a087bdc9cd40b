"""kill -9 between two steps that belong together: afterwards both stand, or neither; what waits is
done at the next go, once.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alerts.delivering import LEASE, deliver_due
from alerts.reviewing import confirm
from crawler.domain.alert import AlertState
from crawler.domain.assessment import Level
from crawler.domain.delivery import EventType
from crawler.store.alerts import alert_of
from crawler.store.audit import acts_on
from crawler.store.database import Database, open_database
from crawler.store.outbox import list_deliveries
from crawler.store.reviews import reviews_of
from crawler.store.tasks import list_tasks
from indexer import indexing
from indexer.embedded import EmbeddedEngine
from indexer.indexing import index_pending
from tests.builders import NOON
from tests.integration.answering_house import (
    Clock,
    Platform,
    a_courier,
    a_desk,
    an_endpoint,
    open_alert,
)
from tests.integration.search_house import SearchHouse
from tests.stores import a_database

TEXTS = 3


def killed(store: Database, act: Callable[[Database], None]) -> bool:
    """The act in a process of its own, with a way to the store of its own; whether it died."""
    if (child := os.fork()) == 0:
        try:
            act(open_database(store.engine.url.render_as_string(hide_password=False)))
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def die(*_given: Any, **_named: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.sqlite_only("the engine that it feeds is SQLite's own")
@pytest.mark.parametrize(
    ("owner", "step"),
    [
        pytest.param(indexing, "_bulks", marks=pytest.mark.fault("D04"), id="nothing indexed yet"),
        pytest.param(indexing, "_mark", marks=pytest.mark.fault("D05"), id="indexed, not marked"),
    ],
)
def test_texts_of_a_killed_indexer_are_in_the_index_once(
    tmp_path: Path, owner: object, step: str
) -> None:
    database = a_database(tmp_path)
    house = SearchHouse(database, EmbeddedEngine(database))
    for number in range(TEXTS):
        house.shows(f"保本保息第{number}期", f"s{number}.example.cn")

    def index(store: Database) -> None:
        setattr(owner, step, die)
        index_pending(store, EmbeddedEngine(store))

    assert killed(database, index)
    there = house.engine.count()
    house.index()

    assert there == (0 if step == "_bulks" else TEXTS)
    assert house.engine.count() == TEXTS
    assert house.search("保本").total == TEXTS


@pytest.mark.fault("D06")
@pytest.mark.fault("D07")
@pytest.mark.fault("K11")
def test_of_a_decision_killed_before_its_message_nothing_stands(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    alert = open_alert(database)

    def decide(store: Database) -> None:
        desk = a_desk(an_endpoint(), approval_from=None, chance=die)
        confirm(store, alert.id, "wang", NOON, desk)

    assert killed(database, decide)

    with database.reading() as db:
        assert alert_of(db, alert.id).state is AlertState.OPEN
        assert not [*reviews_of(db, alert.id), *list_tasks(db), *list_deliveries(db)]
        assert not acts_on(db, f"alert:{alert.id}")


@pytest.mark.fault("D07")
def test_a_task_whose_sender_was_killed_is_sent_at_the_next_go(tmp_path: Path) -> None:
    database, clock = a_database(tmp_path), Clock()
    endpoint = an_endpoint(events=(EventType.TASK_CREATED,))
    alert = open_alert(database, level=Level.RED)
    task = confirm(database, alert.id, "wang", NOON, a_desk(endpoint, approval_from=None))
    taking = Platform()

    assert killed(database, lambda store: deliver(store, Platform(answers=die), clock, endpoint))
    clock.go(LEASE.total_seconds() + 1)
    deliver(database, taking, clock, endpoint)
    deliver(database, taking, clock, endpoint)

    assert [one.subject for one in taking.seen] == [f"task:{task.number}"]


def deliver(store: Database, platform: Platform, clock: Clock, endpoint: Any) -> None:
    deliver_due(a_courier(store, platform, clock), (endpoint,))
