"""Looks once a minute whether a person of operations is needed, and tells each thing once: in the
log, by webhook, by mail. Never page text or personal data.
"""

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog

from alerts.calendars import load_calendar
from crawler.config import OpsSettings
from crawler.domain.case import CHINA
from crawler.domain.delivery import Delivery, DeliveryState, Endpoint, EventType
from crawler.domain.ids import ulid
from crawler.domain.schedule import FiringState
from crawler.service.desks import poster_of
from crawler.service.forecasting import room_of, room_problem
from crawler.service.mailing import send_mail
from crawler.service.retaining import refused
from crawler.service.wiring import House, tool_name
from crawler.store.archives import oldest_unarchived
from crawler.store.audit import trail_bounds
from crawler.store.database import Connection
from crawler.store.notices import (
    OpsNotice,
    failed_firings,
    hindered_firings,
    keep_notices,
    last_backup,
    lists_waiting,
    mark_told,
    oldest_unindexed,
    open_notices,
    paused_endpoints,
)
from crawler.store.outbox import delivery_counts, oldest_waiting
from crawler.store.rechecks import late_rechecks
from crawler.store.schedules import firings_in

LATE = timedelta(hours=1)
RECENT = timedelta(days=2)
CALENDAR_DAYS = 30  # before the year in which limits would run over unknown holidays
LATE_RECHECK = timedelta(days=1)
LATE_ARCHIVE = timedelta(hours=6)
DISK_DAYS = 30  # warned of a disk that will be full before

log = structlog.get_logger()


def mind(house: House, now: datetime) -> None:
    """One look: keep what stands, tell what is new."""
    with house.database.reading() as db:
        found = dict(troubles(house, db, now))
    with house.database.transaction() as db:
        keep_notices(db, found, house.config.region, now)
        untold = open_notices(db, untold=True)
    if untold and told(house, untold, now):
        with house.database.transaction() as db:
            mark_told(db, [one.key for one in untold], now)


def troubles(house: House, db: Connection, now: datetime) -> Iterator[tuple[str, str]]:
    """Key and text of each thing that needs a person."""
    if why := room_problem(house, house.config.ops.least_free_mb):
        yield "disk", why
    elif (days := room_of(house, db, now).days) is not None and days < DISK_DAYS:
        yield "disk", f"照近来的增长，存证磁盘约 {max(1, days)} 天后写满"
    if why := refused(house):
        yield "keep", why
    if why := _backup_problem(house, db, now):
        yield "backup", why
    if count := late_rechecks(db, now - LATE_RECHECK):
        yield (
            "rechecks",
            f"{count} 个网站的办结复查过期一天没有做，请设巡查计划（xunwang schedule）",
        )
    year = (now + timedelta(days=CALENDAR_DAYS)).year
    if not load_calendar().knows(year):
        yield (
            "calendar",
            f"工作日历没有 {year} 年的节假日，任务时限会算错；请补 alerts/calendar.yaml",
        )
    for name, why in failed_firings(db, now - RECENT).items():
        yield f"schedule:{name}", f"计划“{name}”的巡查失败：{why}"
    for name, why in hindered_firings(db, now - LATE).items():
        yield f"schedule:{name}", f"计划“{name}”的巡查到点一小时还没有做完：{why}"
    for one in firings_in(db, (FiringState.RUNNING,)):
        if one.is_left(now):
            name, host = one.schedule.name, one.runner.partition(":")[0]
            yield (
                f"schedule:{name}",
                f"计划“{name}”的巡查由机器 {host} 执行，它没有再出现；轮到时由别处接着做，"
                f"不再需要请 xunwang schedule stop {name}",
            )
    if count := lists_waiting(db):
        yield "lists", f"{count} 份自动送来的名单等待人工确认（xunwang docking list）"
    for name, why in paused_endpoints(db).items():
        yield f"endpoint:{name}", f"接收端 {name} 已暂停：{why}"
    for name, since in oldest_waiting(db).items():
        if now - since > LATE:
            at = f"{since.astimezone(CHINA):%m-%d %H:%M}"
            yield f"late:{name}", f"接收端 {name} 有消息自 {at} 未送达"
    for (name, state), count in delivery_counts(db).items():
        if state is DeliveryState.GIVEN_UP:
            yield f"given_up:{name}", f"接收端 {name} 有 {count} 条消息已放弃投递"
    oldest = oldest_unindexed(db)
    if oldest is not None and now - oldest > LATE:
        yield "index", f"检索索引自 {oldest.astimezone(CHINA):%m-%d %H:%M} 起没有跟上"
    alone = oldest_unarchived(db) if house.config.store.objects else None
    if alone is not None and now - alone > LATE_ARCHIVE:
        at = f"{alone.astimezone(CHINA):%m-%d %H:%M}"
        yield "archive", f"{at} 封存的存证还没有另存到对象存储；原因见日志或 xunwang archive"


def _backup_problem(house: House, db: Connection, now: datetime) -> str:
    """Where the store is PostgreSQL others back up, and this program does not hear of it."""
    days = house.config.ops.backup_days
    if not days or house.database.is_shared:
        return ""
    last, bounds = last_backup(db), trail_bounds(db)
    begun = last or (bounds[0] if bounds else now)
    if now - begun <= timedelta(days=days):
        return ""
    at = (
        f"最近一次完整的备份是 {last.astimezone(CHINA):%m-%d %H:%M} 的"
        if last
        else "还没有做过备份"
    )
    return f"{at}，已超过 {days} 天（xunwang backup；定时的看 systemctl status xunwang-backup）"


def told(house: House, notices: list[OpsNotice], now: datetime) -> bool:
    """In every way the settings name; True if one that they name worked, or they name none."""
    ops = house.config.ops
    for one in notices:
        log.warning("needs a person", action="notice", notice=one.key)
    ways = []
    if ops.webhook:
        ways.append(_posted(house, notices, now))
    if ops.mail_to and ops.smtp:
        ways.append(_mailed(ops, notices))
    return any(ways) or not ways


def _posted(house: House, notices: list[OpsNotice], now: datetime) -> bool:
    ops = house.config.ops
    message = {
        "event": "ops.notice",
        "at": now.isoformat(),
        "from": tool_name(),
        "notices": [{"key": n.key, "text": n.text, "since": n.since.isoformat()} for n in notices],
    }
    endpoint = Endpoint(name="ops", url=ops.webhook, secret=ops.secret.get_secret_value())
    delivery = Delivery(
        id=ulid(int(now.timestamp() * 1000), os.urandom(10)),
        event_key="",
        event=EventType.COVERAGE_DAILY,  # of no consequence: the body says what it is
        endpoint="ops",
        subject="ops",
        seq=1,
        body=json.dumps(message, ensure_ascii=False).encode(),
        region=house.config.region,
        created_at=now,
        due_at=now,
    )
    with poster_of(house) as poster:
        receipt = poster.send(endpoint, delivery, now)
    went = receipt.status is not None and 200 <= receipt.status < 300
    if not went:
        log.warning("notice not taken", action="notice", error=receipt.reason[:80])
    return went


def _mailed(ops: OpsSettings, notices: list[OpsNotice]) -> bool:
    text = "\n".join(f"· {one.text}" for one in notices)
    why = send_mail(ops, ops.mail_to, f"巡网：{len(notices)} 件事需要人处理", text)
    if why:
        log.warning("mail not sent", action="notice", error=why)
    return not why
