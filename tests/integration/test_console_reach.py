"""Who may do what: across districts, from other addresses, after the door was shut."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from crawler.domain.alert import AlertState
from crawler.domain.task import STEP_NAMES
from crawler.domain.user import Role
from crawler.service.console.signing_in import MOST_FAILURES, MOST_OF_ACCOUNT, MOST_OF_ADDRESS
from crawler.store.album_tables import pictures
from crawler.store.alerts import alert_of
from crawler.store.audit import acts_on
from crawler.store.cases import case_of
from crawler.store.database import Connection
from crawler.store.people import user_named
from crawler.store.people_tables import users
from crawler.store.sessions import note_sign_in
from crawler.store.tables import alerts, assessments, captures, visits
from tests.builders import NOON
from tests.integration.console_house import PASSWORD, Clock, Served, Visitor, console
from tests.integration.console_seeds import seed_alert, seed_task
from tests.integration.test_console_factor import enrolled, entry_on

FAR = {"X_Forwarded_For": "192.0.2.7", "X_Forwarded_Proto": "https"}


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Served]:
    with console(tmp_path_factory.mktemp("reach") / "home", clock) as served:
        yield served


@pytest.fixture(scope="module")
def passer(house: Served) -> Visitor:
    return house.person("passer", Role.OFFICER)


def state_of(house: Served, alert_id: int) -> AlertState:
    with house.house.database.reading() as db:
        alert = alert_of(db, alert_id)
    assert alert is not None
    return alert.state


def test_nothing_is_merged_into_an_alert_of_another_district(house: Served) -> None:
    officer = house.person("merger", Role.OFFICER)
    mine = seed_alert(house.house, "mine.example.cn", picture=False)
    theirs = seed_alert(house.house, "theirs.example.cn", region="310115", picture=False)

    answer = officer.post(f"/alerts/{mine.alert_id}/merge", {"into": str(theirs.alert_id)})

    assert answer.status == 400
    assert state_of(house, mine.alert_id) is AlertState.OPEN


def test_a_report_holds_nothing_of_another_district(house: Served) -> None:
    district, city = (
        house.person(f"report{region}", Role.OFFICER, region=region)
        for region in ("310118", "310000")
    )
    seed_alert(house.house, "r1.example.cn", picture=False)
    seed_alert(house.house, "r2.example.cn", region="310115", picture=False)

    files = [
        one.post("/statistics/file", {"period": "2026-05", "file": "csv"}).body.decode("utf-8-sig")
        for one in (district, city)
    ]

    assert ["r1.example.cn" in one for one in files] == [True, True]
    assert ["r2.example.cn" in one for one in files] == [False, True]


def test_a_family_with_a_site_elsewhere_is_decided_as_far_as_one_reaches(house: Served) -> None:
    officer = house.person("family", Role.OFFICER)
    first = seed_alert(house.house, "f1.example.cn", region="310118", picture=False)
    with house.house.database.reading() as db:
        case = case_of(db, first.case_id)
    there = seed_alert(house.house, "f2.example.cn", case=case, region="310115", picture=False)

    answer = officer.post(f"/alerts/{first.alert_id}/family")

    assert answer.status == 303
    assert state_of(house, first.alert_id) is AlertState.CONFIRMED
    assert state_of(house, there.alert_id) is AlertState.OPEN


def test_who_gets_a_site_finds_it_in_their_own_trail(house: Served) -> None:
    officer = house.person("giver", Role.OFFICER)
    given = seed_alert(house.house, "given.example.cn", picture=False)

    officer.post(f"/alerts/{given.alert_id}/transfer", {"region": "310116", "reason": "登记地"})

    with house.house.database.reading() as db:
        told = [(one.act.action, one.act.region) for one in acts_on(db, f"alert:{given.alert_id}")]
    assert {("alert.transfer", "310118"), ("alert.receive", "310116")} <= set(told)


def test_all_that_belongs_to_a_site_follows_it_but_what_was_decided(house: Served) -> None:
    officer = house.person("mover", Role.OFFICER)
    given = seed_alert(house.house, "moved.example.cn")
    stays = seed_alert(house.house, "stays.example.cn")
    with house.house.database.transaction() as db:
        decided = update(alerts).where(alerts.c.id == stays.alert_id)
        db.execute(decided.values(site_id=given.site_id, state="dismissed"))

    officer.post(f"/alerts/{given.alert_id}/transfer", {"region": "310116", "reason": "登记地"})

    with house.house.database.reading() as db:
        regions = [
            set(db.scalars(select(table.c.region).where(table.c.site_id == given.site_id)))
            for table in (visits, captures, assessments, pictures)
        ]
        old = db.scalar(select(alerts.c.region).where(alerts.c.id == stays.alert_id))
    assert regions == [{"310116"}] * 4
    assert old == "310118"


def test_a_district_moves_nobody_out_of_its_reach_and_nobody_changes_themselves(
    house: Served,
) -> None:
    admin = house.person("qu", Role.ADMIN)
    house.account("ours", Role.OFFICER)

    out = admin.post("/people/ours", {"region": "310115", "role": "officer"})
    more = admin.post("/people/qu", {"region": "310118", "role": "officer"})

    assert (out.status, more.status) == (400, 409)
    with house.house.database.reading() as db:
        ours, qu = user_named(db, "ours"), user_named(db, "qu")
    assert ours is not None
    assert qu is not None
    assert (ours.region, qu.roles) == ("310118", frozenset({Role.ADMIN}))


def test_who_has_a_new_password_from_an_administrator_is_out_everywhere(house: Served) -> None:
    admin = house.person("guan", Role.ADMIN, region="310000")
    officer = house.person("reset", Role.OFFICER)

    assert admin.post("/people/reset/password", {"password": "a quite long one"}).status == 303

    assert officer.get("/me").status == 303


def test_no_password_is_taken_over_an_open_line(house: Served) -> None:
    house.account("openline", Role.OFFICER)
    visitor = house.visitor()
    typed = {"name": "openline", "password": PASSWORD}

    refused = visitor.post("/sign-in", typed, X_Forwarded_For="192.0.2.7")
    again = visitor.post("/sign-in/code", {"entry": "x"}, X_Forwarded_For="192.0.2.7")

    assert (refused.status, again.status) == (403, 403)
    assert visitor.cookies == {}
    assert visitor.post("/sign-in", typed, **FAR).status == 303


def test_the_second_door_is_shut_to_another_address_and_to_who_was_put_out_meanwhile(
    house: Served, clock: Clock
) -> None:
    officer = house.person("twostep", Role.OFFICER)
    _, codes = enrolled(officer, clock)
    page = house.visitor().sign_in("twostep")
    typed = {"entry": entry_on(page), "code": codes[0]}

    elsewhere = house.visitor().post("/sign-in/code", typed, **FAR)
    with house.house.database.transaction() as db:
        db.execute(update(users).where(users.c.name == "twostep").values(disabled=True))
    put_out = house.visitor().post("/sign-in/code", typed)
    with house.house.database.transaction() as db:
        db.execute(update(users).where(users.c.name == "twostep").values(disabled=False))
    back = house.visitor().post("/sign-in/code", typed)
    again = house.visitor().post("/sign-in/code", typed | {"code": codes[1]})

    assert (elsewhere.status, put_out.status, back.status) == (401, 401, 303)
    assert again.status == 401  # an entry is used up


def test_a_second_factor_ends_what_was_signed_in_without_it(house: Served, clock: Clock) -> None:
    here, there = house.person("factor2", Role.OFFICER), house.visitor()
    there.sign_in("factor2")

    enrolled(here, clock)

    assert (here.get("/me").status, there.get("/me").status) == (200, 303)


def test_signing_in_anew_ends_the_session_from_before(house: Served) -> None:
    visitor = house.person("anew", Role.OFFICER)
    before = dict(visitor.cookies)

    visitor.sign_in("anew")

    old = house.visitor()
    old.cookies.update(before)
    assert (visitor.get("/me").status, old.get("/me").status) == (200, 303)


def failed(db: Connection, clock: Clock, name: str, address: str, times: int) -> None:
    for _ in range(times):
        note_sign_in(db, name, address, clock.now, succeeded=False)


@pytest.mark.parametrize(
    ("whose", "address", "times", "status"),
    [
        ("same", "192.0.2.7", MOST_FAILURES - 1, 303),
        ("same", "192.0.2.7", MOST_FAILURES, 429),
        ("other", "192.0.2.7", MOST_OF_ADDRESS - 1, 303),
        ("other", "192.0.2.7", MOST_OF_ADDRESS, 429),
        ("same", "many", MOST_OF_ACCOUNT - 1, 303),
        ("same", "many", MOST_OF_ACCOUNT, 429),
    ],
)
def test_too_many_failures_shut_the_door_for_a_quarter_of_an_hour(
    house: Served, clock: Clock, whose: str, address: str, times: int, status: int
) -> None:
    clock.move(hours=1)
    name = f"g{whose}{address}{times}"
    house.account(name, Role.OFFICER)
    with house.house.database.transaction() as db:
        for n in range(times):
            one = name if whose == "same" else f"nobody{n}"
            failed(db, clock, one, f"203.0.113.{n}" if address == "many" else address, 1)

    typed = {"name": name, "password": PASSWORD}
    clock.move(minutes=14, seconds=59)
    answers = [house.visitor().post("/sign-in", typed, **FAR).status]
    clock.move(seconds=2)
    answers.append(house.visitor().post("/sign-in", typed, **FAR).status)

    assert answers == [status, 303]


def test_who_came_in_from_here_before_is_locked_out_by_nobody_elsewhere(
    house: Served, clock: Clock
) -> None:
    clock.move(hours=1)
    house.account("last", Role.ADMIN)
    typed = {"name": "last", "password": PASSWORD}
    with house.house.database.transaction() as db:
        failed(db, clock, "last", "192.0.2.7", MOST_FAILURES - 1)
    assert house.visitor().post("/sign-in", typed, **FAR).status == 303
    clock.move(seconds=1)
    with house.house.database.transaction() as db:
        for n in range(MOST_OF_ACCOUNT):
            failed(db, clock, "last", f"203.0.113.{n}", 1)
        failed(db, clock, "last", "192.0.2.7", MOST_FAILURES - 1)  # a success wiped out the others

    assert house.visitor().post("/sign-in", typed, **FAR).status == 303


def test_a_step_that_was_not_saved_is_named_before_it_is_sent_again(
    house: Served, clock: Clock
) -> None:
    task = seed_task(house.house, "ended.example.cn")
    visitor = house.person("stepper", Role.SUPERVISOR)
    clock.move(minutes=31)
    page = visitor.post(f"/tasks/{task.id}/move", {"move": "approve", "remark": "同意"}).text
    draft = page.split('name="draft" value="')[1].split('"')[0]

    given_back = visitor.sign_in("stepper", draft=draft).text

    assert f"/tasks/{task.id}/move" in given_back
    assert f"<b>{STEP_NAMES['approve']}</b>" in given_back
    assert '<input class="in-box" name="remark" value="同意">' in given_back
    assert "autofocus>再交一次" not in given_back


def test_words_typed_wait_two_hours_and_come_back_once(house: Served, clock: Clock) -> None:
    admin = house.person("typist", Role.ADMIN)
    drafts = []
    for _ in range(2):
        clock.move(minutes=31)
        page = admin.post("/people", {"name": "lin", "shown": "城东片区"}).text
        drafts.append(page.split('name="draft" value="')[1].split('"')[0])
        admin.sign_in("typist")

    given_back = admin.sign_in("typist", draft=drafts[1]).text
    assert '<input class="in-box" name="shown" value="城东片区">' in given_back
    assert '<input class="in-box" name="name" value="lin">' in given_back
    assert 'action="/language"' not in given_back  # it is given back once
    assert "城东片区" not in admin.sign_in("typist", draft=drafts[1]).text
    clock.move(minutes=90)
    assert "城东片区" not in admin.sign_in("typist", draft=drafts[0]).text
    assert clock.now > NOON + timedelta(hours=2)


@pytest.mark.parametrize(
    ("method", "path", "status", "above"),
    [
        ("POST", "/leads", 400, "/leads"),
        ("POST", "/alerts/bulk", 400, "/alerts"),
        ("POST", "/alerts/999/dismiss", 404, "/alerts/999"),
        ("POST", "/words/rollback", 403, "/words"),
        ("GET", "/alerts/999", 404, "/alerts"),
        ("GET", "/alerts?sort=drop", 400, "/alerts"),
        ("GET", "/people", 403, ""),
        ("GET", "/deliveries/xx1", 403, ""),
        ("GET", "/nowhere/at/all", 404, ""),
    ],
)
def test_what_is_refused_leads_back_to_a_page_that_is_theirs(
    passer: Visitor, method: str, path: str, status: int, above: str
) -> None:
    answer = passer.get(path) if method == "GET" else passer.post(path, {"reason": ""})

    assert answer.status == status
    assert re.findall(r'href="([^"]+)"[^>]*>返回<', answer.text) == ([above] if above else [])
