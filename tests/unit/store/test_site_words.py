"""A site is found by words in its name as if every name had been read through."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Row, insert, select, update

from crawler.store import sites as site_store
from crawler.store.database import Database, migrate, open_database, upsert
from crawler.store.sites import named
from crawler.store.tables import sites
from tests.builders import NOON
from tests.stores import a_database

MIGRATIONS = Path(site_store.__file__).parent / "migrations"
LETTERS = "商务公司ab01A%_\\\"'. -é𠀀"
words = st.text(LETTERS, min_size=1, max_size=5)
names = st.lists(st.text(LETTERS, max_size=12), min_size=1, max_size=12)


def row(n: int, unit: str, shown: str = "") -> dict[str, object]:
    domain = f"d{n:03}.example.cn"
    return {
        "domain": domain, "domain_shown": shown or domain, "region": "310118", "unit_name": unit,
        "subject_kind": "enterprise", "site_name": "", "main_licence": "", "service_licence": "",
        "state": "watched", "created_at": NOON, "actor": "test",
    }  # fmt: skip


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = a_database(tmp_path_factory.mktemp("words"))
    with database.transaction() as db:
        db.execute(insert(sites), [row(n, "") for n in range(12)])
        db.execute(insert(sites).values(row(900, "颐享", "商务.example.cn")))
    yield database
    database.close()


def found(database: Database, asked: str) -> set[str]:
    with database.reading() as db:
        return set(db.scalars(select(sites.c.domain).where(named(db, asked))))


def low(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)


def names_of(database: Database) -> list[Row[Any]]:
    with database.reading() as db:
        shown = select(sites.c.domain, sites.c.domain_shown, sites.c.unit_name)
        return list(db.execute(shown).all())


def read_through(rows: list[Row[Any]], asked: str) -> set[str]:
    return {
        one.domain
        for one in rows
        if low(asked) in low(one.domain if asked.isascii() else one.domain_shown)
        or low(asked) in low(one.unit_name)
    }


@given(units=names, asked=st.lists(words, min_size=1, max_size=4))
def test_the_same_sites_as_by_reading_every_name(
    database: Database, units: list[str], asked: list[str]
) -> None:
    with database.transaction() as db:
        for n, unit in enumerate(units):
            mine = update(sites).where(sites.c.domain == row(n, "")["domain"])
            db.execute(mine.values(unit_name=unit))
    rows = names_of(database)
    with pytest.MonkeyPatch.context() as patch:
        for most in (0, 2, 20_000):
            patch.setattr(site_store, "MOST_BY_INDEX", most)

            for one in (*asked, units[0][:2], units[-1][1:5], "0", "00", "example"):
                if one:
                    assert found(database, one) == read_through(rows, one), (most, one)


@pytest.mark.parametrize("asked", ["商务", "务.", "商务.example", "颐享", "享"])
def test_two_characters_are_enough_in_a_domain_of_its_own_script(
    database: Database, asked: str
) -> None:
    assert "d900.example.cn" in found(database, asked)


def test_another_list_renames_what_is_found(database: Database) -> None:
    with database.transaction() as db:
        statement = upsert(db, sites).values(row(901, "东方旧名"))
        again = statement.on_conflict_do_update(
            index_elements=["domain"], set_={"unit_name": statement.excluded.unit_name}
        )
        db.execute(again)
        db.execute(again, row(901, "西方新名"))

    assert (found(database, "旧名"), found(database, "新名")) == (set(), {"d901.example.cn"})


@pytest.mark.sqlite_only("elsewhere there is nothing to fill")
def test_a_store_that_is_there_already_is_filled(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'old.db'}")
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.transaction() as db:
        config.attributes["connection"] = db
        command.upgrade(config, "0010")
        db.execute(insert(sites), [row(1, "云湖颐享养老"), row(2, "某某有限公司")])

    migrate(database)

    assert found(database, "颐享") == {"d001.example.cn"}
    with database.reading() as db:
        count = "SELECT count(*) FROM site_words WHERE site_words MATCH :pair"
        pair = "颐享".encode().hex()
        assert db.exec_driver_sql(count.replace(":pair", f"'\"{pair}\"'")).scalar_one() == 1
    database.close()
