"""`xunwang statistics` writes 周报, 月报 and the two lists, `evidence report` an alert's paper."""

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from crawler.service.wiring import open_house
from crawler.store.audit import latest_acts
from tests.integration.packing_house import a_house, seed_case
from tests.serving_house import told


def test_the_last_week_comes_as_a_workbook_and_its_lists_as_csv(tmp_path: Path) -> None:
    book, lists = tmp_path / "w.xlsx", tmp_path / "l.csv"

    made = told(tmp_path, "statistics", "--period", "week", "--xlsx", str(book), actor="wang")
    only = told(tmp_path, "statistics", "--lists", "--csv", str(lists))

    assert (made.code, only.code) == (0, 0)
    sheets = load_workbook(book).sheetnames
    assert sheets[:2] == ["总表", "覆盖"]
    assert sheets[-2:] == ["未采集网站", "蓝级网站"]
    titles = lists.read_text("utf-8-sig").splitlines()
    assert [one for one in titles if one and "," not in one] == ["未采集网站", "蓝级网站"]
    house = open_house(tmp_path)
    try:
        with house.database.reading() as db:
            acts = [one.act for one in latest_acts(db) if one.act.action == "statistics.export"]
    finally:
        house.database.close()
    assert [one.after.split()[0] for one in acts] == ["lists.csv", "xlsx"]
    assert acts[1].actor == "wang"


def test_the_lists_alone_are_told_as_json(tmp_path: Path) -> None:
    answer = json.loads(told(tmp_path, "statistics", "--lists", "--json").out)

    assert [one["title"] for one in answer] == ["未采集网站", "蓝级网站"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("2026", "--period", "week"), "只写一个"),
        (("--lists", "--by", "level"), "--by 只用于"),
        (("2026-W99",), "期间写作"),
        (("--csv", "no/such/folder/x.csv"), "无法写入"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    answer = told(tmp_path, "statistics", *words)

    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_a_report_without_a_browser_writes_nothing_and_says_why(tmp_path: Path) -> None:
    house = a_house(tmp_path)
    seeded = seed_case(house, "web.example.cn")
    house.database.close()
    paper, week = tmp_path / "r.pdf", tmp_path / "w.pdf"

    lead = told(tmp_path, "evidence", "report", str(seeded.alert_id), "-o", str(paper))
    report = told(tmp_path, "statistics", "--period", "month", "--pdf", str(week))

    assert lead.code != 0
    assert report.code != 0
    assert "没有找到浏览器" in lead.err
    assert "没有找到浏览器" in report.err
    assert not paper.exists()
    assert not week.exists()
