"""What is handed to Prometheus and Grafana asks only for figures that the house gives."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import func, select

from crawler.domain.audit import Act
from crawler.domain.forecast import foreseen
from crawler.service.metrics import house_figures
from crawler.store.audit import note
from crawler.store.efforts import open_account
from crawler.store.tables import outbox, sweeps
from crawler.store.visits import sweep_of
from tests.builders import NOON
from tests.integration.packing_house import a_house, seed_case

ASKED = re.compile(r"xunwang_\w+")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of all figures of a house that has one of everything."""
    house = a_house(tmp_path_factory.mktemp("figures") / "h")
    seed_case(house, "a.example.cn")
    with house.database.transaction() as db:
        db.execute(sweeps.update().values(state="finished", finished_at=NOON))
        newest = sweep_of(db, db.scalar(select(func.max(sweeps.c.id))) or 0)
        open_account(db, newest, foreseen(1, None), "310118", measured=False)
        db.execute(outbox.insert().values(
            id="01JV0000000000000000000000", event_key="k", event="alert.opened", endpoint="p",
            subject="alert:1", seq=1, body=b"{}", region="310118", state="waiting",
            created_at=NOON, due_at=NOON,
        ))  # fmt: skip
        note(db, Act(at=NOON, actor="x", action="backup.make", object="installation", region="",
                     after="9 files, 0 missing"))  # fmt: skip
    registry = CollectorRegistry()
    registry.register(house_figures(house, lambda: NOON))
    said = generate_latest(registry).decode()
    house.database.close()
    return {line.partition("{")[0].partition(" ")[0] for line in said.splitlines()}


def expressions(value: Any) -> set[str]:
    if isinstance(value, dict):
        found = {str(value["expr"])} if "expr" in value else set()
        return found.union(*(expressions(one) for one in value.values()))
    if isinstance(value, list):
        return set().union(*(expressions(one) for one in value))
    return set()


@pytest.mark.parametrize("file", ["deploy/prometheus/xunwang.yml", "deploy/grafana/xunwang.json"])
def test_dashboard_and_rules_ask_only_for_figures_there_are(file: str, given: set[str]) -> None:
    text = Path(file).read_text("utf-8")
    asked = expressions(json.loads(text) if file.endswith("json") else yaml.safe_load(text))
    assert asked
    names = {name for expression in asked for name in ASKED.findall(expression)}
    assert names <= given
