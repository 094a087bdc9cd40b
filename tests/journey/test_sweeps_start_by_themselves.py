"""A served house sweeps what its timetable says, goes on after a kill, and stops when asked."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.domain.rhythm import DueWhy
from crawler.domain.schedule import Firing, FiringState, Schedule
from crawler.domain.site import VisitState
from crawler.service.wiring import House, open_house
from crawler.store.certificates import latest_certificates
from crawler.store.rhythms import due_by
from crawler.store.schedules import add_schedule, ask_run, ask_stop, drawn_results, firings_in
from crawler.store.visits import outcome_count, waiting_count
from tests.serving_house import served_house, told

SITES = 25
OVER = {FiringState.DONE, FiringState.FAILED, FiringState.STOPPED}


@contextmanager
def opened(home: Path, made_up_web: str) -> Iterator[House]:
    """A home with the made-up list in it, without a browser: what is tested is the timetable."""
    home.mkdir()
    settings = f'region = "310118"\n{made_up_web}\nfetchers = 1\n[browser]\nenabled = false\n'
    (home / "xunwang.toml").write_text(settings, "utf-8")
    rows = Path("tests/site/filings.csv").read_bytes().splitlines(keepends=True)
    (home / "list.csv").write_bytes(b"".join(rows[:SITES]))
    assert told(home, "import", str(home / "list.csv")).code == 0
    house = open_house(home)
    try:
        yield house
    finally:
        house.database.close()


def a_nightly(house: House, selection: str = "due", **given: object) -> Schedule:
    wanted = Schedule(
        name="每夜", cron="0 2 * * *", selection=selection, region="310118", **given,  # type: ignore[arg-type]
    )  # fmt: skip
    with house.database.transaction() as db:
        return add_schedule(db, wanted, datetime.now(UTC))


def run_now(house: House, schedule: Schedule) -> None:
    with house.database.transaction() as db:
        ask_run(db, schedule, "wang", datetime.now(UTC))


def last(house: House) -> Firing:
    with house.database.reading() as db:
        return firings_in(db, limit=1)[0]


def until(what: "object", seconds: float = 90) -> None:
    assert callable(what)
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, "it did not come to that"
        time.sleep(0.2)


def closed(house: House, sweep_id: int) -> int:
    with house.database.reading() as db:
        return waiting_count(db, sweep_id)[VisitState.CLOSED]


@pytest.mark.soak
def test_a_schedule_sweeps_goes_on_after_a_kill_and_ends(tmp_path: Path, made_up_web: str) -> None:
    with opened(tmp_path / "house", made_up_web) as house:
        schedule = a_nightly(house)
        run_now(house, schedule)
        with served_house(house.home) as served:
            until(lambda: last(house).sweep_id and closed(house, last(house).sweep_id or 0) > 0)
            first = last(house)
            assert first.state is FiringState.RUNNING
            served.process.kill()
        with served_house(house.home):
            until(lambda: last(house).state in OVER)
        ended = last(house)
        assert (ended.state, ended.id, ended.sweep_id) == (
            FiringState.DONE, first.id, first.sweep_id,
        )  # fmt: skip
        assert ended.sweep_id
        with house.database.reading() as db:
            assert "" not in outcome_count(db, ended.sweep_id)
            paces = due_by(db, (datetime.now(UTC) + timedelta(days=60),))[0]
            said = [json.loads(one.body) for one in latest_certificates(db)]
        assert sum(paces.values()) == SITES - 1
        assert DueWhy.NEW not in paces
        (swept,) = (one for one in said if one["kind"] == "sweep")
        assert swept["coverage"]["adds_up"]
        assert swept["coverage"]["watched"] == SITES - 1


@pytest.mark.fault("D31")
def test_a_running_sweep_is_stopped_by_a_person_and_a_term_leaves_it_for_later(
    tmp_path: Path, made_up_web: str
) -> None:
    with opened(tmp_path / "house", made_up_web) as house:
        schedule = a_nightly(house, "sample:50", officers=("甲", "乙"))
        run_now(house, schedule)
        with served_house(house.home) as served:
            until(lambda: last(house).state is FiringState.RUNNING and last(house).sweep_id)
            status, seconds = served.end()
            assert (status, seconds < 10) == (0, True)
        assert last(house).state is FiringState.WAITING
        assert "接着做" in last(house).reason
        with house.database.transaction() as db:
            assert ask_stop(db, schedule, "wang", datetime.now(UTC)) == 1
            drawn = drawn_results(db, last(house).sweep_id or 0)
            assert {one.officer for one in drawn} == {"甲", "乙"}
        with served_house(house.home):
            until(lambda: last(house).state in OVER)
        assert last(house).state is FiringState.STOPPED
