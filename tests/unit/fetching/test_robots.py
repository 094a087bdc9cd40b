"""What a robots.txt forbids, and that nothing in it can do more than that."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.fetching.robots import REMEMBERED, RecentRobots, Rule, may_visit, rules_in
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


def test_the_word_of_a_site_is_kept_for_a_week() -> None:
    memory, rules = RecentRobots(), (Rule("/", allows=False),)

    memory.note("http://a.cn", rules, NOON)

    assert memory.recall("http://a.cn", NOON + timedelta(days=6)) == rules
    assert memory.recall("http://a.cn", NOON + timedelta(days=7)) is None
    assert memory.recall("http://b.cn", NOON) is None


def test_the_memory_is_bounded() -> None:
    memory = RecentRobots()

    for number in range(REMEMBERED + 10):
        memory.note(f"http://s{number}.cn", (), NOON)

    assert memory.recall("http://s9.cn", NOON) is None
    assert memory.recall("http://s10.cn", NOON) == ()


@given(st.text(), st.text(alphabet="/a*$.", max_size=50))
def test_no_file_is_too_odd(text: str, path: str) -> None:
    assert may_visit(path, rules_in(f"User-agent: *\nDisallow: {text}")) in (True, False)


def test_a_pattern_of_stars_costs_no_time() -> None:
    rules = rules_in("User-agent: *\n" + f"Disallow: /{'a*' * 400}b\n" * 1000)

    assert may_visit("/" + "a" * 8000, rules)
