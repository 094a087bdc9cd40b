"""What a robots.txt forbids, and that nothing in it can do more than that."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.robots import RobotsRule, RobotsWord
from crawler.fetching.robots import (
    KEPT,
    MOST_TEXT,
    REMEMBERED,
    RecentRobots,
    may_visit,
    refused,
    rules_in,
)
from tests.builders import NOON

CASES = [
    ("", "/", True),
    ("User-agent: *\nDisallow: /\n", "/", False),
    ("User-agent: *\nDisallow:\n", "/", True),
    ("user-AGENT : * \r\n DISALLOW :/ # all\r\n", "/", False),
    ("\ufeffUser-agent: *\nDisallow: /", "/a", False),
    ("User-agent: *\nDisallow: /admin", "/", True),
    ("User-agent: *\nDisallow: /\nAllow: /$", "/", True),
    ("User-agent: *\nDisallow: /\nAllow: /$", "/a", False),
    ("User-agent: *\nDisallow: /*.php$", "/a.php", False),
    ("User-agent: *\nDisallow: /*.php$", "/a.php?x", True),
    ("User-agent: *\nDisallow: /a*b*c", "/a-b-c-d", False),
    ("User-agent: *\nDisallow: /a*a$", "/a", True),
    ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
    ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
    ("User-agent: *\nDisallow: /首页", "/%E9%A6%96%E9%A1%B5", False),
    ("User-agent: *\nDisallow: /%e9%a6%96*$", "/%E9%A6%96%E9%A1%B5", False),
    ("User-agent: *\nDisallow: /%E9", "/%e9%a6%96", False),
    ("User-agent: other\nDisallow: /", "/", True),
    ("User-agent: other\nUser-agent: *\nDisallow: /", "/", False),
    ("User-agent: *\nDisallow: /\n\nUser-agent: Xunwang\nDisallow: /x", "/", True),
    ("User-agent: *\nDisallow: /\n\nUser-agent: xunwang\nDisallow:", "/", True),
    ("Disallow: /", "/", True),
    ("<html>404</html>", "/", True),
]


@pytest.mark.fault("W34")
@pytest.mark.parametrize(("text", "path", "allowed"), CASES)
def test_a_file_forbids_what_it_says(text: str, path: str, allowed: bool) -> None:
    assert may_visit(path, rules_in(text)) is allowed


def a_word(origin: str) -> RobotsWord:
    rules = (RobotsRule("/", allows=False),)
    return RobotsWord(origin=origin, status=200, until=NOON + KEPT, rules=rules)


def test_the_word_of_a_site_is_kept_for_a_week() -> None:
    memory, word = RecentRobots(), a_word("http://a.cn")

    memory.note(word)

    assert memory.recall("http://a.cn", NOON + timedelta(days=6)) == word
    assert memory.recall("http://a.cn", NOON + timedelta(days=7)) is None
    assert memory.recall("http://b.cn", NOON) is None


def test_the_memory_is_bounded() -> None:
    memory = RecentRobots()

    for number in range(REMEMBERED + 10):
        memory.note(a_word(f"http://s{number}.cn"))

    assert memory.recall("http://s9.cn", NOON) is None
    assert memory.recall("http://s10.cn", NOON) == a_word("http://s10.cn")


def test_many_who_want_to_know_at_once_ask_once() -> None:
    memory, asked = RecentRobots(), list[str]()

    async def ask() -> RobotsWord:
        asked.append("http://a.cn")
        await asyncio.sleep(0)
        return a_word("http://a.cn")

    async def all_at_once() -> list[RobotsWord]:
        return await asyncio.gather(*(memory.once("http://a.cn", ask) for _ in range(50)))

    words = asyncio.run(all_at_once())

    assert asked == ["http://a.cn"]
    assert words == [a_word("http://a.cn")] * 50


def test_what_is_kept_of_a_file_is_bounded() -> None:
    rules = rules_in("User-agent: *\n" + f"Disallow: /{'a' * 900}\n" * 400)

    assert 0 < sum(len(rule.pattern) for rule in rules) <= MOST_TEXT


def test_a_word_speaks_for_its_own_origin_alone() -> None:
    words = [a_word("http://a.cn")]

    assert "不允许访问 /x" in refused(words, "http://a.cn/x")
    assert refused(words, "https://a.cn/x") == ""
    assert refused(words, "http://a.cn:8080/x") == ""


@given(st.text(), st.text(alphabet="/a*$.", max_size=50))
def test_no_file_is_too_odd(text: str, path: str) -> None:
    assert may_visit(path, rules_in(f"User-agent: *\nDisallow: {text}")) in (True, False)


def test_a_pattern_of_stars_costs_no_time() -> None:
    rules = rules_in("User-agent: *\n" + f"Disallow: /{'a*' * 400}b\n" * 1000)

    assert may_visit("/" + "a" * 8000, rules)
