"""How pages show things: times as people say them, foreign text made harmless to the eye."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta

from crawler.domain.case import CHINA

_DAYS = "一二三四五六日"
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def exact(at: datetime) -> str:
    """2026-11-25 09:31:07 +08:00."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S} +08:00"


def ago(at: datetime, now: datetime) -> str:
    """刚刚, 5 分钟前, 今天 09:31, 昨天 22:41, 11 月 17 日, 2025-11-17."""
    here, today = at.astimezone(CHINA), now.astimezone(CHINA)
    passed = now - at
    if timedelta(0) <= passed < timedelta(minutes=1):
        return "刚刚"
    if timedelta(0) <= passed < timedelta(hours=1):
        return f"{int(passed.total_seconds() // 60)} 分钟前"
    days = (today.date() - here.date()).days
    if days in _NEAR:
        return f"{_NEAR[days]} {here:%H:%M}"
    if here.year == today.year:
        return f"{here.month} 月 {here.day} 日"
    return f"{here:%Y-%m-%d}"


def until(at: datetime, now: datetime) -> str:
    """还剩 48 分钟, 今天 17:30 前, 周五前, 12 月 2 日前; 逾期 2 天."""
    left = at - now
    if left < timedelta(0):
        return f"逾期 {length(-left)}"
    if left < timedelta(hours=3):
        return f"还剩 {length(left)}"
    here, today = at.astimezone(CHINA), now.astimezone(CHINA)
    days = (here.date() - today.date()).days
    if days in (0, 1):
        return f"{_NEAR[-days]} {here:%H:%M} 前"
    if days < 7 and here.isocalendar().week == today.isocalendar().week:
        return f"周{_DAYS[here.weekday()]}前"
    return f"{here.month} 月 {here.day} 日前"


def length(of: timedelta) -> str:
    """48 分钟, 3 小时, 2 天."""
    minutes = int(of.total_seconds() // 60)
    if minutes < 60:
        return f"{max(minutes, 1)} 分钟"
    if minutes < 60 * 24:
        hours, rest = divmod(minutes, 60)
        return f"{hours} 小时 {rest} 分" if rest and hours < 6 else f"{hours} 小时"
    return f"{minutes // (60 * 24)} 天"


def day(at: datetime) -> str:
    """11 月 25 日 周三."""
    here = at.astimezone(CHINA)
    return f"{here.month} 月 {here.day} 日 周{_DAYS[here.weekday()]}"


_NEAR: Mapping[int, str] = {0: "今天", 1: "昨天", -1: "明天", -2: "后天", 2: "前天"}


def plain(text: str) -> str:
    """Text of foreign origin with what turns a line around or draws nothing made visible."""
    if text.isascii() and text.isprintable():
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


def per_cent(low: float | None, high: float | None) -> str:
    """15.8%, 9%–13.8%; empty where there is no annual figure."""
    if high is None:
        return ""
    if low is None or low == high:
        return f"{high:.4g}%"
    return f"{low:.4g}–{high:.4g}%"


def masked_contact(value: str) -> str:
    """138****0000, ab***: enough to recognise, too little to use."""
    if len(value) <= 4:
        return value[:1] + "*" * (len(value) - 1)
    head, tail = (3, 2) if len(value) > 7 else (2, 0)
    return value[:head] + "*" * (len(value) - head - tail) + value[len(value) - tail :]
