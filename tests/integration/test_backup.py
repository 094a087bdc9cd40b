"""A backup made while the house works becomes a house of its own, down to the last digest."""

import errno
import io
import itertools
import json
import os
import re
import signal
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from crawler.domain.audit import Act
from crawler.domain.schedule import FiringState, Schedule
from crawler.service import backing_up, restoring
from crawler.service.backing_up import MANIFEST, STORE
from crawler.service.wiring import House, open_house
from crawler.store.audit import acts_on, broken_entries, note
from crawler.store.circuits import circuit_of
from crawler.store.evidence import on_disk, segments_in
from crawler.store.recapture_tables import recaptures
from crawler.store.schedule_tables import firings
from crawler.store.schedules import add_schedule, put_firing
from crawler.store.snapshots import take_snapshot
from crawler.store.tables import outbox, visits
from crawler.store.verifying import verify
from tests.builders import NOON
from tests.integration.packing_house import a_house, seed_case
from tests.serving_house import told

pytestmark = pytest.mark.sqlite_only("PostgreSQL is backed up by pg_dump")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """With a case, a lease, a message that waits, and something in the settings that is secret."""
    made = a_house(tmp_path / "old")
    seed_case(made, "a.example.cn")
    seed_case(made, "b.example.cn", pictures=0)
    with made.database.transaction() as db:
        db.execute(visits.update().values(lease_owner="old", lease_until=NOON))
        schedule = add_schedule(db, Schedule(name="每夜", cron="0 2 * * *", region="310118"), NOON)
        put_firing(db, schedule, NOON, FiringState.RUNNING)
        db.execute(insert(recaptures).values(
            site_id=db.scalar(select(visits.c.site_id).limit(1)), region="310118", asked_by="li",
            asked_at=NOON, state="running", runner="old",
        ))  # fmt: skip
        db.execute(insert(outbox).values(
            id="01JV0000000000000000000000", event_key="k", event="alert.opened",
            endpoint="platform", subject="alert:1", seq=1, body=b"{}", region="310118",
            state="waiting", created_at=NOON, due_at=NOON,
        ))  # fmt: skip
    yield made
    made.database.close()


def backed_up(house: House, tmp_path: Path, *options: str) -> Path:
    target = tmp_path / "backup.tar"
    done = told(house.home, "backup", str(target), *options)
    assert done.code == 0, done.err
    return target


@pytest.mark.fault("D32")
def test_a_backup_under_writes_restores_elsewhere_and_every_digest_holds(
    house: House, tmp_path: Path
) -> None:
    over = threading.Event()
    written = []

    def write_on() -> None:
        while not over.is_set():
            with house.database.transaction() as db:
                note(db, Act(at=NOON, actor="w", action="x", object="y", region="310118"))
            written.append(1)

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        target = backed_up(house, tmp_path)
    finally:
        over.set()
        writer.join()
    assert written

    new = tmp_path / "new"
    done = told(new, "restore", str(target))
    assert done.code == 0, done.err
    assert "核验" in done.out
    restored = open_house(new)
    with restored.database.reading() as db:
        found = verify(db, restored.evidence)
        assert found.captures == 3
        assert not found.faults
        assert list(broken_entries(db)) == []
        assert [one.act.action for one in acts_on(db, "installation")] == ["backup.restore"]
        assert set(db.scalars(select(visits.c.lease_owner))) == {""}
        assert list(db.scalars(select(recaptures.c.state))) == ["waiting"]  # else never again
        assert list(db.scalars(select(firings.c.state))) == ["waiting"]
        assert "备份恢复" in circuit_of(db, "platform").paused  # nothing goes out unseen
    assert set(segments_in(restored.evidence)) == set(segments_in(house.evidence))
    restored.database.close()


def test_secrets_stay_at_home_unless_asked_for(house: House, tmp_path: Path) -> None:
    with tarfile.open(backed_up(house, tmp_path)) as tar:
        assert "xunwang.toml" not in tar.getnames()
    (tmp_path / "backup.tar").unlink()
    with tarfile.open(backed_up(house, tmp_path, "--with-settings")) as tar:
        assert "xunwang.toml" in tar.getnames()
    assert (tmp_path / "backup.tar").stat().st_mode & 0o077 == 0


def test_a_backup_names_the_segment_that_is_missing(house: House, tmp_path: Path) -> None:
    gone = next(iter(segments_in(house.evidence)))
    (house.evidence / gone).unlink()
    done = told(house.home, "backup", str(tmp_path / "b.tar"))
    assert (done.code, gone in "".join(done.err.split())) == (1, True)
    checked = told(tmp_path / "x", "restore", "--check", str(tmp_path / "b.tar"))
    assert (checked.code, gone in "".join(checked.err.split())) == (1, True)
    restored = told(tmp_path / "new", "restore", str(tmp_path / "b.tar"))
    assert restored.code == 1
    assert "无法读取" in restored.err


def test_a_home_with_anything_in_it_and_a_taken_name_are_refused(
    house: House, tmp_path: Path
) -> None:
    target = backed_up(house, tmp_path)
    assert told(house.home, "backup", str(target)).code == 2
    assert told(house.home, "backup", str(tmp_path / "no" / "x.tar")).code == 2
    onto = told(house.home, "restore", str(target))
    assert (onto.code, "已有数据" in onto.err) == (2, True)


def test_a_half_restored_home_refuses_every_command_until_it_is_restored(
    house: House, tmp_path: Path
) -> None:
    target = backed_up(house, tmp_path)
    new = tmp_path / "new"
    (new / "restore.part" / "evidence").mkdir(parents=True)
    refused = told(new, "lists")
    assert (refused.code, "没有完成的恢复" in refused.err) == (2, True)
    assert told(new, "restore", str(target)).code == 0
    assert told(new, "lists").code == 0


def dies(act: Callable[..., Any], step: int) -> Callable[..., Any]:
    """The process ends after the call of this number, as by kill -9."""
    calls = itertools.count(1)

    def instead(*given: Any, **more: Any) -> Any:
        done = act(*given, **more)
        if next(calls) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    return instead


def restored_until_killed(archive: Path, new: Path, point: str, step: int) -> int:
    """In a process of its own; by which signal it ended."""
    owner: Any = {"replace": Path, "_settle": restoring, "_copied": restoring}[point]
    if (child := os.fork()) == 0:
        try:
            setattr(owner, point, dies(getattr(owner, point), step))
            restoring.restore(archive, new, "ops", NOON, "310118")
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


MOVES = 5  # rename of: the word that all is there; evidence, forms, store; what is left


@pytest.mark.parametrize(
    ("point", "step"),
    [("_copied", 2), ("_settle", 1), *(("replace", n) for n in range(1, MOVES + 1))],
)
def test_a_restore_that_is_killed_is_taken_up_by_the_same_command(
    house: House, tmp_path: Path, point: str, step: int
) -> None:
    (house.home / "forms").mkdir()
    (house.home / "forms" / "表.docx").write_text("x", "utf-8")
    target, new = backed_up(house, tmp_path), tmp_path / "new"

    assert restored_until_killed(target, new, point, step) == signal.SIGKILL
    if (point, step) != ("replace", MOVES):  # else it had come to its end
        refused = told(new, "lists")
        assert (refused.code, "没有完成的恢复" in refused.err) == (2, True)
        assert told(new, "restore", str(target)).code == 0

    assert told(new, "lists").code == 0
    sound = told(new, "verify")
    assert (sound.code, "3 次采集" in sound.out) == (0, True), sound.out
    assert (new / "forms" / "表.docx").read_text("utf-8") == "x"
    assert not (new / restoring.PART).exists()


def test_what_lies_whole_is_moved_in_only_for_the_backup_it_came_from(
    house: House, tmp_path: Path
) -> None:
    first, new = backed_up(house, tmp_path).rename(tmp_path / "first.tar"), tmp_path / "new"
    other = backed_up(house, tmp_path)
    assert restored_until_killed(first, new, "replace", 2) == signal.SIGKILL
    assert (new / "evidence").exists()
    assert not (new / STORE).exists()  # the last to come: till then it is no home
    before = {*new.rglob("*"), new / "lock"}

    for archive, why in ((other, "没有完成的恢复，用的是"), (tmp_path / "none.tar", "不存在")):
        refused = told(new, "restore", str(archive))
        assert (refused.code, why in refused.err.replace("\n", "")) == (2, True), refused.err
        assert {*new.rglob("*")} == before

    assert told(new, "restore", str(first)).code == 0


def test_a_move_that_fails_is_said_in_one_line_and_goes_on_later(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, new = backed_up(house, tmp_path), tmp_path / "new"
    with monkeypatch.context() as busy:
        busy.setattr(restoring, "on_disk", failing(on_disk, new))
        first = told(new, "restore", str(target))

    assert (first.code, "请重新执行" in first.err, "Traceback" in first.err) == (3, True, False)
    with monkeypatch.context() as busy:  # as well where it is only taken up
        busy.setattr(restoring, "on_disk", failing(on_disk, new))
        assert told(new, "restore", str(target)).code == 3
    assert told(new, "restore", str(target)).code == 0
    assert told(new, "verify").code == 0


def failing(real: Callable[[Path], None], at: Path) -> Callable[[Path], None]:
    def instead(path: Path) -> None:
        if path == at:
            raise OSError(errno.EIO, "Input/output error")
        real(path)

    return instead


def test_evidence_that_is_to_lie_elsewhere_is_refused_before_anything_is_written(
    house: House, tmp_path: Path
) -> None:
    target, new = backed_up(house, tmp_path), tmp_path / "new"
    new.mkdir()
    (tmp_path / "disk").mkdir()
    (new / "evidence").symlink_to(tmp_path / "disk")

    refused = told(new, "restore", str(target))

    assert (refused.code, "挂载点" in refused.err) == (2, True)
    assert not (new / restoring.PART).exists()


GOES, SECRET = {"lexicons", "forms", "docking", "city.toml", STORE}, {"xunwang.toml", "keys"}
STAYS = {"run", "cache", "logs", "lock", "notes", "xunwang.toml.bak", "tls.key", "tmp", "program"}
STAYS |= {f"{STORE}-wal", f"{STORE}-shm", "restore.part", "restore.over"}


@pytest.mark.parametrize("settings", [True, False])
def test_only_what_a_restore_needs_goes_in_and_a_new_folder_stays_out(
    tmp_path: Path, settings: bool
) -> None:
    receiver = '[[delivery.endpoints]]\nname = "市平台"\nmapping = "city.toml"\n'
    house = a_house(tmp_path / "full", receiver)
    seed_case(house, "a.example.cn")
    for name in (
        "lexicons/0001/a.yaml", "lexicons/.draft-1/a.yaml", "forms/表.docx", "docking/0a1b",
        "keys/certificate.pem", "city.toml", "run/x", "cache/lists/1/list",
        "logs/xunwang.log", "lock", "notes/私人.txt", "tls.key",
        "xunwang.toml.bak", "evidence/tls.key",
    ):  # fmt: skip
        (house.home / name).parent.mkdir(parents=True, exist_ok=True)
        (house.home / name).write_text("x", "utf-8")
    (house.home / "forms" / "外.docx").symlink_to("/etc/hostname")

    options = ["--with-settings"] if settings else []
    with tarfile.open(backed_up(house, tmp_path, *options)) as tar:
        names = set(tar.getnames()) - {MANIFEST}
        told_of = tar.extractfile(MANIFEST)
        assert told_of is not None
        assert json.load(told_of)["links"] == {}
    house.database.close()

    tops = {one.partition("/")[0] for one in names}
    assert tops == GOES | {"evidence"} | (SECRET if settings else set())
    segments = {f"evidence/{one}" for one in segments_in(house.evidence)}
    assert {one for one in names if one.startswith("evidence/")} == segments
    beside = {one for one in names if one.startswith(("forms/", "lexicons/"))}
    assert beside == {"forms/表.docx", "lexicons/0001/a.yaml"}
    assert {one.name for one in house.home.iterdir()} <= GOES | SECRET | STAYS | {"evidence"}


def test_whatever_the_program_puts_into_a_home_is_known_to_go_in_or_to_stay() -> None:
    """Whoever adds a folder says which: in backing_up, and here."""
    put = re.compile(r"""\bhome / "([^"/]+)""")
    texts = [path.read_text("utf-8") for path in Path("crawler").rglob("*.py")]
    found = {name for text in texts for name in put.findall(text)}
    assert len(found) > 8
    assert found <= GOES | SECRET | STAYS | {"evidence"}


def test_of_two_backups_to_one_name_the_second_is_refused_and_the_first_goes_on(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, real, seconds = tmp_path / "b.tar", take_snapshot, []

    def meanwhile(*given: Any) -> None:
        if not seconds:
            seconds.append(told(house.home, "backup", str(target)))
        real(*given)

    monkeypatch.setattr(backing_up, "take_snapshot", meanwhile)

    first = told(house.home, "backup", str(target))

    assert (seconds[0].code, "另一个备份正在写它" in seconds[0].err.replace("\n", "")) == (2, True)
    assert (first.code, told(house.home, "restore", "--check", str(target)).code) == (0, 0)
    assert not (tmp_path / "b.tar.part").exists()


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_came_there_meanwhile_is_not_overwritten(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    target, real = tmp_path / "b.tar", take_snapshot

    def meanwhile(*given: Any) -> None:
        real(*given)
        target.write_text("theirs", "utf-8")

    monkeypatch.setattr(backing_up, "take_snapshot", meanwhile)
    if not links:
        monkeypatch.setattr(os, "link", without_links)

    refused = told(house.home, "backup", str(target))

    assert (refused.code, "不会覆盖" in refused.err) == (2, True)
    assert target.read_text("utf-8") == "theirs"
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["b.tar"]


def without_links(*_given: object) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted")


def test_a_share_that_knows_no_links_takes_a_backup_too(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", without_links)

    target = backed_up(house, tmp_path)

    assert told(house.home, "restore", "--check", str(target)).code == 0


def test_a_backup_is_not_written_into_what_it_is_of(house: House, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(house.home)
    for target in (house.home / "b.tar", house.evidence / "b.tar", tmp_path / "elsewhere/b.tar"):
        refused = told(house.home, "backup", str(target))
        said = "不能写在数据目录" in refused.err.replace("\n", "")
        assert (refused.code, said) == (2, True), refused.err
        assert not target.exists()


def bent(
    target: Path, change: Callable[[tarfile.TarInfo, bytes], tuple[str, bytes] | None]
) -> Path:
    """The same archive, with each member as `change` gives it; None leaves it out."""
    crooked = target.with_name("crooked.tar")
    with tarfile.open(target) as old, tarfile.open(crooked, "w") as new:
        for head in old:
            file = old.extractfile(head)
            kept = change(head, file.read() if file else b"")
            if kept is None:
                continue
            name, content = kept
            made = tarfile.TarInfo(name)
            made.size = len(content)
            new.addfile(made, io.BytesIO(content))
    return crooked


def flipped(head: tarfile.TarInfo, content: bytes) -> tuple[str, bytes]:
    return head.name, content[:-1] + bytes([content[-1] ^ 1]) if head.name != MANIFEST else content


def without_evidence(head: tarfile.TarInfo, content: bytes) -> tuple[str, bytes] | None:
    return None if head.name.startswith("evidence/") else (head.name, content)


def without_manifest(head: tarfile.TarInfo, content: bytes) -> tuple[str, bytes] | None:
    return None if head.name == MANIFEST else (head.name, content)


def climbing(head: tarfile.TarInfo, content: bytes) -> tuple[str, bytes]:
    return f"../{head.name}" if head.name == STORE else head.name, content


def whole_by_its_own_word(head: tarfile.TarInfo, content: bytes) -> tuple[str, bytes]:
    return restoring.WHOLE if head.name == STORE else head.name, content


def of_another_format(head: tarfile.TarInfo, content: bytes) -> tuple[str, bytes]:
    if head.name != MANIFEST:
        return head.name, content
    return head.name, json.dumps(json.loads(content) | {"format": 99}).encode()


@pytest.mark.parametrize(
    "change",
    [
        flipped,
        without_evidence,
        without_manifest,
        climbing,
        whole_by_its_own_word,
        of_another_format,
    ],
)
def test_a_backup_that_is_not_what_it_was_is_refused_and_nothing_is_left(
    change: Callable[[tarfile.TarInfo, bytes], tuple[str, bytes] | None],
    house: House,
    tmp_path: Path,
) -> None:
    crooked = bent(backed_up(house, tmp_path), change)
    new = tmp_path / "new"
    refused = told(new, "restore", str(crooked))
    assert refused.code == 2, refused.out
    assert "Traceback" not in refused.err
    assert not (new / restoring.PART / restoring.WHOLE).exists()
    assert not (new / STORE).exists()
    assert not (tmp_path / STORE).exists()


def test_a_torn_file_and_one_that_is_no_backup_are_refused(house: House, tmp_path: Path) -> None:
    target = backed_up(house, tmp_path)
    torn = tmp_path / "torn.tar"
    torn.write_bytes(target.read_bytes()[:-30_000])
    other = tmp_path / "other.tar"
    other.write_bytes(b"not a backup at all" * 100)
    for archive in (torn, other, tmp_path / "none.tar"):
        assert told(tmp_path / "new", "restore", "--check", str(archive)).code == 2
