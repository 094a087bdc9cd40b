"""Before a sweep starts: how many sites, how long, how much disk, how many pictures."""

import shutil
from datetime import datetime, timedelta

from crawler.domain.case import CHINA
from crawler.domain.forecast import Effort, Room, foreseen
from crawler.domain.schedule import Schedule, percent_of
from crawler.domain.user import reach_of
from crawler.service.wiring import House
from crawler.store.choices import chosen_sites, quiet_sites
from crawler.store.database import Connection
from crawler.store.efforts import Account
from crawler.store.forecasts import count_of, growth, last_effort

GIB, MIB = 1024**3, 1024**2
GROWTH_DAYS = 14  # two weeks: each weekday counts alike
FAR_DAYS = 3_650


def forecast(db: Connection, schedule: Schedule, now: datetime) -> tuple[Effort, bool]:
    """The effort of one firing now, and whether an earlier sweep of this house speaks for it."""
    reach = reach_of(schedule.region)
    if schedule.selection.startswith("sample:"):
        sites = round(len(quiet_sites(db, reach)) * percent_of(schedule.selection) / 100)
    else:
        sites = count_of(db, chosen_sites(db, schedule.selection, now, reach))
    return foretold(db, sites)


def foretold(db: Connection, sites: int) -> tuple[Effort, bool]:
    """The same for so many sites."""
    last = last_effort(db)
    return foreseen(sites, last), last is not None


def forecast_line(effort: Effort, *, measured: bool) -> str:
    """In one line."""
    by = "按上次巡查推算" if measured else "尚无巡查可依，按经验值推算"
    return (
        f"{effort.sites} 个网站，约 {_time(effort)}，流量约 {_size(effort.traffic)}，"
        f"存证约 {_size(effort.bytes)}，截图约 {effort.pictures} 张（{by}）"
    )


def account_line(account: Account) -> str:
    """What was foreseen beside what it came to."""
    told, taken = account.foreseen, account.taken
    return (
        f"用时 {_time(taken)}（预计 {_time(told)}），"
        f"流量 {_size(taken.traffic)}（{_size(told.traffic)}），"
        f"存证 {_size(taken.bytes)}（{_size(told.bytes)}），"
        f"截图 {taken.pictures} 张（{told.pictures}）"
    )


def _time(effort: Effort) -> str:
    minutes = effort.seconds / 60
    return f"{minutes / 60:.1f} 小时" if minutes >= 90 else f"{max(1, round(minutes))} 分钟"


def _size(size: int) -> str:
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{size / MIB:.0f} MiB"


def free_bytes(house: House) -> int:
    """Room for evidence."""
    return shutil.disk_usage(house.evidence).free


def room_of(house: House, db: Connection, now: datetime) -> Room:
    """What is left, and how long it will do: the pace is of evidence and store together."""
    a_day, first = growth(db, now, GROWTH_DAYS)
    file = house.home / "xunwang.db"
    if first and db.dialect.name == "sqlite" and file.exists():
        a_day += int(file.stat().st_size / max(1.0, (now - first).total_seconds() / 86_400))
    return Room(free_bytes=free_bytes(house), a_day=a_day)


def room_line(room: Room, now: datetime) -> str:
    """In one line."""
    free = f"余 {room.free_bytes / GIB:.1f} GiB"
    if room.days is None:
        return f"{free}，近 {GROWTH_DAYS} 天没有增长"
    pace = f"近 {GROWTH_DAYS} 天每天约增 {room.a_day / MIB:,.0f} MiB"
    if room.days > FAR_DAYS:
        return f"{free}，{pace}，十年内不会写满"
    full = (now + timedelta(days=room.days)).astimezone(CHINA)
    return f"{free}，{pace}，约 {room.days} 天后（{full:%Y-%m-%d}）写满"


def room_problem(house: House, least_mb: int) -> str:
    """Why no sweep may run now, or nothing."""
    free = free_bytes(house)
    if free < least_mb * MIB:
        return f"存证磁盘只余 {free / GIB:.1f} GiB，低于 {least_mb / 1024:.1f} GiB，暂不巡查"
    return ""
