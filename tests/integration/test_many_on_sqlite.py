"""Eight that write and two that read, each a process of its own, on one embedded store."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.domain.audit import Act
from crawler.store.audit import acts_on, broken_entries, latest_acts, note
from crawler.store.database import Database, open_database
from tests.builders import NOON
from tests.stores import a_database

WRITERS, READERS, EACH = 8, 2, 60
pytestmark = pytest.mark.sqlite_only("its one lock for all that write")


@pytest.mark.fault("D20")
def test_nobody_who_writes_is_lost_or_told_that_the_store_is_locked(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    url = f"sqlite:///{tmp_path / 'xunwang.db'}"

    def write(name: str) -> None:
        store = open_database(url)
        for number in range(EACH):
            with store.transaction() as db:
                note(db, Act(at=NOON, actor=name, action="test.write", object=f"{name}:{number}"))
                time.sleep(0.002)  # so long a group of captures takes

    def read(_name: str) -> None:
        store = open_database(url)
        for _ in range(EACH):
            with store.reading() as db:
                latest_acts(db)

    begun = [
        *(begin(write, f"writer{n}") for n in range(WRITERS)),
        *(begin(read, f"reader{n}") for n in range(READERS)),
    ]

    assert [os.waitpid(pid, 0)[1] for pid in begun] == [0] * (WRITERS + READERS)
    assert written(database) == WRITERS * EACH


def begin(act: Callable[[str], None], name: str) -> int:
    """A process of its own; it ends with 0 if nothing went wrong in it."""
    if (child := os.fork()) == 0:
        code = 1
        try:
            act(name)
            code = 0
        finally:
            os._exit(code)
    return child


def written(database: Database) -> int:
    with database.reading() as db:
        assert list(broken_entries(db)) == []
        names = [f"writer{writer}:{number}" for writer in range(WRITERS) for number in range(EACH)]
        return sum(len(acts_on(db, name)) for name in names)
