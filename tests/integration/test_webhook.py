"""The one outgoing POST against a real receiver on loopback that fails in every way."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from alerts.webhook import KEPT_BYTES, Poster, retry_after_s
from crawler.domain.delivery import LONGEST_WAIT_S, Endpoint, Receipt
from crawler.domain.errors import NotAllowed
from tests.builders import NOON
from tests.integration.answering_house import SECRET, a_delivery, an_endpoint
from tests.receiver import Receiver


def anywhere(host: str, port: int) -> str:
    return host


async def post(receiver: Receiver, poster: Poster, count: int = 1) -> list[Receipt]:
    endpoint = an_endpoint(url=receiver.url)
    now = datetime.now(UTC)
    return [
        await asyncio.to_thread(poster.send, endpoint, a_delivery(n), now) for n in range(count)
    ]


@pytest.mark.fault("K01")
async def test_an_independent_receiver_believes_the_message() -> None:
    async with Receiver(SECRET) as receiver:
        with Poster(anywhere) as poster:
            (receipt,) = await post(receiver, poster)

    assert (receipt.status, receipt.reason) == (204, "")
    assert receiver.received[0].valid
    assert receiver.received[0].body == a_delivery(0).body
    assert receiver.received[0].headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    ("how", "status", "reason"),
    [
        pytest.param("500", 500, "http_error：500", id="K04 error"),
        pytest.param("429", 429, "http_error：429", id="K05 busy"),
        pytest.param("410", 410, "http_error：410", id="K07 gone"),
        pytest.param("redirect", 307, "redirect_refused：307", id="K06 redirect"),
        pytest.param("drop", None, "bad_response：没有答复就断开了连接", id="K04 drop"),
    ],
)
@pytest.mark.fault("K04")
@pytest.mark.fault("K06")
async def test_every_failure_is_a_receipt_with_its_reason(
    how: str, status: int | None, reason: str
) -> None:
    async with Receiver(SECRET) as receiver:
        receiver.fail(how)
        with Poster(anywhere, deadline_s=5) as poster:
            (receipt,) = await post(receiver, poster)

    assert receipt.status == status
    assert receipt.reason.startswith(reason)


@pytest.mark.parametrize("how", ["huge", "endless"])
async def test_of_an_answer_without_measure_the_beginning_is_kept(how: str) -> None:
    async with Receiver(SECRET) as receiver:
        receiver.fail(how)
        with Poster(anywhere, deadline_s=5) as poster:
            first, second = await post(receiver, poster, 2)

    assert (first.status, len(first.body)) == (200, KEPT_BYTES)
    assert second.status == 204


@pytest.mark.fault("K15")
async def test_the_guard_is_asked_before_anything_is_dialled() -> None:
    asked = []

    def nobody(host: str, port: int) -> str:
        asked.append((host, port))
        raise NotAllowed(f"{host} 不是公网地址")

    async with Receiver(SECRET) as receiver:
        with Poster(nobody) as poster:
            (receipt,) = await post(receiver, poster)

    assert asked == [("127.0.0.1", receiver.port)]
    assert receipt.reason == "blocked_address：127.0.0.1 不是公网地址"
    assert receiver.received == []


@pytest.mark.fault("K15")
async def test_the_address_that_was_permitted_is_the_one_dialled() -> None:
    async with Receiver(SECRET) as receiver:
        endpoint = an_endpoint(url=f"http://platform.invalid:{receiver.port}/webhook")
        with Poster(lambda host, port: "127.0.0.1") as poster:
            at = datetime.now(UTC)  # else the receiver does not believe it
            receipt = await asyncio.to_thread(poster.send, endpoint, a_delivery(1), at)

    assert receipt.status == 204
    assert receiver.received[0].headers["host"] == f"platform.invalid:{receiver.port}"


def test_a_resolver_that_never_answers_is_left_at_the_deadline() -> None:
    hung = threading.Event()

    def resolving(host: str, port: int) -> str:
        hung.wait(5)
        return "127.0.0.1"

    with Poster(resolving, deadline_s=0.2) as poster:
        start = time.monotonic()
        receipt = poster.send(an_endpoint(url="http://slow.invalid/"), a_delivery(1), NOON)
        spent = time.monotonic() - start
        hung.set()

    assert receipt.reason.startswith("timed_out")
    assert spent < 2


@contextlib.contextmanager
def a_server(serve: Callable[[socket.socket], object]) -> Iterator[str]:
    """One connection at a time, handled by `serve`, on loopback."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        try:
            while True:
                connection, _ = listener.accept()
                with connection:
                    serve(connection)
        except OSError:
            return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=5)


@pytest.mark.fault("K10")
def test_a_receiver_that_says_nothing_is_waited_for_until_the_deadline() -> None:
    stop = threading.Event()

    with (
        a_server(lambda connection: bool(stop.wait(5))) as url,
        Poster(anywhere, deadline_s=0.3) as poster,
    ):
        receipt = poster.send(an_endpoint(url=url), a_delivery(1), NOON)
        stop.set()

    assert (receipt.status, receipt.reason.split("：")[0]) == (None, "timed_out")


def test_a_receiver_that_takes_no_connection_is_left_at_the_deadline() -> None:
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)  # what comes after the first waits in vain
        for _ in range(3):
            filler = waiting.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        with Poster(anywhere, deadline_s=0.3) as poster:
            start = time.monotonic()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            receipt = poster.send(an_endpoint(url=url), a_delivery(1), NOON)

    assert receipt.reason.startswith("timed_out")
    assert time.monotonic() - start < 2


def test_a_head_that_drips_for_ever_ends_at_the_deadline() -> None:
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not stop.wait(0.05):
            connection.sendall(b"x")

    with a_server(drip) as url, Poster(anywhere, deadline_s=0.6) as poster:
        receipt = poster.send(an_endpoint(url=url), a_delivery(1), NOON)
        stop.set()

    assert (receipt.status, receipt.reason.split("：")[0]) == (None, "timed_out")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"\x00\xff\x00\xff\r\n\r\n", id="noise"),
        pytest.param(b"HTTP/1.1 abc\r\n\r\n", id="no status"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000, id="endless head"),
    ],
)
def test_an_answer_that_is_no_http_is_a_receipt(answer: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(answer)

    with a_server(talk) as url, Poster(anywhere, deadline_s=2) as poster:
        receipt = poster.send(an_endpoint(url=url), a_delivery(1), NOON)

    assert (receipt.status, receipt.reason) == (None, "bad_response：答复不是 HTTP")


@pytest.mark.fault("K04")
def test_nobody_listening_and_no_certificate_have_their_names() -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with a_server(plain) as url, Poster(anywhere, deadline_s=2) as poster:
        closed = poster.send(an_endpoint(url=f"http://127.0.0.1:{port}/"), a_delivery(1), NOON)
        untrusted = poster.send(
            an_endpoint(url=url.replace("http:", "https:")), a_delivery(1), NOON
        )

    assert closed.reason == "connection_refused：对方拒绝连接"
    assert untrusted.reason.startswith("tls_failed：加密连接未能建立（")


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    assert Poster(anywhere)._trust.verify_mode is ssl.CERT_REQUIRED
    assert Poster(anywhere)._trust.check_hostname


@pytest.mark.parametrize(
    "url", ["ftp://h/", "http://", "http://u:p@h/", "not an url", "http://[::1", "file:///etc"]
)
def test_an_address_that_cannot_receive_is_named(url: str) -> None:
    with Poster(anywhere) as poster:
        receipt = poster.send(an_endpoint(url=url), a_delivery(1), NOON)

    assert receipt.reason.startswith("bad_endpoint")


@pytest.mark.fault("K21")
def test_a_bad_secret_is_a_receipt_that_does_not_repeat_it() -> None:
    endpoint: Endpoint = replace(an_endpoint(), secret="whsec_notasecret")

    with Poster(anywhere) as poster:
        receipt = poster.send(endpoint, a_delivery(1), NOON)

    assert receipt.reason.startswith("bad_endpoint")
    assert "notasecret" not in receipt.reason


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("-5", None),
        ("999999999", LONGEST_WAIT_S),
        ("9" * 11, LONGEST_WAIT_S),
        ("9" * 999, LONGEST_WAIT_S),
        ("00000000000120", 120.0),
        ("soon", None),
        ("", None),
        ("１２０", None),
        (format_datetime(NOON.replace(hour=5), usegmt=True), 3_600.0),
        (format_datetime(NOON.replace(year=2020), usegmt=True), 0.0),
        ("Sun, 99 Foo 99999 99:99:99 GMT", None),
    ],
)
@pytest.mark.fault("K05")
def test_retry_after_is_read_inside_a_cap(header: str, seconds: float | None) -> None:
    assert retry_after_s(header, NOON) == seconds
