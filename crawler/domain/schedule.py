"""When sweeps start by themselves: a schedule, its firings, quiet hours, and a random draw."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.domain.errors import BadInput

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHINESE = {
    f"{week}{day}": WEEKDAYS[n] for week in ("周", "星期") for n, day in enumerate("一二三四五六日")
}
_CHINESE |= {"周天": "sun", "星期天": "sun"}
_DAYS = re.compile(rf"(?:\*|(?:{'|'.join(WEEKDAYS)})(?:-(?:{'|'.join(WEEKDAYS)}))?)")
_QUIET = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-3]):([0-5]\d)")
_SELECTION = re.compile(r"all|due|list:[1-9]\d{0,8}|sample:(?:100|[1-9]?\d(?:\.\d{1,3})?)")
_NAME = re.compile(r"[^\x00-\x20\x7f][^\x00-\x1f\x7f]{0,59}")


class ScheduleState(StrEnum):
    """active ⇄ paused; a removed one stays for its firings."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


class FiringState(StrEnum):
    """waiting → running → done · stopped · failed; missed and skipped never ran."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    MISSED = "missed"
    SKIPPED = "skipped"


GOING = (FiringState.WAITING, FiringState.RUNNING)  # at most one of a schedule
LATER = "稍后接着做"  # ends the reason of a firing that waits for a trouble to pass
STOPPED = "由人停止"

STATE_NAMES = {
    ScheduleState.ACTIVE: "启用",
    ScheduleState.PAUSED: "暂停",
    ScheduleState.REMOVED: "已删除",
}
FIRING_NAMES = {
    FiringState.WAITING: "等待",
    FiringState.RUNNING: "进行中",
    FiringState.DONE: "完成",
    FiringState.STOPPED: "停止",
    FiringState.FAILED: "失败",
    FiringState.MISSED: "错过",
    FiringState.SKIPPED: "跳过",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """What is swept, and when. `selection` is all, due, list:N or sample:PERCENT."""

    id: int = 0
    name: str
    cron: str  # five fields; weekdays by name, for cron's numbers are read differently
    zone: str = "Asia/Shanghai"
    selection: str = "due"
    quiet: str = ""  # 22:00-06:00 of that zone: nothing starts, what runs is laid aside
    officers: tuple[str, ...] = ()  # among whom a random sample is drawn
    render: bool = True
    state: ScheduleState = ScheduleState.ACTIVE
    region: str = ""
    actor: str = "system"
    since: datetime | None = None  # fire times before this are none of its


@dataclass(frozen=True, kw_only=True, slots=True)
class Firing:
    """One fire time of one schedule: never twice the same."""

    id: int
    schedule: Schedule
    fire_at: datetime
    state: FiringState
    reason: str = ""
    sweep_id: int | None = None
    asked_by: str = ""
    stop_asked: bool = False
    runner: str = ""  # the parent that runs it, or ran it last
    lease_until: datetime | None = None  # until when it is that one's

    def is_left(self, now: datetime) -> bool:
        """Whether it stands as running with nobody who runs it: whoever looks next may take it."""
        over = self.lease_until is None or self.lease_until < now
        return self.state is FiringState.RUNNING and over


@dataclass(frozen=True, kw_only=True, slots=True)
class Draw:
    """双随机: which of the quiet sites, and who looks at each; the same seed draws the same."""

    seed: str
    percent: float
    population: int
    assigned: tuple[tuple[int, str], ...]  # site id, officer


def checked(schedule: Schedule) -> Schedule:
    """With its name and cron line in plain form; BadInput says in one line what is wrong."""
    name = schedule.name.strip()
    if not _NAME.fullmatch(name):
        raise BadInput("计划名称须为 1 至 60 个可见字符")
    if not _SELECTION.fullmatch(schedule.selection):
        raise BadInput(f"范围 {schedule.selection} 无效：all、due、list:名单编号 或 sample:百分比")
    if schedule.selection.startswith("sample:"):
        _check_sample(schedule)
    if schedule.quiet:
        quiet_hours(schedule.quiet)
    if schedule.region and not re.fullmatch(r"\d{6}", schedule.region):
        raise BadInput(f"区划 {schedule.region} 须为六位代码")
    zone_of(schedule.zone)
    return replace(schedule, name=name, cron=plain_cron(schedule.cron))


def _check_sample(schedule: Schedule) -> None:
    if percent_of(schedule.selection) <= 0:
        raise BadInput("抽查比例须大于 0")
    officers = schedule.officers
    if again := next((one for one in officers if officers.count(one) > 1), ""):
        raise BadInput(f"检查人员“{again}”写了不止一次")
    if len(officers) < 2:  # drawn from one is no draw
        raise BadInput("双随机抽查须列出至少两名检查人员（--officers 甲,乙）")


def selection_name(selection: str) -> str:
    """What a selection is called."""
    kind, _, rest = selection.partition(":")
    names = {"all": "全部网站", "due": "到期的网站", "list": f"名单 {rest}", "site": rest}
    return f"随机抽查 {rest}%" if kind == "sample" else names.get(kind, selection)


def percent_of(selection: str) -> float:
    """Of sample:PERCENT."""
    return float(selection.partition(":")[2])


def zone_of(name: str) -> ZoneInfo:
    """A time zone by name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(f"没有名为 {name} 的时区，例如 Asia/Shanghai") from None


def plain_cron(cron: str) -> str:
    """Five fields with weekdays as mon…sun: numbers are refused, because one half of the world
    counts from Sunday and the other from Monday.
    """
    fields = cron.strip().lower().split()
    if not fields:
        raise BadInput("请写明时间（--cron），五段：分 时 日 月 周，如 0 2 * * mon-fri")
    if len(fields) != 5:
        raise BadInput(f"时间表达式“{cron}”须有五段：分 时 日 月 周")
    for word, name in sorted(_CHINESE.items(), key=lambda pair: -len(pair[0])):
        fields[4] = fields[4].replace(word, name)
    if not all(_DAYS.fullmatch(part) for part in fields[4].replace("，", ",").split(",")):
        raise BadInput(f"星期“{cron.split()[4]}”须写名称，如 mon-fri 或 周一,周五，不写数字")
    return " ".join(fields).replace("，", ",")


def quiet_hours(quiet: str) -> tuple[time, time]:
    """From and until, by the clock on the wall."""
    found = _QUIET.fullmatch(quiet)
    if not found:
        raise BadInput(f"静默时段“{quiet}”须写作 22:00-06:00")
    hours = [int(part) for part in found.groups()]
    begin, end = time(hours[0], hours[1]), time(hours[2], hours[3])
    if begin == end:
        raise BadInput(f"静默时段“{quiet}”首尾相同")
    return begin, end


def is_quiet(schedule: Schedule, now: datetime) -> bool:
    """Whether nothing of this schedule may run now; the hours may go over midnight."""
    if not schedule.quiet:
        return False
    begin, end = quiet_hours(schedule.quiet)
    clock = now.astimezone(zone_of(schedule.zone)).time()
    return begin <= clock < end if begin < end else clock >= begin or clock < end


def draw(site_ids: Sequence[int], officers: Sequence[str], percent: float, seed: str) -> Draw:
    """At least one site, and officers in turn from a shuffled round, so that loads are even.
    Repeatable: whoever has seed, sites and officers draws the same.
    """
    chance = random.Random(seed)
    size = max(1, round(len(site_ids) * percent / 100)) if site_ids else 0
    drawn = sorted(chance.sample(sorted(site_ids), size))
    order = sorted(officers)
    chance.shuffle(order)
    assigned = tuple((site, order[n % len(order)]) for n, site in enumerate(_mixed(drawn, chance)))
    return Draw(seed=seed, percent=percent, population=len(site_ids), assigned=assigned)


def _mixed(drawn: Sequence[int], chance: random.Random) -> list[int]:
    mixed = list(drawn)
    chance.shuffle(mixed)
    return mixed
