"""举报 in the console: typed in, shown within reach, answered; who told only to who decides."""

from collections.abc import Iterator

import pytest

from crawler.domain.user import Role
from crawler.store.leads import list_leads
from tests.integration.console_house import Served, console
from tests.integration.test_leads import looked_at


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with console(tmp_path_factory.mktemp("leads") / "home") as served:
        yield served


def test_a_lead_is_typed_in_shown_and_answered(house: Served) -> None:
    officer = house.person("zhang", Role.OFFICER)
    auditor = house.person("shen", Role.AUDITOR)
    typed = {
        "url": "http://typed.example.cn/", "channel": "来访", "words": "<b>高息</b>\u202e",
        "reporter": "王大妈", "told": "2026-05-11T09:30",
    }  # fmt: skip

    taken = officer.post("/leads", typed)
    mine, theirs = officer.get("/leads").text, auditor.get("/leads").text
    with house.house.database.reading() as db:
        lead = list_leads(db)[0]
    early = officer.post(f"/leads/{lead.id}/answer")
    looked_at(house.house, "typed.example.cn", lead.received_at)
    answered = officer.post(f"/leads/{lead.id}/answer", {"text": "已核查"})

    assert taken.status == answered.status == 303
    assert early.status == 409
    assert f"{lead.told_at:%Y-%m-%d %H:%M}" == "2026-05-11 01:30"
    assert "王大妈" in mine
    assert "王大妈" not in theirs
    assert "<b>高息" not in mine
    assert "\u202e" not in mine
    assert "已核查" in auditor.get("/leads").text


def test_what_cannot_be_used_is_told(house: Served) -> None:
    officer = house.person("li", Role.OFFICER)

    assert officer.post("/leads", {"url": "http://10.0.0.1/", "channel": "x"}).status == 400
    assert officer.post("/leads", {"url": "http://a.example.cn/"}).status == 400
    assert officer.post("/leads/999/answer").status == 400


def test_another_district_sees_none_of_it(house: Served) -> None:
    officer = house.person("wang", Role.OFFICER)
    officer.post("/leads", {"url": "http://ours.example.cn/", "channel": "来信"})

    other = house.person("other", Role.OFFICER, region="310115")

    assert "ours.example.cn" not in other.get("/leads").text
