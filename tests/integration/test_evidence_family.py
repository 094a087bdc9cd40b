"""A family's pack: what its members share, as a table and a graph, and one capture of each."""

import json
import zipfile
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document

from crawler.domain.errors import BadInput
from crawler.domain.family import Mark, MarkKind
from crawler.service.packing.exporting import export_family
from crawler.service.packing.kindred import graph_of, signals_in, ties_in
from crawler.service.packing.listing import Asker
from crawler.service.wiring import House
from crawler.store.audit import acts_on
from crawler.store.cases import case_of
from crawler.store.families import save_marks
from crawler.store.sites import sites_by_id
from tests.builders import NOON, a_capture
from tests.integration import packing_house
from tests.integration.packing_house import OFFICER, a_house, desk, seed_case, verified

TEXT = [Mark(kind=MarkKind.TEXT, value=f"{n}-abc") for n in range(12)]
MOBILE = Mark(kind=MarkKind.MOBILE, value="13800138000")
COUNTER = Mark(kind=MarkKind.STATISTICS, value="hm:0123456789abcdef")
ALONE = Mark(kind=MarkKind.QQ, value="555018866")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("family") / "home")
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def case_id(house: House) -> int:
    first = seed_case(house, "one.example.cn")
    with house.database.reading() as db:
        case = case_of(db, first.case_id)
    others = [seed_case(house, f"{name}.example.cn", case=case) for name in ("two", "three")]
    shown = ([*TEXT, MOBILE, ALONE], [*TEXT, MOBILE, COUNTER], [COUNTER])
    with house.database.transaction() as db:
        for seeded, marks in zip((first, *others), shown, strict=True):
            save_marks(db, sites_by_id(db, [seeded.site_id])[seeded.site_id], marks, NOON)
    return first.case_id


def packed(house: House, case_id: int, path: Path, asker: Asker = OFFICER) -> zipfile.ZipFile:
    export_family(house, desk(), case_id, path, asker, NOON)
    return zipfile.ZipFile(path)


def test_members_signals_and_captures_are_in_it_and_it_is_sound(
    house: House, case_id: int, tmp_path: Path
) -> None:
    pack = packed(house, case_id, tmp_path / "f.zip")

    told = json.loads(pack.read("case/family.json"))
    page = pack.read("核验说明.html").decode()

    assert verified(tmp_path / "f.zip")[0] == 0
    assert [one["letter"] for one in told["members"]] == ["A", "B", "C"]
    assert {(one["kind"], "".join(one["members"])) for one in told["signals"]} == {
        ("mobile", "AB"), ("statistics", "BC"), ("text", "AB"),
    }  # fmt: skip
    assert all(one["first_seen_at"] and one["last_seen_at"] for one in told["members"])
    assert sum(name.endswith("picture.jpg") for name in pack.namelist()) == 3
    assert page.count("<circle") == 3
    assert page.count("<line ") == 2
    assert "12 / 16 段相同" in page


def test_a_number_that_reaches_a_person_is_masked(
    house: House, case_id: int, tmp_path: Path
) -> None:
    masked = packed(house, case_id, tmp_path / "m.zip")
    shown = packed(
        house, case_id, tmp_path / "s.zip", Asker(actor="zhang", role="officer", lifted=True)
    )

    hidden = masked.read("case/family.json") + masked.read("核验说明.html")
    assert MOBILE.value.encode() not in hidden
    assert MOBILE.value.encode() in shown.read("核验说明.html")


def test_the_trail_has_it_under_the_case(house: House, case_id: int, tmp_path: Path) -> None:
    packed(house, case_id, tmp_path / "t.zip")

    with house.database.reading() as db:
        assert acts_on(db, f"case:{case_id}")[0].act.action == "evidence.export"


def test_a_case_that_is_not_there_or_not_here_is_told(
    house: House, case_id: int, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="没有编号"):
        packed(house, 999, tmp_path / "x.zip")
    with pytest.raises(BadInput, match="没有编号"):
        packed(house, case_id, tmp_path / "x.zip", Asker(actor="x", role="", reach="3201"))


def test_what_only_one_shows_is_no_signal_and_chance_bands_are_none() -> None:
    marks = {"A": [*TEXT[:3], MOBILE, ALONE], "B": [*TEXT[:3], MOBILE]}

    assert [(one.kind, one.letters) for one in signals_in(marks)] == [(MarkKind.MOBILE, ("A", "B"))]
    assert [tie.kinds for tie in ties_in(marks)] == [(MarkKind.MOBILE,)]


def test_a_site_that_only_leads_to_another_is_told_as_that_and_not_as_its_likeness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = a_house(tmp_path / "home")
    one = seed_case(house, "one.example.cn")
    with house.database.reading() as db:
        case = case_of(db, one.case_id)
    two = seed_case(house, "two.example.cn", case=case)
    third = seed_case(house, "three.example.cn", case=case)
    own = partial(a_capture, final_url="https://www.one.example.cn/a")
    monkeypatch.setattr(packing_house, "a_capture", own)
    turned = seed_case(house, "turned.example.cn", case=case)
    shown = ([*TEXT, MOBILE], [*TEXT, MOBILE], [COUNTER], [*TEXT, MOBILE, COUNTER])
    with house.database.transaction() as db:
        for seeded, marks in zip((one, two, third, turned), shown, strict=True):
            save_marks(db, sites_by_id(db, [seeded.site_id])[seeded.site_id], marks, NOON)

    pack = packed(house, one.case_id, tmp_path / "f.zip")

    told = json.loads(pack.read("case/family.json"))
    page = pack.read("核验说明.html").decode()
    report = "\n".join(words_of(pack.read("文书/同族线索报告.docx")))
    assert [(turn["from"], turn["to"]) for turn in told["turns"]] == [("D", "A")]
    assert {(one["kind"], "".join(one["members"])) for one in told["signals"]} == {
        ("mobile", "AB"), ("text", "AB"), ("statistics", "CD"),
    }  # fmt: skip
    assert "D 转向 A" in page
    assert "D 转向 A" in report
    assert told["members_left_out"] == 0
    assert page.count("<figure>") == 3  # A's page stands there once
    assert verified(tmp_path / "f.zip")[0] == 0
    house.database.close()


def test_how_many_are_left_out_is_told(
    house: House, case_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.service.packing.kindred.MOST_MEMBERS", 1)

    pack = packed(house, case_id, tmp_path / "f.zip")

    told = json.loads(pack.read("case/family.json"))
    assert (len(told["members"]), told["members_left_out"]) == (1, 2)
    assert "另有 2 个网站未列入本包" in pack.read("核验说明.html").decode()


def test_every_node_of_the_graph_lies_inside_and_apart() -> None:
    names = [f"N{n}" for n in range(40)]

    drawn = graph_of(names, ())
    nodes, box = drawn["nodes"], drawn["box"]

    assert isinstance(nodes, dict)
    assert isinstance(box, tuple)
    left, top, width, height = box
    assert len({*nodes.values()}) == 40
    assert all(left < x < left + width and top < y < top + height for x, y in nodes.values())


def test_a_family_has_its_own_report_and_papers_over_all_captures(
    house: House, case_id: int, tmp_path: Path
) -> None:
    pack = packed(house, case_id, tmp_path / "p.zip")

    report, record, handover = (
        words_of(pack.read(f"文书/{name}.docx"))
        for name in ("同族线索报告", "电子数据提取笔录", "证据移交清单")
    )

    assert {"one.example.cn", "two.example.cn", "three.example.cn"} <= set(report)
    assert "手机号相同" in report
    assert "12 / 16 段相同" in report
    assert any(text.startswith("建议：") and "主办" in text for text in report)
    assert MOBILE.value not in "".join([*report, *record, *handover])
    assert sum("用浏览器打开网页并截图" in text for text in record) >= 3
    root = json.loads(pack.read("manifest.json"))["evidence_root"]
    assert all(any(root in text for text in one) for one in (report, record, handover))


def words_of(content: bytes) -> list[str]:
    document = Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [one.text for one in document.paragraphs] + cells
