"""周报 and 月报: one moment, parts that add up, persons masked, nothing of another district."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert, update

from crawler.domain.assessment import Level
from crawler.domain.errors import NotAllowed
from crawler.domain.statistics import period_from
from crawler.service.catalogue import catalogue
from crawler.service.desks import desk_of
from crawler.service.packing import printing
from crawler.service.periodicals import (
    Periodical,
    change,
    coverage_sheet,
    list_sheets,
    periodical_of,
    workbook_sheets,
)
from crawler.service.report_files import Asked, Form, page_of_period, report_file
from crawler.service.reporting import Sheet, as_csv
from crawler.service.wiring import House
from crawler.service.workbooks import as_workbook
from crawler.store.audit import latest_acts
from crawler.store.tables import sites, sweeps, visits
from tests.builders import NOON
from tests.integration.console_seeds import seed_alert
from tests.integration.packing_house import a_house

FORMULA = '=HYPERLINK("http://x","y")'
WEEK = period_from("2026-W20")  # the one of NOON
WORDS = catalogue("zh")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A red alert now and one the week before, a 蓝 of a person, three that were not captured, and
    another district's.
    """
    made = a_house(tmp_path_factory.mktemp("periodicals"))
    seed_alert(made, "red.example.cn", unit=FORMULA)
    seed_alert(made, "past.example.cn", at=NOON - timedelta(days=7))
    blue = seed_alert(
        made, "blue.example.cn", unit="欧阳明月", kind="person", level=Level.BLUE,
        sentence="疑似：欧阳明月的网站出现“理财”，电话13800138000。",
    )  # fmt: skip
    there = seed_alert(made, "there.example.cn", region="310115", unit="外区公司")
    for name, outcome in (("dead", "timed_out"), ("gone", "name_not_found"), ("new", "")):
        _site(made, f"{name}.example.cn", outcome)
    _site(made, "other.example.cn", "timed_out", region="310115")
    with made.database.transaction() as db:
        _judged(db, blue.site_id, "blue")
        _judged(db, there.site_id, "red")
        red = update(sites).where(sites.c.domain.in_(("red.example.cn", "past.example.cn")))
        db.execute(red.values(last_level="red", last_outcome="seen", last_seen_at=NOON))
        gone = update(sites).where(sites.c.domain == "gone.example.cn")
        db.execute(gone.values(last_level="red", last_seen_at=NOON - timedelta(days=30)))
        db.execute(update(visits).values(closed_at=NOON))
    yield made
    made.database.close()


def of(house: House, region: str = "310118", most: int = 50) -> Periodical:
    with house.database.reading() as db:
        return periodical_of(db, WEEK, region, NOON + timedelta(hours=1), most)


def sheet(of_: Periodical, house: House, title: str) -> Sheet:
    sheets = workbook_sheets(of_, desk_of(house).categories, WORDS)
    return next(one for one in sheets if one.title == title)


def test_coverage_adds_up_and_names_each_cause(house: House) -> None:
    rows = {str(row[0]).strip(): row[1] for row in coverage_sheet(of(house), WORDS).rows}

    assert rows == {
        "没看到": 2, "超时": 1, "域名无解析": 1, "本期未巡查": 1, "已采集": 3, "合计": 6,
    }  # fmt: skip
    parts = [rows[name] for name in ("没看到", "本期未巡查", "已采集")]
    assert sum(int(one) for one in parts if isinstance(one, int)) == rows["合计"]


def test_alerts_stand_beside_those_of_the_period_before(house: House) -> None:
    rows = {row[0]: row[1:4] for row in sheet(of(house), house, "预警按级别与上期相比").rows}

    assert rows["红"] == [1, 1, "0"]
    assert rows["蓝"] == [1, 0, "＋1"]
    assert rows["合计"] == [2, 1, "＋1（＋100%）"]


@pytest.mark.parametrize(
    ("now", "was", "told"),
    [
        (3, 2, "＋1（＋50%）"),
        (1, 2, "－1（－50%）"),
        (0, 0, "0"),
        (4, 0, "＋4"),
        (0, 4, "－4（－100%）"),
    ],
)
def test_a_change_is_told_with_its_share_and_no_formula(now: int, was: int, told: str) -> None:
    assert change(now, was) == told


def test_the_lists_name_cause_and_since_when_the_gravest_first(house: House) -> None:
    unseen, blue = list_sheets(of(house), WORDS)

    told = [[row[place] for place in (1, 4, 5, 7)] for row in unseen.rows]
    assert told == [
        ["gone.example.cn", "域名无解析", "2026-04-12", "红"],
        ["dead.example.cn", "超时", "从未采到", "—"],
        ["new.example.cn", "尚未巡查", "从未采到", "—"],
    ]
    assert [row[1] for row in blue.rows] == ["blue.example.cn"]
    assert blue.rows[0][5] == "2026-05-12"


def test_a_list_that_is_cut_says_how_much_is_missing(house: House) -> None:
    unseen, _ = list_sheets(of(house, most=1), WORDS)

    assert len(unseen.rows) == 2
    assert unseen.rows[1][0] == "另有 2 个"


@pytest.mark.parametrize("form", [one for one in Form if one is not Form.PDF])
def test_a_file_masks_persons_holds_no_formula_and_nothing_of_another_district(
    house: House, form: Form
) -> None:
    content = report_file(house, desk_of(house), asked(), form)

    text = _read(content)
    assert "blue.example.cn" in text
    for hidden in ("欧阳明月", "13800138000", "there.example.cn", "other.example.cn", "外区公司"):
        assert hidden not in text, hidden
    if form is Form.XLSX:
        cells = [c for page in load_workbook(BytesIO(content)) for row in page for c in row]
        assert any(c.value == f"'{FORMULA}" for c in cells)
        assert "f" not in {c.data_type for c in cells}


@pytest.mark.fault("E07")
def test_every_export_stands_in_the_trail_with_filter_count_and_digest(house: House) -> None:
    content = report_file(house, desk_of(house), asked(), Form.LISTS_CSV)

    with house.database.reading() as db:
        act = latest_acts(db)[0].act
    assert (act.actor, act.action, act.region) == ("zhang", "statistics.export", "310118")
    assert act.object == "statistics:2026-05-11..2026-05-17"
    digest = hashlib.sha256(content).hexdigest()
    assert act.after == f"lists.csv 4 行 sha256 {digest} 个人信息已遮盖"


def test_the_paper_says_the_bad_first_and_masks_persons(house: House) -> None:
    page = page_of_period(of(house), desk_of(house), "310118").decode()

    assert page.index("没看到的网站") < page.index("本期新增预警")
    assert "本期未完" in page
    assert "原因：" in page
    assert "欧**" in page or "欧***" in page
    for hidden in ("欧阳明月", "13800138000", "there.example.cn"):
        assert hidden not in page
    assert "疑似" in page


@pytest.mark.fault("E10")
def test_markup_of_a_page_is_text_on_the_paper_and_nothing_is_fetched(house: House) -> None:
    evil = '<img src="http://127.0.0.1:9/x"><script>1</script>'
    seen = of(house)
    first = replace(seen.unseen.sites[0], unit_name=evil)
    hostile = replace(seen, unseen=replace(seen.unseen, sites=[first]))

    page = page_of_period(hostile, desk_of(house), "310118").decode()

    assert "&lt;img" in page
    assert "<img" not in page
    assert "<script" not in page
    assert "default-src 'none'" in page


def test_without_a_browser_there_is_one_clear_line_and_no_entry(house: House) -> None:
    with house.database.reading() as db:
        before = latest_acts(db)

    with pytest.raises(NotAllowed, match=printing.NO_BROWSER):
        report_file(house, desk_of(house), asked(), Form.PDF)

    with house.database.reading() as db:
        assert latest_acts(db) == before


def test_an_empty_house_still_has_a_report(tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = a_house(tmp_path_factory.mktemp("empty"))
    try:
        nothing = of(empty)
        page = page_of_period(nothing, desk_of(empty), "310118").decode()
        sheets = list(workbook_sheets(nothing, desk_of(empty).categories, WORDS))
    finally:
        empty.database.close()

    assert "没有待核实的线索" in page
    assert len(as_workbook(sheets)) > 1_000
    assert as_csv(sheets)


def asked() -> Asked:
    return Asked(actor="zhang", period=WEEK, region="310118", at=NOON + timedelta(hours=1))


def _read(content: bytes) -> str:
    if content[:2] != b"PK":
        return content.decode("utf-8-sig")
    book = load_workbook(BytesIO(content))
    return "\n".join(str(cell.value) for page in book for row in page for cell in row)


def _site(house: House, domain: str, outcome: str, region: str = "310118") -> None:
    with house.database.transaction() as db:
        site_id = db.execute(insert(sites).values(
            domain=domain, domain_shown=domain, region=region, unit_name="某公司",
            subject_kind="enterprise", site_name="", main_licence="", service_licence="",
            state="watched", created_at=NOON, actor="test", last_outcome=outcome,
            failures_in_a_row=1,
        ).returning(sites.c.id)).scalar_one()  # fmt: skip
        if not outcome:
            return
        sweep_id = db.execute(insert(sweeps).values(
            selection="all", state="finished", render=True, actor="test", region=region,
            started_at=NOON, finished_at=NOON, sites=1,
        ).returning(sweeps.c.id)).scalar_one()  # fmt: skip
        db.execute(insert(visits).values(
            sweep_id=sweep_id, site_id=site_id, region=region, state="closed", outcome=outcome,
        ))  # fmt: skip


def _judged(db, site_id: int, level: str) -> None:  # type: ignore[no-untyped-def]
    mine = update(sites).where(sites.c.id == site_id)
    db.execute(mine.values(last_level=level, last_outcome="seen", last_seen_at=NOON))


def test_causes_come_by_how_many_they_are_and_cases_that_are_not_named_are_counted(
    house: House,
) -> None:
    whole = of(house)
    failed = {"name_not_found": 1, "timed_out": 5, "connection_refused": 1}
    many = replace(
        whole, coverage=replace(whole.coverage, outcomes=failed), waiting=len(whole.gravest) + 7
    )

    causes = [str(row[0]).strip() for row in coverage_sheet(many, WORDS).rows[1:4]]

    assert causes == ["超时", "拒绝连接", "域名无解析"]
    assert sheet(many, house, "最严重的待核实线索").rows[-1][0] == "另有 7 条"
