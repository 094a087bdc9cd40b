"""A page asks the store at most ten times, however many rows there are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from crawler.domain.user import Role
from crawler.service.console.app import all_routes
from tests.integration.console_house import Served, console
from tests.integration.console_seeds import Seeded, seed_alert, seed_task

MOST = 10
# operations look at it a few times a day: two forecasts, the disk, and
# what is due now and in a week
MORE = {"/sweeps": 13}
# what confirming would bring about depends on the registers: which are loaded, and the subject's
# lines in them
REGISTERS = 2


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with console(tmp_path_factory.mktemp("queries") / "home") as served:
        yield served


@pytest.fixture(scope="module")
def seeded(house: Served) -> dict[str, str]:
    """What stands for the blanks of an address."""
    many: list[Seeded] = [seed_alert(house.house, f"s{n}.example.cn") for n in range(15)]
    task = seed_task(house.house, "t.example.cn")
    return {
        "/alerts/{id}": str(many[0].alert_id),
        "/tasks/{id}": str(task.id),
        "/evidence/{capture}/{kind}/{size}": f"{many[0].capture_id}/screen/card",
    }


@contextmanager
def counted(house: Served) -> Iterator[list[str]]:
    said: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "COMMIT")):
            said.append(statement)

    event.listen(house.house.database.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(house.house.database.engine, "before_cursor_execute", note)


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


def test_every_page_asks_at_most_ten_times(house: Served, seeded: dict[str, str]) -> None:
    everything = house.person("allseeing", Role.OFFICER, Role.SUPERVISOR, Role.OPS)
    admin = house.person("admin", Role.ADMIN)
    asked: dict[str, int] = {}

    for path in pages(seeded):
        for visitor in (everything, admin):
            with counted(house) as said:
                answer = visitor.get(path)
            if answer.status == 200:
                asked[path] = len(said)

    print(asked)
    assert len(asked) >= 10
    assert {path: n for path, n in asked.items() if n > _most(path)} == {}


def _most(path: str) -> int:
    decides = path == "/today" or re.fullmatch(r"/alerts/\d+", path)
    return MORE.get(path, MOST) + (REGISTERS if decides else 0)
