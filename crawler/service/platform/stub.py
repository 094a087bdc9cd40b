"""A stand-in of the main platform, to be run beside an installation: receives, verifies, keeps,
fails on purpose, and reports back.
"""

import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import Queue

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alerts.signing import signer_of
from alerts.webhook import Poster
from crawler.domain.delivery import Delivery, Endpoint, EventType
from crawler.domain.errors import BadInput
from crawler.domain.task import CONCLUSION_NAMES, TASK_STATE_NAMES, Conclusion, TaskState
from crawler.service.api.access import parts_of
from crawler.service.api.app import PATH
from crawler.service.api.problems import Problem
from crawler.service.platform.receiving import Platform, Taken, tame

FAILURES = ("500", "429", "410", "redirect", "late")
LARGEST_MESSAGE = 1 << 20
LATE_S = 25.0  # longer than a delivery waits
_TRIES = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What the stand-in does beside receiving."""

    secret: str
    keep: Path | None = None  # every message, one JSON line each
    failures: tuple[str, ...] = ()  # how the first requests are answered
    fail_every: int = 0  # every n-th request is answered with 500
    reports: tuple[tuple[TaskState, Conclusion | None], ...] = ()  # what a new task is answered
    base: str = ""  # of the installation's API, without /api/v1
    pace_s: float = 1.0  # between two reports
    twice: bool = False  # every report is sent two times, as after a lost answer
    backwards: bool = False  # the last report first


def reports_from(written: str) -> tuple[tuple[TaskState, Conclusion | None], ...]:
    """`acknowledged,working,answered:rectified` as states and conclusions."""
    found = []
    for one in filter(None, (part.strip() for part in written.split(","))):
        state, _, conclusion = one.partition(":")
        try:
            found.append((TaskState(state), Conclusion(conclusion) if conclusion else None))
        except ValueError:
            raise BadInput(f"不是可以反馈的状态或结论：{one[:40]}") from None
    return tuple(found)


def failures_from(written: list[str]) -> tuple[str, ...]:
    """`500:3` as three failures."""
    found: list[str] = []
    for one in written:
        how, _, times = one.partition(":")
        if how not in FAILURES or (times and not (times.isdigit() and 0 < int(times) <= 1_000)):
            raise BadInput(f"不会这样出错：{one[:40]}；会：{'、'.join(FAILURES)}，后加 :次数")
        found += [how] * int(times or 1)
    return tuple(found)


@dataclass(kw_only=True)
class Stub:
    """The application and its reporter."""

    plan: Plan
    tell: Callable[[str], None]
    clock: Callable[[], datetime]
    platform: Platform = field(init=False)

    def __post_init__(self) -> None:
        endpoint = Endpoint(name="stub", url="", secret=self.plan.secret)
        self.platform = Platform(signer=signer_of(endpoint))
        self._failures = deque(self.plan.failures)
        self._asked = 0
        self._due: Queue[str | None] = Queue()

    def app(self) -> Starlette:
        """Receives at every path; `GET /received` shows what it has."""
        return Starlette(
            routes=[
                Route("/received", self._show, methods=["GET"]),
                Route("/{rest:path}", self._receive, methods=["POST"]),
            ]
        )

    def start_reporting(self) -> threading.Thread:
        """Report back about new tasks, until `stop_reporting`."""
        thread = threading.Thread(target=self._report_all, name="reporting", daemon=True)
        thread.start()
        return thread

    def stop_reporting(self) -> None:
        """No further reports."""
        self._due.put(None)

    async def _show(self, _: Request) -> Response:
        return JSONResponse({"messages": self.platform.kept})

    async def _receive(self, request: Request) -> Response:
        try:
            parts = [part async for part in parts_of(request, LARGEST_MESSAGE)]
        except Problem as problem:
            return Response(problem.detail, problem.status)
        taken = self.platform.take(dict(request.headers), b"".join(parts), self.clock())
        how = self._how(taken)
        self.tell(taken.line + (f" ［演练：答 {how}］" if how else ""))
        if self.plan.keep is not None:
            await run_in_threadpool(self._append, taken, b"".join(parts), how)
        if taken.task_no and self.plan.base and self.plan.reports:
            self._due.put(taken.task_no)
        if how == "late":
            await run_in_threadpool(time.sleep, LATE_S)
        return _answer(how or str(taken.status), taken)

    def _how(self, taken: Taken) -> str:
        """How this request is failed, if it is; what cannot be believed is refused anyway."""
        self._asked += 1
        if not taken.valid:
            return ""
        if self._failures:
            return self._failures.popleft()
        return "500" if self.plan.fail_every and self._asked % self.plan.fail_every == 0 else ""

    def _append(self, taken: Taken, body: bytes, how: str) -> None:
        assert self.plan.keep is not None
        line = {"id": taken.id, "event": taken.event, "valid": taken.valid,
                "repeated": taken.repeated, "answered": how or str(taken.status),
                "body": body.decode("utf-8", "replace")}  # fmt: skip
        with self.plan.keep.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _report_all(self) -> None:
        with Poster(lambda host, port: host) as poster:
            while (task_no := self._due.get()) is not None:
                reports = list(self.plan.reports)
                for state, conclusion in reversed(reports) if self.plan.backwards else reports:
                    time.sleep(self.plan.pace_s)
                    self._report(poster, task_no, state, conclusion)

    def _report(
        self, poster: Poster, task_no: str, state: TaskState, conclusion: Conclusion | None
    ) -> None:
        url = f"{self.plan.base.rstrip('/')}{PATH}/callbacks/tasks/{task_no}"
        endpoint = Endpoint(name="callback", url=url, secret=self.plan.secret)
        report = _report_of(task_no, state, conclusion, self.clock())
        for _ in range(2 if self.plan.twice else 1):
            self.tell(tame(f"→ {task_no} {TASK_STATE_NAMES[state]}：")
                      + _sent(poster, endpoint, report, self.clock))  # fmt: skip


def serve(stub: Stub, host: str, port: int, ready: Callable[[int], None]) -> None:
    """Until SIGINT or SIGTERM. `ready` is told the port."""
    settings = uvicorn.Config(stub.app(), host=host, port=port, log_level="error", lifespan="off",
                              access_log=False, timeout_graceful_shutdown=2)  # fmt: skip
    server = uvicorn.Server(settings)
    listening = settings.bind_socket()
    ready(int(listening.getsockname()[1]))
    thread = stub.start_reporting()
    try:
        server.run(sockets=[listening])
    finally:
        stub.stop_reporting()
        thread.join(2)


def _answer(how: str, taken: Taken) -> Response:
    if how == "redirect":
        return Response(status_code=307, headers={"location": "http://127.0.0.1:1/steal"})
    if how == "429":
        return Response(status_code=429, headers={"retry-after": "2"})
    if how in ("late", "200"):
        said = {"received": taken.id, "repeated": taken.repeated, "stale": taken.stale}
        return JSONResponse(said)
    detail = taken.line.removeprefix("✗ ") if how == "401" else ""
    return JSONResponse({"detail": detail}, int(how))


def _report_of(
    task_no: str, state: TaskState, conclusion: Conclusion | None, now: datetime
) -> Delivery:
    body = {"task_no": task_no, "status": str(state), "at": now.isoformat(), "dept": "联调部门",
            "operator": "联调*", "note": "由 xunwang platform stub 反馈"}  # fmt: skip
    if conclusion is not None:
        body |= {"conclusion": str(conclusion), "note": f"联调：{CONCLUSION_NAMES[conclusion]}"}
    return Delivery(
        id=f"stub-{secrets.token_hex(8)}", event_key="", event=EventType.TASK_CHANGED,
        endpoint="callback", subject=task_no, seq=0, region="", created_at=now, due_at=now,
        body=json.dumps(body, ensure_ascii=False).encode(),
    )  # fmt: skip


def _sent(
    poster: Poster, endpoint: Endpoint, report: Delivery, clock: Callable[[], datetime]
) -> str:
    """What the installation said to a report, once it said anything that is an answer."""
    said = ""
    for attempt in range(_TRIES):
        receipt = poster.send(endpoint, report, clock())
        said = f"{receipt.status or '—'} {tame(_detail(receipt.body) or receipt.reason)}"
        if receipt.status is not None and receipt.status < 500:
            break
        time.sleep(min(0.5 * 2**attempt, 5.0))
    return said


def _detail(body: bytes) -> str:
    try:
        given = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(given, dict):
        return ""
    words = (given.get("effect"), given.get("reason"), given.get("detail"))
    return " ".join(str(one) for one in words if one)
