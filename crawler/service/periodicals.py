"""周报 and 月报: what a period brought beside the one before it, what was not seen and why, what
waits, and the two lists; read in one moment, as tables for a spreadsheet and for paper alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.masking import shown_name, without_name
from crawler.domain.assessment import LEVEL_NAMES, Level
from crawler.domain.calendar import start_of_day
from crawler.domain.case import CHINA
from crawler.domain.certificate import Coverage
from crawler.domain.lexicon import Category
from crawler.domain.statistics import (
    AlertRow,
    Dimension,
    Period,
    alert_rows,
    in_order,
    region_shown,
)
from crawler.service.catalogue import Catalogue
from crawler.service.packing.veil import Veil
from crawler.service.reporting import (
    Cell,
    Facts,
    Sheet,
    all_sheets,
    facts_of,
    key_of,
    share,
    totals,
)
from crawler.store.cards import Card, Family, families, first_cards, open_cases
from crawler.store.certificates import coverage_between
from crawler.store.database import Connection
from crawler.store.duties import Duties, duties
from crawler.store.site_lists import ListedSite, SiteList, blue_sites, unseen_sites

MOST_LISTED = 50_000  # rows of a list in a file
_GRAVEST = 10
_VEIL = Veil(lifted=False)  # a report goes from hand to hand: persons are masked for everybody


@dataclass(frozen=True, kw_only=True, slots=True)
class Periodical:
    """All that a report of a period says, as of one moment."""

    now: Facts
    before: Facts
    coverage: Coverage
    waiting: int  # cases
    gravest: Sequence[tuple[Card, Family]]
    duties: Duties
    blue: SiteList
    unseen: SiteList

    @property
    def period(self) -> Period:
        """Of what."""
        return self.now.period

    @property
    def unfinished(self) -> bool:
        """Whether the period is not over yet."""
        return self.now.at < self.period.end


def periodical_of(
    db: Connection, period: Period, region: str, at: datetime, most: int = MOST_LISTED
) -> Periodical:
    """The whole of it, with at most so many sites a list."""
    waiting, ids = open_cases(db, region, _GRAVEST)
    first, kin = first_cards(db, ids, region), families(db, ids, region)
    return Periodical(
        now=facts_of(db, period, region, at),
        before=facts_of(db, period.before, region, at),
        coverage=coverage_between(db, period.start, period.end, region),
        waiting=waiting,
        gravest=[(first[one], kin[one]) for one in ids if one in first],
        duties=duties(db, region, at, start_of_day(at) + timedelta(days=1)),
        blue=blue_sites(db, region, most),
        unseen=unseen_sites(db, region, most),
    )


def workbook_sheets(
    of: Periodical, categories: Mapping[str, Category], words: Catalogue
) -> Iterator[Sheet]:
    """Everything, for a spreadsheet: the whole, what the paper shows, every cut, the two lists."""
    head, *cuts = all_sheets(of.now, categories)
    yield head
    yield coverage_sheet(of, words)
    yield compared_sheet(of, Dimension.LEVEL, categories)
    yield compared_sheet(of, Dimension.CATEGORY, categories)
    yield task_sheet(of)
    yield gravest_sheet(of)
    yield from cuts
    yield from list_sheets(of, words)


def list_sheets(of: Periodical, words: Catalogue) -> Iterator[Sheet]:
    """The two lists."""
    yield unseen_sheet(of.unseen, words)
    yield blue_sheet(of.blue)


def coverage_sheet(of: Periodical, words: Catalogue) -> Sheet:
    """The register taken apart, as the certificates do: the parts add up to the whole."""
    seen = of.coverage
    unseen = sum(seen.failed.values())
    missed = sorted(seen.failed.items(), key=lambda pair: (-pair[1], pair[0]))
    rows: list[tuple[str, Cell, Cell]] = [
        ("没看到", unseen, share(_part(unseen, seen.watched))),
        *(
            (f"　{words.name('outcome', name)}", n, share(_part(n, seen.watched)))
            for name, n in missed
        ),
        ("本期未巡查", unvisited(seen), share(_part(unvisited(seen), seen.watched))),
        ("已采集", seen.seen, share(_part(seen.seen, seen.watched))),
        ("合计", seen.watched, ""),
    ]
    return Sheet(title="覆盖", columns=("在巡网站", "个", "占比"), rows=rows)


def compared_sheet(of: Periodical, by: Dimension, categories: Mapping[str, Category]) -> Sheet:
    """Alerts opened in the period beside those of the period before."""
    key = key_of(by, categories)
    now, total = alert_rows(of.now.alerts, key)
    was, total_was = alert_rows(of.before.alerts, key)
    known = {row.name: row for row in now}
    old = {row.name: row for row in was}
    names = known | old
    if by is Dimension.LEVEL:
        alerting = (LEVEL_NAMES[one] for one in (Level.RED, Level.ORANGE, Level.YELLOW))
        names = {name: AlertRow(name=name) for name in alerting} | names
    order = in_order(names, by, {name: row.opened for name, row in known.items()})
    lines = [(known.get(name), old.get(name), name) for name in order]
    return Sheet(
        title=f"预警按{'级别' if by is Dimension.LEVEL else '类别'}与上期相比",
        columns=("级别" if by is Dimension.LEVEL else "类别", *_COMPARED),
        rows=[
            *(_compared(name, row or AlertRow(name=name), past) for row, past, name in lines),
            _compared("合计", total, total_was),
        ],
    )


_COMPARED = ("本期", "上期", "增减", "其中待核实", "已核实", "误报", "观察")


def _compared(name: str, now: AlertRow, was: AlertRow | None) -> list[Cell]:
    past = was.opened if was else 0
    return [
        name, now.opened, past, change(now.opened, past), now.open, now.confirmed, now.dismissed,
        now.watched,
    ]  # fmt: skip


def task_sheet(of: Periodical) -> Sheet:
    """Tasks made in the period beside those of the period before, and what is late by now."""
    now, was = totals(of.now)[1], totals(of.before)[1]
    counts = [
        ("督办任务", now.made, was.made),
        ("已派发", now.sent, was.sent),
        ("已反馈", now.answered, was.answered),
        ("已办结", now.closed, was.closed),
        ("　按期", now.in_time, was.in_time),
        ("　逾期", now.closed - now.in_time, was.closed - was.in_time),
        ("在办", now.under_way, was.under_way),
        ("　已超期", now.late, was.late),
        ("退回次数", now.returned, was.returned),
    ]
    rows: list[list[Cell]] = [[name, a, b, change(a, b)] for name, a, b in counts]
    rows.insert(6, ["　按期率", share(now.punctuality), share(was.punctuality), ""])
    return Sheet(title="任务与上期相比", columns=("指标", "本期", "上期", "增减"), rows=rows)


def gravest_sheet(of: Periodical) -> Sheet:
    """The gravest of the cases that wait for a decision; of each its gravest site."""
    rows: list[list[Cell]] = [
        [
            LEVEL_NAMES[card.alert.level],
            card.case.number,
            _foreign(shown_name(card.site) or "（备案名单未载明）"),
            _foreign(card.site.domain_shown),
            _foreign(without_name(card.alert.sentence, card.site)),
            day(card.alert.opened_at),
            kin.open,
        ]
        for card, kin in of.gravest
    ]
    if of.waiting > len(rows):
        rows.append([f"另有 {of.waiting - len(rows)} 条", *[""] * 6])
    columns = ("级别", "线索编号", "主体", "网站", "疑似情形", "发现", "待核实网站")
    return Sheet(title="最严重的待核实线索", columns=columns, rows=rows)


def unseen_sheet(of: SiteList, words: Catalogue) -> Sheet:
    """Sites that were not captured, with the cause and since when."""
    rows: list[list[Cell]] = [
        [
            *_named(one),
            words.name("outcome", one.outcome) if one.outcome else "尚未巡查",
            day(one.last_seen_at) if one.last_seen_at else "从未采到",
            one.failures,
            LEVEL_NAMES[Level(one.level)] if one.level and one.last_seen_at else "—",
        ]
        for one in of.sites
    ]
    columns = ("区划", "网站", "主体", "备案号", "原因", "最近采到", "连续未采到", "上次研判")
    return Sheet(title="未采集网站", columns=columns, rows=[*rows, *_rest(of, len(columns))])


def blue_sheet(of: SiteList) -> Sheet:
    """Sites with a hint that opens no alert, and what the hint is."""
    rows: list[list[Cell]] = [
        [
            *_named(one),
            _foreign(one.sentence) or "—",
            day(one.since),
            day(one.last_seen_at),
        ]
        for one in of.sites
    ]
    columns = ("区划", "网站", "主体", "备案号", "提示", "首次评为蓝", "最近采到")
    return Sheet(title="蓝级网站", columns=columns, rows=[*rows, *_rest(of, len(columns))])


def change(now: int, was: int) -> str:
    """＋3（＋60%）, －2（－40%）, 0; without per cent where there was nothing. The signs are no
    ASCII: a spreadsheet takes none of them for a formula.
    """
    more = now - was
    sign = "＋" if more > 0 else "－" if more < 0 else ""
    part = f"（{sign}{abs(more) / was:.0%}）" if was and more else ""
    return f"{sign}{abs(more)}{part}"


def day(at: datetime | None) -> str:
    """The day in China; a dash for none."""
    return f"{at.astimezone(CHINA):%Y-%m-%d}" if at else "—"


def _named(one: ListedSite) -> list[Cell]:
    return [
        region_shown(one.region), _foreign(one.domain), _foreign(one.unit_name) or "（未载明）",
        _foreign(one.licence) or "—",
    ]  # fmt: skip


def _rest(of: SiteList, columns: int) -> list[list[Cell]]:
    more = of.total - len(of.sites)
    return [[f"另有 {more} 个", *[""] * (columns - 1)]] if more > 0 else []


def _foreign(text: str) -> str:
    """What others wrote: persons masked, nothing in it turns or hides a line."""
    return _VEIL.text(" ".join(text.split()))


def unvisited(of: Coverage) -> int:
    """Sites that nobody went to in the period: not due in it, or not reached."""
    return of.not_due + of.not_captured


def _part(part: int, whole: int) -> float | None:
    return part / whole if whole else None
