"""Which address is worth asking after what the last one said."""

import pytest

from crawler.domain.capture import Outcome
from crawler.domain.site import Site
from crawler.fetching.candidates import next_candidate, says_more
from tests.builders import a_site

HTTP, HTTPS, WWW = "http://a.cn/", "https://a.cn/", "http://www.a.cn/"
NEW = a_site(domain="a.cn")
KNOWN = a_site(domain="a.cn", home_url="http://a.cn/x", final_url="https://m.a.cn/i")
STOLEN = a_site(domain="a.cn", home_url="http://a.cn/x", final_url="https://b.cn/")
NUMBER = a_site(domain="1.2.3.4")


@pytest.mark.parametrize(
    ("site", "tried", "expected"),
    [
        (NEW, [], HTTP),
        (KNOWN, [], "https://m.a.cn/i"),
        (STOLEN, [], "http://a.cn/x"),
        (NEW, [(HTTP, Outcome.CONNECTION_REFUSED)], HTTPS),
        (NEW, [(HTTP, Outcome.NAME_NOT_FOUND)], WWW),
        (NEW, [(HTTP, Outcome.HTTP_ERROR)], WWW),
        (NEW, [(HTTP, Outcome.SEEN)], None),
        (NEW, [(HTTP, Outcome.RATE_LIMITED)], None),
        (NEW, [(HTTP, Outcome.TIMED_OUT)], HTTPS),
        (NEW, [(HTTP, Outcome.TIMED_OUT), (HTTPS, Outcome.TIMED_OUT)], None),
        (NEW, [(HTTP, Outcome.TIMED_OUT), (HTTPS, Outcome.TLS_FAILED)], WWW),
        (NUMBER, [("http://1.2.3.4/", Outcome.HTTP_ERROR)], None),
        (STOLEN, [("http://a.cn/x", Outcome.HTTP_ERROR)], HTTP),
    ],
)
def test_the_next_address_is_the_one_that_may_help(
    site: Site, tried: list[tuple[str, Outcome]], expected: str | None
) -> None:
    assert next_candidate(site, tried) == expected


def test_who_came_furthest_tells_and_of_equals_the_first() -> None:
    assert says_more(Outcome.HTTP_ERROR, Outcome.TIMED_OUT)
    assert says_more(Outcome.SEEN, Outcome.HTTP_ERROR)
    assert not says_more(Outcome.TIMED_OUT, Outcome.TIMED_OUT)
    assert not says_more(Outcome.BLOCKED_ADDRESS, Outcome.TIMED_OUT)
    assert says_more(Outcome.BLOCKED_ADDRESS, Outcome.NAME_NOT_FOUND)
    assert not says_more(Outcome.NAME_NOT_FOUND, Outcome.TIMED_OUT)
