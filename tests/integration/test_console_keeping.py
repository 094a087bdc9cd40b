"""The page 保存: whoever decides holds, a supervisor releases; both say why, in the trail."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from crawler.domain.user import Role
from crawler.service.forecasting import free_bytes
from crawler.service.minding import troubles
from crawler.service.retaining import run
from crawler.service.sealing import settle_segments
from crawler.store.audit import acts_on
from crawler.store.cards import capture_within
from crawler.store.holds import open_holds
from crawler.store.tables import alerts, segments, sites
from tests.builders import NOON
from tests.integration.console_house import Served, console
from tests.integration.console_seeds import seed_alert
from tests.integration.test_keeping import LATER, MUCH_LATER, a_quiet_site

GIB = 2**30  # no segment is larger, and PostgreSQL keeps its length in 32 bits
HOLD = {"scope": "site", "object": "a.example.cn", "reason": "行政诉讼"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Served]:
    with console(tmp_path / "home") as served:
        seed_alert(served.house, "a.example.cn")
        yield served


def test_an_officer_holds_and_a_supervisor_releases(house: Served) -> None:
    officer = house.person("wang", Role.OFFICER)
    supervisor = house.person("li", Role.SUPERVISOR)

    assert officer.post("/keeping", HOLD).status == 303
    assert "行政诉讼" in officer.get("/keeping").text
    assert "解除这项保全" not in officer.get("/keeping").text
    assert officer.post("/keeping/1/release", {"reason": "结案"}).status == 403
    assert supervisor.post("/keeping/1/release", {"reason": " "}).status == 400
    assert supervisor.post("/keeping/1/release", {"reason": "结案"}).status == 303
    assert supervisor.post("/keeping/1/release", {"reason": "结案"}).status == 404

    with house.house.database.reading() as db:
        acts = [one.act for one in acts_on(db, "site:a.example.cn")]
        assert open_holds(db) == []
    assert [(one.action, one.actor, one.after) for one in acts] == [
        ("evidence.release", "li", "结案"), ("evidence.hold", "wang", "行政诉讼"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [{"scope": "moon"}, {"object": "none.example.cn"}, {"reason": ""}, {"scope": "all"},
     {"object": "<script>alert(1)</script>"}, {"reason": "长" * 600}],
)  # fmt: skip
def test_what_cannot_be_held_is_said(house: Served, change: dict[str, str]) -> None:
    answer = house.person("wang", Role.OFFICER).post("/keeping", HOLD | change)

    assert answer.status == 400
    assert "<script>alert" not in answer.text


def test_another_district_holds_nothing_here_and_sees_no_hold(house: Served) -> None:
    house.person("wang", Role.OFFICER).post("/keeping", HOLD)
    there = house.person("zhao", Role.SUPERVISOR, region="310115")

    assert "行政诉讼" not in there.get("/keeping").text
    assert there.post("/keeping/1/release", {"reason": "结案"}).status == 404
    assert there.post("/keeping", HOLD).status == 400
    everything = {"scope": "all", "object": "", "reason": "审计"}
    assert there.post("/keeping", everything).status == 400  # that is the city's to say


def test_a_picture_that_went_by_age_is_gone_and_not_broken(house: Served) -> None:
    [_, drawn, *_] = a_quiet_site(house.house, "q.example.cn", 0, 1_090)
    run(house.house, "ops", LATER)
    with house.house.database.reading() as db:
        assert capture_within(db, drawn, "") is not None
    officer = house.person("wang", Role.OFFICER)

    assert officer.get(f"/evidence/{drawn}/screen/card").status == 410
    officer.post(f"/evidence/{drawn}/verify")
    assert "按保存期限移除" in officer.get("/today").text
    with house.house.database.reading() as db:
        assert acts_on(db, f"capture:{drawn}")[0].act.after == "sound"


def test_the_sweeps_page_says_when_the_disk_will_be_full(house: Served) -> None:
    ops = house.person("yun", Role.OPS, region="310000")
    assert "照近 14 天的增长十年内写不满" in ops.get("/sweeps").text

    with house.house.database.transaction() as db:  # so much a day that it will do for 19 days
        whole, rest = divmod(int(free_bytes(house.house) / 19.5), GIB)
        db.execute(update(segments).values(committed=rest))
        for number in range(whole):
            db.execute(insert(segments).values(
                name=f"{number}.warc.gz", region="310118", committed=GIB, created_at=NOON
            ))  # fmt: skip
        db.execute(update(segments).values(created_at=NOON - timedelta(days=1)))

    assert "约 19 天后写满" in ops.get("/sweeps").text
    with house.house.database.reading() as db:
        assert ("disk", "照近来的增长，存证磁盘约 19 天后写满") in list(
            troubles(house.house, db, NOON)
        )


def test_an_old_alert_says_that_its_picture_went_by_age_and_not_that_it_was_changed(
    house: Served,
) -> None:
    with house.house.database.transaction() as db:
        db.execute(update(alerts).values(state="dismissed", settled_at=NOON))
        db.execute(update(sites).values(state="retired"))
    settle_segments(house.house.database, house.house.evidence, NOON)
    run(house.house, "ops", MUCH_LATER)

    page = house.person("wang", Role.OFFICER).get("/alerts/1").text

    assert "按保存期限移除" in page
    assert "登记的摘要不一致" not in page
    assert "/keeping?of=case:310118-JR-" in page
