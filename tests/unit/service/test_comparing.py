"""Only a difference that matters is a finding: what is judged graver, leads elsewhere, or opens."""

from typing import Any

import pytest

from crawler.domain.assessment import Level
from crawler.domain.capture import Outcome, PageKind, PageText, Profile
from crawler.service.comparing import View, are_unlike, differences_between, lead_apart
from tests.builders import a_capture, a_text, an_assessment

COMPANY = (
    "公司主要从事企业管理咨询、会务会展、市场调研和办公用品销售，服务过本地多家制造业企业。" * 4
)
SCHEME = "预期年化收益率 12.8%，保本保息，到期还本付息，推荐好友投资再返 2%，额度有限立即认购。" * 4


def seen(profile: Profile, level: Level = Level.NONE, body: str = COMPANY, **given: Any) -> View:
    capture = a_capture(id=f"C-{profile}", profile=profile, **given)
    judged = an_assessment(level=level, score=0.0, sentence="疑似承诺高收益，请核查。")
    return View(capture=capture, text=a_text(body), assessment=judged)


def test_a_scheme_shown_inside_wechat_only_is_told_with_both_captures() -> None:
    found = differences_between(
        [seen(Profile.DESKTOP), seen(Profile.PHONE, Level.RED, SCHEME), seen(Profile.SEARCH)]
    )

    assert [one.captures for one in found] == [("C-desktop", "C-phone")]
    assert "微信" in found[0].text
    assert "疑似承诺高收益" in found[0].text


def test_who_comes_from_a_search_engine_and_is_led_elsewhere() -> None:
    views = [seen(Profile.DESKTOP), seen(Profile.SEARCH, final_url="http://m.bocai.com/x")]

    assert "被带到 m.bocai.com" in differences_between(views)[0].text


def test_a_desktop_that_is_shut_out_while_the_phone_is_served() -> None:
    shut = seen(Profile.DESKTOP, body="404 Not Found", outcome=Outcome.HTTP_ERROR, status=404)

    assert differences_between([shut, seen(Profile.PHONE, body=SCHEME)])


def test_a_server_that_was_busy_at_first_shuts_nobody_out() -> None:
    busy = seen(Profile.DESKTOP, body="503 Service", outcome=Outcome.HTTP_ERROR, status=503)

    assert not differences_between([busy, seen(Profile.DESKTOP), seen(Profile.PHONE)])


@pytest.mark.parametrize(
    "other",
    [
        seen(Profile.PHONE),
        seen(Profile.PHONE, final_url="http://m.a.example.cn/"),  # a phone page of the same house
        seen(Profile.PHONE, body=SCHEME[:60]),  # less to read is no finding
        seen(Profile.PHONE, Level.BLUE),
        seen(Profile.PHONE, body="", outcome=Outcome.TIMED_OUT),
    ],
    ids=["same", "own phone page", "shorter", "below an alert", "failed"],
)
def test_what_ordinary_sites_do_is_no_finding(other: View) -> None:
    assert differences_between([seen(Profile.DESKTOP), other]) == ()


def test_the_desktop_that_sees_as_much_is_not_cloaked_from() -> None:
    views = [seen(Profile.DESKTOP, Level.RED, SCHEME), seen(Profile.PHONE, Level.RED, SCHEME)]

    assert differences_between(views) == ()


def test_without_a_desktop_there_is_nothing_to_compare() -> None:
    assert differences_between([seen(Profile.PHONE, Level.RED)]) == ()


def test_a_parked_page_for_desktops_is_shut() -> None:
    parked = seen(Profile.DESKTOP, body="域名停放", page_kind=PageKind.PARKED)

    assert differences_between([parked, seen(Profile.PHONE, body=SCHEME)])


def test_likeness_needs_enough_to_tell_by() -> None:
    assert are_unlike(a_text(COMPANY), a_text(SCHEME))
    assert not are_unlike(a_text(COMPANY), a_text(COMPANY + "今日公告"))
    assert not are_unlike(a_text("甲"), a_text("乙"))
    assert not are_unlike(PageText(), PageText())


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("http://a.example.cn/", "https://www.a.example.cn/x", False),
        ("http://a.com.cn/", "http://b.com.cn/", True),
        ("http://a.cn/", "", False),
        ("http://[bad", "http://a.cn/", True),
    ],
)
def test_domains_apart(one: str, other: str, apart: bool) -> None:
    assert lead_apart(one, other) is apart
