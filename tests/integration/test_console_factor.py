"""两步验证: after the password a code, each good once; the password alone opens nothing."""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest

from crawler.domain.one_time import code_of, recovery_digest, step_of
from crawler.domain.user import Role
from crawler.store.audit import latest_acts
from crawler.store.database import Connection
from crawler.store.factors import recovery_left, use_recovery
from crawler.store.people import user_named
from tests.integration.console_house import PASSWORD, Answer, Clock, Served, Visitor, console
from tests.serving_house import told

DEMANDED = 'region = "310000"\n[console]\nsecond_factor = ["supervisor"]\n'


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Served]:
    with console(tmp_path_factory.mktemp("factor") / "home", clock, DEMANDED) as served:
        yield served


def secret_on(page: Answer) -> bytes:
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)
    assert shown is not None, page.text
    return base64.b32decode(shown[1].replace(" ", ""))


def code_now(secret: bytes, clock: Clock) -> str:
    return code_of(secret, step_of(clock.now))


def enrolled(visitor: Visitor, clock: Clock) -> tuple[bytes, list[str]]:
    """Their secret and recovery codes, a minute later."""
    secret = secret_on(visitor.get("/me/factor"))
    fields = {"code": code_now(secret, clock), "password": PASSWORD}
    answer = visitor.post("/me/factor", fields)
    assert answer.status == 200
    clock.move(minutes=1)
    return secret, re.findall(r"<code>([a-z2-7]{8}-[a-z2-7]{8})</code>", answer.text)


def entry_on(page: Answer) -> str:
    found = re.search(r'name="entry" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def second(visitor: Visitor, page: Answer, code: str) -> Answer:
    return visitor.post("/sign-in/code", {"entry": entry_on(page), "code": code})


def acts(house: Served) -> list[tuple[str, str, str]]:
    with house.house.database.reading() as db:
        return [(e.act.actor, e.act.action, e.act.object) for e in latest_acts(db)]


def test_the_password_alone_opens_nothing(house: Served, clock: Clock) -> None:
    secret, codes = enrolled(house.person("wang", Role.OFFICER), clock)
    visitor = house.visitor()

    page = visitor.sign_in("wang")

    assert page.status == 200
    assert "set-cookie" not in page.headers
    assert visitor.get("/today").status == 303  # to the door
    assert second(visitor, page, code_now(secret, clock)).status == 303
    assert visitor.get("/today").status == 200
    assert len(codes) == 10


def test_a_code_is_good_once(house: Served, clock: Clock) -> None:
    secret, _ = enrolled(house.person("wang", Role.OFFICER), clock)
    code = code_now(secret, clock)
    first, other = house.visitor(), house.visitor()
    assert second(first, first.sign_in("wang"), code).status == 303

    again = second(other, other.sign_in("wang"), code)

    assert again.status == 401
    assert "已经用过" in again.text
    assert other.get("/today").status == 303
    clock.move(seconds=30)
    assert second(other, again, code_now(secret, clock)).status == 303


def test_the_code_that_confirmed_it_opens_no_door(house: Served, clock: Clock) -> None:
    visitor = house.person("wang", Role.OFFICER)
    secret = secret_on(visitor.get("/me/factor"))
    code = code_now(secret, clock)
    assert visitor.post("/me/factor", {"code": code, "password": PASSWORD}).status == 200

    other = house.visitor()

    assert second(other, other.sign_in("wang"), code).status == 401


def test_a_recovery_code_stands_for_one_once(house: Served, clock: Clock) -> None:
    _, codes = enrolled(house.person("wang", Role.OFFICER), clock)
    visitor, other = house.visitor(), house.visitor()

    assert second(visitor, visitor.sign_in("wang"), codes[3].upper()).status == 303
    assert second(other, other.sign_in("wang"), codes[3]).status == 401

    assert ("wang", "session.recovery", "user:wang") in acts(house)
    assert "还有 9 个恢复码" in visitor.get("/me/factor").text


def test_guessing_codes_is_slowed_down_like_guessing_passwords(house: Served, clock: Clock) -> None:
    secret, _ = enrolled(house.person("wang", Role.OFFICER), clock)
    visitor = house.visitor()
    page = visitor.sign_in("wang")
    wrong = [second(visitor, page, f"{n:06}").status for n in range(5)]

    right = second(visitor, page, code_now(secret, clock))

    assert wrong == [401] * 5
    assert right.status == 429
    assert visitor.sign_in("wang").status == 429  # a right password wipes nothing out
    assert visitor.get("/today").status == 303


def test_the_second_door_does_not_stay_open(house: Served, clock: Clock) -> None:
    secret, _ = enrolled(house.person("wang", Role.OFFICER), clock)
    visitor = house.visitor()
    page = visitor.sign_in("wang")
    clock.move(minutes=6)

    late = second(visitor, page, code_now(secret, clock))

    assert late.status == 401
    assert "请重新登录" in late.text
    made_up = {"entry": "made-up", "code": code_now(secret, clock)}
    assert visitor.post("/sign-in/code", made_up).status == 401


def test_whose_role_demands_one_does_nothing_before(house: Served, clock: Clock) -> None:
    chief = house.person("chief", Role.SUPERVISOR)

    for path in ("/", "/today", "/alerts", "/me", "/help"):
        answer = chief.get(path)
        assert (answer.status, answer.headers["location"]) == (303, "/me/factor"), path
    assert chief.post("/alerts/bulk", {"id": "1", "reason": "x"}).status == 303
    assert chief.get("/news").status != 200
    assert "你的角色必须用两步验证" in chief.get("/me/factor").text

    enrolled(chief, clock)

    assert chief.get("/today").status == 200


def test_setting_it_up_takes_password_and_code(house: Served, clock: Clock) -> None:
    visitor = house.person("wang", Role.OFFICER)
    page = visitor.get("/me/factor")
    code = code_now(secret_on(page), clock)

    no_password = visitor.post("/me/factor", {"code": code, "password": "wrong"})
    no_code = visitor.post("/me/factor", {"code": "", "password": PASSWORD})

    assert (no_password.status, no_code.status) == (400, 400)
    assert secret_on(no_code) == secret_on(page)  # what was scanned still holds
    assert house.visitor().sign_in("wang").status == 303  # not in force: nothing is asked


def test_an_administrator_resets_it_and_the_trail_says_so(house: Served, clock: Clock) -> None:
    admin = house.person("admin", Role.ADMIN, region="310000")
    far = house.person("far-admin", Role.ADMIN, region="320500")
    person = house.person("wang", Role.OFFICER)
    secret, _ = enrolled(person, clock)
    assert far.post("/people/wang/factor").status == 404

    assert admin.post("/people/wang/factor").status == 303

    assert person.get("/today").status == 303  # put out
    assert house.visitor().sign_in("wang").status == 303
    assert ("admin", "user.factor", "user:wang") in acts(house)
    again = house.visitor()
    again.sign_in("wang")
    assert secret_on(again.get("/me/factor")) != secret


def test_the_terminal_resets_it_as_an_administrator_does(house: Served, clock: Clock) -> None:
    person = house.person("wang", Role.OFFICER)
    secret, _ = enrolled(person, clock)
    other = house.person("lin", Role.OFFICER)
    enrolled(other, clock)

    done = told(house.house.config.home, "user", "factor", "wang", actor="ops")

    assert done.code == 0
    assert "已重置 wang 的两步验证" in done.out
    assert person.get("/today").status == 303  # put out
    visitor = house.visitor()
    assert visitor.sign_in("wang").status == 303  # by password alone
    assert secret_on(visitor.get("/me/factor")) != secret
    assert acts(house).count(("ops", "user.factor", "user:wang")) == 1
    assert other.get("/today").status == 200
    assert house.visitor().sign_in("lin").status == 200  # theirs is asked for still


def test_the_terminal_says_whose_second_factor_there_is_not(house: Served) -> None:
    refused = told(house.house.config.home, "user", "factor", "nobody")

    assert refused.code != 0
    assert "没有用户 nobody" in refused.err
    assert not [act for act in acts(house) if act[1] == "user.factor"]


def test_nothing_secret_is_in_the_trail(house: Served, clock: Clock) -> None:
    secret, codes = enrolled(house.person("wang", Role.OFFICER), clock)

    with house.house.database.reading() as db:
        said = repr([entry.act for entry in latest_acts(db)])

    assert secret.hex() not in said
    assert base64.b32encode(secret).decode() not in said
    assert not any(code in said for code in codes)


def test_ones_own_is_turned_off_by_password_only(house: Served, clock: Clock) -> None:
    visitor = house.person("wang", Role.OFFICER)
    enrolled(visitor, clock)

    assert visitor.post("/me/factor/drop", {"password": "wrong"}).status == 400
    assert house.visitor().sign_in("wang").status == 200
    assert visitor.post("/me/factor/drop", {"password": PASSWORD}).status == 303
    assert house.visitor().sign_in("wang").status == 303


def test_turning_it_off_puts_out_whoever_else_came_in_by_it_and_is_noted(
    house: Served, clock: Clock
) -> None:
    here, there = house.person("wang", Role.OFFICER), house.visitor()
    secret, _ = enrolled(here, clock)
    assert second(there, there.sign_in("wang"), code_now(secret, clock)).status == 303

    assert here.post("/me/factor/drop", {"password": PASSWORD}).status == 303

    assert (here.get("/me").status, there.get("/me").status) == (200, 303)
    with house.house.database.reading() as db:
        said = [one.act.after for one in latest_acts(db) if one.act.action == "user.factor"]
    assert sorted(said) == ["dropped", "set up"]


def test_nobody_resets_their_own_as_an_administrator(house: Served, clock: Clock) -> None:
    admin = house.person("admin", Role.ADMIN, region="310000")
    enrolled(admin, clock)

    refused = admin.post("/people/admin/factor")

    assert refused.status == 409
    assert "另一位管理员" in refused.text
    assert admin.get("/people").status == 200
    assert "set-cookie" not in house.visitor().sign_in("admin").headers  # a code is asked for


@dataclass
class Overtaken:
    """A connection on which somebody else acts between the look and the deed."""

    db: Connection
    meanwhile: Callable[[], object]

    def scalar(self, ask: Any) -> Any:
        found = self.db.scalar(ask)
        self.meanwhile()
        return found

    def execute(self, ask: Any) -> Any:
        return self.db.execute(ask)


def test_of_two_who_bring_one_recovery_code_at_once_one_comes_in(
    house: Served, clock: Clock
) -> None:
    _, codes = enrolled(house.person("wang", Role.OFFICER), clock)
    digest = recovery_digest(codes[0])
    first: list[bool] = []

    with house.house.database.transaction() as db:
        user = user_named(db, "wang")
        assert user is not None
        slow = Overtaken(db, lambda: first.append(use_recovery(db, user.id, digest)))
        second_came_in = use_recovery(cast("Connection", slow), user.id, digest)
        left = recovery_left(db, user.id)

    assert (first, second_came_in, left) == ([True], False, 9)
