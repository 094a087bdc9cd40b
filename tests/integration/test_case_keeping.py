"""A case keeps what it rests on in its own WARC, and outlives the segments."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.domain.errors import BadInput
from crawler.service.backing_up import back_up
from crawler.service.case_keeping import keep_cases
from crawler.service.restoring import restore
from crawler.service.wiring import House
from crawler.store.case_files import FOLDER, not_copied
from crawler.store.cases import case_of
from crawler.store.verifying import verify
from tests.builders import NOON
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
