"""`work` without a database that machines share."""

from pathlib import Path

import pytest

from tests.serving_house import run_in

BAD = 2


@pytest.mark.sqlite_only("it is about a store that is a file")
def test_one_more_machine_on_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    done = run_in(tmp_path / "home", "work", "--once")

    assert done.returncode == BAD
    assert done.stderr.strip().splitlines() == [
        "work 用于多台机器，须在 store.database 写明各机共用的 PostgreSQL"
    ]
