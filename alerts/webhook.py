"""The only outgoing POST: signed bytes to one endpoint, one bounded answer back as a receipt.

Nothing is followed, nothing that comes back is trusted, and nothing outlives its deadline.
"""

import re
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpcore2
import httpx2

from alerts.signing import signer_of
from crawler.domain.delivery import LONGEST_WAIT_S, Delivery, Endpoint, EventType, Receipt
from crawler.domain.errors import BadInput, NotAllowed, reason_of

Permit = Callable[[str, int], str]  # host and port → the address to dial; NotAllowed if none

DEADLINE_S = 20.0
KEPT_BYTES = 4_096
HEARING_S = 1.0  # until a deaf one hangs up
AGENT = "xunwang-webhook/1"

_deadline: ContextVar[float] = ContextVar("deadline")


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """What one probe came to: the receipt, the headers of the answer, how long it took."""

    receipt: Receipt
    headers: Mapping[str, str]
    seconds: float


class Poster:
    """Sends to the endpoints it is given; one connection pool each, so that a slow receiver takes
    nothing from another. May be used from several threads.
    """

    def __init__(
        self,
        permit: Permit,
        *,
        deadline_s: float = DEADLINE_S,
        connections: int = 8,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._permit = permit
        self._deadline_s = deadline_s
        self._connections = connections
        self._trust = trust or httpx2.create_ssl_context(trust_env=False)
        self._pools: dict[str, httpcore2.ConnectionPool] = {}
        self._stream: type[_Timed] = _Timed

    def deaf(self) -> "Poster":
        """One of the same reach that hangs up as an answer begins, or after a second, as if it were
        lost. Its receipts have no status, and a reason only where nothing was sent.
        """
        made = Poster(self._permit, deadline_s=self._deadline_s, connections=1, trust=self._trust)
        made._stream = _Unheard
        return made

    def send(self, endpoint: Endpoint, delivery: Delivery, at: datetime) -> Receipt:
        """One attempt. What the endpoint answered, or why nothing came back, is the receipt."""
        return self._caught(endpoint, delivery, at, None, {})

    def _caught(
        self,
        endpoint: Endpoint,
        delivery: Delivery,
        at: datetime,
        given: Mapping[str, str] | None,
        told: dict[str, str],
    ) -> Receipt:
        mark = _deadline.set(time.monotonic() + self._deadline_s)
        try:
            return self._post(endpoint, delivery, at, given, told)
        except NotAllowed as refusal:
            return _failed(delivery, at, f"blocked_address：{refusal}")
        except BadInput as mistake:
            return _failed(delivery, at, f"bad_endpoint：{mistake}")
        except (httpcore2.TimeoutException, TimeoutError):
            return _failed(delivery, at, f"timed_out：{self._deadline_s:g} 秒内没有答复")
        except _HungUp:
            return _failed(delivery, at, "")
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            return _failed(delivery, at, _named(error))
        finally:
            _deadline.reset(mark)

    def post(
        self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Posted:
        """One attempt with headers of one's own, signed or not: how a receiver is probed."""
        delivery = Delivery(
            id="probe", event_key="", event=EventType.ALERT_OPENED, endpoint=endpoint.name,
            subject="", seq=0, body=body, region="", created_at=at, due_at=at,
        )  # fmt: skip
        told: dict[str, str] = {}
        start = time.monotonic()
        receipt = self._caught(endpoint, delivery, at, headers, told)
        return Posted(receipt=receipt, headers=told, seconds=time.monotonic() - start)

    def close(self) -> None:
        """Give the connections back."""
        for pool in self._pools.values():
            pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _post(
        self,
        endpoint: Endpoint,
        delivery: Delivery,
        at: datetime,
        given: Mapping[str, str] | None,
        told: dict[str, str],
    ) -> Receipt:
        url = _url_of(endpoint)
        if given is None:
            given = signer_of(endpoint).sign(delivery.id, at, delivery.body)
        headers = {"host": url.netloc.decode("ascii")} | dict(given)
        headers |= {"content-type": _media_type(delivery.body), "user-agent": AGENT}
        headers["content-length"] = str(len(delivery.body))
        with self._pool_of(endpoint).stream(
            "POST",
            str(url),
            headers=[(name, value) for name, value in headers.items()],
            content=delivery.body,
            extensions={"timeout": dict.fromkeys(_WAITS, self._deadline_s)},
        ) as answer:
            told.update(
                (n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in answer.headers
            )
            return _receipt(delivery, at, answer)

    def _pool_of(self, endpoint: Endpoint) -> httpcore2.ConnectionPool:
        key = f"{endpoint.name} {endpoint.url}"
        return self._pools.get(key) or self._pools.setdefault(key, self._open())

    def _open(self) -> httpcore2.ConnectionPool:
        return httpcore2.ConnectionPool(
            ssl_context=self._trust,
            max_connections=self._connections,
            max_keepalive_connections=self._connections,
            keepalive_expiry=10.0,
            network_backend=_Door(self._permit, self._connections, self._stream),
        )


_WAITS = ("connect", "read", "write", "pool")


class _Door(httpcore2.NetworkBackend):
    """Asks for each host at its own connect, and dials exactly the address it was given. Asking may
    wait for a resolver that never answers, so it happens aside, and only until the deadline.
    """

    def __init__(self, permit: Permit, askers: int, stream: "type[_Timed]") -> None:
        self._permit, self._stream = permit, stream
        self._real = httpcore2.SyncBackend()
        self._askers = ThreadPoolExecutor(askers, thread_name_prefix="resolving")

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        asked = self._askers.submit(self._permit, host, port)
        try:
            address = asked.result(_left(timeout))
        except TimeoutError:
            asked.cancel()
            raise httpcore2.ConnectTimeout(f"{host} 的解析没有答复") from None
        dialled = self._real.connect_tcp(
            address, port, _left(timeout), local_address, socket_options
        )
        return self._stream(dialled)


class _Timed(httpcore2.NetworkStream):
    """A stream whose every wait ends at the deadline of the request it now serves."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        return type(self)(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _HungUp(httpcore2.ReadError):
    """By us."""


class _Unheard(_Timed):
    """Waits for the answer to begin, and reads nothing of it."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        select.select([self.get_extra_info("socket")], [], [], _left(HEARING_S))
        raise _HungUp


def _left(timeout: float | None) -> float:
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("deadline")
    return min(left, timeout) if timeout is not None else left


def _media_type(body: bytes) -> str:
    kind = "xml" if body.startswith(b"<") else "json"
    return f"application/{kind}; charset=utf-8"


def _url_of(endpoint: Endpoint) -> httpx2.URL:
    try:
        url = httpx2.URL(endpoint.url)
    except httpx2.InvalidURL:
        raise BadInput("投递地址不是网址") from None
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo:
        raise BadInput("投递地址须为不含用户名的 http 或 https 网址")
    return url


def _receipt(delivery: Delivery, at: datetime, answer: httpcore2.Response) -> Receipt:
    headers = {name.lower(): value.decode("latin-1") for name, value in answer.headers}
    body = _beginning_of(answer)
    return Receipt(
        delivery_id=delivery.id,
        at=at,
        status=answer.status,
        reason=_reason_of(answer.status, body),
        body=body,
        retry_after_s=retry_after_s(headers.get(b"retry-after", ""), at),
    )


def _beginning_of(answer: httpcore2.Response) -> bytes:
    """The first 4 kB; the status stands, whatever becomes of the body."""
    kept = b""
    try:
        for chunk in answer.iter_stream():
            kept += chunk[: KEPT_BYTES - len(kept)]
            if len(kept) >= KEPT_BYTES:
                break
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
        return kept
    return kept


def retry_after_s(header: str, at: datetime) -> float | None:
    """What Retry-After asks for, in seconds or as a date, inside a day; None if it is neither."""
    text = header.strip()
    if re.fullmatch(r"[0-9]+", text):
        return min(float(text), LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max((aware - at).total_seconds(), 0.0), LONGEST_WAIT_S)
    except (ValueError, TypeError, OverflowError):
        return None


def _reason_of(status: int, body: bytes) -> str:
    """Empty for success; else the status, and what the receiver says about it (e.g. its clock)."""
    if 200 <= status < 300:
        return ""
    kind = "redirect_refused" if 300 <= status < 400 else "http_error"
    said = "".join(c for c in body[:400].decode("utf-8", "replace") if c.isprintable())
    return f"{kind}：{status} {said[:100]}".rstrip()


def _failed(delivery: Delivery, at: datetime, reason: str) -> Receipt:
    return Receipt(delivery_id=delivery.id, at=at, status=None, reason=reason[:300])


def _named(error: Exception) -> str:
    """The house's word for what went wrong on the way, and what it was, looking through the
    library's wrappers.
    """
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and len(causes) < 5:
        causes.append(cause)
    for kind, name, says in _NAMES:
        found = next((one for one in causes if isinstance(one, kind)), None)
        if found is not None:
            return f"{name}：{says(found)}"
    return f"bad_response：{_NO_HTTP}"


_NO_HTTP = "答复不是 HTTP"


def _broken(error: BaseException) -> str:
    """A connection that ended before an answer is no answer that is wrong."""
    return "没有答复就断开了连接" if "without sending" in str(error) else _NO_HTTP


def _lost(error: BaseException) -> str:
    return reason_of(error) if isinstance(error, OSError) else "连接中断"


_NAMES: tuple[tuple[type[BaseException], str, Callable[[BaseException], str]], ...] = (
    (ssl.SSLError, "tls_failed", _lost),
    (socket.gaierror, "name_not_found", _lost),
    (ConnectionRefusedError, "connection_refused", _lost),
    (httpcore2.ProtocolError, "bad_response", _broken),
    (OSError, "connection_lost", _lost),
    (httpcore2.NetworkError, "connection_lost", _lost),
)
