"""Whose a visit is: claimed by one, the most urgent first, free again when its holder is gone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crawler.domain.site import VisitState
from crawler.store.database import Database
from crawler.store.visits import advance, claim_visits, release_leases, release_visits
from tests.builders import NOON
from tests.integration.test_families import visits as filed_visits
from tests.stores import a_database

LEASE = timedelta(minutes=15)
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = a_database(tmp_path)
    with opened.transaction() as db:
        filed_visits(db, 4)
    yield opened
    opened.close()


def claimed(
    database: Database,
    owner: str,
    at: datetime = NOON,
    limit: int = 10,
    state: VisitState = VisitState.WAITING,
    held: set[int] | None = None,
) -> list[int]:
    with database.transaction() as db:
        mine = claim_visits(db, 1, state, owner=owner, now=at, lease=LEASE, limit=limit, held=held)
    return [one.id for one in mine]


def test_a_claimed_visit_is_nobody_elses_until_its_lease_ends(database: Database) -> None:
    first = claimed(database, "first", limit=3)
    second = claimed(database, "second", LATER)

    assert (first, second) == ([1, 2, 3], [4])
    assert claimed(database, "third", NOON + LEASE) == []
    assert claimed(database, "third", NOON + LEASE + timedelta(seconds=1)) == first


def test_what_stays_with_its_machine_is_claimed_by_it_and_by_nobody_else(
    database: Database,
) -> None:
    mine = claimed(database, "first", limit=3)

    assert claimed(database, "second", LATER, held=set()) == [4]
    assert claimed(database, "first", LATER, held={2}) == [1, 3]  # 2 is in its hands already
    assert claimed(database, "first", LATER, held=set(mine)) == []


def test_what_a_dead_child_held_is_free_at_once_and_nothing_else(database: Database) -> None:
    claimed(database, "parent")
    with database.transaction() as db:
        release_visits(db, "parent", [2, 3])

    assert claimed(database, "parent", LATER) == [2, 3]


def test_what_a_dead_parent_held_is_free_when_it_starts_again(database: Database) -> None:
    mine = claimed(database, "parent", limit=2)
    claimed(database, "other")
    with database.transaction() as db:
        assert release_leases(db, "parent") == 2

    assert claimed(database, "parent", LATER) == mine


def test_the_most_urgent_come_first_and_equals_in_their_order(database: Database) -> None:
    urgencies = {1: 0, 2: 3, 3: 1, 4: 3}
    with database.transaction() as db:
        for visit_id, urgency in urgencies.items():
            advance(db, visit_id, VisitState.RENDERING, now=NOON, urgency=urgency)

    drawing = VisitState.RENDERING
    assert claimed(database, "x", limit=3, state=drawing) == [2, 4, 3]
    assert claimed(database, "x", limit=3, state=drawing) == [1]


def test_a_visit_is_claimed_only_by_those_whose_turn_it_is(database: Database) -> None:
    with database.transaction() as db:
        advance(db, 1, VisitState.PATIENT, now=NOON)
        advance(db, 2, VisitState.CLOSED, now=NOON)

    assert claimed(database, "x", state=VisitState.PATIENT) == [1]
    assert claimed(database, "x") == [3, 4]
