"""Coming in: what must be true before anybody sees a page."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from crawler.domain.user import Role
from crawler.service.console.app import all_routes
from crawler.service.console.keeping import Away, Draft, Keeping
from crawler.service.console.passwords import is_dated
from crawler.service.console.signing_in import MOST_FAILURES, SLOW_DOWN, WRONG
from crawler.store.audit import latest_acts
from crawler.store.people import password_hash_of, renew_hash, set_password, user_named
from tests.builders import NOON
from tests.integration.console_house import PASSWORD, Clock, Served, console


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> Iterator[Served]:
    with console(tmp_path / "home", clock) as served:
        yield served


@pytest.mark.fault("C20")
def test_a_fresh_installation_lets_nobody_in(house: Served) -> None:
    for name in ("admin", "root", "xunwang", ""):
        for password in ("admin", "123456", "xunwang", "password", ""):
            assert house.visitor().sign_in(name, password).status in (401, 429)


@pytest.mark.fault("C11")
def test_without_a_session_every_page_leads_to_the_door_and_every_change_is_refused(
    house: Served,
) -> None:
    for route in all_routes():
        if not route.roles:
            continue
        path = route.path.replace("{name}", "x").replace("{id}", "1").replace("{capture}", "x")
        answer = house.visitor().ask(
            route.method, path, b"", {"Sec-Fetch-Site": "same-origin", "Content-Length": "0"}
        )
        assert answer.status in (303, 401), route.name
        if answer.status == 303:
            assert answer.headers["location"].startswith("/sign-in"), route.name


@pytest.mark.fault("C18")
def test_the_cookie_is_for_this_site_alone_and_not_for_scripts(house: Served) -> None:
    house.account("shenlan", Role.OFFICER)
    answer = house.visitor().sign_in("shenlan")

    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    assert "domain" not in said
    assert said.startswith("xunwang=")  # plain http on loopback; over TLS it is __Host-


def test_over_tls_the_cookie_is_a_host_cookie(house: Served) -> None:
    house.account("shenlan", Role.OFFICER)
    answer = house.visitor().post(
        "/sign-in", {"name": "shenlan", "password": PASSWORD}, X_Forwarded_Proto="https"
    )

    said = answer.headers["set-cookie"]
    assert said.startswith("__Host-xunwang=")
    assert "Secure" in said
    assert "Path=/" in said


@pytest.mark.fault("C18")
def test_a_session_of_before_does_not_become_the_new_one(house: Served) -> None:
    house.account("shenlan", Role.OFFICER)
    visitor = house.visitor()
    visitor.cookies["xunwang"] = "chosen-by-somebody-else"

    visitor.sign_in("shenlan")

    assert visitor.cookies["xunwang"] != "chosen-by-somebody-else"


@pytest.mark.fault("C18")
def test_an_idle_session_ends_and_a_long_one_too(house: Served, clock: Clock) -> None:
    visitor = house.person("shenlan", Role.OFFICER)
    clock.move(minutes=29)
    assert visitor.get("/me").status == 200
    clock.move(minutes=31)
    assert visitor.get("/me").status == 303

    visitor.sign_in("shenlan")
    for _ in range(17):
        clock.move(minutes=28)
        visitor.get("/me")
    clock.move(minutes=5)
    assert visitor.get("/me").status == 303  # eight hours, though never idle


@pytest.mark.fault("C18")
def test_signing_out_ends_the_session_and_not_only_the_cookie(house: Served) -> None:
    visitor = house.person("shenlan", Role.OFFICER)
    token = visitor.cookies["xunwang"]

    visitor.post("/sign-out")
    visitor.cookies["xunwang"] = token

    assert visitor.get("/me").status == 303


@pytest.mark.fault("C18")
def test_another_password_ends_the_sessions_elsewhere(house: Served) -> None:
    here, there = house.person("shenlan", Role.OFFICER), house.visitor()
    there.sign_in("shenlan")

    answer = here.post("/me/password", {"old": PASSWORD, "new": "another horse 10"})

    assert answer.status == 303
    assert here.get("/me").status == 200
    assert there.get("/me").status == 303


def test_a_hash_of_weaker_days_is_renewed_at_the_door(house: Served) -> None:
    house.account("shenlan", Role.OFFICER)
    with house.house.database.transaction() as db:
        user = user_named(db, "shenlan")
        assert user is not None
        set_password(
            db, user.id, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
        )

    house.visitor().sign_in("shenlan")

    with house.house.database.reading() as db:
        kept = password_hash_of(db, user.id)
    assert not is_dated(kept)
    assert house.visitor().sign_in("shenlan").status == 303


def test_a_password_changed_meanwhile_is_not_undone_by_a_renewed_hash(house: Served) -> None:
    house.account("shenlan", Role.OFFICER)
    with house.house.database.transaction() as db:
        user = user_named(db, "shenlan")
        assert user is not None
        before = password_hash_of(db, user.id)
        set_password(db, user.id, "changed meanwhile")

        renew_hash(db, user.id, before, "the old one, renewed")

        assert password_hash_of(db, user.id) == "changed meanwhile"


def test_a_person_put_out_is_out_at_once(house: Served) -> None:
    officer = house.person("shenlan", Role.OFFICER)
    admin = house.person("guan", Role.ADMIN)

    answer = admin.post(
        "/people/shenlan", {"role": "officer", "region": "310118", "disabled": "yes"}
    )

    assert answer.status == 303
    assert officer.get("/me").status == 303
    assert officer.sign_in("shenlan").status == 401


@pytest.mark.fault("C19")
def test_guessing_is_slowed_down_and_says_the_same_for_a_name_that_is_nobodys(
    house: Served, clock: Clock
) -> None:
    house.account("shenlan", Role.OFFICER)
    for name in ("shenlan", "nobody"):
        for _ in range(5):
            answer = house.visitor().sign_in(name, "wrong password")
            assert answer.status == 401
            assert WRONG in answer.text
        answer = house.visitor().sign_in(name, PASSWORD)
        assert answer.status == 429
        assert SLOW_DOWN in answer.text
    clock.move(minutes=16)
    assert house.visitor().sign_in("shenlan").status == 303


@pytest.mark.fault("C19")
@pytest.mark.parametrize(
    ("path", "wrong", "right"),
    [
        ("/me/password", {"old": "?"}, {"old": PASSWORD, "new": "another horse 10"}),
        ("/me/factor", {"password": "?", "code": "000000"}, {"password": PASSWORD}),
        ("/me/factor", {"password": PASSWORD, "code": "?"}, {"password": PASSWORD}),
        ("/me/factor/drop", {"password": "?"}, {"password": PASSWORD}),
    ],
    ids=["password", "password of a factor", "code of a factor", "dropping one"],
)
def test_a_stolen_session_guesses_no_faster_than_the_door_allows(
    house: Served, clock: Clock, path: str, wrong: dict[str, str], right: dict[str, str]
) -> None:
    visitor = house.person("shenlan", Role.OFFICER)
    other = house.person("lin", Role.OFFICER)
    clock.move(seconds=1)

    assert [visitor.post(path, wrong).status for _ in range(5)] == [400] * 5

    answer = visitor.post(path, right)
    assert answer.status == 429
    assert SLOW_DOWN in answer.text
    assert house.visitor().sign_in("shenlan").status == 429  # one count for both
    assert other.post("/me/factor/drop", {"password": PASSWORD}).status == 303  # only theirs
    with house.house.database.reading() as db:
        refused = [e.act for e in latest_acts(db) if e.act.action == "session.refuse"]
    assert [act.actor for act in refused] == ["shenlan"] * 5
    clock.move(minutes=16)
    assert visitor.post(path, right).status in (303, 400)


@pytest.mark.fault("C17")
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": ""},
    ],
)
def test_a_change_that_no_page_of_ours_asked_for_is_refused(
    house: Served, headers: dict[str, str]
) -> None:
    visitor = house.person("shenlan", Role.OFFICER)

    answer = visitor.ask("POST", "/sign-out", b"", headers)

    assert answer.status == 403
    assert visitor.get("/me").status == 200


def test_an_older_browser_that_tells_only_its_origin_is_believed(house: Served) -> None:
    visitor = house.person("shenlan", Role.OFFICER)

    answer = visitor.ask("POST", "/sign-out", b"", {"Origin": f"http://127.0.0.1:{house.port}"})

    assert answer.status == 303


@pytest.mark.fault("C21")
def test_next_leads_nowhere_else(house: Served) -> None:
    house.account("shenlan", Role.OFFICER)
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"):
        answer = house.visitor().sign_in("shenlan", next=evil)
        assert answer.headers["location"] == "/", evil


@pytest.mark.fault("C24")
def test_a_body_that_is_too_large_is_refused_unread(house: Served) -> None:
    visitor = house.person("shenlan", Role.OFFICER)

    assert visitor.post("/me/password", {"old": "x" * 70_000}).status == 413
    many = [(f"f{number}", "1") for number in range(2_000)]
    assert visitor.post("/me/password", many).status in (400, 413)


@pytest.mark.fault("C33")
def test_fields_that_nobody_asked_for_change_nothing(house: Served) -> None:
    admin = house.person("guan", Role.ADMIN)

    admin.post("/people", {
        "name": "lin", "role": "officer", "region": "310118", "password": PASSWORD,
        "id": "1", "password_hash": "x", "created_at": "1970-01-01",
    })  # fmt: skip

    with house.house.database.reading() as db:
        made = user_named(db, "lin")
        assert made is not None
        assert password_hash_of(db, made.id).startswith("$argon2id$")


@pytest.mark.fault("C04")
@pytest.mark.parametrize("path", ["/sign-in", "/me", "/nothing", "/static/xunwang.css"])
def test_every_answer_carries_the_policy(house: Served, path: str) -> None:
    headers = house.person("shenlan", Role.OFFICER).get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.fault("C26")
def test_a_name_with_line_breaks_makes_no_line_of_its_own(house: Served) -> None:
    house.visitor().sign_in('x\n{"event": "forged"}\x1b[31m', "y")

    with house.house.database.reading() as db:
        entry = latest_acts(db)[0].act
    assert "\n" not in entry.actor
    assert "\x1b" not in entry.actor


def test_what_was_typed_when_the_session_ended_is_not_lost(house: Served, clock: Clock) -> None:
    visitor = house.person("guan", Role.ADMIN)
    clock.move(minutes=45)

    typed = {"name": "lin", "region": "310118", "shown": "林某某负责城东片区巡查工作"}
    answer = visitor.post("/people", typed)
    assert answer.status == 401
    draft = answer.text.split('name="draft" value="')[1].split('"')[0]

    other = house.visitor()
    house.account("zhou", Role.ADMIN)
    assert other.sign_in("zhou", draft=draft).status == 303  # not theirs

    back = visitor.sign_in("guan", draft=draft)
    assert "林某某负责城东片区巡查工作" in back.text
    assert 'action="/people"' in back.text


def test_guesses_at_once_are_no_better_than_one_after_the_other(house: Served) -> None:
    house.account("target", Role.OFFICER)
    with ThreadPoolExecutor(16) as many:
        answers = list(
            many.map(lambda n: house.visitor().sign_in("target", password=f"wrong{n}"), range(24))
        )

    assert sum(one.status == 401 for one in answers) == MOST_FAILURES
    assert sum(one.status == 429 for one in answers) == 24 - MOST_FAILURES


def test_ones_own_password_is_not_reset_without_the_present_one(house: Served) -> None:
    admin = house.person("guan3", Role.ADMIN)

    refused = admin.post("/people/guan3/password", {"password": "a-quite-long-one-2026"})

    assert refused.status == 409
    assert house.visitor().sign_in("guan3").status == 303


def test_an_administrator_of_a_district_has_no_people_elsewhere(house: Served) -> None:
    admin = house.person("qu", Role.ADMIN, region="310118")
    house.account("elsewhere", Role.OFFICER, region="310115")
    new = {"name": "x1", "region": "310115", "role": "officer", "password": "long-enough-2026"}

    assert admin.post("/people", new).status in (400, 403, 404, 409)
    assert admin.post("/people/elsewhere", {"region": "310118", "role": "officer"}).status == 404
    assert admin.post("/people/elsewhere/password", {"password": "long-enough-26"}).status == 404
    with house.house.database.reading() as db:
        assert user_named(db, "x1") is None


def test_what_was_typed_is_not_lost_when_the_cookie_is_gone_too(house: Served) -> None:
    visitor = house.person("guan2", Role.ADMIN)
    visitor.cookies.clear()  # signed out in another window

    answer = visitor.post("/people", {"name": "lin", "shown": "城东片区巡查"})
    draft = answer.text.split('name="draft" value="')[1].split('"')[0]
    back = visitor.sign_in("guan2", draft=draft)

    assert answer.status == 401
    assert "你填的内容还在" in answer.text
    assert "城东片区巡查" in back.text
    assert visitor.sign_in("guan2", draft=draft).status == 303  # once


def test_who_is_nobody_pushes_out_no_ones_words(house: Served) -> None:
    keeping, at = Keeping(), datetime(2026, 5, 12, tzinfo=UTC)
    keeping.keep_draft("mine", Draft(user_id=7, path="/people", fields=(), at=at))
    for number in range(3_000):
        keeping.keep_draft(str(number), Draft(user_id=0, path="/x", fields=(), at=at))

    assert keeping.draft("mine", 7, at) is not None
    assert keeping.draft("2999", 7, at) is not None
    assert keeping.draft("2000", 7, at) is None


@pytest.mark.fault("C31")
def test_one_address_pushes_out_nobody_elses_way_back() -> None:
    keeping = Keeping()
    away = Away(state="s", nonce="n", verifier="v", next="/", draft="", address="10.0.0.1", at=NOON)
    keeping.keep_away("mine", away)
    for n in range(3_000):
        keeping.keep_away(f"theirs {n}", replace(away, address="10.0.0.2"))
    near = [keeping.take_away(f"theirs {n}", NOON) is not None for n in range(2_900, 3_000)]

    assert keeping.take_away("mine", NOON) == away
    assert all(near)
    assert keeping.take_away("theirs 2899", NOON) is None


def test_no_page_and_no_entry_ever_holds_a_secret(tmp_path: Path) -> None:
    settings = (
        'region = "310000"\n[[delivery.endpoints]]\nname = "主平台"\n'
        'url = "http://127.0.0.1:9/"\nsecret = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5"\n'
    )
    with console(tmp_path / "home", settings=settings) as house:
        admin = house.person("guan", Role.ADMIN)
        pages = [admin.get(r.path).text for r in all_routes() if r.method == "GET"]
        with house.house.database.reading() as db:
            trail = " ".join(str(entry.act) for entry in latest_acts(db))
    for secret in ("Y2FuYXJ5", PASSWORD, "$argon2", admin.cookies["xunwang"]):
        assert secret not in trail
        assert not any(secret in page for page in pages)
