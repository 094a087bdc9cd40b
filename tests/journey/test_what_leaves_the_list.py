"""A site that is no longer filed: nothing that was done about it is lost."""

import json
from pathlib import Path

import pytest

from tests.journey.conftest import Installation

pytestmark = pytest.mark.slow


def test_a_site_that_leaves_the_list_keeps_its_task_and_evidence(
    swept: Installation, tmp_path: Path
) -> None:
    (task, *_) = json.loads(swept.run("tasks", "list", "--json").stdout)
    confirmed = swept.run("alerts", "list", "--state", "confirmed", "--json")
    domain = json.loads(confirmed.stdout)[0]["domain"]
    rows = Path("tests/site/filings.csv").read_text("gb18030").splitlines(keepends=True)
    shorter = tmp_path / "次月.csv"
    shorter.write_text("".join(row for row in rows if domain not in row), "gb18030")

    done = swept.run("import", str(shorter), "--json")

    assert done.returncode == 0, done.stderr
    states = {one["domain"]: one["state"] for one in swept.lines("sites", "--jsonl")}
    assert {domain for domain, state in states.items() if state == "retired"} == {domain}
    assert task in json.loads(swept.run("tasks", "list", "--json").stdout)
    assert swept.run("verify").returncode == 0
