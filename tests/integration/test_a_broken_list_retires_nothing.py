"""A list of which nothing can be used must not be taken for the news that every site is gone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.domain.errors import BadInput
from crawler.domain.site import SiteState
from crawler.service.importing import import_file
from crawler.service.wiring import House, open_house
from crawler.store.lists import ImportReport, notes_of
from crawler.store.sites import all_sites

NOW = datetime(2026, 5, 12, tzinfo=UTC)
HEADER = "主办单位名称,网站备案/许可证号,域名\n"


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "xunwang.toml").write_text('region = "310118"\n', "utf-8")
    return open_house(tmp_path)


def imported(house: House, text: str) -> ImportReport:
    path = house.home / "list.csv"
    path.write_text(text, "utf-8")
    return import_file(
        house, path, source="局", actor="ops", at=NOW, whole=True, rehearse=False
    )  # fmt: skip


def states(house: House) -> dict[str, str]:
    with house.database.reading() as db:
        return {site.domain: site.state for site in all_sites(db)}


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (HEADER + "甲公司,,127.0.0.1\n乙公司,,javascript:alert(1)\n", "2 行全部不能采用"),
        (HEADER, "只有表头"),
    ],
)
def test_a_list_without_one_usable_row_is_refused(house: House, broken: str, said: str) -> None:
    imported(house, HEADER + "甲公司,沪ICP备12000001号-1,a-demo.com.cn\n")
    before = states(house)

    with pytest.raises(BadInput, match=said):
        imported(house, broken)

    assert states(house) == before == {"a-demo.com.cn": SiteState.WATCHED}


def test_a_number_that_excel_broke_is_taken_and_told(house: House) -> None:
    report = imported(house, HEADER + "甲公司,1.20E+07,a-demo.com.cn\n")

    assert (report.accepted, report.noted) == (1, 1)
    with house.database.reading() as db:
        assert notes_of(db, report.list_id) == list(report.notes)
    assert report.notes[0].note == "备案号格式不符：1.20E+07"
