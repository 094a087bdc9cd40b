"""New alerts on open pages: nothing is missed, nobody hears whose session is over."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import update

from crawler.domain.assessment import Level
from crawler.domain.audit import Act
from crawler.domain.errors import TryLater
from crawler.domain.user import Role
from crawler.service.console import telling
from crawler.store.arrivals import MOST_MISSED, where_to_begin
from crawler.store.audit import note
from crawler.store.people_tables import users
from tests.builders import NOON
from tests.integration.console_house import Clock, Served, Visitor, console
from tests.integration.console_seeds import seed_alert


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(telling, "LOOK_S", 0.05)
    monkeypatch.setattr(telling, "STILL_HERE_S", 0.2)
    with console(tmp_path / "home", clock) as served:
        yield served


@dataclass
class Ear:
    """An open page: what it heard last, and up to where."""

    answer: http.client.HTTPResponse
    heard: str = ""

    def event(self) -> tuple[str, str]:
        """The next one's kind and its data; ("", "") once the stream has ended."""
        kind, told = "", ""
        while line := self.answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "id":
                self.heard = value
            elif name == "event":
                kind = value
            elif name == "data":
                told = value
            elif not name and kind:
                return kind, told
        return "", ""

    def alert(self) -> str:
        """The name of the site that is told of next, or "" at the stream's end."""
        for _ in range(50):
            kind, told = self.event()
            if kind != "here":
                return str(json.loads(told)["name"]) if kind else ""
        raise AssertionError("nothing came")


@contextmanager
def listening(who: Visitor, heard: str = "", query: str = "") -> Iterator[Ear]:
    connection = http.client.HTTPConnection("127.0.0.1", who.port, timeout=20)
    cookie = "; ".join(f"{name}={value}" for name, value in who.cookies.items())
    headers = {"Cookie": cookie} | ({"Last-Event-ID": heard} if heard else {})
    try:
        connection.request("GET", f"/news{query}", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200
        yield Ear(answer)
    finally:
        connection.close()


def happens(house: Served, domain: str, region: str = "310118", level: Level = Level.RED) -> None:
    made = seed_alert(house.house, domain, region=region, level=level, unit=domain, picture=False)
    act = Act(
        at=NOON, actor="system", action="alert.opened", object=f"alert:{made.alert_id}",
        region=region,
    )  # fmt: skip
    with house.house.database.transaction() as db:
        note(db, act)


def test_what_is_new_and_ones_own_is_told_and_nothing_from_before(house: Served) -> None:
    officer = house.person("jing", Role.OFFICER)
    happens(house, "before.example.cn")

    with listening(officer) as ear:
        ear.event()
        happens(house, "far.example.cn", region="310116")
        happens(house, "mild.example.cn", level=Level.YELLOW)
        happens(house, "new.example.cn")

        assert ear.alert() == "new.example.cn"


@pytest.mark.parametrize("by", ["header", "query"])
def test_who_comes_back_hears_what_came_meanwhile_once_and_in_order(house: Served, by: str) -> None:
    officer = house.person("jing", Role.OFFICER)
    with listening(officer) as ear:
        ear.event()
        happens(house, "a.example.cn")
        assert ear.alert() == "a.example.cn"
    for name in ("b.example.cn", "c.example.cn"):
        happens(house, name)

    back = ("", f"?after={ear.heard}") if by == "query" else (ear.heard, "")
    with listening(officer, *back) as again:
        happens(house, "d.example.cn")
        told = [again.alert() for _ in range(3)]

    assert told == ["b.example.cn", "c.example.cn", "d.example.cn"]


def test_a_page_that_heard_nothing_yet_comes_back_to_where_it_began(house: Served) -> None:
    officer = house.person("jing", Role.OFFICER)
    with listening(officer) as ear:
        ear.event()
    happens(house, "a.example.cn")

    with listening(officer, ear.heard) as again:
        assert again.alert() == "a.example.cn"


def test_who_was_there_all_along_hears_nothing_twice_for_one_who_comes_back(house: Served) -> None:
    officer = house.person("jing", Role.OFFICER)
    with listening(officer) as ear:
        ear.event()
        begun = ear.heard
        happens(house, "a.example.cn")
        ear.alert()

        with listening(officer, begun) as again:
            assert again.alert() == "a.example.cn"
            happens(house, "b.example.cn")

            assert (ear.alert(), again.alert()) == ("b.example.cn", "b.example.cn")


@pytest.mark.parametrize("heard", ["99999999", "x", "-1", "٣", "9" * 40])
def test_an_entry_that_there_is_not_begins_now(house: Served, heard: str) -> None:
    officer = house.person("jing", Role.OFFICER)
    happens(house, "before.example.cn")

    with listening(officer, query=f"?after={quote(heard)}") as ear:
        ear.event()
        happens(house, "new.example.cn")

        assert ear.alert() == "new.example.cn"


def test_one_bad_look_at_the_store_ends_no_stream_and_loses_nothing(
    house: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = house.person("jing", Role.OFFICER)
    real, failed = telling.arrivals_after, []  # type: ignore[attr-defined]

    def away(*given: object, **more: object) -> object:
        if len(failed) < 3:
            failed.append(1)
            raise TryLater("the store is away")
        return real(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(telling, "arrivals_after", away)
    with listening(officer) as ear:
        ear.event()
        happens(house, "a.example.cn")

        assert ear.alert() == "a.example.cn"
    assert len(failed) == 3


@pytest.mark.parametrize("end", ["signed out", "idle", "hours", "disabled", "no reader any more"])
def test_who_may_not_hear_any_more_hears_nothing_more(
    house: Served, clock: Clock, end: str
) -> None:
    officer = house.person("jing", Role.OFFICER)
    with listening(officer) as ear:
        ear.event()
        if end == "signed out":
            officer.post("/sign-out")
        elif end in ("idle", "hours"):
            clock.move(minutes=31 if end == "idle" else 8 * 60 + 1)
        else:
            gone = {"disabled": True} if end == "disabled" else {"roles": ["ops"]}
            with house.house.database.transaction() as db:
                db.execute(update(users).values(**gone))
        happens(house, "a.example.cn")

        assert ear.alert() == ""


def test_an_open_page_keeps_nobody_signed_in(house: Served, clock: Clock) -> None:
    officer = house.person("jing", Role.OFFICER)
    clock.move(minutes=20)
    with listening(officer) as ear:
        ear.event()
    clock.move(minutes=11)

    assert officer.get("/today").status == 303


def test_who_was_moved_hears_of_the_new_district_alone(house: Served) -> None:
    officer = house.person("jing", Role.OFFICER)
    with listening(officer) as ear:
        ear.event()
        with house.house.database.transaction() as db:
            db.execute(update(users).values(region="310116"))
        ear.event()
        ear.event()
        happens(house, "old.example.cn")
        happens(house, "new.example.cn", region="310116")

        assert ear.alert() == "new.example.cn"


def test_a_browser_keeps_connections_for_its_pages(house: Served) -> None:
    officer = house.person("jing", Role.OFFICER)
    with (
        listening(officer) as first,
        listening(officer),
        listening(officer),
        listening(officer),
    ):
        first.event()

        assert officer.get("/news").status == 429


def test_of_very_many_only_the_newest_are_told_late(house: Served) -> None:
    made = seed_alert(house.house, "a.example.cn", picture=False)
    act = Act(
        at=NOON, actor="system", action="alert.opened", object=f"alert:{made.alert_id}",
        region="310118",
    )  # fmt: skip
    with house.house.database.transaction() as db:
        for _ in range(MOST_MISSED + 5):
            note(db, act)
        last = where_to_begin(db, None, "310118")
        begun = [where_to_begin(db, 0, reach) for reach in ("310118", "310116")]

    assert begun == [last - MOST_MISSED, last]
