"""保存期限: for how long what is kept, and what a person holds beyond it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.domain.errors import BadInput

LONGEST_REASON = 500


class KeepRule(StrEnum):
    """Under which time a capture stands."""

    PAGES = "pages"  # nothing was found
    FOUND = "found"  # something was


KEEP_RULE_NAMES = {KeepRule.PAGES: "无命中网页", KeepRule.FOUND: "有命中网页与未成立线索"}


class HoldScope(StrEnum):
    """What a hold is of."""

    CASE = "case"
    SITE = "site"
    CAPTURE = "capture"
    ALL = "all"


HOLD_SCOPE_NAMES = {
    HoldScope.CASE: "整条线索",
    HoldScope.SITE: "一个网站",
    HoldScope.CAPTURE: "一次采集",
    HoldScope.ALL: "全部存证",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Retention:
    """Days from when a thing came until it may go; 0: never."""

    pages_days: int = 730
    found_days: int = 1_827
    messages_days: int = 1_096
    sign_ins_days: int = 365


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """保全: one thing that must not go by age. `object` is a case's number, a domain, a capture's
    id; empty for all.
    """

    id: int = 0
    scope: HoldScope
    object: str = ""
    reason: str
    actor: str
    at: datetime
    region: str = ""
    released_by: str = ""
    released_at: datetime | None = None
    release_reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """What one go removed."""

    id: int = 0
    at: datetime
    actor: str
    captures: int
    records: int
    size_bytes: int
    digest: str  # over the captures' ids
    region: str = ""


def called(hold: Hold) -> str:
    """What a hold is of, in words."""
    return f"{HOLD_SCOPE_NAMES[hold.scope]} {hold.object}".strip()


def cutoff(days: int, now: datetime) -> datetime | None:
    """What came before may go; None where nothing may."""
    return now - timedelta(days=days) if days else None


def checked_hold(hold: Hold) -> Hold:
    """The hold, if somebody can know later what it is of and why; else BadInput."""
    if not hold.reason.strip():
        raise BadInput("请写明保全理由")
    if len(hold.reason) > LONGEST_REASON:
        raise BadInput(f"理由请在 {LONGEST_REASON} 字以内")
    if (hold.scope is HoldScope.ALL) is bool(hold.object):
        raise BadInput("保全全部存证时不写对象；其余须写明线索编号、域名或采集编号")
    return hold
