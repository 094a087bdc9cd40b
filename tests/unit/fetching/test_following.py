"""Where a page's own head sends its reader on, however it is written."""

import pytest

from crawler.fetching.answer_reader import AnswerReader
from crawler.fetching.following import refresh_of

HERE = "http://a.test/"


@pytest.mark.parametrize(
    ("head", "there"),
    [
        (b'<meta http-equiv="refresh" content="0;url=/m/">', "http://a.test/m/"),
        (b'<meta http-equiv="&#114;efresh" content="0;&#117;rl=/m/">', "http://a.test/m/"),
        (b"<meta http-equiv=refresh content='0;url=&quot;/m/&quot;'>", "http://a.test/m/"),
        (b'<!--<meta http-equiv="refresh" content="0;url=/m/">-->', ""),
        (b'<meta http-equiv="refresh" content="60;url=/m/">', ""),
        (b'<meta http-equiv="refresh" content="5;url=/#top">', ""),  # a page that reloads itself
        (b'<meta http-equiv="x-ua-compatible" content="0;url=/m/">', ""),
    ],
)
def test_a_refresh_is_followed_soon_or_not_at_all(head: bytes, there: str) -> None:
    reader = AnswerReader(head_cap=1_000, body_cap=1_000, bare=True)
    reader.feed(b"HTTP/1.1 200 OK\r\n\r\n" + head)
    reader.end()

    onward = refresh_of(reader.answer(), head, HERE)

    assert (onward.url if onward else "") == there
