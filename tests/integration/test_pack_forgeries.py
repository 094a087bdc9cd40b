"""A forger who makes every digest of a pack anew, the export record too, still meets what each
check of the reader holds on to: captures' own manifests, chain, anchors, WARC and audit trail.
"""

import gzip
import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.domain.errors import BadInput
from crawler.service.anchoring import anchor_heads
from crawler.service.wiring import House
from crawler.store.anchors import put_token
from tests.builders import NOON, a_capture
from tests.integration import packing_house
from tests.integration.packing_house import (
    READER,
    a_house,
    changed_pack,
    exported,
    old_python,
    seed_case,
    verified,
)

Content = dict[str, bytes]
Change = Callable[[Content, dict[str, Any]], None]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("forging") / "home")
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def pack(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With an anchor and something that stands for a time stamp on it."""
    seeded = seed_case(house, "forged.example.cn")
    anchored = anchor_heads(house, NOON)
    assert anchored is not None
    token = b"stamp" + hashlib.sha256(anchored.anchor.statement.encode()).digest()
    with house.database.transaction() as db:
        put_token(db, anchored.anchor.id, token, "tsa")
    path = tmp_path_factory.mktemp("out") / "x.zip"
    exported(house, seeded.alert_id, path)
    assert verified(path)[0] == 0
    return path


def digest(content: bytes, name: str = "sha256") -> str:
    return hashlib.new(name, content).hexdigest()


def as_json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def ending(content: Content, end: str) -> str:
    return next(name for name in content if name.endswith(end))


def forged(pack: Path, tmp_path: Path, change: Change, *, seal: bool = True) -> list[str]:
    """What is said of a pack that was changed, all its digests made anew."""

    def forge(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        content = dict(members)
        manifest = json.loads(content["manifest.json"])
        change(content, manifest)
        manifest["members"] = [one for one in manifest["members"] if one["path"] in content]
        for one in manifest["members"] if seal else ():
            given = content[one["path"]]
            one["size"], one["sha256"] = len(given), digest(given)
            one["sm3"] = digest(given, "sm3")
        lines = sorted(f"{one['sha256']}  {one['path']}\n" for one in manifest["members"]
                       if one["role"] == "evidence")  # fmt: skip
        if seal:
            manifest["evidence_root"] = digest("".join(lines).encode())
        content["manifest.json"] = as_json(manifest)
        record = json.loads(content["export.json"])
        record["manifest_sha256"] = digest(content["manifest.json"])
        record["evidence_root"] = manifest["evidence_root"]
        content["export.json"] = sealed(record)
        return list(content.items())

    code, lines = verified(changed_pack(pack, tmp_path / "bad.zip", forge))
    assert code == 1, lines
    return lines


def sealed(record: dict[str, Any]) -> bytes:
    told = {name: value for name, value in record.items() if name != "record_sha256"}
    plain = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return as_json(told | {"record_sha256": digest(plain.encode())})


def entry(manifest: dict[str, Any], path: str) -> dict[str, Any]:
    return next(one for one in manifest["members"] if one["path"] == path)


def swap_picture(content: Content, manifest: dict[str, Any]) -> None:
    name = ending(content, "picture.jpg")
    content[name] = b"forged"
    entry(manifest, name).pop("capture")


def swap_body(content: Content, _: dict[str, Any]) -> None:
    content[ending(content, "body.raw")] = b"forged"


def drop(end: str) -> Change:
    def change(content: Content, _: dict[str, Any]) -> None:
        del content[ending(content, end)]

    return change


def add(name: str, role: str) -> Change:
    def change(content: Content, manifest: dict[str, Any]) -> None:
        content[name] = b"x"
        manifest["members"].append({"path": name, "role": role})

    return change


def call_a_picture_a_copy(content: Content, manifest: dict[str, Any]) -> None:
    entry(manifest, ending(content, "picture.jpg"))["role"] = "derived"


def differ_in_case(content: Content, manifest: dict[str, Any]) -> None:
    name = ending(content, "picture.jpg")
    twin = name.replace("captures/", "Captures/")
    content[twin] = b"x"
    manifest["members"].append({"path": twin, "role": "record"})


def alert_of_another(content: Content, _: dict[str, Any]) -> None:
    told = json.loads(content["case/alert.json"])
    told["alert"]["id"] += 1
    content["case/alert.json"] = as_json(told)


def head_that_is_none(content: Content, _: dict[str, Any]) -> None:
    name = ending(content, ".warc.gz")
    _head, *rest = records_of(content[name])
    made = gzip.compress(b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: 1\r\n\r\nx\r\n\r\n")
    content[name] = b"".join([made, *rest])


def another_manifest(content: Content, manifest: dict[str, Any]) -> None:
    """The capture's own manifest told differently, and the index with it: the chain objects."""
    capture = manifest["captures"][0]
    name = capture["folder"] + "/manifest.json"
    content[name] = content[name].replace(b'"tool":"', b'"tool":"x')
    capture["manifest_sha256"] = digest(content[name])


def manifest_of_another(content: Content, manifest: dict[str, Any]) -> None:
    manifest["captures"][0]["id"] = "Z" * 26


def excuse_what_is_none(_: Content, manifest: dict[str, Any]) -> None:
    manifest["faults"].append({"reason": "x", "stored_sha256": "0" * 64})


def records_of(warc: bytes) -> list[bytes]:
    found = []
    while warc:
        reader = zlib.decompressobj(31)
        reader.decompress(warc)
        found.append(warc[: len(warc) - len(reader.unused_data)])
        warc = reader.unused_data
    return found


def cut_warc(content: Content, _: dict[str, Any]) -> None:
    name = ending(content, ".warc.gz")
    content[name] = b"".join(records_of(content[name])[:-1])


def double_record(content: Content, _: dict[str, Any]) -> None:
    name = ending(content, ".warc.gz")
    found = records_of(content[name])
    content[name] = b"".join([*found[:-1], found[1]])


def add_record(content: Content, _: dict[str, Any]) -> None:
    name = ending(content, ".warc.gz")
    content[name] += records_of(content[name])[-1]


def claim_another_block(content: Content, manifest: dict[str, Any]) -> None:
    """A manifest that is linked and yet names another block for a record that is there."""
    capture = manifest["captures"][0]
    name = capture["folder"] + "/manifest.json"
    told = json.loads(content[name])
    next(one for one in told["evidence"] if one["kind"] == "request")["sha256"] = "0" * 64
    content[name] = json.dumps(told).encode()
    capture["manifest_sha256"] = digest(content[name])


def change_audit(content: Content, _: dict[str, Any]) -> None:
    content["case/audit.json"] = content["case/audit.json"].replace(b'"system"', b'"nobody"')


def change_chain(change: Callable[[dict[str, Any]], None]) -> Change:
    def whole(content: Content, _: dict[str, Any]) -> None:
        told = json.loads(content["chain/chain.json"])
        change(told)
        content["chain/chain.json"] = as_json(told)

    return whole


def state(change: Callable[[dict[str, Any]], None]) -> Change:
    """An anchor's statement told differently, with its digest and a stamp to match."""

    def whole(content: Content, _: dict[str, Any]) -> None:
        told = json.loads(content["chain/chain.json"])
        anchor = told["anchors"][0]
        said = json.loads(anchor["statement"])
        change(said)
        anchor["statement"] = json.dumps(said)
        anchor["statement_sha256"] = digest(anchor["statement"].encode())
        content[anchor["token"]] = bytes.fromhex(anchor["statement_sha256"])
        content["chain/chain.json"] = as_json(told)

    return whole


def second_truth(told: dict[str, Any]) -> None:
    one = told["stretches"][0]
    told["stretches"].append(one | {"digests": [*one["digests"][:-1], "0" * 64]})


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (swap_picture, "与采集清单记载的摘要不符"),
        (swap_body, "与采集清单记载的摘要不符"),
        (drop(".warc.gz"), ".warc.gz：缺"),
        (drop("picture.jpg"), "缺首屏截图"),
        (drop("dom.html.txt"), "缺呈现后的网页"),
        (drop("body.raw"), "缺网页源文件"),
        (call_a_picture_a_copy, "缺首屏截图"),
        (add("captures/extra.jpg", "evidence"), "不是任何一次采集的证据"),
        (add("captures/extra.jpg", "derived"), "不属于任何一次采集"),
        (add("chain/anchor-99.tsr", "record"), "不是任何一个锚点的时间戳"),
        (another_manifest, "与采集清单不衔接"),
        (manifest_of_another, "不是采集 ZZ"),
        (excuse_what_is_none, "不是任何一次采集的记录"),
        (cut_warc, "缺采集"),
        (double_record, "缺采集"),
        (double_record, "不是登记过的"),
        (add_record, "多于登记的"),
        (claim_another_block, "请求原文记录内容不符"),
        (change_audit, "审计第"),
        (drop(".tsr"), "的时间戳"),
        (drop("核验说明.html"), "清单中没有"),
        (differ_in_case, "只差大小写"),
        (alert_of_another, "是预警"),
        (head_that_is_none, "第 1 条记录不是登记过的"),
        (change_chain(second_truth), "两种内容"),
        (change_chain(lambda told: told["stretches"][0].update(previous="1" * 64)), "起点不是零"),
        (change_chain(lambda told: told["anchors"][0].update(statement="{}")), "的陈述被改动"),
        (state(lambda said: said["heads"].clear()), "陈述与其链首不符"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_a_forgery_with_all_digests_made_anew_is_named(
    pack: Path, tmp_path: Path, change: Change, word: str
) -> None:
    assert any(word in line for line in forged(pack, tmp_path, change))


def test_a_stamp_on_another_statement_is_named(pack: Path, tmp_path: Path) -> None:
    def swap(content: Content, _: dict[str, Any]) -> None:
        content[ending(content, ".tsr")] = b"other"

    assert any("不是盖在锚点" in line for line in forged(pack, tmp_path, swap))


def test_an_anchor_head_that_is_not_on_the_chain_is_named(pack: Path, tmp_path: Path) -> None:
    def change(told: dict[str, Any]) -> None:
        head = told["anchors"][0]["heads"]["test:chain"]
        head[1] = "0" * 64

    lines = forged(pack, tmp_path, change_chain(change))

    assert any("环与锚点" in line for line in lines)


def test_a_wrong_sm3_and_a_wrong_root_are_named(pack: Path, tmp_path: Path) -> None:
    """The second digest and the root are checked for themselves: all others still hold."""

    def other_sm3(_: Content, manifest: dict[str, Any]) -> None:
        manifest["members"][0]["sm3"] = "0" * 64

    def other_root(_: Content, manifest: dict[str, Any]) -> None:
        manifest["evidence_root"] = "0" * 64

    sm3 = forged(pack, tmp_path, other_sm3, seal=False)
    root = forged(pack, tmp_path, other_root, seal=False)

    assert [line for line in sm3 if "SM3" in line] == sm3[:-1]
    assert root[:-1] == ["✗ manifest.json：证据总校验值不符"]


@pytest.mark.parametrize("record", [b"null", b"[]", b"7", b'{"a":"\\ud800"}', b'{"a":[]}'])
def test_a_senseless_export_record_is_one_line_and_never_a_tick(
    pack: Path, tmp_path: Path, record: bytes
) -> None:
    code, lines = verified(changed_pack(
        pack, tmp_path / "bad.zip",
        lambda members: [(n, record if n == "export.json" else c) for n, c in members],
    ))  # fmt: skip

    assert code == 1
    assert any("export.json" in line for line in lines)
    assert not any(line.startswith("✓") for line in lines)


def test_a_root_told_otherwise_by_the_export_record_is_named(pack: Path, tmp_path: Path) -> None:
    def change(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        content = dict(members)
        record = json.loads(content["export.json"]) | {"evidence_root": "0" * 64}
        return list((content | {"export.json": sealed(record)}).items())

    code, lines = verified(changed_pack(pack, tmp_path / "bad.zip", change))

    assert code == 1
    assert lines[0] == "✗ export.json：登记的证据总校验值与清单不符"


def test_two_million_bytes_of_empty_records_do_not_stall_the_reader(
    pack: Path, tmp_path: Path
) -> None:
    """verified() gives up after a minute; one record too many is where reading ends."""
    packed = zlib.compressobj(1, zlib.DEFLATED, 31)
    empty = packed.compress(b"") + packed.flush()

    def stuff(content: Content, _: dict[str, Any]) -> None:
        content[ending(content, ".warc.gz")] += empty * 100_000

    lines = forged(pack, tmp_path, stuff)

    assert any("多于登记的" in line for line in lines)
    assert len(lines) < 10


def test_what_a_desktop_leaves_in_a_folder_is_named_and_no_fault(
    pack: Path, tmp_path: Path
) -> None:
    zipfile.ZipFile(pack).extractall(tmp_path)
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "captures" / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "._x").write_bytes(b"x")

    code, lines = verified(tmp_path)

    assert code == 0, lines
    assert sum("自动生成" in line for line in lines) == 3
    (tmp_path / "desktop.txt").write_bytes(b"x")
    assert verified(tmp_path)[0] == 1


def test_a_sound_pack_tells_what_each_value_covers_and_where_to_compare_it(pack: Path) -> None:
    manifest = zipfile.ZipFile(pack).read("manifest.json")

    told = "\n".join(verified(pack)[1])

    assert json.loads(manifest)["evidence_root"] in told
    assert digest(manifest) in told
    assert "只涵盖采集的原件" in told
    assert "evidence.export" in told
    assert "两个值都须比对" in told


def test_a_way_that_ended_nowhere_is_no_forgery(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent on, and then nobody there: an answer was kept, and no page was read from it."""
    monkeypatch.setattr(
        packing_house, "a_capture", lambda **facts: a_capture(**(facts | {"body_sha256": ""}))
    )
    seeded = seed_case(house, "nowhere.example.cn")

    exported(house, seeded.alert_id, tmp_path / "x.zip")

    code, lines = verified(tmp_path / "x.zip")
    assert code == 0, lines
    assert not any(n.endswith("body.raw") for n in zipfile.ZipFile(tmp_path / "x.zip").namelist())


def test_a_picture_whose_copy_could_not_be_made_is_told_and_no_forgery(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise BadInput("图片太大")

    monkeypatch.setattr("crawler.service.packing.keepsakes.copy_with_banner", fail)
    seeded = seed_case(house, "bannerless.example.cn")

    exported(house, seeded.alert_id, tmp_path / "x.zip")

    code, lines = verified(tmp_path / "x.zip")
    assert code == 3, lines
    assert lines[-1].startswith("▲ 制作本包时已缺损：采集 ")
    assert lines[-1].endswith("的首屏截图：图片太大")


def test_an_old_python_says_the_same_of_a_forgery(pack: Path, tmp_path: Path) -> None:
    python = old_python()
    if python is None:
        pytest.skip("no Python 3.8 on this machine")
    lines = forged(pack, tmp_path, swap_picture)

    told = verified(tmp_path / "bad.zip", READER, python)[1]

    # a Python without SM3 leaves that digest out; nothing else differs
    assert told == lines
