"""The stand-in of the main platform against the real house, and the probes against good and bad
receivers.
"""

import base64
import hmac
import json
import os
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alerts.delivering import Courier, deliver_due
from alerts.webhook import Poster
from crawler.domain.delivery import Endpoint
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.signing_key import key_from
from crawler.domain.task import Conclusion, TaskState
from crawler.service.commands.platform import _summary
from crawler.service.platform.probing import PROBES, Found, Mark, Prober, probe_all
from crawler.service.platform.stub import Plan, Stub, failures_from, reports_from
from crawler.store.tasks import task_numbered
from tests.integration.answering_house import SECRET, an_endpoint
from tests.integration.api_house import SETTINGS, ApiHouse, an_api, served
from tests.integration.test_webhook import a_server

STORY = "acknowledged,working,answered:rectified"


def clock() -> datetime:
    return datetime.now(UTC)


@contextmanager
def a_stub(**given: Any) -> Iterator[tuple[Stub, int, list[str]]]:
    lines: list[str] = []
    said = threading.Condition()

    def tell(line: str) -> None:
        with said:
            lines.append(line)
            said.notify_all()

    stub = Stub(plan=Plan(**({"secret": SECRET, "pace_s": 0.0} | given)), tell=tell, clock=clock)
    stub.said = said  # type: ignore[attr-defined]
    reporter = stub.start_reporting()
    try:
        with served(stub.app()) as port:
            yield stub, port, lines
    finally:
        stub.stop_reporting()
        reporter.join(5)


def until(stub: Stub, lines: list[str], enough: Callable[[], bool]) -> None:
    with stub.said:  # type: ignore[attr-defined]
        assert stub.said.wait_for(enough, timeout=20), lines  # type: ignore[attr-defined]


def a_courier(api: ApiHouse, poster: Poster) -> Courier:
    return Courier(database=api.house.database, send=poster.send, clock=clock,
                   spread=lambda: 0.5, token=lambda: os.urandom(8).hex())  # fmt: skip


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiHouse]:
    with an_api(tmp_path / "home", SETTINGS.replace('regions = ["310118"]', "")) as house:
        house.clock.now = clock()
        yield house


@pytest.mark.parametrize(
    ("given", "effects"),
    [
        pytest.param({}, ["taken", "taken", "taken"], id="in order"),
        pytest.param({"twice": True}, ["taken", "repeated"] * 3, id="everything twice"),
        pytest.param({"backwards": True}, ["taken", "late", "late"], id="backwards"),
    ],
)
def test_what_is_sent_is_received_once_and_answered(
    api: ApiHouse, given: dict[str, Any], effects: list[str]
) -> None:
    task = api.task()
    base = f"http://127.0.0.1:{api.port}"
    with (
        a_stub(base=base, reports=reports_from(STORY), failures=("500",), **given) as (
            s,
            port,
            said,
        ),
        Poster(lambda host, address: host) as poster,
    ):
        endpoint = an_endpoint(url=f"http://127.0.0.1:{port}/webhook")
        courier = a_courier(api, poster)
        deliver_due(courier, [endpoint])  # the first is failed on purpose
        with api.house.database.transaction() as db:
            db.exec_driver_sql("UPDATE outbox SET due_at = created_at")
        deliver_due(courier, [endpoint])
        until(s, said, lambda: sum(line.startswith("→") for line in said) == len(effects))

    answers = [line for line in said if line.startswith("→")]
    assert [line.split("200 ")[1].split()[0] for line in answers] == effects
    with api.house.database.reading() as db:
        now = task_numbered(db, task.number)
    assert now is not None
    assert (now.state, now.conclusion) == (TaskState.ANSWERED, Conclusion.RECTIFIED)
    assert any("［演练：答 500］" in line for line in said)


def test_the_stand_in_believes_nothing_unsigned_and_keeps_what_came(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    with a_stub(keep=kept) as (stub, port, lines), Poster(lambda host, address: host) as poster:
        endpoint = an_endpoint(url=f"http://127.0.0.1:{port}/x")
        prober = a_prober(endpoint, poster)
        id_, body = prober.message()
        good = [prober.post(prober.signed(id_, body), body) for _ in range(2)]
        bad = prober.post({}, body)

    assert [one.receipt.status for one in (*good, bad)] == [200, 200, 401]
    rows = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    assert [(row["valid"], row["repeated"]) for row in rows] == [
        (True, False), (True, True), (False, False)
    ]  # fmt: skip
    assert "第 2 次，不重复办理" in lines[1]
    assert lines[2] == "✗ 不予采信：webhook-id：缺少或不合规"
    assert stub.platform.seen == {id_: 2}


def test_a_good_receiver_passes_every_probe() -> None:
    with a_stub() as (_, port, _lines), Poster(lambda host, address: host) as poster:
        endpoint = an_endpoint(url=f"http://127.0.0.1:{port}/", former_secret=SECRET)

        found = list(probe_all(a_prober(endpoint, poster)))

    assert len(found) == len(PROBES) + 1
    assert {one.name: one.says for one in found if one.mark is Mark.BAD} == {}
    assert [one.name for one in found if one.mark is not Mark.GOOD] == ["传输加密"]


def test_a_receiver_that_checks_nothing_is_told_what_it_must_refuse() -> None:
    async def careless(request: Request) -> Response:
        await request.body()
        return Response(status_code=204, headers={"date": "Tue, 12 May 2026 04:00:00 GMT"})

    with receiver_of(careless) as endpoint, Poster(lambda host, port: host) as poster:
        found = list(probe_all(a_prober(endpoint, poster)))

    bad = {one.name for one in found if one.mark is Mark.BAD}
    assert {one.name for one in found if one.name.startswith("拒绝")} <= bad
    assert "时钟一致" in bad
    assert "同一消息三次都收" not in bad


@pytest.mark.parametrize(
    ("status", "marks", "says"),
    [
        pytest.param(200, [Mark.BAD, Mark.BAD, Mark.WARNING, Mark.BAD], "repeated", id="forgets"),
        pytest.param(409, [Mark.BAD, Mark.BAD, Mark.BAD, Mark.GOOD], "409", id="refuses repeats"),
    ],
)
def test_a_receiver_that_knows_no_repeats_is_found_by_what_it_says(
    status: int, marks: list[Mark], says: str
) -> None:
    seen: Counter[str] = Counter()

    async def forgetful(request: Request) -> Response:
        await request.body()
        seen[request.headers.get("webhook-id", "")] += 1
        again = seen[request.headers.get("webhook-id", "")] > 1 and status != 200
        told = {} if status != 200 else {"repeated": False, "stale": False}
        return JSONResponse(told, status if again else 200)

    with receiver_of(forgetful) as endpoint, Poster(lambda host, port: host) as poster:
        found = {one.name: one for one in probe_all(a_prober(endpoint, poster))}

    repeats = ("同一消息三次都收", "重试的消息（新时间戳）也收", "答复丢失后重发也收",
               "旧状态后到也收")  # fmt: skip
    assert [found[name].mark for name in repeats] == marks
    assert says in found[repeats[0]].says


def test_the_answer_that_is_lost_was_given_and_nobody_read_it() -> None:
    ends: list[tuple[bytes, bool]] = []

    def converse(connection: socket.socket) -> None:
        head, _, body = connection.recv(65_536).partition(b"\r\n\r\n")
        if not body:
            connection.recv(65_536)
        id_ = head.lower().split(b"webhook-id: ")[1].split(b"\r\n")[0]
        connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        connection.settimeout(5)
        try:
            ends.append((id_, connection.recv(1) != b""))
        except ConnectionResetError:  # what it said lay unread
            ends.append((id_, True))

    with a_server(converse) as url, Poster(lambda host, port: host) as poster:
        (probe,) = (one for name, _, one in PROBES if name == "答复丢失后重发也收")
        mark, _ = probe(a_prober(an_endpoint(url=url), poster))

    assert mark is Mark.GOOD
    assert ends[0][0] == ends[1][0]
    assert [reset for _, reset in ends] == [True, False]


def test_an_answer_cannot_be_lost_where_nothing_is_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = an_endpoint(url=f"http://127.0.0.1:{taken.getsockname()[1]}/")
    with Poster(lambda host, port: host) as poster:
        (probe,) = (one for name, _, one in PROBES if name == "答复丢失后重发也收")
        mark, says = probe(a_prober(endpoint, poster))

    assert (mark, says) == (Mark.BAD, "第一次没有送到：connection_refused：对方拒绝连接")


def test_a_receiver_that_takes_a_body_that_is_no_utf8_fails_just_this_probe() -> None:
    key = key_from(SECRET)

    def is_right(headers: Mapping[str, str], body: bytes) -> bool:
        """All that the guide asks, over bytes that nobody reads."""
        try:
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            age = clock().timestamp() - int(headers["webhook-timestamp"])
            offered = headers["webhook-signature"].split(" ")
        except (KeyError, ValueError):
            return False
        mac = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        return abs(age) < 300 and f"v1,{mac}" in offered

    async def careful(request: Request) -> Response:
        right = is_right(request.headers, await request.body())
        date = format_datetime(clock(), usegmt=True)
        return Response(status_code=204 if right else 401, headers={"date": date})

    with receiver_of(careful) as endpoint, Poster(lambda host, port: host) as poster:
        found = list(probe_all(a_prober(endpoint, poster)))

    assert [one.name for one in found if one.mark is Mark.BAD] == ["拒绝不是 UTF-8 的正文"]


def test_a_receiver_that_falls_over_or_redirects_does_not_pass() -> None:
    async def strict_once(request: Request) -> Response:
        await request.body()
        return Response(status_code=307, headers={"location": "/elsewhere"})

    with receiver_of(strict_once) as endpoint, Poster(lambda host, port: host) as poster:
        found = list(probe_all(a_prober(endpoint, poster)))

    assert {one.mark for one in found if "收" in one.name or "拒绝" in one.name} == {Mark.BAD}
    assert any("redirect_refused" in one.says for one in found)


def test_the_last_line_counts_every_mark() -> None:
    marks = [Mark.GOOD] * 4 + [Mark.BAD] * 3 + [Mark.WARNING] * 2 + [Mark.SKIPPED]
    found = [Found(name="x", clause="2.1", mark=one, says="") for one in marks]

    assert _summary(found).startswith("通过 4，不合 3，提示 2，未测 1；")


def test_where_nothing_answers_the_rest_is_not_tried() -> None:
    def nobody(host: str, port: int) -> str:
        raise NotAllowed(f"{host} 不是公网地址")

    with Poster(nobody) as poster:
        found = list(probe_all(a_prober(an_endpoint(), poster)))

    assert found[0].mark is Mark.BAD
    assert "不是公网地址" in found[0].says
    assert {one.mark for one in found[1:]} == {Mark.SKIPPED}


@pytest.mark.parametrize("written", ["teleported", "answered:perhaps", "acknowledged,x"])
def test_unknown_reports_are_refused(written: str) -> None:
    with pytest.raises(BadInput):
        reports_from(written)


@pytest.mark.parametrize("written", ["502", "500:x", "500:0", "500:100000"])
def test_unknown_failures_are_refused(written: str) -> None:
    with pytest.raises(BadInput):
        failures_from([written])


def a_prober(endpoint: Endpoint, poster: Poster) -> Prober:
    return Prober(endpoint=endpoint, poster=poster, clock=clock, chance=os.urandom)


@contextmanager
def receiver_of(view: Callable[[Request], Any]) -> Iterator[Endpoint]:
    app = Starlette(routes=[Route("/{rest:path}", view, methods=["POST"])])
    with served(app) as port:
        yield an_endpoint(url=f"http://127.0.0.1:{port}/webhook")
