"""What is told outside the house: to which addresses, when, and in which words."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from crawler.domain.assessment import Level
from crawler.domain.calendar import Calendar
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.domain.telling import (
    News,
    Telling,
    Way,
    body_of,
    checked_address,
    headline,
    in_office_hours,
    next_try,
    robot_message,
    to_robot,
)
from tests.builders import NOON


@pytest.mark.parametrize(
    ("way", "given"),
    [
        (Way.MAIL, "a@b.cn\r\nBcc: x@y.cn"),
        (Way.MAIL, "a b@c.cn"),
        (Way.MAIL, "a@b.cn, c@d.cn"),
        (Way.MAIL, "x" * 300 + "@b.cn"),
        (Way.WECOM, "file:///etc/passwd"),
        (Way.WECOM, "https://user:word@qyapi.weixin.qq.com/"),
        (Way.WECOM, "https://a.cn:99999/"),
        (Way.DINGTALK, "https://a.cn/ x"),
        (Way.FEISHU, "https://" + "a" * 500 + ".cn"),
        (Way.FEISHU, ""),
    ],
)
def test_an_address_of_no_use_is_refused(way: Way, given: str) -> None:
    with pytest.raises(BadInput):
        checked_address(way, given)


def test_a_robots_address_is_not_shown_whole() -> None:
    url = checked_address(
        Way.WECOM, " https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abcd1234"
    )
    one = Telling(user_id=1, way=Way.WECOM, address=url, level=Level.RED)
    assert one.shown == "qyapi.weixin.qq.com …1234"


@pytest.mark.parametrize(
    ("at", "works"),
    [
        (datetime(2026, 5, 12, 9, 0, tzinfo=CHINA), True),
        (datetime(2026, 5, 12, 8, 59, tzinfo=CHINA), False),
        (datetime(2026, 5, 12, 17, 30, tzinfo=CHINA), False),
        (datetime(2026, 5, 16, 10, 0, tzinfo=CHINA), False),  # Saturday
        (datetime(2026, 5, 13, 10, 0, tzinfo=CHINA), False),  # a holiday
        (datetime(2026, 5, 17, 10, 0, tzinfo=CHINA), True),  # a Sunday that is worked
    ],
)
def test_office_hours_follow_the_calendar(at: datetime, works: bool) -> None:
    calendar = Calendar(
        holidays=frozenset({datetime(2026, 5, 13, tzinfo=CHINA).date()}),
        workdays=frozenset({datetime(2026, 5, 17, tzinfo=CHINA).date()}),
    )
    assert in_office_hours(at, calendar) is works


def test_many_are_said_in_ten_lines_gravest_first() -> None:
    many = [News(level=Level.ORANGE, domain=f"o{n}.cn", sentence="疑似") for n in range(12)]
    news = [*many, News(level=Level.RED, domain="r.cn", sentence="疑似")]

    lines = body_of(news).splitlines()

    assert headline(news) == "巡网：新预警 13 条（红 1、橙 12）"
    assert lines[0] == "红 · r.cn · 疑似"
    assert lines[10] == "另有 3 条"
    assert len(lines) == 12


def test_each_robot_is_spoken_to_in_its_own_words() -> None:
    assert robot_message(Way.WECOM, "x") == {"msgtype": "text", "text": {"content": "x"}}
    assert robot_message(Way.FEISHU, "x") == {"msg_type": "text", "content": {"text": "x"}}


def test_failures_are_tried_later_and_later_but_within_the_hour() -> None:
    waits = [next_try(n, NOON) - NOON for n in (1, 2, 3, 50)]
    assert waits == [timedelta(minutes=n) for n in (1, 2, 4, 60)]


def test_signatures_are_those_that_openssl_makes() -> None:
    at, key = datetime(2026, 5, 12, 12, 0, tzinfo=CHINA), "SECabcdef0123456789"
    url = "https://oapi.dingtalk.com/robot/send?access_token=x"
    ding = Telling(user_id=1, way=Way.DINGTALK, address=url, level=Level.RED, secret=key)
    feishu = Telling(
        user_id=1, way=Way.FEISHU, address="https://x.cn/h", level=Level.RED, secret=key
    )

    address, message = to_robot(ding, "t", at)
    there, signed = to_robot(feishu, "t", at)

    assert address == (
        f"{url}&timestamp=1778558400000&sign=9z9obx9OZM59pQ3crbJhgu3GfT0TPpF%2BjfysDSCLWWA%3D"
    )
    assert "sign" not in message
    assert there == "https://x.cn/h"
    assert signed["timestamp"] == "1778558400"
    assert signed["sign"] == "D7oZ6I2SXNzTvLYQ2MI4VoCdrypqKrRAkNHWBpX+zxw="
    assert to_robot(replace(ding, secret=""), "t", at)[0] == url
