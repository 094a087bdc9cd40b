"""Lists come by themselves: each once, a shrunken one not without a person."""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.domain.errors import BadInput, NotAllowed, TryLater
from crawler.service import docking, importing
from crawler.service.docking import decide, dock
from crawler.service.importing import import_file
from crawler.service.wiring import House, open_house
from crawler.store.audit import latest_acts
from crawler.store.database import Connection
from crawler.store.dockings import Docked, all_docked, docked_like
from crawler.store.evidence import file_digest
from crawler.store.lists import lists
from tests.builders import NOON
from tests.serving_house import told


def a_list(folder: Path, name: str, sites: range, *, fresh: bool = False) -> Path:
    rows = [f"单位{n},沪ICP备{n:08d}号-1,s{n}.example.cn" for n in sites]
    file = folder / name
    file.write_text("\n".join(["主办单位名称,网站备案号,网站域名", *rows]), "utf-8")
    if not fresh:
        long_ago = time.time() - 60
        os.utime(file, (long_ago, long_ago))
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "inbox"
    made.mkdir()
    return made


@pytest.fixture
def house(tmp_path: Path, folder: Path) -> Iterator[House]:
    opened = a_docking_house(tmp_path, folder)
    yield opened
    opened.database.close()


def a_docking_house(tmp_path: Path, folder: Path, more: str = "") -> House:
    home = tmp_path / "house"
    home.mkdir()
    settings = f'region = "310118"\n[ops]\nlist_folder = "{folder}"\n{more}'
    (home / "xunwang.toml").write_text(settings, "utf-8")
    return open_house(home)


def imported(house: House) -> int:
    with house.database.reading() as db:
        return len(lists(db))


def test_a_new_list_is_taken_once_whatever_it_is_called(house: House, folder: Path) -> None:
    a_list(folder, "a.csv", range(10))
    assert [one.state for one in dock(house, NOON)] == ["taken"]
    assert dock(house, NOON) == []
    (folder / "a.csv").rename(folder / "again.csv")
    assert dock(house, NOON) == []
    assert imported(house) == 1


def test_a_list_and_the_word_that_it_was_taken_stand_or_fall_together(
    house: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(db: Connection, one: Docked) -> None:
        raise TryLater("磁盘已满")

    a_list(folder, "a.csv", range(10))
    with monkeypatch.context() as patch:
        patch.setattr(docking, "keep_docked", full)
        with pytest.raises(TryLater):
            dock(house, NOON)

    assert imported(house) == 0
    assert [one.state for one in dock(house, NOON)] == ["taken"]
    with house.database.reading() as db:
        (kept,) = all_docked(db)
        assert kept.list_id == lists(db)[0]["id"]
        assert [one.act.action for one in latest_acts(db)][:2] == ["docking.taken", "list.import"]


def test_a_list_that_shrinks_waits_for_a_person_who_may_take_or_refuse_it(
    house: House, folder: Path
) -> None:
    a_list(folder, "a.csv", range(40))
    dock(house, NOON)
    a_list(folder, "b.csv", range(28))
    (waiting,) = dock(house, NOON)
    assert (waiting.state, "30%" in waiting.reason) == ("waiting", True)
    assert imported(house) == 1
    (folder / "b.csv").unlink()  # our own copy is what is decided on
    assert "没有新的名单" in told(house.home, "docking", "look").out
    seen = json.loads(told(house.home, "docking", "look", waiting.sha256[:6], "--json").out)
    assert (seen["rows"], seen["changes"]["gone"]) == (28, 12)
    assert "12" in told(house.home, "docking", "look", waiting.sha256[:6]).out
    assert told(house.home, "docking", "look", "zz").code == 2
    assert imported(house) == 1

    taken = told(house.home, "docking", "accept", waiting.sha256[:6], actor="wang")
    assert taken.code == 0, taken.err
    assert imported(house) == 2
    again = told(house.home, "docking", "accept", waiting.sha256[:6])
    assert again.code == 4
    assert told(house.home, "docking", "look", waiting.sha256[:6]).code == 4
    shown = json.loads(told(house.home, "docking", "list", "--json").out)
    assert {(one["state"], one["actor"]) for one in shown} == {
        ("taken", "docking"), ("taken", "wang"),
    }  # fmt: skip
    assert list((house.home / "docking").iterdir()) == []

    a_list(folder, "c.csv", range(2))
    (waiting,) = dock(house, NOON)
    assert told(house.home, "docking", "refuse", waiting.sha256[:8]).code == 0
    assert imported(house) == 2


def test_what_shrinks_a_little_is_taken(house: House, folder: Path) -> None:
    a_list(folder, "a.csv", range(50))
    dock(house, NOON)
    a_list(folder, "b.csv", range(40))
    assert [one.state for one in dock(house, NOON)] == ["taken"]


def test_links_half_written_hidden_and_other_files_are_left_alone(
    house: House, folder: Path, tmp_path: Path
) -> None:
    secret = a_list(tmp_path, "secret.csv", range(3))
    (folder / "link.csv").symlink_to(secret)
    a_list(folder, "growing.csv", range(3), fresh=True)
    a_list(folder, ".hidden.csv", range(3))
    a_list(folder, "upload.csv.part", range(3))
    (folder / "folder.csv").mkdir()
    assert dock(house, NOON) == []


def test_what_is_no_list_is_refused_once_with_the_reason(house: House, folder: Path) -> None:
    bad = folder / "bad.xlsx"
    bad.write_bytes(os.urandom(5_000))
    os.utime(bad, (1, 1))
    a_list(folder, "good.csv", range(3))
    assert [one.state for one in dock(house, NOON)] == ["refused", "taken"]
    assert dock(house, NOON) == []


def test_a_pull_command_brings_lists_and_its_failure_is_said(tmp_path: Path, folder: Path) -> None:
    code = (
        "import os; open('p.csv','w').write('主办单位名称,网站备案号,网站域名\\n"
        "甲,沪ICP备12345678号-1,p.example.cn\\n'); os.utime('p.csv',(1,1))"
    )
    command = f"list_command = {json.dumps([sys.executable, '-c', code])}\n"
    house = a_docking_house(tmp_path, folder, command)
    assert [one.state for one in dock(house, NOON)] == ["taken"]
    house.database.close()
    failing = house.config.ops.model_copy(update={"list_command": ("/bin/false",)})
    broken = House(config=house.config.model_copy(update={"ops": failing}), database=house.database)
    with pytest.raises(BadInput, match="结束"):
        dock(broken, NOON)


def test_without_a_folder_the_command_says_what_to_write(tmp_path: Path) -> None:
    refused = told(tmp_path, "docking", "look")
    assert (refused.code, "list_folder" in refused.err) == (2, True)
    assert told(tmp_path, "docking", "accept", "zz").code == 2
    assert told(tmp_path, "docking", "accept").code == 2


def test_a_file_that_cannot_be_read_holds_up_no_other(house: House, folder: Path) -> None:
    a_list(folder, "a.csv", range(10))
    taken = a_list(folder, "b.csv", range(12))
    (house.home / "docking").mkdir()
    shelf = house.home / "docking" / file_digest(folder / "a.csv")
    shelf.write_bytes(b"")  # where its copy would lie; root reads whatever its mode says

    with pytest.raises(BadInput, match=r"1 个文件无法读取，其余已处理：a\.csv"):
        dock(house, NOON)

    with house.database.reading() as db:
        assert [one["name"] for one in lists(db)] == [taken.name]


def test_an_older_list_is_not_taken_over_a_newer_one(house: House, folder: Path) -> None:
    a_list(folder, "a.csv", range(100))
    dock(house, NOON)
    a_list(folder, "short.csv", range(50))
    (waits,) = dock(house, NOON + timedelta(days=1))
    a_list(folder, "newer.csv", range(101))
    dock(house, NOON + timedelta(days=2))

    with pytest.raises(NotAllowed, match=r"更新的名单 newer\.csv"):
        decide(house, waits, "wang", NOON + timedelta(days=3), accept=True)

    refused = decide(house, waits, "wang", NOON + timedelta(days=3), accept=False)
    assert refused.state == "refused"


def test_a_list_that_came_after_it_in_the_same_look_is_newer(house: House, folder: Path) -> None:
    a_list(folder, "a.csv", range(100))
    dock(house, NOON)
    a_list(folder, "short.csv", range(50))
    later = a_list(folder, "whole.csv", range(101))
    os.utime(later, (time.time() - 30,) * 2)
    waits, taken = dock(house, NOON + timedelta(days=1))

    assert (waits.state, taken.state) == ("waiting", "taken")
    with pytest.raises(NotAllowed, match="whole"):
        decide(house, waits, "wang", NOON + timedelta(days=2), accept=True)


def test_of_two_who_look_at_once_one_takes_the_list(
    house: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_list(folder, "a.csv", range(10))
    known = docking.state_of_docked  # type: ignore[attr-defined]
    other: list[Docked] = []

    def slow(db: Connection, sha256: str, source: str) -> str:
        state = known(db, sha256, source)
        monkeypatch.setattr(docking, "state_of_docked", known)
        other.extend(dock(house, NOON))
        return state

    monkeypatch.setattr(docking, "state_of_docked", slow)

    assert dock(house, NOON) == []
    assert [one.state for one in other] == ["taken"]
    assert imported(house) == 1


def test_a_list_written_under_a_clock_ahead_is_taken_once_it_stands_still(
    house: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = (time.time() + 3_600,) * 2
    still, grows = (a_list(folder, name, range(10)) for name in ("still.csv", "grows.csv"))
    for one in (still, grows):
        os.utime(one, ahead)

    def wait(_seconds: float) -> None:
        a_list(folder, "grows.csv", range(11))
        os.utime(grows, ahead)

    monkeypatch.setattr("crawler.service.docking.time.sleep", wait)

    assert [one.name for one in dock(house, NOON)] == ["still.csv"]


def test_a_file_that_goes_while_the_folder_is_read_stops_nothing(
    house: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, _ = a_list(folder, "a.csv", range(5)), a_list(folder, "b.csv", range(10))
    listed = list(folder.iterdir())
    gone.unlink()
    monkeypatch.setattr(Path, "iterdir", lambda _self: iter(listed))

    assert [one.name for one in dock(house, NOON)] == ["b.csv"]


def test_a_copy_that_a_killed_go_left_is_put_away(house: House, folder: Path) -> None:
    list_ = a_list(folder, "a.csv", range(10))
    dock(house, NOON)
    left = house.home / "docking" / file_digest(list_) / "a.csv"
    left.parent.mkdir(parents=True)
    left.write_text("x", "utf-8")

    assert dock(house, NOON) == []
    assert not left.exists()


def test_a_list_that_is_written_while_it_is_copied_waits_for_the_next_look(
    house: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_ = a_list(folder, "a.csv", range(10))
    copied = shutil.copyfile

    def changed(source: Path, to: Path) -> None:
        a_list(folder, "a.csv", range(11))
        copied(source, to)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("crawler.service.docking.shutil.copyfile", changed)
        assert dock(house, NOON) == []
    assert imported(house) == 0

    (taken,) = dock(house, NOON)
    assert (taken.state, taken.sha256) == ("taken", file_digest(list_))


def test_a_waiting_list_that_was_changed_on_the_shelf_is_not_taken(
    house: House, folder: Path
) -> None:
    a_list(folder, "a.csv", range(40))
    dock(house, NOON)
    a_list(folder, "b.csv", range(20))
    (waits,) = dock(house, NOON + timedelta(days=1))
    shelf = house.home / "docking" / waits.sha256
    a_list(shelf, "b.csv", range(21))

    with pytest.raises(BadInput, match="留存的名单不在了"):
        decide(house, waits, "wang", NOON + timedelta(days=2), accept=True)

    assert imported(house) == 1


@pytest.mark.parametrize("second_accepts", [True, False])
def test_of_two_who_decide_about_the_same_list_the_second_is_told(
    house: House, folder: Path, second_accepts: bool
) -> None:
    waits = a_waiting_list(house, folder)

    first = decide(house, waits, "wang", NOON + timedelta(days=2), accept=True)
    with pytest.raises(NotAllowed, match="已经处理过"):
        decide(house, waits, "li", NOON + timedelta(days=2), accept=second_accepts)

    assert (first.state, first.list_id) == ("taken", 2)
    assert kept(house, waits) == first
    assert imported(house) == 2


@pytest.mark.parametrize("while_it_is", ["file_digest", "stage_list"])
def test_a_list_that_somebody_refuses_while_it_is_read_is_not_taken(
    house: House, folder: Path, monkeypatch: pytest.MonkeyPatch, while_it_is: str
) -> None:
    waits = a_waiting_list(house, folder)
    real = getattr(importing, while_it_is)

    def slow(*given: Any, **more: Any) -> Any:
        found = real(*given, **more)
        decide(house, waits, "li", NOON + timedelta(days=2), accept=False)
        return found

    monkeypatch.setattr(importing, while_it_is, slow)
    with pytest.raises(NotAllowed, match="已经处理过"):
        decide(house, waits, "wang", NOON + timedelta(days=2), accept=True)

    assert (kept(house, waits).state, kept(house, waits).actor) == ("refused", "li")
    assert imported(house) == 1


@pytest.mark.parametrize("whole", [True, False])
def test_a_whole_list_imported_by_hand_since_is_not_overwritten(
    house: House, folder: Path, tmp_path: Path, whole: bool
) -> None:
    waits = a_waiting_list(house, folder)
    by_hand = a_list(tmp_path, "hand.csv", range(41))
    import_file(
        house, by_hand, source=waits.source, actor="li", at=NOON + timedelta(days=2), whole=whole,
        rehearse=False,
    )  # fmt: skip

    told_so = pytest.raises(NotAllowed, match=r"更新的名单 hand\.csv")
    with told_so if whole else nullcontext():
        decide(house, waits, "wang", NOON + timedelta(days=3), accept=True)

    assert kept(house, waits).state == ("waiting" if whole else "taken")


def a_waiting_list(house: House, folder: Path) -> Docked:
    a_list(folder, "a.csv", range(40))
    dock(house, NOON)
    a_list(folder, "b.csv", range(20))
    (waits,) = dock(house, NOON + timedelta(days=1))
    return waits


def kept(house: House, one: Docked) -> Docked:
    with house.database.reading() as db:
        return docked_like(db, one.sha256)
