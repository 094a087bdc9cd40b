"""The report of a period as a file, from the console and from the terminal alike; each that is made
stands in the audit trail with what was asked for, how much it holds, and its digest.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib import import_module

from alerts.desk import Desk
from crawler.domain.assessment import LEVEL_NAMES
from crawler.domain.audit import Act
from crawler.domain.errors import NotAllowed
from crawler.domain.region import NOWHERE, names_a_district, region_name
from crawler.domain.statistics import Dimension, Period
from crawler.service.catalogue import catalogue
from crawler.service.packing.explaining import environment
from crawler.service.packing.printing import printed
from crawler.service.packing.veil import Veil
from crawler.service.periodicals import (
    MOST_LISTED,
    Periodical,
    blue_sheet,
    compared_sheet,
    coverage_sheet,
    gravest_sheet,
    list_sheets,
    periodical_of,
    task_sheet,
    unseen_sheet,
    unvisited,
    workbook_sheets,
)
from crawler.service.reporting import Sheet, as_csv, sheets_by, summary
from crawler.service.wiring import House
from crawler.store.audit import note

_ON_PAPER = 12  # sites of a list; the rest is a number
_LEVELS = {name: str(level) for level, name in LEVEL_NAMES.items()}


class Form(StrEnum):
    """What is handed out: all of a period, or its two lists, in which kind of file."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    LISTS_XLSX = "lists.xlsx"
    LISTS_CSV = "lists.csv"


MEDIA = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Who wants which period of which region, as of when."""

    actor: str
    period: Period
    region: str
    at: datetime
    by: Sequence[Dimension] = ()  # the cuts that are wanted; none named: everything there is


def report_file(house: House, desk: Desk, asked: Asked, form: Form) -> bytes:
    """The file. NotAllowed where a PDF is wanted and there is no browser to print it."""
    most = _ON_PAPER if form is Form.PDF else MOST_LISTED
    with house.database.reading() as db:
        of = periodical_of(db, asked.period, asked.region, asked.at, most)
    if form is Form.PDF:
        content, held = _printed(house, page_of_period(of, desk, house.config.region)), ""
    else:
        sheets = list(_sheets(of, desk, form, asked.by))
        content = as_csv(sheets) if form.endswith("csv") else _workbook(sheets)
        held = f"{sum(len(one.rows) for one in sheets)} 行 "
    told = f"{form} {held}sha256 {hashlib.sha256(content).hexdigest()} 个人信息已遮盖"
    with house.database.transaction() as db:
        note(db, _act(asked, told))
    return content


def _workbook(sheets: Sequence[Sheet]) -> bytes:
    # its library is slow to load: nobody waits for it who only starts the program
    made: bytes = import_module("crawler.service.workbooks").as_workbook(sheets)
    return made


def page_of_period(of: Periodical, desk: Desk, home: str) -> bytes:
    """The report as one HTML document, complete in itself, without script."""
    words = catalogue("zh")
    levels = compared_sheet(of, Dimension.LEVEL, desk.categories)
    told = {row[0]: row[1] for row in summary(of.now).rows}
    page = environment(Veil(lifted=False)).get_template("periodical.html")
    made = page.render(
        o=of,
        p=of.period,
        at=of.now.at,
        title=f"{of.period.report} {of.period.name}",
        place=_place(of.now.region, home),
        one_district=names_a_district(of.now.region or home),
        unseen=sum(of.coverage.failed.values()),
        unvisited=unvisited(of.coverage),
        coverage=coverage_sheet(of, words),
        tasks=task_sheet(of),
        levels=_LEVELS,
        levels_compared=levels,
        total=levels.rows[-1],
        categories_compared=compared_sheet(of, Dimension.CATEGORY, desk.categories),
        precision=told["准确率"],
        interval=told["95%区间"],
        hours=told["核实用时中位数（小时）"],
        gravest=gravest_sheet(of),
        causes=[(words.name("outcome", one or "waiting"), n) for one, n in of.unseen.causes],
        unseen_listed=unseen_sheet(of.unseen, words),
        blue_listed=blue_sheet(of.blue),
    )
    return made.encode("utf-8", "replace")


def _sheets(of: Periodical, desk: Desk, form: Form, by: Sequence[Dimension]) -> Iterable[Sheet]:
    words = catalogue("zh")
    if form in (Form.LISTS_CSV, Form.LISTS_XLSX):
        return list_sheets(of, words)
    if by:
        return sheets_by(of.now, by, desk.categories)
    return workbook_sheets(of, desk.categories, words)


def _printed(house: House, page: bytes) -> bytes:
    made, trouble = printed({"report": page}, house.config.browser)
    if trouble:
        raise NotAllowed(trouble)
    return made["report"]


def _place(region: str, home: str) -> str:
    code = (region or home).ljust(6, "0")
    return "全部区划" if code == NOWHERE else region_name(code)


def _act(asked: Asked, told: str) -> Act:
    return Act(
        at=asked.at,
        actor=asked.actor,
        action="statistics.export",
        object=f"statistics:{asked.period.first}..{asked.period.last}",
        region=asked.region,
        after=told,
    )
