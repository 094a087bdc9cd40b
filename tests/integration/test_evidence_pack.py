"""A pack is whole or not there, the same twice, and says itself what is wrong with it."""

import ast
import errno
import gc
import json
import os
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select, update

from crawler.domain.errors import BadInput
from crawler.reading.lead_list import place_of
from crawler.service.importing import import_file, rules_of
from crawler.service.leading import Complaint, take_lead
from crawler.service.packing import archive
from crawler.service.packing.listing import Asker
from crawler.service.wiring import House
from crawler.store.audit import acts_on, broken_entries
from crawler.store.tables import filing_lists, sites
from tests.builders import NOON
from tests.integration.packing_house import (
    READER,
    Seeded,
    a_house,
    changed_pack,
    clean_visit,
    exported,
    old_python,
    relapse,
    seed_case,
    verified,
)

WARCIO = str(Path(sys.executable).with_name("warcio"))
CLEAN = "关于我们\n公司简介\n联系方式"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("packing") / "home")
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def seeded(house: House) -> Seeded:
    return seed_case(house, "pack.example.cn")


@pytest.fixture(scope="module")
def pack(house: House, seeded: Seeded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("out") / "证据.zip"
    exported(house, seeded.alert_id, path)
    return path


def names_in(path: Path) -> list[str]:
    return zipfile.ZipFile(path).namelist()


def test_the_reader_finds_a_fresh_pack_sound(pack: Path) -> None:
    code, lines = verified(pack)

    assert code == 0, lines
    assert lines[0].startswith("✓ ")


def test_the_reader_inside_works_in_an_unpacked_folder(pack: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(pack).extractall(tmp_path)

    code, lines = verified(tmp_path, tmp_path / "verify.py")

    assert code == 0, lines


def test_the_pack_holds_everything_that_was_promised(pack: Path, seeded: Seeded) -> None:
    names = names_in(pack)

    ends = {name.rsplit("/", 1)[-1] for name in names}
    wanted = {
        "manifest.json", "export.json", "verify.py", "核验说明.html", "body.raw", "dom.html.txt",
        "picture.jpg", "picture-banner.jpg", "text.txt", "alert.json", "assessment.json",
        "filing.json", "decisions.json", "audit.json", "chain.json",
    }  # fmt: skip
    assert wanted <= ends
    assert sum(name.endswith(".warc.gz") for name in names) == 1


def test_two_exports_differ_in_the_export_record_only(
    house: House, seeded: Seeded, pack: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.zip"
    exported(house, seeded.alert_id, again, now=NOON + timedelta(days=3))

    first, second = zipfile.ZipFile(pack), zipfile.ZipFile(again)
    differing = [n for n in first.namelist() if first.read(n) != second.read(n)]

    assert first.namelist() == second.namelist()
    assert differing == ["export.json"]


@pytest.mark.fault("E06")
def test_one_flipped_byte_anywhere_is_found(pack: Path, tmp_path: Path) -> None:
    whole = pack.read_bytes()
    chance = random.Random(7)
    # every kind of place: heads, directory, end, and a few hundred inside members
    places = {0, 5, 11, len(whole) - 1, len(whole) - 15, len(whole) - 60, len(whole) - 200}
    places |= {chance.randrange(len(whole)) for _ in range(12)}
    unseen = []
    for place in sorted(places):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << chance.randrange(8)
        bad = tmp_path / "bad.zip"
        bad.write_bytes(flipped)
        if verified(bad)[0] == 0:
            unseen.append(place)

    assert unseen == []


def test_every_member_that_is_changed_is_named(pack: Path, tmp_path: Path) -> None:
    missed = []
    for name in names_in(pack):
        bad = changed_pack(
            pack,
            tmp_path / "bad.zip",
            lambda members, name=name: [
                (n, c[:-1] + bytes([c[-1] ^ 1]) if n == name else c) for n, c in members
            ],
        )
        code, lines = verified(bad)
        if code not in (1, 2) or not any(name in line for line in lines):
            missed.append((name, lines))

    assert missed == []


def test_a_member_that_is_added_removed_or_renamed_is_named(pack: Path, tmp_path: Path) -> None:
    victim = next(name for name in names_in(pack) if name.endswith("picture.jpg"))
    bad = tmp_path / "bad.zip"

    added = verified(changed_pack(pack, bad, lambda m: [*m, ("加进来的.txt", b"x")]))
    removed = verified(changed_pack(pack, bad, lambda m: [(n, c) for n, c in m if n != victim]))
    renamed = verified(
        changed_pack(pack, bad, lambda m: [(n + "x" if n == victim else n, c) for n, c in m])
    )

    assert added[0] == removed[0] == renamed[0] == 1
    assert any("加进来的.txt" in line and "清单之外" in line for line in added[1])
    assert any(victim in line and "缺失" in line for line in removed[1])
    assert any(victim + "x" in line for line in renamed[1])


def test_a_forger_who_rewrites_the_manifest_still_meets_chain_and_warc(
    pack: Path, tmp_path: Path
) -> None:
    """All digests made anew, export record too: a capture's own manifest and the WARC object."""
    code, lines = verified(changed_pack(pack, tmp_path / "bad.zip", _forged))

    assert code == 1
    assert any("picture.jpg" in line and "采集清单" in line for line in lines)


def _forged(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    content = dict(members)
    victim = next(name for name in content if name.endswith("picture.jpg"))
    content[victim] += b"forged"
    manifest = json.loads(content["manifest.json"])
    for one in manifest["members"]:
        given = content[one["path"]]
        one["size"] = len(given)
        one["sha256"], one["sm3"] = _hash("sha256", given), _hash("sm3", given)
    lines = sorted(f"{m['sha256']}  {m['path']}\n" for m in manifest["members"]
                   if m["role"] == "evidence")  # fmt: skip
    manifest["evidence_root"] = _hash("sha256", "".join(lines).encode())
    content["manifest.json"] = _as_json(manifest)
    record = json.loads(content["export.json"])
    record["manifest_sha256"] = _hash("sha256", content["manifest.json"])
    record.pop("record_sha256")
    plain = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    content["export.json"] = _as_json(record | {"record_sha256": _hash("sha256", plain.encode())})
    return list(content.items())


def _as_json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _hash(name: str, content: bytes) -> str:
    import hashlib

    return hashlib.new(name, content).hexdigest()


def test_a_broken_link_of_the_chain_is_named(pack: Path, tmp_path: Path) -> None:
    def cut(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        return [(n, c.replace(b'"from": 1', b'"from": 2') if "chain.json" in n else c)
                for n, c in members]  # fmt: skip

    code, lines = verified(changed_pack(pack, tmp_path / "bad.zip", cut))

    assert code == 1
    assert any("证据链" in line for line in lines)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "C:\\x", "a/../b", "gnp\u202e.exe", "a\nb"]
)
def test_a_hostile_member_name_is_refused_and_cannot_forge_a_line(
    pack: Path, tmp_path: Path, name: str
) -> None:
    code, lines = verified(changed_pack(pack, tmp_path / "bad.zip", lambda m: [*m, (name, b"x")]))

    assert code == 1
    assert any("不安全" in line for line in lines)
    assert all(line[0] in "✗✓ 共" for line in lines)
    assert not any("\u202e" in line for line in lines)


def test_a_bomb_is_not_unpacked(pack: Path, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("manifest.json", b"0" * 30_000_000)

    code, lines = verified(bomb)

    assert code == 2, lines


def test_a_bomb_in_the_warc_is_not_unpacked(pack: Path, tmp_path: Path) -> None:
    bomb = zlib.compressobj(1, zlib.DEFLATED, 31)
    packed = bomb.compress(b"0" * 140_000_000) + bomb.flush()

    def arm(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        return [(n, c + packed if n.endswith(".warc.gz") else c) for n, c in members]

    code, lines = verified(changed_pack(pack, tmp_path / "bad.zip", arm))

    assert code == 1
    assert any("过大" in line for line in lines)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"hello" * 100])
def test_what_is_no_pack_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "no.zip"
    file.write_bytes(content)

    code, lines = verified(file)

    assert code == 2
    assert len(lines) == 1


@pytest.mark.parametrize("manifest", [b"[]", b"{}", b"null", b"\xff", b"[" * 100_000])
def test_a_senseless_manifest_is_told_and_not_a_traceback(
    pack: Path, tmp_path: Path, manifest: bytes
) -> None:
    def swap(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        return [(n, manifest if n == "manifest.json" else c) for n, c in members]

    assert verified(changed_pack(pack, tmp_path / "bad.zip", swap))[0] in (1, 2)


def test_the_reader_speaks_python_3_8() -> None:
    source = READER.read_text("utf-8")

    ast.parse(source, feature_version=(3, 8))


def test_the_reader_imports_what_python_3_8_has_and_nothing_else() -> None:
    tree = ast.parse(READER.read_text("utf-8"))

    names = {
        name.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert names == {"hashlib", "json", "os", "re", "struct", "sys", "unicodedata", "zlib"}
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))


def test_a_real_old_python_comes_to_the_same(pack: Path, tmp_path: Path) -> None:
    python = old_python()
    if python is None:
        pytest.skip("no Python 3.8 on this machine; syntax and imports are checked above")
    whole = bytearray(pack.read_bytes())
    whole[len(whole) // 2] ^= 1
    (tmp_path / "bad.zip").write_bytes(whole)

    sound, bad = verified(pack, python=python), verified(tmp_path / "bad.zip", python=python)

    assert (sound[0], bad[0]) == (0, 1), (sound, bad)
    assert sound[1][0] == verified(pack)[1][0]


def test_its_warc_is_clean_to_somebody_else(pack: Path, tmp_path: Path) -> None:
    warc = next(name for name in names_in(pack) if name.endswith(".warc.gz"))
    zipfile.ZipFile(pack).extract(warc, tmp_path)

    done = subprocess.run(
        [WARCIO, "check", "-v", str(tmp_path / warc)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout
    assert "digest failed" not in done.stdout


def test_the_trail_says_who_exported_which_manifest(
    house: House, seeded: Seeded, tmp_path: Path
) -> None:
    done = exported(house, seeded.alert_id, tmp_path / "x.zip")

    with house.database.reading() as db:
        newest = acts_on(db, f"alert:{seeded.alert_id}")[0].act
        broken = list(broken_entries(db))

    assert (newest.actor, newest.action) == ("zhang", "evidence.export")
    assert done.manifest_sha256 in newest.after
    assert broken == []


def test_a_missing_or_flipped_record_is_said_first_and_the_rest_still_holds(
    house: House, tmp_path: Path
) -> None:
    seeded = seed_case(house, "broken.example.cn")
    drawn = next(one for one in seeded.captures if one.fetcher == "browser")
    picture = next(one for one in drawn.evidence if one.kind == "picture")
    segment = house.evidence / picture.segment
    content = bytearray(segment.read_bytes())
    content[picture.offset + 40] ^= 1
    segment.write_bytes(content)

    done = exported(house, seeded.alert_id, tmp_path / "x.zip")

    code, lines = verified(tmp_path / "x.zip")
    page = zipfile.ZipFile(tmp_path / "x.zip").read("核验说明.html").decode()
    assert len(done.broken) == 1
    assert code == 3
    assert any(line.startswith("▲") for line in lines)
    assert 0 < page.index('class="alarm"') < page.index("<h1>")


def test_a_segment_that_is_gone_still_gives_a_pack(house: House, tmp_path: Path) -> None:
    seeded = seed_case(house, "gone.example.cn")
    for one in {e.segment for c in seeded.captures for e in c.evidence}:
        (house.evidence / one).unlink()

    done = exported(house, seeded.alert_id, tmp_path / "x.zip")

    assert len(done.broken) == 4
    assert verified(tmp_path / "x.zip")[0] == 3


def test_a_destination_that_exists_is_left_alone(
    house: House, seeded: Seeded, tmp_path: Path
) -> None:
    there = tmp_path / "x.zip"
    there.write_bytes(b"mine")

    with pytest.raises(BadInput, match="已存在"):
        exported(house, seeded.alert_id, there)

    assert there.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [there]


def test_a_destination_without_room_leaves_nothing(
    house: House, seeded: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with house.database.reading() as db:
        before = len(acts_on(db, f"alert:{seeded.alert_id}"))
    monkeypatch.undo()
    monkeypatch.setattr("crawler.service.packing.archive.os.fsync", full)

    with pytest.raises(BadInput, match="空间不足"):
        exported(house, seeded.alert_id, tmp_path / "x.zip")

    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []
    assert before >= 1


def test_a_pack_too_large_for_a_memory_stick_is_refused_and_leaves_nothing(
    house: House, seeded: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfinished: list[object] = []
    monkeypatch.setattr(archive, "_MOST_BYTES", 20_000)
    monkeypatch.setattr(sys, "unraisablehook", unfinished.append)

    with pytest.raises(BadInput, match="超过 3"):
        exported(house, seeded.alert_id, tmp_path / "x.zip")

    gc.collect()
    assert list(tmp_path.iterdir()) == []
    assert unfinished == []  # nothing is written to a file that is gone, nor complained about


def test_no_folder_and_no_alert_are_told(house: House, seeded: Seeded, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="无法写入"):
        exported(house, seeded.alert_id, tmp_path / "no" / "x.zip")
    with pytest.raises(BadInput, match="没有编号"):
        exported(house, 999_999, tmp_path / "x.zip")


def test_another_district_has_no_such_alert(house: House, seeded: Seeded, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="没有编号"):
        exported(house, seeded.alert_id, tmp_path / "x.zip", Asker(actor="li", role="officer",
                 reach="310115"))  # fmt: skip


def test_a_persons_name_and_number_are_masked_unless_the_role_may_see_them(
    house: House, tmp_path: Path
) -> None:
    body = "季季返息 3.95%\n保·本·保·息\n联系 欧阳明月 13800138000"
    seeded = seed_case(house, "person.example.cn", unit="欧阳明月", kind="person", body=body)
    exported(house, seeded.alert_id, tmp_path / "masked.zip")
    open_ = Asker(actor="zhang", role="officer", lifted=True)
    exported(house, seeded.alert_id, tmp_path / "open.zip", open_)

    masked, shown = _ours(tmp_path / "masked.zip"), _ours(tmp_path / "open.zip")

    assert "欧阳明月" not in masked
    assert "13800138000" not in masked
    assert "欧阳明月" in shown
    assert "13800138000" in shown


def _ours(path: Path) -> str:
    """What we say ourselves; the page's own bytes are the evidence and stay."""
    pack = zipfile.ZipFile(path)
    ours = [n for n in pack.namelist() if not n.startswith(("captures/", "warc/"))]
    return "\n".join(pack.read(n).decode("utf-8", "replace") for n in ours)


def test_markup_and_turning_marks_of_a_page_stay_words(house: House, tmp_path: Path) -> None:
    nasty = '<script>alert(1)</script>\u202egnp.exe"><img src=x onerror=alert(1)>'
    seeded = seed_case(
        house, "nasty.example.cn", unit=nasty, title=nasty, body=f"季季返息 3.95%\n{nasty}"
    )

    exported(house, seeded.alert_id, tmp_path / "x.zip")

    page = zipfile.ZipFile(tmp_path / "x.zip").read("核验说明.html").decode()
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert "[U+202E]" in page
    assert verified(tmp_path / "x.zip")[0] == 0


def test_a_very_long_picture_is_packed(house: House, tmp_path: Path) -> None:
    seeded = seed_case(house, "long.example.cn", size=(1280, 16_000))

    exported(house, seeded.alert_id, tmp_path / "x.zip")

    page = zipfile.ZipFile(tmp_path / "x.zip").read("核验说明.html").decode()
    assert "此处只示上部" in page
    assert verified(tmp_path / "x.zip")[0] == 0


def test_before_and_after_stand_side_by_side_and_a_relapse_is_the_third(
    house: House, tmp_path: Path
) -> None:
    seeded = seed_case(house, "again.example.cn")
    clean_visit(house, seeded, CLEAN, NOON + timedelta(days=9))
    exported(house, seeded.alert_id, tmp_path / "two.zip")
    relapse(house, seeded, "季季返息 3.95%\n保·本·保·息", NOON + timedelta(days=30))
    exported(house, seeded.alert_id, tmp_path / "three.zip")

    two = zipfile.ZipFile(tmp_path / "two.zip").read("核验说明.html").decode()
    three = zipfile.ZipFile(tmp_path / "three.zip").read("核验说明.html").decode()

    assert 'class="side n2"' in two
    assert "<del>季季返息 3.95%</del>" in two
    assert "<ins>公司简介</ins>" in two
    assert 'class="side n3"' in three
    assert "<ins>季季返息 3.95%</ins>" in three
    assert verified(tmp_path / "three.zip")[0] == 0


def test_the_filing_is_as_it_was_imported_with_the_lists_digest(
    house: House, tmp_path: Path
) -> None:
    given = tmp_path / "名单.csv"
    given.write_text(
        "主办单位名称,主办单位性质,网站备案号,网站域名,负责人\n"
        "云湖有限公司,企业,沪ICP备2099000999号-1,listed.example.cn,=1+1 王小明\n",
        "utf-8",
    )
    import_file(house, given, source="备案系统", actor="ops", at=NOON, whole=False, rehearse=False)
    seeded = _adopt(house, "listed.example.cn")

    exported(house, seeded.alert_id, tmp_path / "x.zip")

    told = json.loads(zipfile.ZipFile(tmp_path / "x.zip").read("case/filing.json"))
    with house.database.reading() as db:
        digest = db.scalar(select(filing_lists.c.sha256))
    assert told["list"]["sha256"] == digest == _hash("sha256", given.read_bytes())
    assert told["filing"]["given"]["主办单位名称"] == "云湖有限公司"
    assert "王小明" not in json.dumps(told, ensure_ascii=False)


def _adopt(house: House, domain: str) -> Seeded:
    """A seeded case moved to a site that a list made."""
    seeded = seed_case(house, "tmp." + domain)
    with house.database.transaction() as db:
        listed = db.scalar(select(sites.c.id).where(sites.c.domain == domain))
        db.execute(update(sites).where(sites.c.id == listed).values(domain="was." + domain))
        db.execute(update(sites).where(sites.c.id == seeded.site_id).values(domain=domain))
    return seeded


def test_the_layout_is_fixed(pack: Path) -> None:
    """Stored, one date, nothing extra: what the reader counts on."""
    for one in zipfile.ZipFile(pack).infolist():
        assert one.compress_type == zipfile.ZIP_STORED
        assert one.date_time == (1980, 1, 1, 0, 0, 0)
        assert not one.extra
    assert struct.unpack("<4s", pack.read_bytes()[:4]) == (b"PK\x03\x04",)


@pytest.mark.parametrize("lifted", [False, True])
def test_a_lead_is_told_and_neither_who_told_nor_in_what_words(
    house: House, tmp_path: Path, lifted: bool
) -> None:
    seeded = seed_case(house, f"told{lifted:d}.example.cn".lower())
    complaint = Complaint(
        place=place_of(f"http://told{lifted:d}.example.cn/?invite=wdm8899", rules_of(house)),
        channel="12345热线（王大妈转）", reporter="王大妈 wangdama88",
        words="我是王大妈，住云湖镇8号，微信 wangdama88，收了押金要返息",
    )  # fmt: skip
    take_lead(house, complaint, "li", NOON)
    asker = Asker(actor="zhang", role="officer", lifted=lifted)

    exported(house, seeded.alert_id, tmp_path / "x.zip", asker)

    pack = zipfile.ZipFile(tmp_path / "x.zip")
    everything = b"".join(pack.read(name) for name in pack.namelist())
    (source,) = json.loads(pack.read("case/alert.json"))["sources"]
    assert "12345热线" in pack.read("核验说明.html").decode()
    assert "举报内容留在系统内" in pack.read("核验说明.html").decode()
    assert source == {
        "kind": "lead", "number": source["number"], "channel": "12345热线（王**转）",
        "told_on": "2026-05-12", "words": "举报内容留在系统内",
    }  # fmt: skip
    for told in ("王大妈", "云湖镇8号", "wangdama88", "押金要返息", "wdm8899"):
        assert told.encode() not in everything
    for name in (one for one in pack.namelist() if one.endswith(".docx")):
        with zipfile.ZipFile(BytesIO(pack.read(name))) as paper:
            assert "王大妈" not in paper.read("word/document.xml").decode()


def exports_noted(house: House, seeded: Seeded) -> int:
    with house.database.reading() as db:
        found = acts_on(db, f"alert:{seeded.alert_id}")
    return sum(one.act.action == "evidence.export" for one in found)


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_stick_without_hard_links_takes_a_pack(
    house: House, seeded: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "link", failing(number))
    there = tmp_path / "there.zip"

    exported(house, seeded.alert_id, tmp_path / "x.zip")

    assert verified(tmp_path / "x.zip")[0] == 0
    assert [one.name for one in tmp_path.iterdir()] == ["x.zip"]
    with pytest.raises(BadInput, match="已存在"), archive.new_file(there):
        there.write_bytes(b"somebody was faster")
    assert there.read_bytes() == b"somebody was faster"


def test_a_stick_without_hard_links_that_fails_at_the_end_is_left_empty(
    house: House, seeded: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", failing(errno.EPERM))
    monkeypatch.setattr(Path, "replace", failing(errno.EIO))

    with pytest.raises(BadInput, match="无法写入"):
        exported(house, seeded.alert_id, tmp_path / "x.zip")

    assert list(tmp_path.iterdir()) == []


def failing(number: int) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_the_name_of_a_pack_is_on_the_disk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(archive, "on_disk", synced.append)

    with archive.new_file(tmp_path / "x") as file:
        file.write(b"x")

    assert synced == [tmp_path]


@pytest.mark.parametrize("step", ["link", "fsync"])
def test_an_export_that_failed_does_not_stand_in_the_trail(
    house: House, seeded: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = exports_noted(house, seeded)
    with monkeypatch.context() as patch:
        # the database syncs by itself, in C
        patch.setattr(os, step, failing(errno.ENOSPC))
        with pytest.raises(BadInput, match="空间不足"):
            exported(house, seeded.alert_id, tmp_path / "x.zip")

    assert exports_noted(house, seeded) == before
    assert list(tmp_path.iterdir()) == []


def test_a_pack_that_the_trail_cannot_tell_of_does_not_stay(
    house: House, seeded: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.service.packing.exporting.note", failing(errno.EIO))

    with pytest.raises(OSError, match="Input/output"):
        exported(house, seeded.alert_id, tmp_path / "x.zip")

    assert list(tmp_path.iterdir()) == []


def test_only_the_destinations_errors_are_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), archive.new_file(tmp_path / "x"):
        (tmp_path / "nothing").read_bytes()
    with pytest.raises(BadInput, match="空间不足"):
        fill_up(tmp_path / "y")

    assert list(tmp_path.iterdir()) == []


def fill_up(path: Path) -> None:
    """Write where there is no room: a real full device under the file's number."""
    with archive.new_file(path) as file, Path("/dev/full").open("r+b", buffering=0) as full:
        os.dup2(full.fileno(), file.fileno())
        file.write(b"x" * 1_000_000)
