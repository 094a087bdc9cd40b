"""Being told of new alerts outside the console: one person, one way, from one level on."""

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode, urlsplit

from crawler.domain.assessment import LEVEL_NAMES, Level
from crawler.domain.calendar import Calendar
from crawler.domain.errors import BadInput

MOST_LINES = 10  # of one message; the rest is a number
LONGEST_ADDRESS, LONGEST_SECRET = 400, 200
_MAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(\.[A-Za-z0-9\-]{1,63}){0,5}")
_LONGEST_PAUSE = timedelta(hours=1)


class Way(StrEnum):
    """How somebody is told."""

    MAIL = "mail"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"


WAY_NAMES = {
    Way.MAIL: "邮件",
    Way.WECOM: "企业微信群机器人",
    Way.DINGTALK: "钉钉群机器人",
    Way.FEISHU: "飞书群机器人",
}
SIGNED = frozenset({Way.DINGTALK, Way.FEISHU})  # WeCom's robots know no signature
TOLD_FROM = (Level.RED, Level.ORANGE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """One person's one way. `told_seq`: how far in the audit trail they have been told."""

    user_id: int
    way: Way
    address: str
    level: Level
    secret: str = ""  # by which a robot's messages are signed; empty: they are not
    told_seq: int = 0
    failures: int = 0  # in a row
    due_at: datetime | None = None  # not again before
    last_reason: str = ""

    @property
    def shown(self) -> str:
        """The address without what only its owner should have: a robot's address is its key."""
        if self.way is Way.MAIL:
            return self.address
        return f"{urlsplit(self.address).hostname} …{self.address[-4:]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """What is said of one alert, and nothing more: no page text, no unit, no person."""

    level: Level
    domain: str
    sentence: str


def checked_address(way: Way, address: str) -> str:
    """A mail address or a robot's, as it may be kept; BadInput for anything else."""
    given = address.strip()
    if way is Way.MAIL:
        if not _MAIL.fullmatch(given):
            raise BadInput("邮箱地址不能用")
        return given
    clean = given.isascii() and given.isprintable() and " " not in given
    if clean and len(given) <= LONGEST_ADDRESS and _is_of_the_web(given):
        return given
    raise BadInput("机器人地址须为群机器人给出的 http 或 https 网址")


def checked_secret(way: Way, secret: str) -> str:
    """A robot's signing key, as it may be kept; BadInput for anything else."""
    given = secret.strip()
    if not given:
        return ""
    if way not in SIGNED:
        raise BadInput("企业微信群机器人没有加签，请不要填密钥")
    if not (given.isascii() and given.isprintable() and " " not in given):
        raise BadInput("加签密钥不能用")
    if not 8 <= len(given) <= LONGEST_SECRET:
        raise BadInput("加签密钥不能用")
    return given


def _is_of_the_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    named = parts.username or parts.password or parts.fragment
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not named


def in_office_hours(at: datetime, calendar: Calendar) -> bool:
    """Whether officers are at work: outside of it nobody is told, in the morning all at once."""
    here = at.astimezone(calendar.zone)
    return calendar.works_on(here.date()) and calendar.opens <= here.time() < calendar.closes


def next_try(failures: int, now: datetime) -> datetime:
    """After so many failures in a row: a minute, two, four, at most an hour."""
    return now + min(timedelta(minutes=2 ** min(failures - 1, 10)), _LONGEST_PAUSE)


def headline(news: Sequence[News]) -> str:
    """巡网：新预警 3 条（红 1、橙 2）."""
    counts = [
        f"{LEVEL_NAMES[level]} {n}"
        for level in TOLD_FROM
        if (n := sum(one.level is level for one in news))
    ]
    return f"巡网：新预警 {len(news)} 条（{'、'.join(counts)}）"


def body_of(news: Sequence[News]) -> str:
    """A line an alert, gravest first."""
    ordered = sorted(news, key=lambda one: TOLD_FROM.index(one.level))
    lines = [
        f"{LEVEL_NAMES[one.level]} · {one.domain} · {one.sentence}" for one in ordered[:MOST_LINES]
    ]
    if len(news) > MOST_LINES:
        lines.append(f"另有 {len(news) - MOST_LINES} 条")
    return "\n".join([*lines, "未经人工核实。请在巡网“今日”中查看。"])


def robot_message(way: Way, text: str) -> dict[str, object]:
    """In the words of each robot: WeCom and DingTalk alike, Feishu its own."""
    if way is Way.FEISHU:
        return {"msg_type": "text", "content": {"text": text}}
    return {"msgtype": "text", "text": {"content": text}}


def to_robot(one: Telling, text: str, now: datetime) -> tuple[str, dict[str, object]]:
    """Where a message goes and what it is, signed where its robot wants that.

    Both sign the line `time\\nkey` by HMAC-SHA256. DingTalk: milliseconds, the key is the key, in
    the address. Feishu: seconds, the whole line is the key of an empty text, in the message.
    """
    message = robot_message(one.way, text)
    if not one.secret:
        return one.address, message
    if one.way is Way.DINGTALK:
        at = f"{now.timestamp() * 1000:.0f}"
        sign = _hmac(one.secret, f"{at}\n{one.secret}")
        joint = "&" if urlsplit(one.address).query else "?"
        return f"{one.address}{joint}{urlencode({'timestamp': at, 'sign': sign})}", message
    at = f"{now.timestamp():.0f}"
    return one.address, message | {"timestamp": at, "sign": _hmac(f"{at}\n{one.secret}", "")}


def _hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()
