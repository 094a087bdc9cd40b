"""A site that is no longer filed: nothing that was done about it is lost."""

import json
from pathlib import Path

import pytest

from tests.journey.conftest import Installation

pytestmark = pytest.mark.slow


@pytest.mark.fault("S17")
def test_a_site_that_leaves_the_list_keeps_its_task_and_evidence(
    swept: Installation, tmp_path: Path
) -> None:
    (alert, *_) = json.loads(swept.run("alerts", "list", "--state", "open", "--json").stdout)
    confirmed = swept.run("confirm", str(alert["id"]), "--reason", "属实")
    assert confirmed.returncode == 0, confirmed.stderr
    domain, before = alert["domain"], json.loads(swept.run("tasks", "list", "--json").stdout)
    rows = Path("tests/site/filings.csv").read_text("gb18030").splitlines(keepends=True)
    shorter = tmp_path / "次月.csv"
    shorter.write_text("".join(row for row in rows if domain not in row), "gb18030")

    done = swept.run("import", str(shorter), "--json")

    assert done.returncode == 0, done.stderr
    states = {one["domain"]: one["state"] for one in swept.lines("sites", "--jsonl")}
    assert {domain for domain, state in states.items() if state == "retired"} == {domain}
    assert before
    assert json.loads(swept.run("tasks", "list", "--json").stdout) == before
    assert swept.run("verify").returncode == 0
