"""A site is looked at again while the house is served, beside a sweep that is running."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.domain.recapture import Compared, Recapture, RecaptureState
from crawler.domain.schedule import FiringState
from crawler.service.wiring import House
from crawler.store.chain import heads, verify_chain
from crawler.store.recaptures import ask_recapture, last_recapture
from crawler.store.sites import site_of_domain
from crawler.store.visits import sweep_of
from tests.journey.test_sweeps_start_by_themselves import a_nightly, last, opened, run_now, until
from tests.serving_house import served_house, told

RISKY, INSIDE = "huitongjinfu-demo.cn", "neiwang-demo.cn"  # the latter points into our own net


@pytest.mark.soak
def test_the_served_house_looks_at_once_beside_a_running_sweep(
    tmp_path: Path, made_up_web: str
) -> None:
    with opened(tmp_path / "house", made_up_web) as house:
        assert told(house.home, "sweep", "--site", RISKY).code == 0
        (alert,) = (one["id"] for one in json.loads(told(house.home, "alerts", "--json").out))
        run_now(house, a_nightly(house, "all"))
        with served_house(house.home) as served:
            until(lambda: last(house).state is FiringState.RUNNING and last(house).sweep_id)
            done = served.run("recapture", str(alert))
            ended = wish(house, RISKY)
            gone = looked_at(house, INSIDE)
            assert served.json("/readyz")["ready"]

        assert done.returncode == 0, done.stderr
        assert "页面文字与预警时相同" in done.stdout
        assert (ended.state, ended.outcome, ended.compared) == (
            RecaptureState.DONE, "seen", Compared.SAME,
        )  # fmt: skip
        assert (gone.state, gone.compared) == (RecaptureState.DONE, Compared.UNSEEN)
        with house.database.reading() as db:
            night, look = sweep_of(db, last(house).sweep_id or 0), sweep_of(db, ended.sweep_id or 0)
            chains = heads(db)
            assert night.started_at < look.started_at
            assert night.finished_at is None or look.started_at < night.finished_at
            assert any(name.endswith("+again") for name in chains)
            assert [fault for name in chains for fault in verify_chain(db, name)] == []
        assert not list((house.home / "run" / "again").glob("*.watch"))


def looked_at(house: House, domain: str) -> Recapture:
    with house.database.transaction() as db:
        site = site_of_domain(db, domain)
        assert site is not None
        ask_recapture(db, site, 0, "zhang", datetime.now(UTC))
    until(lambda: wish(house, domain).is_over)
    return wish(house, domain)


def wish(house: House, domain: str) -> Recapture:
    with house.database.reading() as db:
        site = site_of_domain(db, domain)
        assert site is not None
        found = last_recapture(db, site.id)
    assert found is not None
    return found
