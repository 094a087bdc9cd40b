"""The page 巡查: operations change the timetable there, others read it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from crawler.domain.forecast import Effort
from crawler.domain.pace import Lever
from crawler.domain.schedule import FiringState, ScheduleState
from crawler.domain.site import SweepState
from crawler.domain.user import Role
from crawler.service.certifying import certify_sweep, checked_file
from crawler.service.minding import mind
from crawler.service.summing import swept_sweep
from crawler.store.audit import acts_on
from crawler.store.dockings import Docked, keep_docked
from crawler.store.efforts import add_to_account, open_account
from crawler.store.paces import Step, save_steps
from crawler.store.schedules import all_schedules, firings_in
from crawler.store.tables import visits
from crawler.store.visits import every_site, mark_sweep, start_sweep
from tests.builders import NOON
from tests.integration.console_house import Served, console
from tests.integration.console_seeds import seed_alert

NIGHTLY = {"name": "每夜", "cron": "0 2 * * 周一-周五", "kind": "due", "rest": "", "quiet": ""}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Served]:
    with console(tmp_path / "home") as served:
        yield served


def test_ops_makes_runs_stops_pauses_and_removes_a_schedule(house: Served) -> None:
    ops = house.person("yun", Role.OPS, region="310000")
    assert ops.post("/sweeps", NIGHTLY).status == 303
    page = ops.get("/sweeps").text
    assert "每夜" in page
    assert "0 2 * * mon-fri" in page
    assert "没有运行" in page  # the console alone starts no sweep
    with house.house.database.reading() as db:
        (schedule,) = all_schedules(db)
    assert (schedule.actor, schedule.region) == ("yun", "310000")

    assert ops.post(f"/sweeps/{schedule.id}/run").status == 303
    assert ops.post(f"/sweeps/{schedule.id}/run").status == 400
    assert ops.post(f"/sweeps/{schedule.id}/stop").status == 303
    with house.house.database.reading() as db:
        (firing,) = firings_in(db)
        assert (firing.state, firing.asked_by, firing.stop_asked) == (
            FiringState.WAITING, "yun", True,
        )  # fmt: skip
    assert ops.post(f"/sweeps/{schedule.id}/pause").status == 303
    with house.house.database.reading() as db:
        assert all_schedules(db)[0].state is ScheduleState.PAUSED
        assert [one.act.actor for one in acts_on(db, "schedule:每夜")][:1] == ["yun"]
    assert ops.post(f"/sweeps/{schedule.id}/remove").status == 303
    assert ops.post(f"/sweeps/{schedule.id}/resume").status == 404
    assert ops.post("/sweeps/999/run").status == 404
    assert ops.post(f"/sweeps/{schedule.id}/burn").status == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cron": "0 2 * * 1-5"}, "不写数字"),
        ({"cron": "whenever"}, "五段"),
        ({"kind": "sample", "rest": "5"}, "检查人员"),
        ({"kind": "sample", "rest": "5", "officers": "甲，甲"}, "不止一次"),
        ({"kind": "list", "rest": "99"}, "没有编号为 99 的名单"),
        ({"cron": " "}, "请写明时间"),
        ({"cron": "0 9 * * *", "quiet": "08:00-18:00"}, "都在静默时段"),
        ({"kind": "<script>"}, "范围"),
        ({"quiet": "99:00-1:00"}, "静默时段"),
        ({"name": ""}, "名称"),
    ],
)
def test_what_cannot_be_meant_is_said_on_the_page(
    house: Served, change: dict[str, str], said: str
) -> None:
    answer = house.person("yun", Role.OPS).post("/sweeps", NIGHTLY | change)
    assert (answer.status, said in answer.text) == (400, True)
    assert "<script>" not in answer.text.replace("<script src", "")


def test_another_district_sees_none_of_it_and_changes_nothing(house: Served) -> None:
    here = house.person("here", Role.OPS, region="310118")
    there = house.person("there", Role.OPS, region="310115")
    seed_alert(house.house, "a.example.cn", region="310118")
    assert "区划 310115 里没有网站" in there.post("/sweeps", NIGHTLY).text
    here.post("/sweeps", NIGHTLY)
    with house.house.database.reading() as db:
        (schedule,) = all_schedules(db)
    assert "/run" not in there.get("/sweeps").text
    assert there.post(f"/sweeps/{schedule.id}/run").status == 404


def test_sweeps_certificates_and_turns_are_shown_and_a_certificate_is_carried_out(
    house: Served,
) -> None:
    seed_alert(house.house, "a.example.cn", region="310000")
    seed_alert(house.house, "b.example.cn", region="310000")
    with house.house.database.transaction() as db:
        sweep = start_sweep(
            db, "all", every_site(), now=NOON, actor="yun", region="310000", render=True
        )
        first, second = db.scalars(select(visits.c.id).where(visits.c.sweep_id == sweep.id))
        for visit, outcome in ((first, "seen"), (second, "timed_out")):
            ended = update(visits).where(visits.c.id == visit)
            db.execute(ended.values(outcome=outcome, closed_at=NOON))
        mark_sweep(db, sweep.id, SweepState.FINISHED, NOON + timedelta(hours=1))
    certificate = certify_sweep(house.house, swept_sweep(house.house, sweep.id), NOON)

    auditor = house.person("shen", Role.AUDITOR, region="310000")
    page = auditor.get("/sweeps").text
    assert "超时 1" in page
    assert "立即执行" not in page
    carried = auditor.get(f"/sweeps/certificates/{certificate.id}")
    assert checked_file(carried.body)["coverage"]["seen"] == 1
    assert "attachment" in carried.headers["content-disposition"]
    assert auditor.get("/sweeps/certificates/999").status == 404
    there = house.person("there", Role.AUDITOR, region="310115")
    assert there.get(f"/sweeps/certificates/{certificate.id}").status == 404


def test_a_sweep_is_held_against_its_forecast_and_says_how_it_adjusted_itself(
    house: Served,
) -> None:
    for name in ("a.example.cn", "b.example.cn"):
        seed_alert(house.house, name, region="310000")
    told = Effort(sites=2, seconds=600, bytes=5 * 2**20, traffic=7 * 2**20, pictures=3)
    step = Step(
        lever=Lever.SLOTS, before=1024, after=614, why="40 个活着的网站有 9 个超时", at=NOON
    )
    with house.house.database.transaction() as db:
        sweep = start_sweep(
            db, "all", every_site(), now=NOON, actor="yun", region="310000", render=True
        )
        open_account(db, sweep, told, "310000", measured=True)
        add_to_account(db, sweep.id, seconds=1_200, traffic=9 * 2**20)
        save_steps(db, sweep, "me", [step], "310000")
        again = Effort(sites=2, seconds=1, bytes=1, traffic=1, pictures=1)
        open_account(db, sweep, again, "310000", measured=False)  # what was foreseen stays

    page = house.person("shen", Role.AUDITOR, region="310000").get(f"/sweeps/{sweep.id}").text
    assert '<td class="num">10</td><td class="num">20</td>' in page  # minutes
    assert '<td class="num">7</td><td class="num">9</td>' in page  # MiB of traffic
    assert "9 个超时" in page
    assert "614" in page
    there = house.person("there", Role.AUDITOR, region="310115")
    assert there.get(f"/sweeps/{sweep.id}").status == 404
    assert there.get("/sweeps/999").status == 404


def test_ops_sees_what_needs_a_person_and_decides_on_a_list_that_waits(house: Served) -> None:
    with house.house.database.transaction() as db:
        keep_docked(db, Docked(
            sha256="ab" * 32, source="备案系统", name="<b>十月.csv", state="waiting",
            reason="比上一份少了 30%", region="310000", actor="docking", at=NOON,
        ))  # fmt: skip
    mind(house.house, NOON)
    ops = house.person("yun", Role.OPS, region="310000")
    page = ops.get("/sweeps").text
    assert "等待人工确认" in page
    assert "&lt;b&gt;十月.csv" in page
    assert ops.post("/sweeps/lists", {"digest": "ab" * 32, "accept": "no"}).status == 303
    assert ops.post("/sweeps/lists", {"digest": "ab" * 32, "accept": "no"}).status == 409
    assert ops.post("/sweeps/lists", {"digest": ""}).status == 400
    officer = house.person("zhang", Role.OFFICER, region="310000")
    assert "需要运维处理" not in officer.get("/sweeps").text
