"""What `work` refuses on a real PostgreSQL: each in one clear line, and nothing is claimed."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, Connection, func, make_url, select

from crawler.domain.errors import TryLater
from crawler.service.doors import now
from crawler.service.holding import held
from crawler.service.joining import check_clock
from crawler.service.wiring import House, agreement_for, open_house
from crawler.store.agreements import save_agreement
from crawler.store.database import open_database
from crawler.store.tables import visits
from crawler.store.visits import sweep_of
from tests import servers
from tests.integration.test_families import visits as filed_visits
from tests.serving_house import run_in

pytestmark = pytest.mark.postgres
BAD, LATER = 2, 3
ENDPOINT = '[[delivery.endpoints]]\nname = "又一处"\nurl = "http://127.0.0.1:9/"\nsecret = "{}"\n'
SECRET = "whsec_am91cm5leS1zZWNyZXQtb2YteHVud2FuZw=="


@pytest.fixture
def database(postgres_url: str, tmp_path: Path) -> str:
    """The address of an empty one."""
    at = make_url(postgres_url)
    name = "w" + hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]
    with psycopg.connect(
        host=at.host, port=at.port, user=at.username, dbname="xunwang", autocommit=True
    ) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return at.set(database=name).render_as_string(hide_password=False)


def a_home(home: Path, database: str, more: str = "") -> Path:
    home.mkdir()
    settings = f'region = "310118"\n[store]\ndatabase = "{database}"\n{more}'
    (home / "xunwang.toml").write_text(settings, "utf-8")
    return home


@pytest.fixture
def house(database: str, tmp_path: Path) -> Iterator[House]:
    """A machine that has begun a sweep."""
    opened = open_house(a_home(tmp_path / "first", database))
    with opened.database.transaction() as db:
        filed_visits(db, 6)
        agreed(opened, db)
    yield opened
    opened.database.close()


def agreed(house: House, db: Connection, **otherwise: str) -> None:
    agreement = replace(agreement_for(house), **otherwise)
    save_agreement(db, sweep_of(db, 1), agreement, owner=house.owner, now=now())


def refused(home: Path, code: int) -> str:
    """What `work` says, in its one line."""
    done = run_in(home, "work", "--once")
    assert done.returncode == code, done.stderr
    lines = [one for one in done.stderr.splitlines() if one and not one.startswith("{")]
    lines = [one for one in lines if "store.objects" not in one]
    assert len(lines) == 1, done.stderr
    return lines[0]


def claimed(house: House) -> int:
    with house.database.reading() as db:
        return db.scalar(select(func.count()).where(visits.c.lease_owner != "")) or 0


def test_another_program_is_named(house: House, database: str, tmp_path: Path) -> None:
    with house.database.transaction() as db:
        agreed(house, db, program="xunwang/0.0.1")

    said = refused(a_home(tmp_path / "second", database), BAD)

    assert "程序版本与批次 1 的不同，不参加" in said
    assert claimed(house) == 0


def test_another_word_list_is_named(house: House, database: str, tmp_path: Path) -> None:
    with house.database.transaction() as db:
        agreed(house, db, lexicon="别的")

    said = refused(a_home(tmp_path / "second", database), BAD)

    assert "词库版本与批次 1 的不同，不参加" in said
    assert claimed(house) == 0


def test_other_receivers_are_named(house: House, database: str, tmp_path: Path) -> None:
    said = refused(a_home(tmp_path / "second", database, ENDPOINT.format(SECRET)), BAD)

    assert "接收端（delivery.endpoints）与批次 1 的不同，不参加" in said
    assert claimed(house) == 0


def test_a_second_one_in_the_same_home_waits_its_turn(house: House) -> None:
    with held(house.home, "work"):
        assert "正由 xunwang work" in refused(house.home, LATER)


def test_a_second_machine_of_the_same_name_waits_its_turn(house: House) -> None:
    with house.database.named(house.owner):
        assert "主机名与数据目录不能都相同" in refused(house.home, LATER)

    assert claimed(house) == 0


@pytest.mark.parametrize(
    "skew", [timedelta(minutes=2), timedelta(minutes=-2)], ids=["fast", "slow"]
)
def test_a_wrong_clock_joins_nothing(house: House, skew: timedelta) -> None:
    with pytest.raises(TryLater, match=r"相差 1[12]\d 秒，租约会被误判：请先校时"):
        check_clock(house, now() + skew)

    check_clock(house, now())


def test_a_server_that_is_away_is_one_line(tmp_path: Path) -> None:
    nobody = f"postgresql+psycopg://xunwang@127.0.0.1:{servers.free_port()}/xunwang"

    assert "数据库暂不可用" in refused(a_home(tmp_path / "home", nobody), LATER)


@pytest.fixture
def officer_of_the_server(postgres_url: str) -> Iterator[URL]:
    """A role that the server asks for its password, as it asks none of the tests' own."""
    server = make_url(postgres_url)
    asked = "host all asked 127.0.0.1/32 scram-sha-256\n"
    with psycopg.connect(
        host=server.host, port=server.port, user=server.username, dbname="xunwang", autocommit=True
    ) as connection:
        connection.execute("CREATE ROLE asked LOGIN PASSWORD 'richtig-42'")
        ((path,),) = connection.execute("SHOW hba_file")
        rules = Path(path)
        before = rules.read_text("utf-8")
        rules.write_text(asked + before, "utf-8")  # the first rule that fits counts
        connection.execute("SELECT pg_reload_conf()")
        yield server.set(username="asked", password="richtig-42")
        rules.write_text(before, "utf-8")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("DROP ROLE asked")


@pytest.mark.parametrize("password", ["geheim-42", None], ids=["wrong", "none"])
def test_a_wrong_password_is_one_line_and_is_not_told(
    officer_of_the_server: URL, password: str | None, tmp_path: Path
) -> None:
    asked = officer_of_the_server
    with closing(open_database(asked.render_as_string(hide_password=False))) as right:
        right.engine.connect().close()
    strange = URL.create(
        asked.drivername, asked.username, password, asked.host, asked.port, asked.database
    ).render_as_string(hide_password=False)

    said = refused(a_home(tmp_path / "home", strange), LATER)

    assert said.endswith("数据库拒绝了用户名或口令，请查 store.database")
    assert "geheim-42" not in said


def test_a_lease_too_short_to_keep_is_refused(database: str, tmp_path: Path) -> None:
    home = a_home(tmp_path / "home", database, "[crawl]\nlease_s = 1\n")

    assert "crawl.lease_s" in refused(home, BAD)


def test_nothing_to_do_is_a_good_end(database: str, tmp_path: Path) -> None:
    done = run_in(a_home(tmp_path / "home", database), "work", "--once")

    assert done.returncode == 0, done.stderr
    assert "0" in done.stdout
