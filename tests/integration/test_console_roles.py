"""Every route with every role and in every region: exactly the table in the documentation."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.domain.alert import AlertState
from crawler.domain.user import Role
from crawler.service.console.access import Route
from crawler.service.console.app import all_routes
from crawler.store.alerts import alert_of
from crawler.store.audit import latest_acts
from tests.integration.console_house import Served, Visitor, console
from tests.integration.console_seeds import Seeded, seed_alert, seed_task

README = Path("crawler/service/console/README.md")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with console(tmp_path_factory.mktemp("roles") / "home") as served:
        yield served


@pytest.fixture(scope="module")
def seeded(house: Served) -> Seeded:
    return seed_alert(house.house, "here.example.cn", region="310118")


@pytest.fixture(scope="module")
def people(house: Served) -> dict[Role, Visitor]:
    return {role: house.person(f"a-{role}", role) for role in Role}


@pytest.mark.fault("C13")
def test_the_table_in_the_documentation_is_the_one_in_force() -> None:
    listed = dict(
        re.findall(r"^\| `((?:GET|POST) \S+)` \| (.+) \|$", README.read_text("utf-8"), re.M)
    )

    assert listed == {route.name: _cells(route) for route in all_routes()}


@pytest.mark.fault("C13")
@pytest.mark.parametrize("route", all_routes(), ids=lambda route: route.name)
def test_each_role_may_do_what_the_table_says_and_nothing_else(
    house: Served, seeded: Seeded, people: dict[Role, Visitor], route: Route
) -> None:
    for role, visitor in people.items():
        if route.path == "/sign-out":
            continue
        answer = _ask(visitor, route, seeded)
        if not route.roles or role in route.roles:
            assert answer != 403, (route.name, role)
        else:
            assert answer == 403, (route.name, role)


@pytest.mark.fault("C12")
def test_a_district_neither_sees_nor_changes_what_is_another_districts(house: Served) -> None:
    theirs = seed_alert(house.house, "there.example.cn", region="310115")
    task = seed_task(house.house, "task.example.cn", region="310115")
    officer = house.person("here-both", Role.OFFICER, Role.SUPERVISOR)
    auditor = house.person("here-audit", Role.AUDITOR)

    for visitor in (officer, auditor):
        for page in ("/today", "/alerts?state=all", "/tasks", "/tasks/list"):
            text = visitor.get(page).text
            assert "there.example.cn" not in text, page
            assert task.number not in text, page
        for path in (
            f"/alerts/{theirs.alert_id}", f"/alerts/{theirs.alert_id}/change",
            f"/evidence/{theirs.capture_id}/screen/card", f"/tasks/{task.id}",
        ):  # fmt: skip
            assert visitor.get(path).status == 404, path
    for path in ("confirm", "family", "dismiss", "watch", "merge", "undo", "reopen", "reveal"):
        posted = officer.post(f"/alerts/{theirs.alert_id}/{path}", {"reason": "x", "into": "1"})
        assert posted.status == 404, path
    assert officer.post("/alerts/bulk", {"id": str(theirs.alert_id), "reason": "x"}).status == 404
    assert officer.post(f"/tasks/{task.id}/move", {"move": "cancel", "remark": "x"}).status == 404

    with house.house.database.reading() as db:
        alert = alert_of(db, theirs.alert_id)
        assert alert is not None
        assert alert.state is AlertState.OPEN
        tried = [e.act for e in latest_acts(db) if e.act.action == "console.miss"]
    assert any(act.object == f"alert:{theirs.alert_id}" for act in tried)


def test_the_city_sees_all_its_districts(house: Served) -> None:
    seed_alert(house.house, "minhang.example.cn", region="310112")

    city = house.person("city", Role.OFFICER, region="310000")

    assert "minhang.example.cn" in city.get("/alerts?state=all&q=minhang").text


def test_a_district_whose_code_ends_in_zero_is_one_district(house: Served) -> None:
    seed_alert(house.house, "other.example.cn", region="310117")

    yangpu = house.person("yangpu", Role.OFFICER, region="310110")

    assert "other.example.cn" not in yangpu.get("/alerts?state=all").text


@pytest.mark.fault("C14")
def test_nobody_approves_their_own_task(house: Served) -> None:
    seeded = seed_alert(house.house, "own.example.cn", region="310118")
    both = house.person("both", Role.OFFICER, Role.SUPERVISOR)
    both.post(f"/alerts/{seeded.alert_id}/confirm")
    task_id = re.findall(r"/tasks/(\d+)", both.get(f"/alerts/{seeded.alert_id}").text)[0]

    refused = both.post(f"/tasks/{task_id}/move", {"move": "approve"})

    assert refused.status == 409
    assert "不能审核自己起草的任务" in refused.text
    assert "审核通过并派发" not in both.get(f"/tasks/{task_id}").text
    other = house.person("other-supervisor", Role.SUPERVISOR)
    assert other.post(f"/tasks/{task_id}/move", {"move": "approve"}).status == 303


@pytest.mark.fault("C07")
@pytest.mark.parametrize(
    "path",
    [
        "/evidence/../../etc/passwd/card", "/evidence/%2e%2e%2fetc/screen/card",
        "/evidence/..%2F..%2Fxunwang.toml/screen/card", "/evidence/x/../screen",
        "/static/../app.py", "/static/%2e%2e/app.py",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_house(people: dict[Role, Visitor], path: str) -> None:
    answer = people[Role.OFFICER].get(path)

    assert answer.status == 404
    assert b"root:" not in answer.body
    assert b"import" not in answer.body


def _ask(visitor: Visitor, route: Route, seeded: Seeded) -> int:
    path = (
        route.path.replace("{id}", str(seeded.alert_id))
        .replace("{capture}", seeded.capture_id)
        .replace("{kind}", "screen")
        .replace("{size}", "thumb")
        .replace("{name}", "nobody-of-this-name")
    )
    return visitor.get(path).status if route.method == "GET" else visitor.post(path).status


def _cells(route: Route) -> str:
    if not route.roles:
        return " | ".join("○" for _ in Role)
    return " | ".join("✓" if role in route.roles else "·" for role in Role)
