"""The migrations make what the tables say: a changed table without a migration fails here."""

import os
import signal
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import event, insert, inspect, select, text

from crawler.domain.schedule import Schedule
from crawler.store.database import (
    Database,
    migrate,
    newest_version,
    open_database,
    schema_version,
)
from crawler.store.migrations.versions import v0013_firing_leases
from crawler.store.schedule_tables import firings
from crawler.store.schedules import add_schedule
from crawler.store.schema import metadata
from crawler.store.visits import open_sweep
from tests.builders import NOON


def test_a_migrated_store_is_what_the_tables_say(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    migrate(database)

    with database.reading() as db:
        context = MigrationContext.configure(db, opts={"include_object": is_ours})
        assert compare_metadata(context, metadata) == []


def is_ours(_thing: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    """Full text and words of sites have tables made by their engine; the version is Alembic's."""
    made_elsewhere = (name or "").startswith(("search_words", "site_words", "alembic_"))
    return not (kind == "table" and reflected and made_elsewhere)


def test_of_two_firings_under_way_the_running_one_stays(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'old.db'}")
    migrate(database)
    rows = [
        (1, "waiting", None), (1, "running", 1), (1, "waiting", 1), (1, "done", 1),
        (2, "waiting", None), (2, "waiting", None), (3, "skipped", None),
    ]  # fmt: skip
    with database.transaction() as db:
        db.execute(text("DROP INDEX uq_firings_going"))
        for table in ("firings", "recaptures"):
            db.execute(text(f"ALTER TABLE {table} DROP COLUMN lease_until"))
        for name in ("一", "二", "三"):
            add_schedule(db, Schedule(name=name, cron="0 2 * * *", region="310118"), NOON)
        open_sweep(db, "all", now=NOON, actor="x", region="310118", render=False)
        for number, (schedule, state, sweep) in enumerate(rows, 1):
            at = NOON + timedelta(hours=number)
            facts = {"id": number, "schedule_id": schedule, "state": state, "sweep_id": sweep}
            db.execute(insert(firings).values(facts | {"fire_at": at, "region": "310118"}))
        with Operations.context(MigrationContext.configure(db)):
            v0013_firing_leases.upgrade()

    with database.reading() as db:
        found = db.execute(select(firings).order_by(firings.c.id)).all()
    assert [(row.state, row.ended_at is not None) for row in found] == [
        ("skipped", True), ("running", False), ("stopped", True), ("done", False),
        ("waiting", False), ("skipped", True), ("skipped", False),
    ]  # fmt: skip
    database.close()


@pytest.mark.sqlite_only("its scripts are many statements, so that one can be counted")
@pytest.mark.fault("D33")
@pytest.mark.parametrize("statement", [3, 60, 150])
def test_a_killed_upgrade_leaves_the_store_as_it_was(tmp_path: Path, statement: int) -> None:
    """All of it is one transaction: no store stands between two versions."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    if (child := os.fork()) == 0:
        try:
            migrate(dying_at(url, statement))
        finally:
            os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL

    database = open_database(url)
    with database.reading() as db:
        assert schema_version(db) == ""
        assert inspect(db).get_table_names() == []
    migrate(database)

    with database.reading() as db:
        assert schema_version(db) == newest_version()
    database.close()


def dying_at(url: str, statement: int) -> Database:
    """A store whose program is killed at its nth statement that changes something."""
    database, seen = open_database(url), count(1)

    def look(_connection: Any, _cursor: Any, said: str, *_: Any) -> None:
        changes = said.lstrip().upper().startswith(("CREATE", "ALTER", "INSERT", "UPDATE"))
        if changes and next(seen) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "before_cursor_execute", look)
    return database
