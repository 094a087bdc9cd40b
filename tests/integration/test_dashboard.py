"""Each panel of the dashboard and each alert rule, asked of a real Prometheus that scrapes a served
house. Grafana itself is in no registry reached here: its panels are drawn from these answers.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
import yaml

from crawler.domain.forecast import foreseen
from crawler.domain.site import SweepState
from crawler.store.efforts import open_account
from crawler.store.tables import outbox
from crawler.store.visits import every_site, mark_sweep, start_sweep
from tests import servers
from tests.builders import NOON
from tests.integration.packing_house import a_house, seed_case
from tests.serving_house import served_house

DASHBOARD = json.loads(Path("deploy/grafana/xunwang.json").read_text("utf-8"))
FINISHED = "xunwang_last_sweep_finished_timestamp_seconds"
RULES = yaml.safe_load(Path("deploy/prometheus/xunwang.yml").read_text("utf-8"))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not servers.wanted():
        pytest.skip("needs a real Prometheus: make test-all")
    folder = tmp_path_factory.mktemp("dashboard")
    house = a_house(folder / "home")
    seed_case(house, "a.example.cn")
    with house.database.transaction() as db:
        sweep = start_sweep(
            db, "all", every_site(), now=NOON, actor="t", region="310000", render=True
        )
        open_account(db, sweep, foreseen(1, None), "310118", measured=False)
        mark_sweep(db, sweep.id, SweepState.FINISHED, NOON + timedelta(hours=1))
        db.execute(outbox.insert().values(
            id="01JV0000000000000000000000", event_key="k", event="alert.opened", endpoint="p",
            subject="alert:1", seq=1, body=b"{}", region="310118", state="given_up",
            created_at=NOON, due_at=NOON,
        ))  # fmt: skip
        db.execute(outbox.insert().values(
            id="01JV0000000000000000000001", event_key="l", event="alert.opened", endpoint="p",
            subject="alert:1", seq=2, body=b"{}", region="310118", state="waiting",
            created_at=NOON, due_at=NOON,
        ))  # fmt: skip
    house.database.close()
    with (
        served_house(folder / "home") as served,
        servers.prometheus(folder, served.address.removeprefix("http://")) as url,
    ):
        yield url


def answered(address: str, expression: str, *, within_s: float = 40) -> list[Any]:
    """What Prometheus says, once it says anything."""
    ends = time.monotonic() + within_s
    while True:
        try:
            with urlopen(f"{address}/api/v1/query?query={quote(expression)}", timeout=10) as told:
                said = json.load(told)
        except OSError:
            said = {"status": "away", "data": {"result": []}}
        found = list(said["data"]["result"])
        if found or time.monotonic() > ends:
            assert said["status"] == "success", said
            return found
        time.sleep(0.5)


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda one: f"panel{one['id']}")
def test_every_panel_shows_something(address: str, panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        assert answered(address, target["expr"]), (panel["title"], target["expr"])


def test_every_rule_is_taken_and_those_fire_that_should(address: str) -> None:
    rules = [one for group in RULES["groups"] for one in group["rules"]]
    assert answered(address, "up") != []
    firing = {one["alert"] for one in rules if answered(address, one["expr"], within_s=1)}
    assert {"XunwangNoSweep", "XunwangUndelivered", "XunwangGivenUp"} <= firing
    assert not firing & {"XunwangDown", "XunwangDisk", "XunwangMemory"}


def test_the_rules_are_sound_by_prometheus_own_tool(address: str) -> None:
    assert address
    done = subprocess.run(
        ["promtool", "check", "rules", "deploy/prometheus/xunwang.yml"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("series", "fires"),
    [
        ({}, False),  # no such installation
        ({"xunwang_info": "1+0x4000"}, True),
        ({"xunwang_info": "1+0x4000", FINISHED: "100+0x4000"}, False),
    ],
)
def test_an_installation_that_never_finished_a_sweep_is_told_of(
    address: str, series: dict[str, str], fires: bool, tmp_path: Path
) -> None:
    assert address
    labels = {"instance": "a:8080", "severity": "warning"}
    rule = next(
        one for group in RULES["groups"] for one in group["rules"]
        if one["alert"] == "XunwangNeverSwept"
    )  # fmt: skip
    expected = [{"exp_labels": labels, "exp_annotations": rule["annotations"]}] if fires else []
    other = [
        {"series": f'{name}{{instance="b:8080"}}', "values": "1+0x4000"}
        for name in ("xunwang_info", FINISHED)  # one beside it, which did
    ]
    mine = [
        {"series": f'{name}{{instance="a:8080"}}', "values": values}
        for name, values in series.items()
    ]
    case = {
        "interval": "1m",
        "input_series": other + mine,
        "alert_rule_test": [
            {"eval_time": "47h", "alertname": rule["alert"], "exp_alerts": []},
            {"eval_time": "49h", "alertname": rule["alert"], "exp_alerts": expected},
        ],
    }
    rules = str(Path("deploy/prometheus/xunwang.yml").absolute())
    file = tmp_path / "rules-test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [rules], "tests": [case]}), "utf-8")
    done = subprocess.run(
        ["promtool", "test", "rules", str(file)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
