"""What a sweep will take is foreseen from what the last one took, and held against the truth."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.domain.forecast import Effort
from crawler.domain.site import SweepState
from crawler.service.forecasting import account_line, forecast_line, foretold
from crawler.store.database import Database
from crawler.store.efforts import accounts_of, add_to_account, open_account
from crawler.store.visits import mark_sweep, sweep_of
from tests.builders import NOON
from tests.integration.test_families import visits as filed_visits
from tests.serving_house import told
from tests.stores import a_database

SITES = 40
GUESS = Effort(sites=SITES, seconds=300, bytes=2**20, traffic=2**21, pictures=1)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = a_database(tmp_path)
    with made.transaction() as db:
        filed_visits(db, SITES)
    return made


def finished(database: Database) -> None:
    """One that lay aside for nine hours between two runs of five minutes."""
    with database.transaction() as db:
        open_account(db, sweep_of(db, 1), GUESS, "310118", measured=False)
        for _ in range(2):
            add_to_account(db, 1, seconds=300, traffic=50 * 2**20)
        mark_sweep(db, 1, SweepState.FINISHED, NOON + timedelta(hours=9))


def test_the_next_sweep_is_foreseen_by_the_time_and_traffic_of_the_last(
    database: Database,
) -> None:
    finished(database)
    with database.reading() as db:
        effort, measured = foretold(db, 2 * SITES)

    assert measured
    assert effort.seconds == 1_200  # not eighteen hours
    assert effort.traffic == 200 * 2**20
    assert "流量约 200 MiB" in forecast_line(effort, measured=measured)


def test_truth_stands_beside_what_was_foreseen(database: Database) -> None:
    finished(database)
    with database.reading() as db:
        account = accounts_of(db, [1])[1]

    assert (account.foreseen.seconds, account.taken.seconds) == (300, 600)
    assert (account.foreseen.traffic, account.taken.traffic) == (2**21, 100 * 2**20)
    assert "用时 10 分钟（预计 5 分钟），流量 100 MiB（2 MiB）" in account_line(account)


def test_without_any_sweep_traffic_is_a_guess_of_the_field(database: Database) -> None:
    with database.reading() as db:
        effort, measured = foretold(db, 30_000)

    assert not measured
    assert effort.traffic > effort.bytes


def test_the_command_says_how_much_will_come_in(tmp_path: Path) -> None:
    home = tmp_path / "home"
    added = told(home, "schedule", "add", "夜", "--cron", "0 2 * * *", "--of", "all")
    assert added.code == 0
    assert "流量约" in told(home, "schedule", "forecast", "夜").out
    foreseen = json.loads(told(home, "schedule", "forecast", "夜", "--json").out)
    assert "traffic" in foreseen
