"""What a pack says is so: its anchors, its masks, its copies."""

import json
import zipfile
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from sqlalchemy import insert, select, update

from crawler.domain.audit import Act
from crawler.domain.personal import KINDS
from crawler.domain.subject import Register
from crawler.service.anchoring import anchor_heads
from crawler.service.packing.exporting import export_family
from crawler.service.packing.listing import Asker
from crawler.service.packing.papers import _yield_rows
from crawler.service.registering import Handed, take_register
from crawler.service.wiring import House
from crawler.store.anchors import anchors_over
from crawler.store.audit import acts_on, note
from crawler.store.tables import anchors, sites
from tests.builders import NOON, a_capture
from tests.integration import packing_house
from tests.integration.packing_house import (
    OFFICER,
    a_house,
    clean_visit,
    desk,
    exported,
    seed_case,
    verified,
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return a_house(tmp_path_factory.mktemp("home"))


def words_of(pack: Path, name: str) -> str:
    """All words of a paper."""
    with zipfile.ZipFile(pack) as members:
        document = Document(BytesIO(members.read(f"文书/{name}.docx")))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in document.paragraphs), *cells])


def page_of(pack: Path) -> str:
    with zipfile.ZipFile(pack) as members:
        return members.read("核验说明.html").decode()


def test_a_paper_says_fixed_outside_only_where_somebody_outside_holds_it(tmp_path: Path) -> None:
    house = a_house(tmp_path / "home")
    seeded = seed_case(house, "a.example.cn")
    anchor_heads(house, NOON)
    exported(house, seeded.alert_id, tmp_path / "own.zip")
    with house.database.transaction() as db:
        db.execute(update(anchors).values(told="审计记录；青浦区公证处"))
    exported(house, seeded.alert_id, tmp_path / "told.zip")

    hint = "没有覆盖其中"
    assert any(hint in line for line in verified(tmp_path / "own.zip")[1])
    assert not any(hint in line for line in verified(tmp_path / "told.zip")[1])
    for said in (words_of(tmp_path / "own.zip", "电子数据提取笔录"), page_of(tmp_path / "own.zip")):
        assert "链首仅本机记录，未对外固定" in said
        assert said.count("对外固定") == said.count("未对外固定")
    assert " 对外固定" in words_of(tmp_path / "told.zip", "电子数据提取笔录")
    assert "对外固定：" in page_of(tmp_path / "told.zip")
    assert "青浦区公证处" in page_of(tmp_path / "told.zip")


def test_papers_name_the_place_that_the_registers_name_as_the_task_does(tmp_path: Path) -> None:
    house = a_house(tmp_path / "home")
    unit = "云湖颐享养老服务有限公司"
    seeded = seed_case(house, "a.example.cn", unit=unit)
    register = tmp_path / "entities.csv"
    register.write_text(f"名称,区划代码,街道\n{unit},310115,花木街道\n", "utf-8")
    handed = Handed(
        path=register, register=Register.ENTITIES, source="市法人库", as_of=date(2026, 5, 1)
    )
    take_register(house, handed, "ops", NOON)

    exported(house, seeded.alert_id, tmp_path / "one.zip")
    export_family(house, desk(), seeded.case_id, tmp_path / "kin.zip", OFFICER, NOON)

    assert "登记地 310115（法人库）" in words_of(tmp_path / "one.zip", "线索报告")
    assert "登记地 310115（法人库）" in words_of(tmp_path / "kin.zip", "同族线索报告")


SECRETS = (
    "138 0013 8000", "138-0013-8001", "13800138002", "021-59731234", "wxid_laoli", "87654321",
    "wang.xm@example.cn", "310118198001011234", "王小明", "欧阳明月", "13900139003", "李铁柱",
    "310118199001011237", "555018866",
)  # fmt: skip
PAGE = (
    "季季返息 3.95%\n保·本·保·息\n电话 138 0013 8000 或 138-0013-8001\n座机 021-59731234 "
    "微信 wxid_laoli 投资交流群：555018866 QQ：87654321 邮箱 wang.xm@example.cn "
    "身份证310118198001011234\n"
    "联系人：王小明 欧阳明月\n"
    + "甲" * 34
    + "13800138002季季返息 3.95%"
    + "乙" * 34
    + "13800138002"
)


def secrets_in(pack: Path) -> list[tuple[str, str]]:
    """Each secret with the member, outside the page's own bytes, that shows it or half of it."""
    found = []
    with zipfile.ZipFile(pack) as members:
        for name in members.namelist():
            if name.startswith(("captures/", "warc/")):
                continue
            content = members.read(name)
            if name.endswith(".docx"):
                with zipfile.ZipFile(BytesIO(content)) as parts:
                    content = b"".join(parts.read(one) for one in parts.namelist())
            text = content.decode("utf-8", "replace")
            found += [(one, name) for one in (*SECRETS, "1380013", "13800138") if one in text]
    return found


def test_no_secret_stands_outside_the_pages_own_bytes(tmp_path: Path) -> None:
    house = a_house(tmp_path / "home")
    seeded = seed_case(house, "a.example.cn", unit="欧阳明月", kind="person", body=PAGE)
    moved = "310118 → 310115：李铁柱 13900139003 已迁"
    with house.database.transaction() as db:
        own = sites.c.id == seeded.site_id
        db.execute(update(sites).where(own).values(uscc="310118199001011237"))
        note(db, Act(
            at=NOON, actor="zhang", action="alert.transfer", object=f"alert:{seeded.alert_id}",
            region="310118", before="310118", after=moved,
        ), Act(
            at=NOON, actor="zhang", action="personal.read", object=f"alert:{seeded.alert_id}",
            region="310118", after="李铁柱来电",
        ))  # fmt: skip
    clean_visit(house, seeded, "关于我们", NOON + timedelta(days=9))

    exported(house, seeded.alert_id, tmp_path / "x.zip")
    open_ = Asker(actor="zhang", role="officer", lifted=True)
    exported(house, seeded.alert_id, tmp_path / "open.zip", open_)

    assert secrets_in(tmp_path / "x.zip") == []
    assert {one for one, _ in secrets_in(tmp_path / "open.zip")} >= set(SECRETS)
    with zipfile.ZipFile(tmp_path / "x.zip") as members:
        withheld = json.loads(members.read("case/audit-withheld.json"))
        kept = json.loads(members.read("case/audit.json"))
    with house.database.reading() as db:
        hashes = [one.hash for one in acts_on(db, f"alert:{seeded.alert_id}")]
    assert [one["action"] for one in withheld] == ["alert.transfer"]
    assert withheld[0]["hash"] in hashes
    assert [one["action"] for one in kept] == ["alert.opened"]
    assert verified(tmp_path / "x.zip")[0] == 0
    assert KINDS in page_of(tmp_path / "x.zip")
    assert "captures/（含由网页提取的 text.txt）、warc/ 和截图是当时公开展示的原样" in page_of(
        tmp_path / "x.zip"
    )
    assert KINDS not in page_of(tmp_path / "open.zip")


def test_the_first_anchor_over_a_link_is_found_behind_thousands_of_later_ones(
    tmp_path: Path,
) -> None:
    house = a_house(tmp_path / "home")
    seed_case(house, "a.example.cn")
    first = anchor_heads(house, NOON)
    assert first is not None
    seq = first.anchor.chains["test:chain"][0]
    with house.database.transaction() as db:
        row = dict(db.execute(select(anchors)).mappings().one())
        more = [
            {
                **row,
                "id": None,
                "at": NOON + timedelta(hours=n),
                "told": "公证处" if n == 7 else "审计记录",
            }
            for n in range(1, 2_100)
        ]
        db.execute(insert(anchors), [{k: v for k, v in one.items() if k != "id"} for one in more])

    with house.database.reading() as db:
        found = anchors_over(db, [("test:chain", seq), ("no:chain", 1)])
        beyond = anchors_over(db, [("test:chain", seq + 1)])

    assert [(one.id, one.outside) for one in found] == [(1, False), (8, True)]
    assert beyond == []


@pytest.mark.parametrize(("yields", "last"), [(4, "3%"), (5, "另有 1 条"), (9, "另有 5 条")])
def test_yields_that_a_report_leaves_out_are_counted(yields: int, last: str) -> None:
    rows = _yield_rows([(f"{n}%", f"{n}%", "承诺给出资人") for n in range(yields)])

    assert len(rows) == min(yields, 5)
    assert rows[-1]["原文"].startswith(last)
    assert _yield_rows([])[0]["原文"] == "网页没有写明收益"


def test_a_site_cannot_block_its_own_pack_by_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = a_house(tmp_path / "home")
    address = "http://a.example.cn/?q={{x}}&r={{线索编号}}"
    monkeypatch.setattr(packing_house, "a_capture", partial(a_capture, final_url=address))
    seeded = seed_case(house, "a.example.cn")

    exported(house, seeded.alert_id, tmp_path / "x.zip")

    assert address in words_of(tmp_path / "x.zip", "电子数据提取笔录")
