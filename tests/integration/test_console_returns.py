"""来件: what came back is seen by those of its region, with why it was refused, as text only."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from alerts.answering import Answered, take_feedback
from alerts.tasking import approve
from crawler.domain.peer import Incoming
from crawler.domain.user import Role
from crawler.service.desks import desk_of
from crawler.store.attachments import Attachment, save_attachment
from crawler.store.inbox import save_incoming
from tests.builders import NOON
from tests.integration.console_house import Served, Visitor, console
from tests.integration.console_seeds import seed_task

HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with console(tmp_path_factory.mktemp("returns") / "home") as served:
        database, desk = served.house.database, desk_of(served.house)
        task = seed_task(served.house, "t.example.cn")
        approve(database, task.id, "主管", NOON, desk)

        def report(id_: str, number: str, **given: str) -> Answered:
            whole = {"status": "acknowledged", "at": NOON.isoformat(), "dept": "区局"} | given
            body = json.dumps(whole, ensure_ascii=False).encode()
            return take_feedback(database, id_, number, body, NOON + timedelta(minutes=1), desk)

        report("good", task.number)
        report("unknown-state", task.number, status=f"飞行中{HOSTILE}", operator="王小明")
        report("no-such-task", "310118-JR-29990101-000001-01")
        with database.transaction() as db:
            file = Attachment(id=0, name=f"处置{HOSTILE}.pdf", media_type="application/pdf",
                              size_bytes=3, sha256="a" * 64, actor="主平台", at=NOON)  # fmt: skip
            save_attachment(db, task, file, b"pdf")
            save_incoming(db, Incoming(
                peer="市级", subject="task:1", seq=1, event="task.created", message_id="m",
                region="310118", level="x", title=HOSTILE, state="飞", domain="a.cn", task_no="1",
                received_at=NOON, changed_at=NOON, body=b"{}",
            ))  # fmt: skip
        yield served


@pytest.fixture(scope="module")
def officer(house: Served) -> Visitor:
    return house.person("officer", Role.OFFICER)


def test_what_was_refused_is_shown_with_its_reason_and_as_text_only(officer: Visitor) -> None:
    page = officer.get("/inbox")

    assert page.status == 200
    assert "飞行中" in page.text
    assert "王小明" in page.text
    assert page.text.count("没有采用</span>") == 1
    assert not any(one in page.text for one in ("<script>alert", "\u202e"))
    assert "处置" in page.text
    assert "市级" in page.text


def test_what_was_taken_is_a_tab_further(officer: Visitor) -> None:
    taken, everything = (officer.get(f"/inbox?state={one}").text for one in ("taken", "all"))

    assert (taken.count("已采用</span>"), everything.count("没有采用</span>")) == (1, 1)
    assert officer.get("/inbox?state=x").status == 400


def test_a_report_about_no_task_is_for_who_has_the_whole_house(house: Served) -> None:
    city = house.person("city", Role.SUPERVISOR, region="310000").get("/inbox").text
    district = house.person("district", Role.SUPERVISOR).get("/inbox").text

    assert "310118-JR-29990101-000001-01" in city
    assert "310118-JR-29990101-000001-01" not in district


def test_another_district_sees_nothing_of_it(house: Served) -> None:
    page = house.person("pudong", Role.OFFICER, region="310115").get("/inbox?state=all").text

    assert "没有采用</span>" not in page
    assert "处置" not in page.split("</h1>")[1].split("对任务的反馈")[1]


def test_ops_see_that_something_was_refused_but_not_what_it_says(house: Served) -> None:
    page = house.person("ops", Role.OPS).get("/inbox").text

    assert "没有采用</span>" in page
    assert "王小明" not in page
    assert "看原文" not in page
