"""No byte in the evidence folder can be changed without `verify` naming its file, and its capture
where it belongs to one.
"""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Delete, delete, select

from crawler.domain.capture import Evidence, EvidenceKind, Field
from crawler.service.case_keeping import keep_cases
from crawler.service.sealing import settle_segments
from crawler.service.wiring import House
from crawler.store import file_checks, verifying
from crawler.store.captures import commit_evidence
from crawler.store.case_files import FOLDER
from crawler.store.evidence import Resource, SegmentWriter, repacked
from crawler.store.file_checks import Claim, Known, check_file
from crawler.store.orphans import ORPHANS
from crawler.store.picture_texts import PictureWords, save_picture_words
from crawler.store.tables import links
from crawler.store.verifying import Verification, verify
from tests.builders import NOON, an_exchange
from tests.integration.packing_house import a_house, seed_case
from tests.serving_house import told


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = a_house(tmp_path / "home")
    yield made
    made.database.close()


def verified(house: House, *ids: str) -> Verification:
    with house.database.reading() as db:
        return verify(db, house.evidence, ids)


def the_segment(house: House) -> Path:
    [path] = house.evidence.glob("*.warc.gz")
    return path


def flipped(path: Path, at: int, mask: int = 1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= mask
    path.write_bytes(content)


def each_flip(path: Path, places: range, *masks: int) -> Iterator[int]:
    """The file with one byte changed, once for each place and mask; whole again at the end."""
    whole = path.read_bytes()
    with path.open("r+b", buffering=0) as file:
        for at in places:
            for mask in masks:
                os.pwrite(file.fileno(), bytes([whole[at] ^ mask]), at)
                yield at
            os.pwrite(file.fileno(), whole[at : at + 1], at)


def a_segment(folder: Path) -> tuple[SegmentWriter, dict[str, tuple[Evidence, ...]]]:
    """Two captures, and between them records that nobody wrote down, of every kind."""
    writer = SegmentWriter(folder, "w", NOON)
    first = writer.keep_exchange(an_exchange(response_body=b"<p>" * 9))
    writer.keep_exchange(an_exchange(response_body=b"again and again and again " * 5))
    writer.keep_resource(a_picture())
    second = (writer.keep_resource(a_picture()),)
    writer.close()
    return writer, {"first": first, "second": second}


def a_picture() -> Resource:
    return Resource(kind=EvidenceKind.PICTURE, url="http://a/", media_type="image/png",
                    content=bytes(range(99)), at=NOON)  # fmt: skip


def known(of: dict[str, tuple[Evidence, ...]]) -> list[Known]:
    found = [(capture, one) for capture, records in of.items() for one in records]
    return sorted(found, key=lambda one: one[1].offset)


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_each_flipped_byte_of_a_segment_is_found(tmp_path: Path, mask: int) -> None:
    writer, kept = a_segment(tmp_path)
    path, records = tmp_path / writer.name, known(kept)
    whole = path.read_bytes()
    claim = Claim(committed=len(whole))
    assert list(check_file(path, path.name, records, claim)) == []
    owners = {
        at: capture for capture, one in records for at in range(one.offset, one.offset + one.length)
    }

    missed = []
    for at in each_flip(path, range(len(whole)), mask):
        faults = list(check_file(path, path.name, records, claim))
        named = {one.capture for one in faults} if at in owners else {one.segment for one in faults}
        if named != {owners.get(at, path.name)} or not all(
            path.name in one.segment + one.reason for one in faults
        ):
            missed.append(at)

    assert missed == []
    assert len(whole) > 1500


def test_each_byte_of_the_first_record_of_a_case_file_is_found(house: House) -> None:
    seeded = seed_case(house, "a.example.cn")
    keep_cases(house, NOON)
    [path] = (house.evidence / FOLDER).iterdir()
    whole = path.read_bytes()
    reader = zlib.decompressobj(31)
    reader.decompress(whole)
    first = len(whole) - len(reader.unused_data)

    missed = []
    for at in each_flip(path, range(first), 0x20):
        faults = list(check_file(path, path.name, [], Claim(committed=first)))
        if {one.segment for one in faults} != {path.name}:
            missed.append(at)
    flipped(path, 0)
    said = verified(house).faults

    assert missed == []
    assert [(one.segment, one.reason) for one in said] == [
        (f"{FOLDER}/{path.name}", "线索副本：第 0 字节起不是本程序写下的完整记录")
    ]
    assert seeded.captures


@pytest.mark.fault("D34")
@pytest.mark.parametrize("sealed", [True, False])
def test_a_flipped_byte_names_file_and_capture_whether_sealed_or_not(
    house: House, *, sealed: bool
) -> None:
    capture = seed_case(house, "a.example.cn").captures[-1]
    path = the_segment(house)
    if sealed:
        settle_segments(house.database, house.evidence, NOON)
    assert verified(house) == Verification(captures=2, records=4, links=2)

    flipped(path, capture.evidence[0].offset)
    [record, *others] = verified(house).faults

    assert record.capture == capture.id
    assert path.name in record.reason
    assert [one.segment for one in others] == [path.name] * sealed


def test_what_lies_behind_the_end_is_a_fault_once_sealed_and_a_notice_before(house: House) -> None:
    seed_case(house, "a.example.cn")
    path = the_segment(house)
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"x")
    before = verified(house)
    settle_segments(house.database, house.evidence, NOON)
    with path.open("ab") as file:
        file.write(b"x")
    after = verified(house)

    assert before.faults == ()
    assert [one.segment for one in before.notices] == [path.name]
    assert "末尾 1 字节" in before.notices[0].reason
    assert path.stat().st_size == size + 1
    assert {one.reason for one in after.faults} == {"封存后多出 1 字节", "与封存时的摘要不符"}
    assert [one.segment for one in after.notices] == [ORPHANS]


def test_a_segment_without_captures_is_a_notice_and_each_of_its_bytes_counts(
    house: House,
) -> None:
    writer = SegmentWriter(house.evidence, "begun", NOON)
    begun = verified(house)
    writer.close()
    path = the_segment(house)
    left = verified(house)

    missed = [
        at
        for at in each_flip(path, range(path.stat().st_size), *(1 << bit for bit in range(8)))
        if [one.segment for one in check_file(path, path.name, (), Claim())] != [path.name]
    ]
    flipped(path, 146)

    assert missed == []
    for one in (begun, left):
        assert (one.faults, [n.segment for n in one.notices]) == ((), [path.name])
    assert [one.segment for one in verified(house).faults] == [path.name]


def test_files_that_no_row_knows_are_named(house: House) -> None:
    seed_case(house, "a.example.cn")
    known_one = the_segment(house)
    (house.evidence / "alien.warc.gz").write_bytes(b"from elsewhere")
    (house.evidence / "twin.warc.gz").write_bytes(known_one.read_bytes())
    SegmentWriter(house.evidence, "shut", NOON).close()
    (house.evidence / "shut-0000.warc.gz").chmod(0o400)
    (house.evidence / FOLDER).mkdir()
    (house.evidence / FOLDER / "foreign.warc.gz").write_bytes(b"\x1f\x8b")
    (house.evidence / "readme.txt").write_text("?")
    (house.evidence / "folder.warc.gz").mkdir()

    said = verified(house)

    assert sorted(one.segment for one in said.faults) == [
        "alien.warc.gz", f"{FOLDER}/foreign.warc.gz", "shut-0000.warc.gz", "twin.warc.gz",
    ]  # fmt: skip
    assert sorted(one.segment for one in said.notices) == ["folder.warc.gz", "readme.txt"]


def test_what_was_read_in_a_picture_is_verified_too(house: House) -> None:
    capture = seed_case(house, "a.example.cn").captures[-1]
    writer = SegmentWriter(house.evidence, "ocr", NOON)
    record = writer.keep_resource(Resource(
        kind=EvidenceKind.OCR, url="http://a/", media_type="text/plain", content=b"words", at=NOON
    ))  # fmt: skip
    writer.close()
    words = PictureWords(capture_id=capture.id, visit_id=capture.visit_id, region="31",
                         field=Field(name="ocr", text="words"), evidence=(record,))  # fmt: skip
    with house.database.transaction() as db:
        save_picture_words(db, [words], NOON)
        commit_evidence(db, [("31", [record])], NOON)
    clean = verified(house)
    flipped(house.evidence / writer.name, record.offset + 20)

    assert (clean.faults, clean.records) == ((), 5)
    for ids in ((), (capture.id,)):
        assert [one.capture for one in verified(house, *ids).faults] == [capture.id]


def test_a_file_packed_by_another_zlib_is_sound_if_its_records_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, kept = a_segment(tmp_path)
    path = tmp_path / writer.name
    claim = Claim(committed=path.stat().st_size)
    monkeypatch.setattr(file_checks, "repacked", lambda record: (repacked(record)[0] + b"?", b""))

    assert list(check_file(path, path.name, known(kept), claim)) == []
    assert len(list(check_file(path, path.name, [], claim))) == len(known(kept)) + 4


def test_a_record_of_foreign_make_in_a_gap_is_a_fault(tmp_path: Path) -> None:
    writer, kept = a_segment(tmp_path)
    path = tmp_path / writer.name
    record = b"WARC/1.1\r\nWARC-Type: resource\r\nContent-Length: 1\r\n\r\nx\r\n\r\n"
    start = path.stat().st_size
    with path.open("ab") as file:
        file.write(repacked(record)[0])
    claim = Claim(committed=path.stat().st_size)

    [fault] = check_file(path, path.name, known(kept), claim)

    assert f"第 {start} 字节起" in fault.reason


def test_a_shortened_file_names_file_and_captures(tmp_path: Path) -> None:
    writer, kept = a_segment(tmp_path)
    path = tmp_path / writer.name
    claim = Claim(committed=path.stat().st_size)
    with path.open("r+b") as file:
        file.truncate(kept["second"][0].offset + 5)

    faults = list(check_file(path, path.name, known(kept), claim))

    assert {(one.capture, one.segment) for one in faults} == {("second", ""), ("", path.name)}


def test_a_place_that_cannot_be_is_a_fault_and_no_traceback(tmp_path: Path) -> None:
    writer, kept = a_segment(tmp_path)
    path = tmp_path / writer.name
    for offset, length in ((-1, 5), (0, -1), (1 << 62, 1 << 62), (0, 1 << 62)):
        odd = Evidence(kind=EvidenceKind.DOM, segment=path.name, offset=offset, length=length,
                       sha256="")  # fmt: skip

        found = list(check_file(path, path.name, [("odd", odd)], Claim()))

        assert "odd" in {one.capture for one in found}
    assert kept


def test_files_that_wait_too_long_are_read_early_and_their_rest_one_by_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeded = [seed_case(house, f"{name}.example.cn") for name in "abc"]
    monkeypatch.setattr(verifying, "_AT_ONCE", 0)
    clean = verified(house)
    last = seeded[1].captures[-1]
    flipped(house.evidence / last.evidence[-1].segment, last.evidence[-1].offset + 40)

    assert (clean.faults, clean.notices) == ((), ())
    assert last.id in {one.capture for one in verified(house).faults}


@pytest.mark.parametrize("deed", [delete(links).where(links.c.seq == 3), delete(links)])
def test_a_capture_without_its_link_is_named(house: House, deed: Delete) -> None:
    """A chain that was cut off, or is gone, is sound by itself."""
    seed_case(house, "a.example.cn", pictures=2)
    with house.database.transaction() as db:
        before = list(db.scalars(select(links.c.capture_id).order_by(links.c.seq)))
        db.execute(deed)
        left = set(db.scalars(select(links.c.capture_id)))
    gone = [one for one in before if one not in left]

    assert [(one.capture, one.reason) for one in verified(house).faults] == [
        (one, "不在证据链上") for one in gone
    ]
    assert [one.reason for one in verified(house, gone[-1]).faults] == ["不在证据链上"]


def test_an_unknown_capture_is_one_line_and_exit_2(house: House) -> None:
    capture = seed_case(house, "a.example.cn").captures[0]

    unknown = told(house.home, "verify", capture.id, "nope")

    assert (unknown.code, unknown.out) == (2, "")
    assert unknown.err.strip().splitlines() == ["没有这次采集：nope"]
    assert told(house.home, "verify", capture.id).code == 0


def test_a_notice_is_told_and_exits_0(house: House) -> None:
    seed_case(house, "a.example.cn")
    (house.evidence / "readme.txt").write_text("?")

    said = told(house.home, "verify")

    assert said.code == 0
    assert "存证完好" in said.out
    assert "readme.txt" in said.err
