"""How soon a site is looked at again, and why: by risk, by what an officer said, by what changed.
The paces are those of domain.md §6.5.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.domain.assessment import Level
from crawler.domain.capture import Outcome
from crawler.domain.site import RHYTHM_DAYS, Site, ended_well, next_try

DAILY, FEW_DAYS, WEEKLY, FORTNIGHT = (timedelta(days=n) for n in (1, 3, RHYTHM_DAYS, 14))
SLACK = timedelta(hours=6)  # so that a sweep at the same hour finds it due, not a moment too early
LONG_DEAD = 5  # failures in a row
LONG_STILL = 8  # visits in a row that saw the same text
_SENSITIVE = re.compile(
    r"投资|理财|财富|资本|基金|金融|资管|资产管理|信托|融资|贷款|小贷|典当|担保|众筹|期货|外汇|"
    r"证券|保险代理|区块链|数字货币|虚拟货币|养老服务|康养|私募|合伙企业|交易所|交易中心"
)


class DueWhy(StrEnum):
    """Why a site has the pace it has."""

    NEW = "new"
    WATCHED = "watched"
    CONFIRMED = "confirmed"
    SUSPECT = "suspect"
    HIT = "hit"
    SENSITIVE = "sensitive"
    CHANGED = "changed"
    ORDINARY = "ordinary"
    STILL = "still"
    TROUBLE = "trouble"
    DEAD = "dead"


DUE_NAMES = {
    DueWhy.NEW: "新备案，一日内",
    DueWhy.WATCHED: "观察中，每日",
    DueWhy.CONFIRMED: "曾经核实，加密",
    DueWhy.SUSPECT: "有待核实预警，每日",
    DueWhy.HIT: "有提示，每三日",
    DueWhy.SENSITIVE: "名称敏感，每三日",
    DueWhy.CHANGED: "内容有变，每三日",
    DueWhy.ORDINARY: "常规，每周",
    DueWhy.STILL: "久无变化，每两周",
    DueWhy.TROUBLE: "未采到，重试",
    DueWhy.DEAD: "久未采到，每月",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a closed visit says about when to come back."""

    outcome: Outcome
    level: Level
    alert_open: bool  # after this visit
    watched: bool
    changed: bool  # another text than last time
    still: int  # visits in a row that saw the same text, this one included


def due_after(site: Site, seen: Seen, now: datetime) -> tuple[datetime, DueWhy]:
    """When, and why then."""
    if not ended_well(seen.outcome):
        dead = site.failures_in_a_row >= LONG_DEAD
        return next_try(site, now), DueWhy.DEAD if dead else DueWhy.TROUBLE
    pace, why = _pace(site, seen)
    return now + pace - SLACK, why


def is_sensitive(site: Site) -> bool:
    """Whether its subject's or its own name speaks of money."""
    return bool(_SENSITIVE.search(f"{site.unit_name} {site.site_name}"))


def _pace(site: Site, seen: Seen) -> tuple[timedelta, DueWhy]:
    if seen.watched:
        return DAILY, DueWhy.WATCHED
    if seen.alert_open:
        return DAILY, DueWhy.SUSPECT
    if site.rhythm_days < RHYTHM_DAYS:
        return timedelta(days=site.rhythm_days), DueWhy.CONFIRMED
    if seen.level is not Level.NONE:
        return FEW_DAYS, DueWhy.HIT
    if is_sensitive(site):
        return FEW_DAYS, DueWhy.SENSITIVE
    if seen.changed:
        return FEW_DAYS, DueWhy.CHANGED
    return (FORTNIGHT, DueWhy.STILL) if seen.still >= LONG_STILL else (WEEKLY, DueWhy.ORDINARY)
