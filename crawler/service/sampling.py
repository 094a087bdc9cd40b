"""一公开: the result of a random sample as a sheet to be published. It says what was looked at,
by whom, by which draw; never what is suspected.
"""

import csv
import io
from datetime import datetime

from crawler.domain.capture import Outcome
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.site import ended_well
from crawler.service.catalogue import Catalogue
from crawler.service.reporting import harmless
from crawler.service.wiring import House
from crawler.store.schedules import DrawnSite, draw_of, drawn_results

_HEADS = ("序号", "网站", "主办单位", "检查人员", "检查时间", "检查情况")


def result_sheet(house: House, sweep_id: int, words: Catalogue, now: datetime) -> bytes:
    """CSV with a byte order mark, for spreadsheets; BadInput if the sweep was no sample."""
    with house.database.reading() as db:
        draw = draw_of(db, sweep_id)
        found = drawn_results(db, sweep_id)
    if draw is None:
        raise BadInput(f"批次 {sweep_id} 不是随机抽查")
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\r\n")
    sheet.writerow(["“双随机、一公开”抽查结果公示", f"批次 {sweep_id}"])
    drawn = f"{draw['at'].astimezone(CHINA):%Y-%m-%d %H:%M}"
    sheet.writerow(["抽取时间", drawn, "抽取比例", f"{draw['percent']:g}%"])
    sheet.writerow(["备选网站", draw["population"], "抽中", len(found)])
    sheet.writerow(["备选人员", harmless("、".join(draw["officers"])), "随机种子", draw["seed"]])
    sheet.writerow(_HEADS)
    for number, one in enumerate(found, 1):
        sheet.writerow([number, *map(harmless, _cells(one, words))])
    sheet.writerow(["制表时间", f"{now.astimezone(CHINA):%Y-%m-%d %H:%M}"])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cells(one: DrawnSite, words: Catalogue) -> tuple[str, ...]:
    at = f"{one.closed_at.astimezone(CHINA):%Y-%m-%d %H:%M}" if one.closed_at else ""
    return one.domain, one.unit_name, one.officer, at, _result(one.outcome, words)


def _result(outcome: str, words: Catalogue) -> str:
    if not outcome:
        return "尚未检查"
    if ended_well(Outcome(outcome)):
        return "已检查"
    return f"未能检查：{words.name('outcome', outcome)}"
