"""How pages show things: times as people say them, foreign text made harmless to the eye."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta

from crawler.domain.case import CHINA
from crawler.service.catalogue import Say, chinese

_DAYS = "一二三四五六日"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def exact(at: datetime) -> str:
    """2026-11-25 09:31:07 +08:00."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S} +08:00"


def ago(at: datetime, now: datetime, say: Say = chinese) -> str:
    """刚刚, 5 分钟前, 今天 09:31, 昨天 22:41, 11 月 17 日, 2025-11-17."""
    here, today = at.astimezone(CHINA), now.astimezone(CHINA)
    passed = now - at
    if timedelta(0) <= passed < timedelta(minutes=1):
        return say("刚刚")
    if timedelta(0) <= passed < timedelta(hours=1):
        return say("{n} 分钟前", n=int(passed.total_seconds() // 60))
    days = (today.date() - here.date()).days
    if days in _NEAR:
        return f"{say(_NEAR[days])} {here:%H:%M}"
    if here.year == today.year:
        return _date(here, say)
    return f"{here:%Y-%m-%d}"


def until(at: datetime, now: datetime, say: Say = chinese) -> str:
    """还剩 48 分钟, 今天 17:30 前, 周五前, 12 月 2 日前; 逾期 2 天."""
    left = at - now
    if left < timedelta(0):
        return say("逾期 {length}", length=length(-left, say))
    if left < timedelta(hours=3):
        return say("还剩 {length}", length=length(left, say))
    here, today = at.astimezone(CHINA), now.astimezone(CHINA)
    days = (here.date() - today.date()).days
    if days in (0, 1):
        return say("{moment} 前", moment=f"{say(_NEAR[-days])} {here:%H:%M}")
    if days < 7 and here.isocalendar().week == today.isocalendar().week:
        return say("{moment}前", moment=_weekday(here, say))
    return say("{moment}前", moment=_date(here, say))


def length(of: timedelta, say: Say = chinese) -> str:
    """48 分钟, 3 小时, 2 天."""
    minutes = int(of.total_seconds() // 60)
    if minutes < 60:
        return say("{n} 分钟", n=max(minutes, 1))
    if minutes < 60 * 24:
        hours, rest = divmod(minutes, 60)
        if rest and hours < 6:
            return say("{n} 小时 {m} 分", n=hours, m=rest)
        return say("{n} 小时", n=hours)
    return say("{n} 天", n=minutes // (60 * 24))


def day(at: datetime, say: Say = chinese) -> str:
    """11 月 25 日 周三."""
    here = at.astimezone(CHINA)
    return f"{_date(here, say)} {_weekday(here, say)}"


def _date(here: datetime, say: Say) -> str:
    month = _MONTHS[here.month - 1]
    return say("{month} 月 {day} 日", month=here.month, day=here.day, name=month)


def _weekday(here: datetime, say: Say) -> str:
    at = here.weekday()
    return say("周{weekday}", weekday=_DAYS[at], name=_WEEKDAYS[at])


_NEAR: Mapping[int, str] = {0: "今天", 1: "昨天", -1: "明天", -2: "后天", 2: "前天"}


def plain(text: str) -> str:
    """Text of foreign origin with what turns a line around or draws nothing made visible."""
    if text.isprintable():  # no control, format or private character, nothing unassigned
        return text
    return "".join(_plain(one) for one in text)


def _plain(character: str) -> str:
    if character in "\n\t":
        return character
    kind = unicodedata.category(character)
    if character in _TURNING or kind in ("Cc", "Cs", "Co"):
        return f"[U+{ord(character):04X}]"
    return "◦" if kind == "Cf" else character  # drawn by nobody, but often put between letters


def clipped(text: str, most: int = 60) -> str:
    """As much as fits, with an ellipsis if that is not all; still to be escaped."""
    return text if len(text) <= most else text[: most - 1] + "…"
