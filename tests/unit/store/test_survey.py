"""The planner is told how the tables are filled."""

from pathlib import Path

import pytest
from sqlalchemy import insert

from crawler.store.database import Database
from crawler.store.tables import sites
from tests.builders import NOON
from tests.stores import a_database


def a_site(n: int) -> dict[str, object]:
    name = f"d{n}.example.cn"
    return {
        "domain": name, "domain_shown": name, "region": "310118" if n % 4 else "310116",
        "unit_name": "x", "subject_kind": "enterprise", "site_name": "", "main_licence": "",
        "service_licence": "", "state": "watched", "created_at": NOON, "actor": "test",
    }  # fmt: skip


def known(database: Database) -> dict[str, int]:
    """Rows of each table as the planner believes."""
    with database.reading() as db:
        said = db.exec_driver_sql("select name from sqlite_master where name = 'sqlite_stat1'")
        if said.first() is None:
            return {}
        rows = db.exec_driver_sql("select tbl, stat from sqlite_stat1").all()
    return {table: int(stat.split()[0]) for table, stat in rows}


@pytest.mark.sqlite_only("PostgreSQL surveys itself")
def test_a_survey_tells_the_planner_how_full_the_tables_are(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    with database.transaction() as db:
        db.execute(insert(sites), [a_site(n) for n in range(3_000)])
    before = known(database)

    database.survey()
    database.survey()  # harmless

    assert "sites" not in before
    assert known(database)["sites"] == 3_000
    database.close()
