"""The reader takes what browsers take, keeps exact bytes, and does not care how they were cut."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.fetching.answer import Answer
from crawler.fetching.answer_reader import AnswerReader
from crawler.fetching.chunks import MOST_CHUNKS, MOST_TRAILER

OK = b"HTTP/1.1 200 OK\r\n"
PAGE = "<p>保本保息</p>".encode()


def read(portions: list[bytes], *, cap: int = 4096, bare: bool = False) -> Answer:
    reader = AnswerReader(head_cap=cap, body_cap=cap, bare=bare)
    for portion in portions:
        reader.feed(portion)
    reader.end()
    return reader.answer()


def with_length(body: bytes = PAGE, head: bytes = OK) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


SHOWN = {
    "plain": with_length(),
    "no length": OK + b"\r\n" + PAGE,
    "bare LF": OK.replace(b"\r", b"") + b"A: b\n\n" + PAGE,
    "blank lines first": b"\r\n\r\n" + with_length(),
    "four bytes of junk first": b"\xef\xbb\xbf!" + with_length(),
    "ICY": with_length(head=b"ICY 200 OK\r\n"),
    "HTTP/2 in text": with_length(head=b"HTTP/2 200\r\n"),
    "lower case": with_length(head=b"http/1.1 200 OK\r\n"),
    "no number": with_length(head=b"HTTP/1.1 OK\r\n"),
    "two spaces": with_length(head=b"HTTP/1.1  200  OK\r\n"),
    "only the word": with_length(head=b"HTTP\r\n"),
    "no colon": with_length(head=OK + b"nonsense\r\n"),
    "no name": with_length(head=OK + b": x\r\n"),
    "space before the colon": OK + b"Content-Length : 19\r\n\r\n" + PAGE + b"more",
    "GBK value": with_length(head=OK + b"Server: \xb1\xa3\xb1\xbe\r\n"),
    "first line indented": with_length(head=OK + b" X: y\r\n"),
    "negative length": OK + b"Content-Length: -5\r\n\r\n" + PAGE,
    "wordy length": OK + b"Content-Length: abc\r\n\r\n" + PAGE,
    "empty length": OK + b"Content-Length:\r\n\r\n" + PAGE,
    "twenty digits": OK + b"Content-Length: 99999999999999999999\r\n\r\n" + PAGE,
    "same length twice": OK + b"Content-Length: 19\r\nContent-Length: 19\r\n\r\n" + PAGE + b"x",
    "length and more": with_length() + b"HTTP/1.1 200 OK\r\n\r\n",
    "identity": OK + b"Transfer-Encoding: identity\r\n\r\n" + PAGE,
    "chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n13\r\n" + PAGE + b"\r\n0\r\n\r\n",
    "chunks by LF": OK + b"Transfer-Encoding: chunked\n\n13\n" + PAGE + b"\n0\n\n",
    "chunk extension": OK
    + b"Transfer-Encoding: gzip, Chunked\r\n\r\n 13 ; a=b\r\n"
    + PAGE
    + b"\r\n0;x\r\nTrailer: y\r\n\r\n",
    "chunks beat lengths": OK
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n13\r\n"
    + PAGE
    + b"\r\n0\r\n\r\n",
    "no end after the last chunk": OK
    + b"Transfer-Encoding: chunked\r\n\r\n13\r\n"
    + PAGE
    + b"\r\n0\r\n",
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + with_length(),
    "continue twice": b"HTTP/1.1 100 Continue\r\n\r\n" * 2 + with_length(),
}


@pytest.mark.fault("W22")
@pytest.mark.parametrize("wire", SHOWN.values(), ids=SHOWN.keys())
def test_what_a_browser_shows_is_read(wire: bytes) -> None:
    answer = read([wire])

    assert (answer.problem, answer.payload, answer.data_loss) == ("", PAGE, False)


LOST = {
    "short": OK + b"Content-Length: 99\r\n\r\n" + PAGE,
    "bad chunk size": OK + b"Transfer-Encoding: chunked\r\n\r\n13\r\n" + PAGE + b"\r\nzz\r\nx",
    "no gap after a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n13\r\n" + PAGE + b"x\r\n",
    "endless chunk size": OK
    + b"Transfer-Encoding: chunked\r\n\r\n13\r\n"
    + PAGE
    + b"\r\n"
    + b"0" * 20_000,
    "closed in a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n99\r\n" + PAGE,
}


@pytest.mark.fault("W13")
@pytest.mark.fault("W14")
@pytest.mark.parametrize("wire", LOST.values(), ids=LOST.keys())
def test_the_part_that_came_is_kept_and_the_loss_is_told(wire: bytes) -> None:
    answer = read([wire], cap=65536)

    assert answer.payload == PAGE
    assert answer.data_loss
    assert answer.truncated == "disconnect"


REFUSED = {
    "nothing": (b"", "未作应答"),
    "random bytes": (b"\x00\x01\x02\x03\x04\x05\x06\x07\x08", "不是 HTTP"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", "不是 HTTP"),
    "alert of TLS": (b"\x15\x03\x01\x00\x02\x02\x28", "加密协议"),
    "page without a head": (b"<html><p>" + PAGE, "不是 HTTP"),
    "lengths that differ": (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabc", "矛盾"),
    "endless head": (OK + b"".join(b"X-%d: y\r\n" % n for n in range(999)), "上限"),
    "endless line": (OK + b"X: " + b"y" * 9999, "上限"),
    "endless blanks": (b"\r\n" * 9999, "上限"),
    "endless interim heads": (b"HTTP/1.1 100 Go on\r\n\r\n" * 999, "上限"),
}


@pytest.mark.fault("W20")
@pytest.mark.fault("W21")
@pytest.mark.fault("W23")
@pytest.mark.parametrize(("wire", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_browser_shows_has_a_reason(wire: bytes, reason: str) -> None:
    answer = read([wire])

    assert reason in answer.problem


def test_a_page_without_a_head_is_read_on_the_port_where_browsers_read_it() -> None:
    assert read([b"<html>", PAGE], bare=True).payload == b"<html>" + PAGE
    assert read([b"nothing of the sort " * 9], bare=True).problem


def test_a_headless_page_may_come_byte_by_byte_and_what_cannot_be_one_is_not_waited_for() -> None:
    late = b"\r\n  <!doctype html>" + PAGE
    assert read([bytes([one]) for one in late], bare=True).payload == late

    reader = AnswerReader(bare=True)
    reader.feed(b"SSH-2.0-x")
    assert reader.done


def test_a_broken_head_with_a_status_line_is_an_answer_with_loss() -> None:
    answer = read([OK + b"Content-Type: text/html\r\nServ"])

    assert (answer.status, answer.value("content-type")) == (200, "text/html")
    assert answer.data_loss


@pytest.mark.fault("W16")
def test_the_body_ends_at_the_cap_and_says_so() -> None:
    answer = read([OK + b"Content-Length: 9999\r\n\r\n", b"x" * 5000])

    assert len(answer.body) == 4096
    assert (answer.truncated, answer.data_loss) == ("length", False)


def test_a_body_that_just_fits_is_whole() -> None:
    assert read([OK + b"\r\n", b"x" * 4096]).truncated == ""
    assert read([OK + b"Content-Length: 4096\r\n\r\n", b"x" * 4096]).truncated == ""


def test_time_over_keeps_the_part() -> None:
    reader = AnswerReader()

    reader.feed(OK + b"\r\n" + PAGE)
    reader.cut()

    assert reader.answer().payload == PAGE
    assert reader.answer().truncated == "time"


def test_a_broken_connection_is_not_the_end_that_a_close_is() -> None:
    reader = AnswerReader()

    reader.feed(OK + b"\r\n" + PAGE)
    reader.lose()

    assert reader.answer().data_loss


def test_a_bare_carriage_return_ends_a_header_line() -> None:
    answer = read([OK + b"Location: /a\rb\r\nX: 1\r\n\r\n"])

    assert answer.value("Location") == "/a"
    assert answer.value("x") == "1"


def test_folded_lines_are_joined_and_doubles_kept_in_order() -> None:
    answer = read([OK + b"A: 1\r\n\t2\r\na: 3\r\n\r\n"])

    assert answer.values("A") == ("1 2", "3")


@pytest.mark.fault("W24")
@pytest.mark.parametrize(
    ("text", "status"),
    [(b"0", 0), (b"99", 99), (b"451", 451), (b"600", 600), (b"999", 999), (b"-1", 200),
     (b"abc", 200), (b"2000", 2000), (b"99999999999", 999999), (b"", 200)],
)  # fmt: skip
def test_any_status_is_a_number_that_fits(text: bytes, status: int) -> None:
    assert read([b"HTTP/1.1 " + text + b" OK\r\n\r\n"]).status == status


PIECES = st.sampled_from(
    [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100\r\n\r\n", b"ICY 200\n", b"\r\n", b"\n", b"\r", b" ",
     b"Transfer-Encoding: chunked\r\n", b"Content-Length: 7\r\n", b"Content-Length: 30\n",
     b"0\r\n\r\n", b"5\r\nabcde\r\n", b"5;x\nabcde\n", b"<html>", b"<!doctype html>", b"HTTP", b":",
     b"A: b\r\n", b"\x00", "保本".encode("gb18030"), b"x" * 40, b"f" * 70]
)  # fmt: skip
WIRES = st.one_of(
    st.binary(max_size=300),
    st.lists(st.one_of(PIECES, st.binary(max_size=5)), max_size=14).map(b"".join),
    st.lists(PIECES, max_size=10).map(lambda parts: OK + b"".join(parts)),
)


def cut_at(wire: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({0, len(wire), *(place % (len(wire) + 1) for place in places)})
    return [wire[a:b] for a, b in pairwise(marks)]


@given(WIRES, st.lists(st.integers(0, 400), max_size=12), st.booleans())
@example(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n", list(range(60)), False)
def test_any_bytes_in_any_portions_give_one_answer(
    wire: bytes, places: list[int], bare: bool
) -> None:
    assert read(cut_at(wire, places), cap=64, bare=bare) == read([wire], cap=64, bare=bare)


@given(WIRES, st.booleans())
def test_one_byte_at_a_time_gives_the_same_answer(wire: bytes, bare: bool) -> None:
    single = [wire[n : n + 1] for n in range(len(wire))]

    assert read(single, cap=64, bare=bare) == read([wire], cap=64, bare=bare)


@given(WIRES)
def test_what_is_kept_is_a_part_of_what_came(wire: bytes) -> None:
    answer = read([wire], cap=64)

    assert answer.head + answer.body in wire or answer.head == b"" or wire.startswith(b"HTTP")
    assert len(answer.body) <= 64
    assert len(answer.payload) <= len(answer.body)


def test_lines_without_end_after_the_last_chunk_are_not_waited_for() -> None:
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    portions = [head + b"5\r\nabcde\r\n0\r\n", *[b"a: b\r\n" * 10_000] * 20]

    answer = read(portions, cap=2**21)

    assert (answer.payload, answer.truncated, answer.data_loss) == (b"abcde", "", False)
    assert len(answer.body) < 2 * MOST_TRAILER


@pytest.mark.parametrize("portion", [1_000, 65_536])
def test_a_body_of_a_million_crumbs_is_cut_and_read_again_as_it_was(portion: int) -> None:
    wire = OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 1_300_000
    portions = [wire[at : at + portion] for at in range(0, len(wire), portion)]

    answer = read(portions, cap=8 * 2**20)

    assert answer.payload == b"x" * MOST_CHUNKS
    assert (answer.truncated, answer.is_shredded) == ("length", True)
    assert read([answer.head + answer.body], cap=8 * 2**20) == answer


def test_a_page_in_many_chunks_of_a_line_is_whole() -> None:
    lines = b"28\r\n%s\n\r\n" % (b"<p>" * 13) * 50_000
    wire = OK + b"Transfer-Encoding: chunked\r\n\r\n" + lines + b"0\r\n\r\n"

    answer = read([wire], cap=8 * 2**20)

    assert (answer.truncated, answer.is_shredded) == ("", False)
    assert len(answer.payload) == 40 * 50_000
