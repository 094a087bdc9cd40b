"""重新采集 as the console offers it: who may, how often, what is written down, what is told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from crawler.domain.recapture import Compared, Recapture, RecaptureState
from crawler.domain.user import Role
from crawler.service.console.looking_again import of_late
from crawler.store.audit import latest_acts
from crawler.store.database import Connection
from crawler.store.recapture_tables import recaptures
from crawler.store.recaptures import claim_recapture, give_back_recaptures
from crawler.store.tables import sites
from tests.integration.console_house import Clock, Served, Visitor, console
from tests.integration.console_seeds import Seeded, seed_alert

clock = Clock()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with console(tmp_path_factory.mktemp("again") / "home", clock) as served:
        yield served


@pytest.fixture(scope="module")
def officer(house: Served) -> Visitor:
    return house.person("zhang", Role.OFFICER)


def acts(house: Served) -> list[tuple[str, str, str]]:
    with house.house.database.reading() as db:
        found = [one.act for one in latest_acts(db) if one.act.action.endswith("recapture")]
    return [(one.actor, one.action, one.object) for one in found]


def taken(db: Connection, runner: str) -> Recapture | None:
    return claim_recapture(db, runner, clock.now, clock.now + timedelta(hours=1))


def claimed(house: Served) -> Recapture:
    with house.house.database.transaction() as db:
        wish = taken(db, "me")
    assert wish is not None
    return wish


def done(house: Served, wish: Recapture, **values: object) -> None:
    facts = {"state": RecaptureState.DONE, "ended_at": clock.now} | values
    with house.house.database.transaction() as db:
        db.execute(update(recaptures).where(recaptures.c.id == wish.id).values(facts))


def test_a_wish_is_filed_once_noted_and_told_until_it_is_over(
    house: Served, officer: Visitor
) -> None:
    seeded = seed_alert(house.house, "again.example.cn")
    page = f"/alerts/{seeded.alert_id}"

    first = officer.post(f"{page}/recapture")
    clock.move(seconds=1)
    second = officer.post(f"{page}/recapture")

    assert (first.status, second.status) == (303, 303)
    mine = ("zhang", "alert.recapture", f"alert:{seeded.alert_id}")
    assert [one for one in acts(house) if one[2] == mine[2]] == [mine]
    told = officer.get(page).text
    assert "这个网站正在重新采集。" in told
    wish = claimed(house)
    assert f'data-live="/recaptures/{wish.id}"' in told
    assert "正在打开这个网站" in officer.get(f"/recaptures/{wish.id}").text
    with house.house.database.transaction() as db:
        assert taken(db, "another") is None
    done(house, wish, outcome="seen", compared=Compared.CHANGED)
    over = officer.get(f"/recaptures/{wish.id}").text
    assert "文字与上一次不同" in over
    assert f"{page}/change" in over
    assert "data-live" not in over
    assert "文字与上一次不同" in officer.get("/sites/again.example.cn").text


def test_a_site_is_left_in_peace_for_a_while(house: Served, officer: Visitor) -> None:
    seed_alert(house.house, "often.example.cn")
    path = "/sites/often.example.cn"
    officer.post(f"{path}/recapture")
    done(house, claimed(house), compared=Compared.SAME)

    clock.move(minutes=4)
    officer.post(f"{path}/recapture")
    refused = officer.get(path).text
    clock.move(minutes=2)
    officer.post(f"{path}/recapture")

    assert "刚重新采集过，请 1 分钟后再试" in refused
    assert claimed(house).domain == "often.example.cn"


def test_what_failed_and_what_was_not_seen_is_said(house: Served, officer: Visitor) -> None:
    seeded = seed_alert(house.house, "fails.example.cn")
    officer.post(f"/alerts/{seeded.alert_id}/recapture")
    wish = claimed(house)

    done(house, wish, state=RecaptureState.FAILED, reason="五分钟没有做完，已停止")
    failed = officer.get(f"/alerts/{seeded.alert_id}").text
    done(house, wish, outcome="timed_out", compared=Compared.UNSEEN)
    unseen = officer.get(f"/alerts/{seeded.alert_id}").text

    assert "没有做成：五分钟没有做完，已停止" in failed
    assert "没有看到不等于没有问题" in unseen
    assert "连接超时" in unseen or "超时" in unseen
    assert of_late(wish, clock.now + timedelta(hours=23)) is wish
    over = replace(wish, ended_at=clock.now)
    assert of_late(over, clock.now + timedelta(days=2)) is None


def test_another_districts_site_and_a_retired_one_are_not_looked_at(
    house: Served, officer: Visitor
) -> None:
    theirs = seed_alert(house.house, "theirs.example.cn", region="310115")
    gone = seed_alert(house.house, "gone.example.cn")
    with house.house.database.transaction() as db:
        db.execute(update(sites).where(sites.c.domain == "gone.example.cn").values(state="retired"))
    before = acts(house)

    assert officer.post(f"/alerts/{theirs.alert_id}/recapture").status == 404
    assert officer.post("/sites/theirs.example.cn/recapture").status == 404
    assert officer.post(f"/alerts/{gone.alert_id}/recapture").status == 409
    assert officer.post("/sites/nobody.example.cn/recapture").status == 404
    assert "/recapture" not in officer.get("/sites/gone.example.cn").text
    assert acts(house) == before


def test_how_anothers_wish_stands_is_not_for_another_district(house: Served) -> None:
    there = house.person("li", Role.OFFICER, region="310115")
    theirs: Seeded = seed_alert(house.house, "li.example.cn", region="310115")
    there.post(f"/alerts/{theirs.alert_id}/recapture")
    wish = claimed(house)

    assert there.get(f"/recaptures/{wish.id}").status == 200
    assert house.person("wang", Role.OFFICER).get(f"/recaptures/{wish.id}").status == 404


def test_what_a_dead_parent_was_at_waits_again(house: Served, officer: Visitor) -> None:
    seed_alert(house.house, "dead.example.cn")
    officer.post("/sites/dead.example.cn/recapture")
    with house.house.database.transaction() as db:
        of_old = taken(db, "died")

    with house.house.database.transaction() as db:
        assert give_back_recaptures(db, "somebody else") == 0
        assert give_back_recaptures(db, "died") == 1
    assert of_old is not None
    assert claimed(house).id == of_old.id


def test_the_limit_is_per_site(house: Served, officer: Visitor) -> None:
    for name in ("a", "b"):
        seed_alert(house.house, f"{name}.limit.example.cn")
        officer.post(f"/sites/{name}.limit.example.cn/recapture")

    assert {claimed(house).domain, claimed(house).domain} == {
        "a.limit.example.cn",
        "b.limit.example.cn",
    }
