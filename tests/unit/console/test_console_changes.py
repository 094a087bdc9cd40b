"""What changed between two texts is told line by line, and within the line."""

from datetime import timedelta

import pytest

from crawler.service.catalogue import sayer
from crawler.service.console.changes import before, difference
from crawler.service.console.shown import ago, day, length, plain, until
from crawler.store.cards import Seen
from tests.builders import NOON


def test_a_changed_line_stands_twice_with_what_differs_marked() -> None:
    found = difference("首页\n年化 8% 起\n联系我们", "首页\n年化 15% 起\n联系我们")

    assert [one.sign for one in found] == ["…", "−", "+", "…"]
    assert ("8", True) in found[1].pieces
    assert ("15", True) in found[2].pieces
    assert ("年化 ", False) in found[1].pieces


def test_lines_that_have_nothing_in_common_are_not_picked_apart() -> None:
    gone, come = difference("养老服务", "量化交易 日收益")

    assert gone.pieces == (("养老服务", True),)
    assert come.pieces == (("量化交易 日收益", True),)


def test_the_same_text_is_only_counted() -> None:
    assert [(one.sign, one.same) for one in difference("甲\n乙", "甲\n乙")] == [("…", 2)]


def test_times_are_said_as_people_say_them_in_either_language() -> None:
    english = sayer("en")
    later = NOON + timedelta(hours=1)

    assert ago(NOON - timedelta(minutes=5), NOON) == "5 分钟前"
    assert ago(NOON - timedelta(minutes=5), NOON, english) == "5 min ago"
    assert until(later, NOON, english) == "1 h left"
    assert until(NOON - timedelta(days=2), NOON) == "逾期 2 天"
    assert until(NOON + timedelta(days=30), NOON, english) == "by 11 Jun"
    assert day(NOON, english) == "12 May Tue"
    assert length(timedelta(minutes=130), english) == "2 h 10 min"


def test_what_turns_a_line_around_is_made_visible_and_chinese_stays_as_it_is() -> None:
    assert plain("保本\u202e息") == "保本[U+202E]息"
    assert plain("稳\u200b赚") == "稳◦赚"
    assert plain("第一行\n第二行　空格") == "第一行\n第二行　空格"


def seen(n: int, fetcher: str, text: str, profile: str = "desktop") -> Seen:
    return Seen(
        id=str(n), visit_id=n, fetcher=fetcher, profile=profile, outcome="seen", title="",
        text_digest=text, ended_at=NOON + timedelta(minutes=n), level="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("earlier", "chosen"),
    [
        ([("http", "new"), ("browser", "new"), ("browser", "old")], 2),  # another text comes first
        ([("http", "old"), ("browser", "new")], 1),  # else the same kind of look
        ([("http", "new"), ("http", "old")], 0),  # else the last
        ([], None),
    ],
)
def test_a_capture_is_compared_with_the_one_that_tells_most(
    earlier: list[tuple[str, str]], chosen: int | None
) -> None:
    newer = seen(99, "browser", "new")
    others = [seen(9 - n, *one) for n, one in enumerate(earlier)]

    assert before(newer, [newer, *others]) == (None if chosen is None else others[chosen])
