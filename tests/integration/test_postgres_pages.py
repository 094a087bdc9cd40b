"""The pages' questions in PostgreSQL's words: what SQLite answers, it answers too."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from crawler.domain.statistics import period_from
from crawler.domain.user import Role
from crawler.service.console.app import all_routes
from crawler.service.wiring import open_house
from crawler.store.albums import AlbumWanted, album_of, sweeps_with_pictures
from crawler.store.coverage import LedgerWanted, ledger_page
from crawler.store.database import open_database
from crawler.store.duties import last_sweep
from crawler.store.rhythms import due_by
from crawler.store.statistics import watched_in
from tests.builders import NOON
from tests.integration.console_house import Clock, Served, served
from tests.integration.console_seeds import seed_alert

pytestmark = pytest.mark.postgres


def test_every_page_is_answered_from_postgresql(postgres_url: str, tmp_path: Path) -> None:
    database = open_database(postgres_url)
    with database.engine.connect() as db:
        db.execution_options(isolation_level="AUTOCOMMIT").execute(text("CREATE DATABASE pages"))
    database.close()
    url = make_url(postgres_url).set(database="pages").render_as_string(hide_password=False)
    settings = f'region = "310000"\n[store]\ndatabase = "{url}"\n'
    (tmp_path / "xunwang.toml").write_text(settings, "utf-8")
    house = open_house(tmp_path)
    for n in range(3):
        seed_alert(house, f"s{n}.example.cn")

    with house.database.reading() as db:
        assert album_of(db, AlbumWanted(reach="31")).total == 3
        assert [album_of(db, AlbumWanted(sweep=n)).total for n in (1, 2, 9)] == [1, 1, 0]
        assert album_of(db, AlbumWanted(level="red", words="s1")).total == 1
        assert album_of(db, AlbumWanted(level="none", reach="310118")).total == 0
        assert list(sweeps_with_pictures(db, "31")) == [3, 2, 1]
        assert ledger_page(db, LedgerWanted(reach="310118", words="example"))[0] == 3
        assert ledger_page(db, LedgerWanted(reach="", finding="number_other"))[0] == 0
        assert sum(due_by(db, (NOON, NOON + timedelta(days=7)), "31")[0].values()) == 3
        assert watched_in(db, period_from("2026-05"), "31").sites == 3
        sweep = last_sweep(db, "31")
        assert sweep is not None
        assert (sweep.id, sweep.seen) == (3, 1)
    with served(house, Clock()) as port:
        visitor = Served(house=house, port=port).person("all", Role.OFFICER, Role.OPS)
        paths = [one.path for one in all_routes() if one.method == "GET" and "{" not in one.path]
        answers = {path: visitor.get(path).status for path in [*paths, "/alerts/1"]}
    house.database.close()
    assert {path: status for path, status in answers.items() if status >= 500} == {}
