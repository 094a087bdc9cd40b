"""A cookie of one visit goes back to the host that set it, and nowhere else."""

import pytest

from crawler.fetching.answer import Answer
from crawler.fetching.cookies import LONGEST_COOKIE, MOST_COOKIES, Cookies
from crawler.fetching.urls import Target, target_of


def at(url: str) -> Target:
    target = target_of(url)
    assert target is not None
    return target


def setting(*lines: bytes) -> Answer:
    return Answer(headers=tuple((b"Set-Cookie", line) for line in lines))


@pytest.mark.parametrize(
    ("line", "url", "sent"),
    [
        (b"a=1; Path=/", "http://a.cn/", "a=1"),
        (b"a=1", "http://b.cn/", ""),
        (b"a=1; Domain=a.cn", "http://www.a.cn/", ""),
        (b"a=1; SECURE", "http://a.cn/", ""),
        (b"a=1; secure", "https://a.cn/", "a=1"),
        (b"a=1\x01", "http://a.cn/", ""),
        (b"a=" + b"x" * LONGEST_COOKIE, "http://a.cn/", ""),
        (b"nothing", "http://a.cn/", ""),
    ],
)
def test_it_goes_where_it_came_from(line: bytes, url: str, sent: str) -> None:
    cookies = Cookies()

    cookies.take(at("http://a.cn/"), setting(line))

    assert cookies.line_for(at(url)) == sent


def test_the_last_value_counts_and_there_are_only_so_many() -> None:
    cookies, here = Cookies(), at("http://a.cn/")
    many = [b"c%d=1" % number for number in range(MOST_COOKIES + 9)]

    cookies.take(here, setting(*many, b"c0=2", b"late=1"))

    sent = cookies.line_for(here).split("; ")
    assert len(sent) == MOST_COOKIES
    assert sent[0] == "c0=2"
    assert "late=1" not in sent
