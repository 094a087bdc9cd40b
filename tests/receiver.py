"""A webhook receiver of the kind a main platform would run: it trusts nothing, checks every
signature with its own hands (Standard Webhooks, written from the specification), and can be told
to fail in all the ways receivers fail.

`python -m tests.receiver --port 9009 --secret whsec_… [--fail 500:3]`
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TOLERANCE_SECONDS = 300
_LONGEST_BODY = 1 << 20
_TAKEN = ("ok", "late", "drop", "huge", "endless")  # the work was done, however it was answered
FAILURES = ("500", "429", "410", "redirect", "late", "drop", "huge", "endless")


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request that came in: what it says, and whether it may be believed."""

    id: str
    at: datetime
    complaint: str  # "" if the signature holds
    answered: str
    body: bytes
    headers: dict[str, str] = field(repr=False)

    @property
    def valid(self) -> bool:
        return not self.complaint

    @property
    def event(self) -> dict[str, Any]:
        event = json.loads(self.body)
        if not isinstance(event, dict):
            raise ValueError("not an object")
        return event

    @property
    def type(self) -> str:
        return str(self.event.get("type", ""))


def complaint_about(secret: str, headers: dict[str, str], body: bytes, *, now: datetime) -> str:
    """Why this message must not be believed, in Chinese; "" if there is nothing to say."""
    missing = [h for h in ("id", "timestamp", "signature") if not headers.get(f"webhook-{h}")]
    if missing:
        return f"缺少 webhook-{missing[0]}"
    stamp = headers["webhook-timestamp"]
    if not stamp.isascii() or not stamp.isdigit():
        return "时间戳不是数字"
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        return "时间戳超出五分钟"
    signed = b".".join((headers["webhook-id"].encode(), stamp.encode(), body))
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256)
    expected = base64.b64encode(mac.digest()).decode()
    offered = (s.split(",", 1) for s in headers["webhook-signature"].split() if "," in s)
    if any(v == "v1" and hmac.compare_digest(s.encode(), expected.encode()) for v, s in offered):
        return ""
    return "签名不符"


class Receiver:
    """A receiver on loopback, from `async with` until its end.

    `received` holds every request; `effects` counts the believable ones by webhook-id: a lost
    answer counts, for the receiver did its work before the answer was lost.
    """

    def __init__(
        self,
        secret: str,
        *,
        port: int = 0,
        keep: Path | None = None,
        tell: Callable[[str], None] = lambda line: None,
        late_seconds: float = 30.0,
    ) -> None:
        self.secret = secret
        self.port = port
        self.received: list[Received] = []
        self.effects: Counter[str] = Counter()
        self._keep = keep
        self._tell = tell
        self._late = late_seconds
        self._failures: deque[str] = deque()
        self._arrived = asyncio.Condition()
        self._conversations: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhook"

    def fail(self, how: str, times: int = 1) -> None:
        """Answer the next requests so: one of FAILURES, `times` over, in the order asked for."""
        if how not in FAILURES:
            raise ValueError(f"{how}: one of {', '.join(FAILURES)}")
        self._failures.extend([how] * times)

    def of_type(self, event_type: str) -> list[Received]:
        """What came in and could be believed, of one event type."""
        return [r for r in self.received if r.valid and r.type == event_type]

    async def until(self, count: int, *, seconds: float = 10.0) -> list[Received]:
        """Wait until `count` requests have come in; TimeoutError if they do not."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.received) >= count)
        return self.received

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._converse, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        task.add_done_callback(self._conversations.discard)
        try:
            await self._one_request(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the other side went away, or spoke no HTTP
        finally:
            writer.transport.abort()

    async def _one_request(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        headers, body = await _request(reader)
        how = self._failures.popleft() if self._failures else "ok"
        how = await self._noted(headers, body, how)
        if how == "late":
            await asyncio.sleep(self._late)
        for part in _answer(how):
            writer.write(part)
            await writer.drain()

    async def _noted(self, headers: dict[str, str], body: bytes, how: str) -> str:
        """How it is answered: what cannot be believed is refused."""
        now = datetime.now(UTC)
        complaint = complaint_about(self.secret, headers, body, now=now)
        one = Received(
            id=headers.get("webhook-id", ""),
            at=now,
            complaint=complaint,
            answered="400" if complaint and how == "ok" else how,
            body=body,
            headers=headers,
        )
        self.received.append(one)
        if one.valid and how in _TAKEN:
            self.effects[one.id] += 1
        if self._keep:
            _append(self._keep, one)
        self._tell(sentence(one, self.effects[one.id]))
        async with self._arrived:
            self._arrived.notify_all()
        return one.answered


async def _request(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[1:]
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    headers = {key.strip().lower(): value.strip() for key, value in pairs}
    length = min(int(headers.get("content-length", "0")), _LONGEST_BODY)
    return headers, await reader.readexactly(length)


def _answer(how: str) -> Iterator[bytes]:
    match how:
        case "ok" | "late":
            yield b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
        case "400":
            yield b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
        case "500":
            yield b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
        case "429":
            yield b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
        case "410":
            yield b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
        case "redirect":
            yield b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/steal\r\n"
            yield b"Content-Length: 0\r\n\r\n"
        case "huge":
            yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (50 << 20)
            yield from (b"x" * (1 << 20) for _ in range(50))
        case "endless":
            yield b"HTTP/1.1 200 OK\r\n\r\n"
            while True:
                yield b"x" * (1 << 16)


def _append(file: Path, one: Received) -> None:
    line = {
        "id": one.id,
        "at": one.at.isoformat(),
        "valid": one.valid,
        "complaint": one.complaint,
        "answered": one.answered,
        "body": one.body.decode("utf-8", "replace"),
    }
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")


_EVENTS = {
    "alert.opened": "收到预警",
    "alert.raised": "预警升级",
    "alert.closed": "预警关闭",
    "task.created": "收到督办任务",
    "task.changed": "任务变更",
    "task.cancelled": "任务撤销",
    "sweep.finished": "巡查完成",
    "coverage.daily": "覆盖日报",
}
_TOLD = ("task_no", "level_name", "state_name", "domain", "name", "title", "verified")
_FAILED = {"late": "迟答", "drop": "收下后断开连接", "huge": "答 50 MB", "endless": "答个没完"}


def sentence(one: Received, times: int = 1) -> str:
    """One line for a person: what came, about whom, and whether the signature holds."""
    try:
        event = one.event
    except ValueError:
        event = {}
    kind = str(event.get("type", "?"))
    parts = [_EVENTS.get(kind, "收到消息"), kind, *_words(event)]
    parts.append("签名有效" if one.valid else f"不予采信（{one.complaint}）")
    if one.valid and times > 1:
        parts.append(f"同一消息第 {times} 次，不重复办理")
    if one.answered != "ok":
        parts.append(f"［演练：{_FAILED.get(one.answered, '答 ' + one.answered)}］")
    return " ".join(_tame(part) for part in parts)


def _words(event: object) -> list[str]:
    """The few fields a person asks for first, wherever they first stand in the event."""
    found: dict[str, str] = {}
    waiting: deque[object] = deque([event])
    while waiting:
        here = waiting.popleft()
        if isinstance(here, dict):
            for key, value in here.items():
                if key in _TOLD and isinstance(value, str | int) and value != "":
                    found.setdefault(key, str(value))
                waiting.append(value)
    return list(dict.fromkeys(found[key] for key in _TOLD if key in found))


def _tame(text: str) -> str:
    """No control characters reach a terminal, and no part takes more than its share."""
    return "".join(c if c.isprintable() else "�" for c in text)[:60]


def main() -> None:
    """Receive until SIGINT or SIGTERM, one line an event."""
    options = argparse.ArgumentParser(prog="python -m tests.receiver", description=__doc__)
    options.add_argument("--port", type=int, default=0, help="default: a free one")
    options.add_argument("--secret", required=True, help="whsec_…")
    options.add_argument("--keep", type=Path, help="append every event to this JSONL file")
    options.add_argument("--ready-file", type=Path, help="the receiver's URL, when it listens")
    options.add_argument("--late-seconds", type=float, default=30.0)
    options.add_argument(
        "--fail", action="append", default=[], metavar="HOW[:TIMES]", help=", ".join(FAILURES)
    )
    asyncio.run(_receive(options.parse_args()))


async def _receive(given: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    receiver = Receiver(
        given.secret,
        port=given.port,
        keep=given.keep,
        late_seconds=given.late_seconds,
        tell=lambda line: print(line, flush=True),
    )
    for wish in given.fail:
        how, _, times = wish.partition(":")
        receiver.fail(how, int(times or 1))
    async with receiver:
        print(f"接收端已就绪：{receiver.url}", flush=True)
        if given.ready_file:
            given.ready_file.write_text(receiver.url, encoding="utf-8")
        await stop.wait()


if __name__ == "__main__":
    main()
