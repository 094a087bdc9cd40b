"""A case keeps what it rests on in its own WARC, and outlives the segments."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from crawler.domain.errors import BadInput
from crawler.domain.site import SweepState
from crawler.service.backing_up import back_up
from crawler.service.case_keeping import keep_cases
from crawler.service.finishing import finish_sweep
from crawler.service.restoring import restore
from crawler.service.wiring import House
from crawler.store.anchors import latest_anchor
from crawler.store.case_files import FOLDER, not_copied
from crawler.store.cases import case_of
from crawler.store.certificates import has_certificate
from crawler.store.tables import sweeps, visits
from crawler.store.verifying import verify
from tests.builders import NOON
from tests.integration.console_seeds import BODY
from tests.integration.packing_house import (
    Seeded,
    a_house,
    clean_visit,
    exported,
    relapse,
    seed_case,
    verified,
)

WARCIO = str(Path(sys.executable).with_name("warcio"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = a_house(tmp_path / "home")
    yield made
    made.database.close()


def own_warc(house: House, seeded: Seeded) -> Path:
    with house.database.reading() as db:
        case = case_of(db, seeded.case_id)
    assert case is not None
    return house.evidence / FOLDER / f"{case.number}.warc.gz"


def drop_segments(house: House) -> None:
    for one in house.evidence.glob("*.warc.gz"):
        one.unlink()


def test_what_an_alert_rests_on_is_copied_once(house: House) -> None:
    seeded = seed_case(house, "a.example.cn", pictures=2)

    first, again = keep_cases(house, NOON), keep_cases(house, NOON)

    checked = subprocess.run(
        [WARCIO, "check", str(own_warc(house, seeded))], check=False, timeout=60
    )
    assert (first, again) == (3, 0)
    assert checked.returncode == 0


def test_a_pack_is_whole_when_the_segments_are_gone(house: House, tmp_path: Path) -> None:
    seeded = seed_case(house, "a.example.cn")
    exported(house, seeded.alert_id, tmp_path / "before.zip")
    keep_cases(house, NOON)
    drop_segments(house)

    done = exported(house, seeded.alert_id, tmp_path / "after.zip")

    assert done.broken == ()
    assert verified(tmp_path / "after.zip")[0] == 0
    assert verified(tmp_path / "before.zip")[1][1] == verified(tmp_path / "after.zip")[1][1]


def test_what_came_before_and_after_is_whole_when_the_segments_are_gone(
    house: House, tmp_path: Path
) -> None:
    put_right = seed_case(house, "a.example.cn")
    found_again = seed_case(house, "b.example.cn")
    for one in (put_right, found_again):
        clean_visit(house, one, "关于我们", NOON + timedelta(days=9))
    relapse(house, found_again, "季季返息 3.95%\n保本", NOON + timedelta(days=19))
    copied = keep_cases(house, NOON), keep_cases(house, NOON)
    drop_segments(house)

    for one in (put_right, found_again):
        path = tmp_path / f"{one.alert_id}.zip"
        assert exported(house, one.alert_id, path).broken == ()
        assert verified(path)[0] == 0
    assert copied == (2 * 2 + 3 * 2, 0)


@pytest.mark.parametrize("left", [0, 100, None])
def test_a_copy_that_was_lost_is_told_and_not_written_on_with_zeros(
    house: House, left: int | None
) -> None:
    seeded = seed_case(house, "a.example.cn")
    keep_cases(house, NOON)
    path = own_warc(house, seeded)
    with house.database.reading() as db:
        case = case_of(db, seeded.case_id)
    if left is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:left])
    seed_case(house, "b.example.cn", case=case)
    other = seed_case(house, "c.example.cn")

    with pytest.raises(BadInput, match=f"线索副本 {path.name} 短于登记的"):
        keep_cases(house, NOON)

    assert (path.stat().st_size if path.exists() else None) == left
    assert own_warc(house, other).exists()  # others are copied all the same


def test_what_a_crash_left_behind_is_cut_off(house: House) -> None:
    seeded = seed_case(house, "a.example.cn")
    keep_cases(house, NOON)
    path = own_warc(house, seeded)
    whole = path.read_bytes()
    path.write_bytes(whole + b"half a record")
    with house.database.reading() as db:
        case = case_of(db, seeded.case_id)

    more = seed_case(house, "b.example.cn", case=case)
    keep_cases(house, NOON)

    with house.database.reading() as db:
        assert verify(db, house.evidence).faults == ()
        assert not_copied(db, 10) == []
    assert path.read_bytes().startswith(whole)
    assert b"half a record" not in path.read_bytes()
    assert more.case_id == seeded.case_id


@pytest.mark.sqlite_only("PostgreSQL is backed up by pg_dump")
def test_a_backup_holds_the_copies(house: House, tmp_path: Path) -> None:
    seeded = seed_case(house, "a.example.cn")
    keep_cases(house, NOON)
    back_up(house, tmp_path / "b.tar", "ops", NOON, settings=False)
    restore(tmp_path / "b.tar", tmp_path / "again", "ops", NOON, "310118")
    drop_segments(house)

    copied = tmp_path / "again" / "evidence" / FOLDER / own_warc(house, seeded).name

    assert copied.read_bytes() == own_warc(house, seeded).read_bytes()


def test_a_flipped_byte_in_a_copy_names_its_capture(house: House) -> None:
    seeded = seed_case(house, "a.example.cn")
    keep_cases(house, NOON)
    path = own_warc(house, seeded)
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)

    with house.database.reading() as db:
        faults = verify(db, house.evidence).faults

    assert {one.capture for one in faults} == {seeded.captures[-1].id}
    assert all("线索副本" in one.reason for one in faults)


def recaptured(
    house: House, seeded: Seeded, at: datetime, body: str = BODY, *, outcome: str = "seen"
) -> int:
    """Looked at again because somebody asked for it by the number of the alert."""
    visit_id = clean_visit(house, seeded, body, at)
    with house.database.transaction() as db:
        sweep = select(visits.c.sweep_id).where(visits.c.id == visit_id).scalar_subquery()
        db.execute(
            update(sweeps).where(sweeps.c.id == sweep).values(selection=f"alert:{seeded.alert_id}")
        )
        db.execute(update(visits).where(visits.c.id == visit_id).values(outcome=outcome))
    return visit_id


def parts(path: Path) -> list[tuple[str, int]]:
    told = json.loads(zipfile.ZipFile(path).read("case/alert.json"))["moments"]
    return [(one["part"], one["visit"]) for one in told]


def test_a_recapture_is_in_the_pack_and_in_the_cases_own_warc(house: House, tmp_path: Path) -> None:
    seeded = seed_case(house, "a.example.cn")
    keep_cases(house, NOON)
    again = recaptured(house, seeded, NOON + timedelta(hours=1), "公司简介")

    copied = keep_cases(house, NOON + timedelta(hours=1))
    drop_segments(house)
    done = exported(house, seeded.alert_id, tmp_path / "x.zip")

    page = zipfile.ZipFile(tmp_path / "x.zip").read("核验说明.html").decode()
    assert copied == 2
    assert parts(tmp_path / "x.zip") == [("采集", 1), ("复核", again)]
    assert "从“采集”到“复核”，网页文字的变化" in page
    assert done.broken == ()
    assert verified(tmp_path / "x.zip")[0] == 0


def test_each_of_several_recaptures_is_told_and_one_that_saw_nothing_shows_no_change(
    house: House, tmp_path: Path
) -> None:
    seeded = seed_case(house, "a.example.cn")
    first = recaptured(house, seeded, NOON + timedelta(hours=1), "x", outcome="connection_refused")
    second = recaptured(house, seeded, NOON + timedelta(hours=2), "公司简介")

    exported(house, seeded.alert_id, tmp_path / "x.zip")

    page = zipfile.ZipFile(tmp_path / "x.zip").read("核验说明.html").decode()
    assert parts(tmp_path / "x.zip") == [("采集", 1), ("复核 1", first), ("复核 2", second)]
    assert "拒绝连接" in page
    assert "从“采集”到“复核 2”" in page
    assert "到“复核 1”" not in page


def test_where_the_alert_shows_the_recapture_what_it_rested_on_is_still_in_the_pack(
    house: House, tmp_path: Path
) -> None:
    seeded = seed_case(house, "a.example.cn")
    relapse(house, seeded, BODY, NOON + timedelta(hours=1))
    with house.database.transaction() as db:
        newest = db.scalar(select(sweeps.c.id).order_by(sweeps.c.id.desc()).limit(1))
        asked = {"selection": f"alert:{seeded.alert_id}"}
        db.execute(update(sweeps).where(sweeps.c.id == newest).values(asked))

    exported(house, seeded.alert_id, tmp_path / "x.zip")

    assert [one for one, _ in parts(tmp_path / "x.zip")] == ["采集", "复核"]


def test_however_a_sweep_was_asked_for_it_ends_with_an_account_an_anchor_and_copies(
    house: House,
) -> None:
    seeded = seed_case(house, "a.example.cn")

    finish_sweep(house, 1, SweepState.FINISHED, lambda: NOON)

    with house.database.reading() as db:
        assert not_copied(db, 10) == []
        assert has_certificate(db, "sweep", "1", "310118")
        assert latest_anchor(db) is not None
    assert own_warc(house, seeded).exists()
