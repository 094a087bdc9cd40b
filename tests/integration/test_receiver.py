"""The receiver believes what is signed right and now, and fails in the ways it is told to."""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from tests.receiver import FAILURES, Received, Receiver, complaint_about, sentence

SECRET = "whsec_" + base64.b64encode(b"a key of twenty-four byt").decode()
NOW = datetime(2026, 5, 12, 4, 0, tzinfo=UTC)
BODY = json.dumps(
    {
        "type": "alert.opened",
        "alert": {"level_name": "红", "verified": "未经人工核实"},
        "site": {"domain": "huitongjinfu-demo.cn"},
    }
).encode()


def signed(body: bytes = BODY, *, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    """Headers as the reference library makes them."""
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body.decode()),
    }


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver(SECRET, late_seconds=0.0) as receiver:
        yield receiver


async def post(receiver: Receiver, headers: dict[str, str], *, most: int = 1 << 16) -> bytes:
    """The first `most` bytes of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    lines = [f"{key}: {value}" for key, value in headers.items()]
    head = "\r\n".join(["POST /webhook HTTP/1.1", f"content-length: {len(BODY)}", *lines])
    writer.write(head.encode() + b"\r\n\r\n" + BODY)
    received = bytearray()
    try:
        async with asyncio.timeout(10):
            while len(received) < most and (part := await reader.read(1 << 16)):
                received += part
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)
    return bytes(received)


def test_what_the_reference_library_signs_is_believed() -> None:
    assert complaint_about(SECRET, signed(), BODY, now=NOW) == ""


def test_the_signature_is_the_one_of_the_specification() -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    message = b"msg_1." + str(int(NOW.timestamp())).encode() + b"." + BODY

    by_hand = base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()

    assert signed()["webhook-signature"] == f"v1,{by_hand}"


def test_one_good_signature_among_others_is_enough() -> None:
    headers = signed()
    headers["webhook-signature"] = f"v1a,AAAA v1,BBBB {headers['webhook-signature']} nonsense"

    assert complaint_about(SECRET, headers, BODY, now=NOW) == ""


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"webhook-id": ""}, "缺少 webhook-id"),
        ({"webhook-id": "msg_2"}, "签名不符"),
        ({"webhook-timestamp": "yesterday"}, "时间戳不是数字"),
        ({"webhook-timestamp": "１７"}, "时间戳不是数字"),
        ({"webhook-timestamp": "1778558099"}, "时间戳超出五分钟"),
        ({"webhook-timestamp": "1778558701"}, "时间戳超出五分钟"),
        ({"webhook-signature": "v1,AAAA"}, "签名不符"),
        ({"webhook-signature": "AAAA"}, "签名不符"),
    ],
)
def test_what_was_changed_is_not_believed(change: dict[str, str], complaint: str) -> None:
    assert complaint_about(SECRET, signed() | change, BODY, now=NOW) == complaint


def test_another_body_is_not_believed() -> None:
    assert complaint_about(SECRET, signed(), BODY + b" ", now=NOW) == "签名不符"


async def test_effects_are_counted_by_message_and_only_if_believable(receiver: Receiver) -> None:
    good = signed(at=datetime.now(UTC))

    await post(receiver, good)
    await post(receiver, good)
    await post(receiver, good | {"webhook-signature": "v1,AAAA"})

    assert receiver.effects == {"msg_1": 2}
    assert [one.valid for one in receiver.received] == [True, True, False]
    assert len(receiver.of_type("alert.opened")) == 2


@pytest.mark.parametrize(
    ("how", "start", "effects"),
    [
        ("500", b"HTTP/1.1 500 ", 0),
        ("429", b"HTTP/1.1 429 ", 0),
        ("410", b"HTTP/1.1 410 ", 0),
        ("redirect", b"HTTP/1.1 307 ", 0),
        ("late", b"HTTP/1.1 204 ", 1),
        ("drop", b"", 1),
        ("huge", b"HTTP/1.1 200 ", 1),
        ("endless", b"HTTP/1.1 200 ", 1),
    ],
)
async def test_it_fails_as_told_and_then_no_more(
    receiver: Receiver, how: str, start: bytes, effects: int
) -> None:
    receiver.fail(how)
    headers = signed(at=datetime.now(UTC))

    first = await post(receiver, headers)
    counted = receiver.effects["msg_1"]
    second = await post(receiver, headers)

    assert first.startswith(start)
    assert bool(first) == bool(start)
    assert counted == effects
    assert second.startswith(b"HTTP/1.1 204 ")


async def test_the_huge_answer_is_fifty_megabytes(receiver: Receiver) -> None:
    receiver.fail("huge")

    answer = await post(receiver, signed(at=datetime.now(UTC)), most=1 << 30)

    assert len(answer) > 50 << 20


def test_an_unknown_failure_is_refused() -> None:
    with pytest.raises(ValueError, match=FAILURES[0]):
        Receiver(SECRET).fail("502")


def test_a_person_reads_one_chinese_line() -> None:
    line = sentence(_received(BODY))

    assert line == "收到预警 alert.opened 红 huitongjinfu-demo.cn 未经人工核实 签名有效"


@pytest.mark.parametrize("name", ["alert.opened", "task.created"])
def test_a_published_example_is_told_by_what_it_is_about(name: str) -> None:
    line = sentence(_received(Path(f"alerts/schemas/examples/{name}.json").read_bytes()))

    assert "a.example.cn" in line
    assert "疑似承诺保本高收益" in line
    assert name != "task.created" or "已派发" in line


def test_no_control_character_reaches_the_terminal() -> None:
    event = {"type": "alert.opened", "alert": {"title": "\x1b[31m红\n第二行" + "长" * 500}}

    line = sentence(_received(json.dumps(event).encode()))

    assert line.isprintable()
    assert len(line) < 200


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"\xff", b'{"data": []}'])
def test_a_body_that_is_no_event_is_still_told(body: bytes) -> None:
    assert "收到消息" in sentence(_received(body))


def _received(body: bytes) -> Received:
    return Received(id="msg_1", at=NOW, complaint="", answered="ok", body=body, headers={})


@pytest.mark.slow
async def test_as_a_process_it_keeps_what_it_receives(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.receiver", "--secret", SECRET, "--keep", str(kept),
        "--fail", "500:1", stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(20):
        ready = (await process.stdout.readline()).decode()
    other = Receiver(SECRET, port=int(ready.rsplit(":", 1)[1].split("/")[0]))

    for _ in range(2):
        await post(other, signed(at=datetime.now(UTC)))
    async with asyncio.timeout(20):
        told = [(await process.stdout.readline()).decode() for _ in range(2)]
    process.terminate()
    code = await process.wait()

    lines = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    assert [line["answered"] for line in lines] == ["500", "ok"]
    assert "演练：答 500" in told[0]
    assert told[1].strip().endswith("签名有效")
    assert code == 0
