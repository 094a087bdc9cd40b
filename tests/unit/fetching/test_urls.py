"""Addresses in, targets out: what browsers make of what pages write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.fetching.urls import resolved, target_of

BASE = "http://a.cn/dir/page?x=1"
REFERENCES = [
    ("/b", "http://a.cn/b"),
    ("b?c=d", "http://a.cn/dir/b?c=d"),
    ("//b.cn/", "http://b.cn/"),
    ("  https://b.cn/\r\n", "https://b.cn/"),
    ("ht\ntp://b.cn/", "http://b.cn/"),
    ("http:\\\\b.cn\\c", "http://b.cn/c"),
    ("https:b.cn/c", "https://b.cn/c"),
    ("http:/real", "http://a.cn/real"),
    ("http:real", "http://a.cn/dir/real"),
    ("http:", "http://a.cn/dir/page?x=1"),
    ("http:/\\b.cn/c", "http://b.cn/c"),
    ("https:/b.cn/c", "https://b.cn/c"),
    ("http:////b.cn/c", "http://b.cn/c"),
    ("/保本", "http://a.cn/%E4%BF%9D%E6%9C%AC"),
    ("/保本".encode("gb18030"), "http://a.cn/%B1%A3%B1%BE"),
    ("/a b\x00\x1b", "http://a.cn/a%20b"),
    ("/a\x1bb", "http://a.cn/a%1Bb"),
    ("file:///etc/passwd", "file:///etc/passwd"),
    ("javascript:alert(1)", "javascript:alert(1)"),
    ("", ""),
    ("http://[::1", ""),
]
TARGETS = [
    ("http://a.cn", "http://a.cn/", 80),
    ("HTTP://A.cn:80/x?y#z", "http://a.cn/x?y", 80),
    ("https://a.cn:8443?y", "https://a.cn:8443/?y", 8443),
    ("http://中文.cn/", "http://xn--fiq228c.cn/", 80),
    ("http://%E4%B8%AD%E6%96%87.cn/", "http://xn--fiq228c.cn/", 80),
    ("http://user:pass@a.cn/", "http://a.cn/", 80),
    ("http://a_b.cn./", "http://a_b.cn/", 80),
    ("http://[::1]:81/", "http://[::1]:81/", 81),
    ("http://2130706433/", "http://2130706433/", 80),
]
NONE = [
    "http://", "http://:80/", "http://a.cn:99999/", "http://a.cn:x/", "ftp://a.cn/", "a.cn",
    "http://a b/", "http://a..cn/", "http://[::1/", "http://" + "a" * 64 + ".cn/", "http://a\x00b/",
]  # fmt: skip


@pytest.mark.parametrize(("reference", "meant"), REFERENCES)
def test_a_reference_means_what_browsers_take_it_for(reference: str | bytes, meant: str) -> None:
    assert resolved(BASE, reference) == meant


@pytest.mark.parametrize(("url", "plain", "port"), TARGETS)
def test_a_target_is_plain_ascii_without_credentials(url: str, plain: str, port: int) -> None:
    target = target_of(url)

    assert target is not None
    assert (target.url, target.port) == (plain, port)


@pytest.mark.parametrize("url", NONE)
def test_what_is_no_web_address_is_no_target(url: str) -> None:
    assert target_of(url) is None


@given(st.one_of(st.text(), st.binary(), st.text().map(lambda t: "http://" + t)))
def test_no_reference_is_too_odd_and_no_line_break_survives(reference: str | bytes) -> None:
    target = target_of(resolved(BASE, reference))

    assert target is None or (target.url.isascii() and target.url.isprintable())
    assert target is None or " " not in target.url


@given(st.sampled_from(TARGETS))
def test_a_target_of_a_target_is_the_same(row: tuple[str, str, int]) -> None:
    assert target_of(row[1]) == target_of(row[0])
