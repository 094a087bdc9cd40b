"""Two lists of one source, one after the other: what is told to have changed, and what follows for
the sites.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from crawler.domain.filing import Change
from crawler.domain.site import SiteState
from crawler.service.importing import import_file
from crawler.service.wiring import House
from crawler.store.lists import ImportReport, changes_of
from crawler.store.sites import all_sites
from crawler.store.tables import sites
from tests.builders import NOON
from tests.integration.packing_house import a_house

HEADER = "主办单位名称,网站备案/许可证号,域名,审核通过日期,网站名称\n"
A = "甲公司,沪ICP备12000001号-1,a.example.cn,2024-01-01,甲\n"
B = "乙公司,沪ICP备12000002号-1,b.example.cn,2024-01-01,乙\n"
RENAMED = A.replace(",甲\n", ",甲的新站\n")
SOLD = A.replace("甲公司", "丙公司")
SOLD_AND_FILED_ANEW = SOLD.replace("12000001号", "12000009号")
NEWER, OLDER = A.replace("2024-01-01,甲", "2025-01-01,新"), A.replace(",甲\n", ",旧\n")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = a_house(tmp_path / "home")
    yield made
    made.database.close()


def imported(
    house: House, rows: str, *, day: int = 0, whole: bool = True, source: str = "局"
) -> ImportReport:
    path = house.home / "list.csv"
    path.write_text(HEADER + rows, "utf-8")
    at = NOON + timedelta(days=day)
    return import_file(
        house, path, source=source, actor="ops", at=at, whole=whole, rehearse=False
    )  # fmt: skip


def states(house: House) -> dict[str, SiteState]:
    with house.database.reading() as db:
        return {site.domain[0]: site.state for site in all_sites(db)}


def names(house: House) -> dict[str, str]:
    with house.database.reading() as db:
        return {site.domain[0]: site.site_name for site in all_sites(db)}


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        pytest.param(A + B, A + B, {}, id="the same"),
        pytest.param(A, A + B, {"b": Change.NEW}, id="one more"),
        pytest.param(A + B, RENAMED + B, {"a": Change.CHANGED}, id="another name"),
        pytest.param(A + B, SOLD + B, {"a": Change.TRANSFERRED}, id="the number changed hands"),
        pytest.param(A + B, A, {"b": Change.GONE}, id="one less"),
        pytest.param(A, B, {"a": Change.GONE, "b": Change.NEW}, id="another"),
        pytest.param(
            A + B, A + B + SOLD_AND_FILED_ANEW, {"a": Change.TRANSFERRED}, id="filed by another too"
        ),
    ],
)
def test_what_is_told_of_two_lists(
    house: House, first: str, second: str, told: dict[str, Change]
) -> None:
    imported(house, first)

    report = imported(house, second, day=1)

    with house.database.reading() as db:
        found = {row["domain"][0]: Change(row["change"]) for row in changes_of(db, report.list_id)}
    assert found == told
    counted = {change: n for change, n in report.changes.items() if n}
    counted.pop(Change.UNCHANGED, None)
    assert counted == dict.fromkeys(told.values(), 1)


def test_who_took_over_with_a_number_of_his_own_is_told_and_the_former_filing_gone(
    house: House,
) -> None:
    imported(house, A + B)

    report = imported(house, SOLD_AND_FILED_ANEW + B, day=1)

    assert report.changes[Change.TRANSFERRED] == report.changes[Change.GONE] == 1
    assert report.changes[Change.NEW] == 0
    assert states(house) == {"a": SiteState.WATCHED, "b": SiteState.WATCHED}


def test_a_part_retires_nothing_and_a_whole_list_what_it_leaves_out(house: House) -> None:
    imported(house, A + B)

    assert imported(house, A, day=1, whole=False).changes[Change.GONE] == 0
    assert states(house) == {"a": SiteState.WATCHED, "b": SiteState.WATCHED}
    assert imported(house, A, day=2).changes[Change.GONE] == 1
    assert states(house) == {"a": SiteState.WATCHED, "b": SiteState.RETIRED}
    imported(house, A + B, day=3)
    assert states(house) == {"a": SiteState.WATCHED, "b": SiteState.WATCHED}


def test_what_another_source_still_names_is_not_retired(house: House) -> None:
    imported(house, A + B)
    imported(house, B, source="他局")

    imported(house, A, day=1)

    assert states(house)["b"] is SiteState.WATCHED


@pytest.mark.parametrize("rows", [NEWER + OLDER, OLDER + NEWER], ids=["above", "below"])
def test_of_two_rows_with_one_number_the_newest_approval_wins(house: House, rows: str) -> None:
    report = imported(house, rows)

    assert (report.accepted, report.merged) == (1, 1)
    assert names(house) == {"a": "新"}


@pytest.mark.parametrize("first", [True, False], ids=["above", "below"])
def test_of_two_filings_of_a_domain_the_newest_names_the_site(house: House, first: bool) -> None:
    another = NEWER.replace("号-1", "号-2")

    imported(house, another + OLDER if first else OLDER + another)

    assert names(house) == {"a": "新"}


def test_of_equal_approvals_the_later_row_wins(house: House) -> None:
    imported(house, OLDER + RENAMED)

    assert names(house) == {"a": "甲的新站"}


def test_a_pause_outlives_the_list_that_left_the_site_out(house: House) -> None:
    imported(house, A + B)
    with house.database.transaction() as db:
        paused = update(sites).where(sites.c.domain == "b.example.cn")
        db.execute(paused.values(state=str(SiteState.PAUSED)))

    imported(house, A, day=1)
    imported(house, A + B, day=2)

    assert states(house) == {"a": SiteState.WATCHED, "b": SiteState.PAUSED}
