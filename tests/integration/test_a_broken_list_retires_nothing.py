"""A list of which nothing can be used must not be taken for the news that every site is gone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.domain.errors import BadInput
from crawler.domain.site import SiteState
from crawler.service.importing import import_file
from crawler.service.wiring import House, open_house
from crawler.store.lists import ImportReport, lists, notes_of
from crawler.store.sites import all_sites
from tests.serving_house import told

NOW = datetime(2026, 5, 12, tzinfo=UTC)
HEADER = "主办单位名称,网站备案/许可证号,域名\n"


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "xunwang.toml").write_text('region = "310118"\n', "utf-8")
    return open_house(tmp_path)


def imported(
    house: House, text: str, *, whole: bool = True, may_shrink: bool = False, source: str = "局"
) -> ImportReport:
    path = house.home / "list.csv"
    path.write_text(text, "utf-8")
    return import_file(
        house, path, source=source, actor="ops", at=NOW, whole=whole, rehearse=False,
        may_shrink=may_shrink,
    )  # fmt: skip


def listed(sites: range, service: int = 1) -> str:
    rows = (f"单位{n},沪ICP备{n:08d}号-{service},s{n}.example.cn\n" for n in sites)
    return HEADER + "".join(rows)


def watched(house: House) -> int:
    return sum(state == SiteState.WATCHED for state in states(house).values())


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


def test_half_a_list_is_refused_and_says_how_many_would_vanish(house: House) -> None:
    imported(house, listed(range(40)))

    with pytest.raises(BadInput, match=r"40 个网站将有 12 个（30%）消失，没有导入.*--yes"):
        imported(house, listed(range(28)))

    assert watched(house) == 40
    with house.database.reading() as db:
        assert len(lists(db)) == 1


def test_half_a_list_is_taken_where_somebody_says_so(house: House) -> None:
    imported(house, listed(range(40)))

    imported(house, listed(range(28)), may_shrink=True)

    assert watched(house) == 28


@pytest.mark.parametrize(
    ("second", "given"),
    [
        (listed(range(31)), {}),  # nine are too few to be a sign
        (listed(range(5)), {"whole": False}),
        (listed(range(5)), {"source": "他局"}),  # the first list of another source
        (listed(range(40), service=2), {}),  # other numbers, the same sites
    ],
)
def test_what_retires_few_is_taken_without_asking(
    house: House, second: str, given: dict[str, Any]
) -> None:
    imported(house, listed(range(40)))

    assert imported(house, second, **given).accepted


def test_the_command_refuses_a_shrunken_list_and_takes_it_with_yes(house: House) -> None:
    imported(house, listed(range(40)), source="备案系统")
    path = house.home / "half.csv"
    path.write_text(listed(range(20)), "utf-8")

    refused = told(house.home, "import", str(path))
    rehearsed = told(house.home, "import", str(path), "--dry-run")

    assert (refused.code, refused.out) == (2, "")
    assert "Traceback" not in refused.err
    assert (rehearsed.code, watched(house)) == (0, 40)
    assert told(house.home, "import", str(path), "--yes").code == 0
    assert watched(house) == 20
