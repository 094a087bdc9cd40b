"""The pack from the console: who may have it, with what in it, and that nothing stays behind."""

import fcntl
import json
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from crawler.domain.user import Role
from crawler.service.console import packs
from crawler.service.console.app import console_app
from crawler.service.packing import exporting
from crawler.service.packing.printing import NO_BROWSER
from crawler.store.audit import acts_on
from crawler.store.cases import case_of
from tests.integration.console_house import Served, console
from tests.integration.packing_house import Seeded, seed_case, verified

SETTINGS = 'region = "310118"\n[browser]\nenabled = false\n'
BODY = "季季返息 3.95%\n保·本·保·息\n联系 欧阳明月 13800138000"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with console(tmp_path_factory.mktemp("packs") / "home", settings=SETTINGS) as served:
        yield served


@pytest.fixture(scope="module")
def seeded(house: Served) -> Seeded:
    return seed_case(house.house, "web.example.cn", unit="欧阳明月", kind="person", body=BODY)


def test_an_officer_gets_a_sound_pack_and_nothing_stays_behind(
    house: Served, seeded: Seeded, tmp_path: Path
) -> None:
    officer = house.person("zhang", Role.OFFICER)

    answer = officer.post(f"/alerts/{seeded.alert_id}/export")

    (tmp_path / "x.zip").write_bytes(answer.body)
    with house.house.database.reading() as db:
        act = acts_on(db, f"alert:{seeded.alert_id}")[0].act
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/zip"
    assert "attachment" in answer.headers["content-disposition"]
    assert verified(tmp_path / "x.zip")[0] == 0
    assert "欧阳明月" not in page_in(answer.body)
    assert (act.actor, act.action) == ("zhang", "evidence.export")
    assert "已遮盖" in act.after
    assert list(house.house.cache.glob("export-*")) == []


def test_names_in_full_are_for_who_decides_and_stand_in_the_trail(
    house: Served, seeded: Seeded
) -> None:
    officer = house.person("li", Role.OFFICER)
    auditor = house.person("shen", Role.AUDITOR)

    shown = officer.post(f"/alerts/{seeded.alert_id}/export", {"names": "yes"})
    with house.house.database.reading() as db:
        act = acts_on(db, f"alert:{seeded.alert_id}")[0].act
    refused = auditor.post(f"/alerts/{seeded.alert_id}/export", {"names": "yes"})

    assert "欧阳明月" in page_in(shown.body)
    assert "未遮盖" in act.after
    assert refused.status == 403
    assert auditor.post(f"/alerts/{seeded.alert_id}/export").status == 200


def test_another_district_finds_nothing(house: Served, seeded: Seeded) -> None:
    other = house.person("other", Role.OFFICER, region="310115")

    assert other.post(f"/alerts/{seeded.alert_id}/export").status == 404
    assert other.post(f"/alerts/{seeded.alert_id}/export-family").status == 404
    assert other.post(f"/alerts/{seeded.alert_id}/report").status == 404


def test_the_page_offers_what_the_role_may(house: Served, seeded: Seeded) -> None:
    officer = house.person("wang", Role.OFFICER)
    auditor = house.person("jiang", Role.AUDITOR)

    mine = officer.get(f"/alerts/{seeded.alert_id}").text
    theirs = auditor.get(f"/alerts/{seeded.alert_id}").text

    assert f"/alerts/{seeded.alert_id}/export" in mine
    assert 'name="names"' in mine
    assert f"/alerts/{seeded.alert_id}/export" in theirs
    assert 'name="names"' not in theirs


def test_a_familys_pack_comes_where_there_is_a_family(
    house: Served, seeded: Seeded, tmp_path: Path
) -> None:
    officer = house.person("zhao", Role.OFFICER)
    one = seed_case(house.house, "kin1.example.cn")
    with house.house.database.reading() as db:
        case = case_of(db, one.case_id)
    seed_case(house.house, "kin2.example.cn", case=case)

    alone = officer.post(f"/alerts/{seeded.alert_id}/export-family")
    family = officer.post(f"/alerts/{one.alert_id}/export-family")

    (tmp_path / "f.zip").write_bytes(family.body)
    assert alone.status == 404
    assert family.status == 200
    assert verified(tmp_path / "f.zip")[0] == 0
    assert "kin2.example.cn" in page_in(family.body)


def test_a_report_without_a_browser_is_one_clear_line(house: Served, seeded: Seeded) -> None:
    officer = house.person("qian", Role.OFFICER)

    answer = officer.post(f"/alerts/{seeded.alert_id}/report")
    statistics = officer.post("/statistics/file", {"period": "2026-05", "file": "pdf"})

    assert (answer.status, statistics.status) == (409, 409)
    assert NO_BROWSER in answer.text
    assert NO_BROWSER in statistics.text


def test_the_report_is_the_paper_of_the_pack_with_pictures_and_digests(
    house: Served, seeded: Seeded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(exporting, "printed", lambda pages, _settings: (dict(pages), ""))
    officer = house.person("sun", Role.OFFICER)
    auditor = house.person("zhou", Role.AUDITOR)
    pack = officer.post(f"/alerts/{seeded.alert_id}/export")

    masked = auditor.post(f"/alerts/{seeded.alert_id}/report")
    with house.house.database.reading() as db:
        act = acts_on(db, f"alert:{seeded.alert_id}")[0].act
    shown = officer.post(f"/alerts/{seeded.alert_id}/report", {"names": "yes"})

    manifest = json.loads(zipfile.ZipFile(BytesIO(pack.body)).read("manifest.json"))
    assert masked.headers["content-type"] == "application/pdf"
    assert manifest["evidence_root"] in masked.text
    assert "data:image/jpeg;base64," in masked.text
    assert all(
        one["sha256"] in masked.text for one in manifest["members"] if one["role"] == "evidence"
    )
    assert "欧阳明月" not in masked.text
    assert "欧阳明月" in shown.text
    assert (act.actor, act.action) == ("zhou", "evidence.report")
    assert sha256(masked.body).hexdigest() in act.after
    assert "已遮盖" in act.after
    assert auditor.post(f"/alerts/{seeded.alert_id}/report", {"names": "yes"}).status == 403


def test_a_person_has_one_file_made_at_a_time_and_another_does_not_wait(house: Served) -> None:
    mine = house.person("wu", Role.OFFICER)
    other = house.person("zheng", Role.OFFICER)
    wanted = {"period": "2026-05", "file": "lists.csv"}
    packs._BUSY.add("wu")
    try:
        told = mine.post("/statistics/file", wanted)
        let_in = other.post("/statistics/file", wanted)
    finally:
        packs._BUSY.discard("wu")

    assert told.status == 503
    assert "上一份还在制作" in told.text
    assert let_in.status == 200
    assert mine.post("/statistics/file", wanted).status == 200
    assert mine.post("/statistics/file", wanted).status == 200  # nothing is held after the first


def page_in(pack: bytes) -> str:
    return zipfile.ZipFile(BytesIO(pack)).read("核验说明.html").decode()


def test_a_pack_that_a_killed_console_left_is_gone_at_the_next_start(house: Served) -> None:
    cache = house.house.cache
    left, at_work = cache / "export-left", cache / "export-at-work"
    for folder in (left, at_work):
        folder.mkdir()
        (folder / "pack.zip").write_bytes(b"names in full")
    with (at_work / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        console_app(house.house)

        assert not left.exists()
        assert (at_work / "pack.zip").exists()
    console_app(house.house)
    assert list(cache.glob("export-*")) == []
