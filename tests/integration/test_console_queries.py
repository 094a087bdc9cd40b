"""A page asks the store at most ten times, however many rows there are."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event, update

from crawler.domain.subject import Listed, Register, RegisterList
from crawler.domain.user import Role
from crawler.reading.lead_list import place_of
from crawler.service.console.app import all_routes
from crawler.service.importing import import_file, rules_of
from crawler.service.leading import Complaint, take_lead
from crawler.store.albums import AlbumWanted, album_of
from crawler.store.coverage import LedgerWanted, ledger_page
from crawler.store.database import Connection
from crawler.store.lead_tables import leads
from crawler.store.subjects import import_register, stage_register
from tests.bench.console import counted
from tests.builders import NOON
from tests.integration.console_house import Served, console
from tests.integration.console_seeds import Seeded, seed_alert, seed_task

MOST = 10


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with console(tmp_path_factory.mktemp("queries") / "home") as served:
        yield served


@pytest.fixture(scope="module")
def seeded(house: Served) -> dict[str, str]:
    """What stands for the blanks of an address."""
    many: list[Seeded] = [seed_alert(house.house, f"s{n}.example.cn") for n in range(15)]
    task = seed_task(house.house, "t.example.cn")
    for n in range(20):  # of 15 there is an alert, 5 are nothing but told of
        told = Complaint(
            place=place_of(f"http://s{n}.example.cn/", rules_of(house.house)), channel="12345",
            region="310118",
        )  # fmt: skip
        take_lead(house.house, told, "li", NOON)
    with house.house.database.transaction() as db:
        db.execute(update(leads).where(leads.c.id % 2 == 0).values(state="visited"))
    file = house.house.home / "list.csv"
    file.write_text("主办单位名称,网站域名\n甲,l.example.cn\n乙,127.0.0.1\n", "utf-8")
    taken = import_file(
        house.house, file, source="局", actor="t", at=NOON, whole=True, rehearse=False
    )
    return {
        "/lists/{id}": str(taken.list_id),
        "/alerts/{id}": str(many[0].alert_id),
        "/tasks/{id}": str(task.id),
        "/evidence/{capture}/{kind}/{size}": f"{many[0].capture_id}/screen/card",
    }


def pages(seeded: dict[str, str]) -> Iterator[str]:
    for route in all_routes():
        if route.method != "GET" or route.path in ("/", "/sign-in"):
            continue
        stem = next((one for one in seeded if route.path.startswith(one)), "")
        if stem.startswith("/evidence"):
            yield "/evidence/" + seeded[stem]
        elif stem:
            yield route.path.replace("{id}", seeded[stem])
        elif "{" not in route.path:
            yield route.path
    yield "/sites/s1.example.cn"


def test_every_page_asks_at_most_ten_times(house: Served, seeded: dict[str, str]) -> None:
    everything = house.person("allseeing", Role.OFFICER, Role.SUPERVISOR, Role.OPS)
    admin = house.person("admin", Role.ADMIN)
    asked: dict[str, int] = {}

    for path in pages(seeded):
        for visitor in (everything, admin):
            with counted(house.house.database.engine) as said:
                answer = visitor.get(path)
            if answer.status == 200:
                asked[path] = len(said)

    print(asked)
    assert len(asked) >= 10
    assert {path: n for path, n in asked.items() if n > MOST} == {}


def test_a_page_with_registers_loaded_asks_no_more(house: Served, seeded: dict[str, str]) -> None:
    with house.house.database.transaction() as db:
        rows = iter([Listed(register=Register.CREDIT, name="云湖颐享养老服务有限公司")])
        one = RegisterList(
            register=Register.CREDIT, source="t", as_of=NOON.date(), name="t.csv", sha256="",
            received_at=NOON, whole=True,
        )  # fmt: skip
        import_register(db, one, stage_register(db, rows, "310000"), "t", "310000")
    officer = house.person("registered", Role.OFFICER)

    for path in ("/today", f"/alerts/{seeded['/alerts/{id}'].rpartition('/')[2]}"):
        with counted(house.house.database.engine) as said:
            assert officer.get(path).status == 200
        assert len(said) <= MOST, said


ALBUMS = {
    "each site's newest": AlbumWanted(),
    "a district": AlbumWanted(reach="310118"),
    "a city": AlbumWanted(reach="31"),
    "a sweep": AlbumWanted(sweep=1),
    "a level": AlbumWanted(level="red"),
    "words": AlbumWanted(words="s1"),
}


@pytest.mark.sqlite_only("it reads SQLite's query plans")
@pytest.mark.parametrize("which", ALBUMS)
def test_the_album_walks_an_index_and_never_the_pictures(
    house: Served, seeded: dict[str, str], which: str
) -> None:
    plans = _plans(house, lambda db: album_of(db, ALBUMS[which]))

    assert any("ix_pictures_" in step for step in plans)
    assert [step for step in plans if _walks(step, "pictures", "captures", "visits")] == []


@pytest.mark.sqlite_only("it reads SQLite's query plans")
def test_the_ledger_shows_fifty_sites_without_walking_all_visits(
    house: Served, seeded: dict[str, str]
) -> None:
    for wanted in (
        LedgerWanted(reach="31"),
        LedgerWanted(reach="310118", outcome="seen"),
        LedgerWanted(reach="31", level="red"),
        LedgerWanted(reach="31", words="s1"),
    ):
        plans = _plans(house, lambda db, wanted=wanted: ledger_page(db, wanted))
        assert [step for step in plans if _walks(step, "visits", "captures", "sites")] == []


def _plans(house: Served, ask: Callable[[Connection], object]) -> list[str]:
    """How the store goes about each question."""
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, given: Any, *rest: object) -> None:
        asked.append((statement, given))

    engine = house.house.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        with house.house.database.reading() as db:
            ask(db)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    with house.house.database.reading() as db:
        return [
            row[3]
            for statement, given in asked
            if statement.startswith("SELECT")
            for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
        ]


def _walks(step: str, *tables: str) -> bool:
    """Whether a step reads a whole table, row by row."""
    return any(re.match(rf"SCAN {table}(?! USING)", step) for table in tables)
