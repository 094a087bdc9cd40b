"""Reports out of a real store: counted by hand, limited to a region, safe in a spreadsheet."""

from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from alerts.reviewing import confirm, dismiss, watch
from alerts.tasking import move_task
from crawler.domain.assessment import Level
from crawler.domain.lexicon import Category
from crawler.domain.statistics import Dimension, period_from
from crawler.domain.task import Conclusion, Move
from crawler.service.reporting import (
    Facts,
    Sheet,
    alert_sheet,
    all_sheets,
    as_csv,
    facts_of,
    summary,
    task_sheet,
)
from crawler.service.workbooks import as_workbook
from crawler.store.database import Database
from tests.builders import NOON, a_site
from tests.integration.answering_house import a_desk, open_alert
from tests.stores import a_database

CATEGORIES = {
    "yield_promise": Category(
        id="yield_promise", name="承诺高收益", severity=4, report_class="民间投融资中介机构"
    )
}


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Four alerts in two districts: one closed task, one unfounded, one dismissal, one watched."""
    database = a_database(tmp_path_factory.mktemp("worked"))
    desk = a_desk(approval_from=None)
    regions = ("310118", "310118", "310104", "310118")
    alerts = [
        open_alert(
            database, a_site(domain=f"d{n}.cn", unit_name=f"第{n}财富公司", region=region),
            level=Level.RED if n == 0 else Level.YELLOW, region=region,
        )
        for n, region in enumerate(regions)
    ]  # fmt: skip
    later = NOON + timedelta(hours=2)
    for alert, conclusion in zip(
        alerts, (Conclusion.RECTIFIED, Conclusion.UNFOUNDED), strict=False
    ):
        task = confirm(database, alert.id, "wang", later, desk)
        for move in (Move.ANSWER, Move.CHECK):
            move_task(database, task.id, move, "li", later, desk)
        move_task(database, task.id, Move.CLOSE, "li", later, desk, "", conclusion)
    dismiss(database, alerts[2].id, "zhao", later, desk, "银行")
    watch(database, alerts[3].id, "zhao", later, desk)
    return database


def facts(database: Database, period: str = "2026-05", region: str = "") -> Facts:
    with database.reading() as db:
        return facts_of(db, period_from(period), region, NOON + timedelta(days=1))


def row(sheet: Sheet, name: str) -> dict[str, object]:
    found = next(one for one in sheet.rows if str(one[0]).startswith(name))
    return dict(zip(sheet.columns, found, strict=True))


def test_alerts_are_counted_with_the_precision_of_what_was_decided(worked: Database) -> None:
    sheet = alert_sheet(facts(worked), Dimension.REGION, CATEGORIES)

    total = row(sheet, "合计")
    assert [total[one] for one in ("预警", "已核实", "误报", "观察", "待核实")] == [4, 2, 1, 1, 0]
    assert (total["核实后不属实"], total["准确率"]) == (1, "33.3%")
    assert total["核实用时中位数（小时）"] == 2.0
    assert "样本少" in str(total["95%区间"])
    assert row(sheet, "310104 徐汇区")["误报"] == 1


def test_tasks_are_counted_by_what_came_of_them(worked: Database) -> None:
    sheet = task_sheet(facts(worked), Dimension.CONCLUSION, CATEGORIES)

    assert row(sheet, "属实-整改")["属实"] == 1
    total = row(sheet, "合计")
    assert [total[one] for one in ("任务", "已派发", "已反馈", "已办结", "不属实")] == [
        2,
        2,
        2,
        2,
        1,
    ]
    assert total["按期率"] == "100.0%"


def test_the_ten_classes_of_the_regulators_are_a_cut(worked: Database) -> None:
    sheet = alert_sheet(facts(worked), Dimension.CLASS, CATEGORIES)

    assert row(sheet, "民间投融资中介机构")["预警"] == 4


def test_a_region_sees_its_own_figures_only(worked: Database) -> None:
    here = dict(summary(facts(worked, region="310104")).rows)  # type: ignore[arg-type]

    assert (here["预警"], here["督办任务"], here["在巡网站（统计时点）"]) == (1, 0, 1)
    assert (here["处理人数"], here["处理次数"]) == (1, 1)
    assert here["处理工时（有处理记录的人·小时）"] == 1


def test_another_month_is_empty_and_still_a_report(worked: Database) -> None:
    sheets = list(all_sheets(facts(worked, "2026-04"), CATEGORIES))

    assert all(row(one, "合计")[one.columns[1]] == 0 for one in sheets[1:])
    assert len(as_workbook(sheets)) > 1_000


def test_a_quarter_is_cut_by_month(worked: Database) -> None:
    sheet = alert_sheet(facts(worked, "2026Q2"), Dimension.MONTH, CATEGORIES)

    assert row(sheet, "2026-05")["预警"] == 4


def test_a_workbook_has_a_page_a_table_and_opens(worked: Database) -> None:
    sheets = list(all_sheets(facts(worked), CATEGORIES))

    book = load_workbook(BytesIO(as_workbook(sheets)))

    assert book.sheetnames == [one.title for one in sheets]
    assert [cell.value for cell in book["预警按区域"][1]][:2] == ["区域", "预警"]
    assert book["预警按区域"].freeze_panes == "B2"


@pytest.mark.fault("E01")
@pytest.mark.parametrize("evil", ["=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", " =1"])
def test_no_cell_of_foreign_origin_becomes_a_formula(evil: str) -> None:
    sheet = Sheet(title="x", columns=("a",), rows=[[evil]])

    assert f"'{evil}" in as_csv([sheet]).decode("utf-8-sig")
    assert load_workbook(BytesIO(as_workbook([sheet])))["x"]["A2"].data_type == "s"


def test_csv_opens_in_a_spreadsheet_without_being_asked_for_its_encoding(worked: Database) -> None:
    content = as_csv(list(all_sheets(facts(worked), CATEGORIES)))

    assert content.startswith(b"\xef\xbb\xbf")
    assert "预警按区域\r\n区域,预警" in content.decode("utf-8-sig")
