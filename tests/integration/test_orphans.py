"""Evidence is never thrown away, whatever the rows say of it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from crawler.domain.capture import Evidence, EvidenceKind
from crawler.domain.errors import BadInput
from crawler.service.backing_up import back_up
from crawler.service.case_keeping import keep_cases
from crawler.service.restoring import restore
from crawler.service.sealing import settle_segments
from crawler.service.wiring import House
from crawler.store.audit import acts_on
from crawler.store.captures import commit_evidence, sealed_segments
from crawler.store.case_files import FOLDER
from crawler.store.cases import case_of
from crawler.store.database import Database, migrate, open_database
from crawler.store.evidence import Resource, SegmentWriter, file_digest, open_record
from crawler.store.orphans import ORPHANS
from crawler.store.tables import segments
from tests.builders import NOON
from tests.integration.packing_house import a_house, seed_case


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = a_store(tmp_path / "a.db")
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


def a_store(path: Path) -> Database:
    opened = open_database(f"sqlite:///{path}")
    migrate(opened)
    return opened


def a_record(writer: SegmentWriter, content: bytes = b"<p>") -> Evidence:
    return writer.keep_resource(
        Resource(kind=EvidenceKind.DOM, url="http://a/", media_type="text/html", content=content,
                 at=NOON)
    )  # fmt: skip


def written(database: Database, folder: Path, *, committed: int, beyond: int) -> SegmentWriter:
    writer = SegmentWriter(folder, "w", NOON)
    kept = [a_record(writer) for _ in range(committed)]
    for _ in range(beyond):
        a_record(writer, os.urandom(50))
    writer.close()
    if kept:
        with database.transaction() as db:
            commit_evidence(db, [("31", kept)], NOON)
    return writer


def test_sealed_evidence_that_an_empty_store_does_not_know_stops_the_sweep(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    writer = written(database, folder, committed=1, beyond=0)
    settle_segments(database, folder, NOON)
    digest = file_digest(folder / writer.name)
    empty = a_store(tmp_path / "b.db")

    with pytest.raises(BadInput, match="数据库不认识的封存文件（1 个"):
        settle_segments(empty, folder, NOON)
    empty.close()

    assert file_digest(folder / writer.name) == digest
    settle_segments(database, folder, NOON)  # the right store goes on


def test_an_older_store_does_not_cut_a_sealed_segment(database: Database, folder: Path) -> None:
    writer = written(database, folder, committed=2, beyond=0)
    settle_segments(database, folder, NOON)
    size = (folder / writer.name).stat().st_size
    with database.transaction() as db:  # as it stood before the second group
        db.execute(segments.update().values(sealed_at=None, sha256="", committed=size // 2))

    with pytest.raises(BadInput, match="封存文件"):
        settle_segments(database, folder, NOON)

    assert (folder / writer.name).stat().st_size == size


def test_a_kill_between_sealing_and_its_row_is_taken_up(database: Database, folder: Path) -> None:
    writer = written(database, folder, committed=1, beyond=0)
    (folder / writer.name).chmod(0o400)

    settle_segments(database, folder, NOON)

    with database.reading() as db:
        assert sealed_segments(db) == {writer.name: file_digest(folder / writer.name)}


@pytest.mark.fault("D02")
@pytest.mark.fault("D03")
@pytest.mark.fault("D08")
def test_what_was_never_committed_is_cut_off_and_kept_aside(
    database: Database, folder: Path
) -> None:
    writer = SegmentWriter(folder, "w", NOON)
    kept = a_record(writer)
    end = kept.offset + kept.length
    torn = a_record(writer, b"not committed")
    writer.close()
    with database.transaction() as db:
        commit_evidence(db, [("31", [kept])], NOON)

    settle_segments(database, folder, NOON, "31")

    assert (folder / writer.name).stat().st_size == end
    assert open_record(folder, kept) == b"<p>"
    [orphan] = (folder / ORPHANS).iterdir()
    assert orphan.name == f"{writer.name}.from-{end}"
    assert orphan.stat().st_size == torn.length
    with database.reading() as db:
        [entry] = acts_on(db, f"segment:{writer.name}")
    assert (entry.act.action, entry.act.region) == ("evidence.orphan", "31")


def test_an_open_segment_without_a_row_is_moved_and_an_empty_one_removed(
    database: Database, folder: Path
) -> None:
    writer = written(database, folder, committed=0, beyond=1)
    digest = file_digest(folder / writer.name)
    SegmentWriter(folder, "begun", NOON).close()
    (folder / "torn-0000.warc.gz").write_bytes((folder / "begun-0000.warc.gz").read_bytes()[:30])
    (folder / "empty-0000.warc.gz").touch()
    (folder / "odd-0000.warc.gz").write_bytes(b"no gzip")

    settle_segments(database, folder, NOON)

    assert list(folder.glob("*.warc.gz")) == []
    assert sorted(one.name for one in (folder / ORPHANS).iterdir()) == [
        "odd-0000.warc.gz", writer.name,
    ]  # fmt: skip
    assert file_digest(folder / ORPHANS / writer.name) == digest


def test_two_orphans_of_one_name_are_both_kept(database: Database, folder: Path) -> None:
    for _ in range(2):
        written(database, folder, committed=0, beyond=1)
        settle_segments(database, folder, NOON)

    assert len(list((folder / ORPHANS).iterdir())) == 2


def test_a_case_number_that_comes_again_does_not_cut_the_first_ones_file(tmp_path: Path) -> None:
    house = a_house(tmp_path / "home")
    before = the_case_file(house)
    digest = file_digest(before)
    house.database.close()
    for store in (tmp_path / "home").glob("xunwang.db*"):
        store.unlink()
    for segment in house.evidence.glob("*.warc.gz"):
        segment.unlink()

    again = a_house(tmp_path / "home")
    path = the_case_file(again)

    assert path == before
    assert file_digest(path) != digest
    assert [file_digest(one) for one in (again.evidence / ORPHANS).iterdir()] == [digest]
    again.database.close()


def test_case_files_are_written_while_others_write_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = a_house(tmp_path / "home")
    seed_case(house, "a.example.cn")
    fsync = os.fsync
    seen: list[str] = []

    def synced(file: int) -> None:
        seen.append(f"s{len(seen)}")
        with house.database.transaction() as db:  # would wait for thirty seconds and fail
            db.execute(insert(segments).values(
                name=seen[-1], region="31", committed=0, created_at=NOON))  # fmt: skip
        fsync(file)

    monkeypatch.setattr(os, "fsync", synced)
    keep_cases(house, NOON)
    house.database.close()

    assert seen


@pytest.mark.sqlite_only("PostgreSQL is backed up by pg_dump")
def test_a_restore_is_refused_where_only_orphans_lie(tmp_path: Path) -> None:
    house = a_house(tmp_path / "home")
    seed_case(house, "a.example.cn")
    back_up(house, tmp_path / "b.tar", "ops", NOON, settings=False)
    house.database.close()
    orphan = tmp_path / "again" / "evidence" / ORPHANS / "x.warc.gz"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"evidence")

    with pytest.raises(BadInput, match="已有数据"):
        restore(tmp_path / "b.tar", tmp_path / "again", "ops", NOON, "310118")

    assert orphan.read_bytes() == b"evidence"


@pytest.mark.fault("D10")
def test_the_name_of_a_new_segment_is_on_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_ino))

    writer = SegmentWriter(folder, "w", NOON, limit=1)
    assert synced == [folder.stat().st_ino]
    synced.clear()
    a_record(writer)  # the limit is reached: a second segment

    assert writer.name == "w-0001.warc.gz"
    assert folder.stat().st_ino in synced
    writer.close()


def the_case_file(house: House) -> Path:
    seeded = seed_case(house, "a.example.cn")
    keep_cases(house, NOON)
    with house.database.reading() as db:
        case = case_of(db, seeded.case_id)
    assert case is not None
    return house.evidence / FOLDER / f"{case.number}.warc.gz"
