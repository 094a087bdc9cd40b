"""What a pack says is so: its anchors, its masks, its copies."""

import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from sqlalchemy import insert, select, update

from crawler.service.anchoring import anchor_heads
from crawler.service.packing.papers import _yield_rows
from crawler.service.wiring import House
from crawler.store.anchors import anchors_over
from crawler.store.tables import anchors
from tests.builders import NOON
from tests.integration.packing_house import a_house, exported, seed_case


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

    for said in (words_of(tmp_path / "own.zip", "电子数据提取笔录"), page_of(tmp_path / "own.zip")):
        assert "链首仅本机记录，未对外固定" in said
        assert said.count("对外固定") == said.count("未对外固定")
    assert " 对外固定" in words_of(tmp_path / "told.zip", "电子数据提取笔录")
    assert "对外固定：" in page_of(tmp_path / "told.zip")
    assert "青浦区公证处" in page_of(tmp_path / "told.zip")


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
