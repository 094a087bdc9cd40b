"""What a body is, and what it is called where it is no page."""

import pytest

from crawler.fetching.sniffing import kind_of

SVG = (
    b"<?xml version='1.0'?>\n<!-- a --><svg xmlns='http://www.w3.org/2000/svg'><text>a</text></svg>"
)


@pytest.mark.parametrize(
    ("declared", "body", "readable", "named"),
    [
        ("image/svg+xml", SVG, True, "image/svg+xml"),
        ("image/svg+xml; charset=utf-8", b"<svg/>", True, "image/svg+xml"),
        ("text/xml", b"\xef\xbb\xbf<a>b</a>", True, "text/xml"),
        ("application/rss+xml", b"<rss/>", True, "application/rss+xml"),
        ("image/svg+xml", b"\x89PNG\r\n\x1a\n", False, "image/png"),
        ("text/html", b"<svg/>", True, "text/html"),
        ("application/json", b'{"a": 1}', False, "application/json"),
        ("application/javascript", b"var a", False, "application/javascript"),
        ("", b"words", True, "text/plain"),
    ],
)
def test_a_body_is_what_a_browser_makes_of_it(
    declared: str, body: bytes, readable: bool, named: str
) -> None:
    kind = kind_of(declared, body)

    assert (kind.readable, kind.named) == (readable, named)
