import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.fetching.proxy_request import read_ask


def ask(text: str) -> object:
    return read_ask(text.replace("\n", "\r\n").encode("latin-1"))


def test_a_tunnel_names_host_and_port() -> None:
    asked = read_ask(b"CONNECT a.example.cn:443 HTTP/1.1\r\nHost: a.example.cn:443")

    assert asked
    assert (asked.host, asked.port, asked.tunnel) == ("a.example.cn", 443, True)


def test_the_origin_gets_a_path_and_one_answer_a_connection() -> None:
    head = (
        b"GET http://A.example.cn:8080/p?q=1 HTTP/1.1\r\nHost: a.example.cn:8080\r\n"
        b"Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\nAccept: */*\r\n"
        b"Connection: Upgrade\r\nUpgrade: h2c\r\nKeep-Alive: 9\r\nTE: trailers\r\nTrailer: x"
    )

    asked = read_ask(head)

    assert asked
    assert (asked.host, asked.port, asked.tunnel) == ("a.example.cn", 8080, False)
    assert asked.head == (
        b"GET /p?q=1 HTTP/1.1\r\nHost: a.example.cn:8080\r\nAccept: */*\r\n"
        b"Connection: close\r\n\r\n"
    )
    assert asked.proxy_head.startswith(b"GET http://A.example.cn:8080/p?q=1 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("target", "path"),
    [("http://a.cn", b"/"), ("http://a.cn?x=1", b"/?x=1"), ("http://[::1]:80/a", b"/a")],
)
def test_an_address_without_a_path_asks_for_the_root(target: str, path: bytes) -> None:
    asked = read_ask(f"GET {target} HTTP/1.1".encode())

    assert asked
    assert asked.head.startswith(b"GET " + path + b" HTTP/1.1")


def test_a_body_is_announced_by_its_length() -> None:
    asked = read_ask(b"POST http://a.cn/ HTTP/1.1\r\nContent-Length: 12")

    assert asked
    assert asked.body_length == 12


@pytest.mark.parametrize(
    "head",
    [
        "",
        "GET / HTTP/1.1",
        "GET https://a.cn/ HTTP/1.1",
        "GET ftp://a.cn/ HTTP/1.1",
        "GET http:///x HTTP/1.1",
        "GET http://a.cn:99999/ HTTP/1.1",
        "GET http://a.cn/ HTTP/2",
        "CONNECT a.cn HTTP/1.1",
        "CONNECT :443 HTTP/1.1",
        "POST http://a.cn/ HTTP/1.1\nTransfer-Encoding: chunked",
        "POST http://a.cn/ HTTP/1.1\nContent-Length: -1",
        "GET http://a.cn/ HTTP/1.1\nno colon",
        "GET http://a.cn/ HTTP/1.1\nbad name: x",
    ],
)
def test_what_no_browser_sends_is_no_request(head: str) -> None:
    assert ask(head) is None


@given(st.binary(max_size=300))
def test_reading_never_fails(noise: bytes) -> None:
    read_ask(noise)
    read_ask(b"GET http://" + noise + b" HTTP/1.1\r\n" + noise)


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40))
def test_no_header_value_starts_a_new_line(value: str) -> None:
    asked = read_ask(f"GET http://a.cn/ HTTP/1.1\r\nX-A: {value}".encode("latin-1"))

    assert asked
    assert asked.head.count(b"\r\n") == 4
