"""Two installations docked: the district's warnings and tasks reach the city by the same signed
messages, the city's tasks reach the district, and the district's answer moves the city's task.
"""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.delivering import Courier, deliver_due
from alerts.webhook import Poster
from crawler.domain.client import Scope
from crawler.domain.delivery import Delivery, Endpoint, Receipt
from crawler.domain.errors import BadInput, TryLater
from crawler.domain.peer import Incoming
from crawler.domain.task import Conclusion, TaskState
from crawler.service.api.app import PATH
from crawler.service.catalogue import catalogue
from crawler.service.commands.inbox import _row, answer
from crawler.service.wiring import endpoints_of
from crawler.store.audit import acts_on
from crawler.store.inbox import list_incoming
from crawler.store.tasks import task_numbered
from tests.builders import NOON
from tests.integration.answering_house import SECRET
from tests.integration.api_house import ApiHouse, Signed, an_api, said

EXAMPLES = Path("alerts/schemas/examples")
LATE = NOON + timedelta(hours=19, minutes=30)
OTHER = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="


def settings(region: str, peer: str, peer_regions: str, url: str = "http://127.0.0.1:9") -> str:
    return f"""
region = "{region}"

[[delivery.endpoints]]
name = "{peer}"
url = "{url}{PATH}/inbox"
secret = "{SECRET}"
{f"regions = {peer_regions}" if region == "310000" else ""}

[[delivery.peers]]
name = "{peer}"
secret = "{SECRET}"
url = "{url}"
{f"regions = {peer_regions}" if region == "310000" else ""}
"""


@dataclass(frozen=True)
class Docked:
    city: ApiHouse
    district: ApiHouse
    poster: Poster

    def carry(self, sender: ApiHouse, receiver: ApiHouse) -> int:
        """Deliver all that waits at one for the other; how many arrived."""
        (endpoint,) = endpoints_of(sender.house.config)
        courier = Courier(database=sender.house.database, send=self.poster.send,
                          clock=lambda: NOON, spread=lambda: 0.5,
                          token=lambda: os.urandom(8).hex())  # fmt: skip
        at = f"http://127.0.0.1:{receiver.port}{PATH}/inbox"
        return deliver_due(courier, [replace(endpoint, url=at)]).delivered


@pytest.fixture
def docked(tmp_path: Path) -> Iterator[Docked]:
    yield from two_installations(tmp_path)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docked]:
    """For tests after which nothing has arrived."""
    yield from two_installations(tmp_path_factory.mktemp("still"))


def two_installations(folder: Path) -> Iterator[Docked]:
    with ExitStack() as stack:
        city = stack.enter_context(
            an_api(folder / "city", settings("310000", "district", '["310118"]'))
        )
        up = f"http://127.0.0.1:{city.port}"
        district = stack.enter_context(
            an_api(folder / "district", settings("310118", "city", "[]", up))
        )
        poster = stack.enter_context(Poster(lambda host, port: host))
        yield Docked(city=city, district=district, poster=poster)


def arrived(house: ApiHouse, kind: str = "") -> list[Incoming]:
    with house.house.database.reading() as db:
        return list_incoming(db, "", kind=kind)


def test_what_a_district_decides_stands_at_the_city_in_its_newest_state(docked: Docked) -> None:
    task = docked.district.task("a.example.cn")
    first = docked.carry(docked.district, docked.city)
    body = said("working")
    path = f"/callbacks/tasks/{task.number}"
    docked.district.stranger().post(path, body, **Signed().headers(body))
    docked.carry(docked.district, docked.city)

    (one,) = arrived(docked.city, "task")

    assert first > 0
    assert (one.peer, one.task_no, one.state) == ("district", task.number, "working")
    assert (one.region, one.domain) == ("310118", "a.example.cn")
    with docked.city.house.database.reading() as db:
        acts = [entry.act for entry in reversed(acts_on(db, f"district/task:{task.number}"))]
    assert [(act.actor, act.action, act.region, act.before, act.after) for act in acts] == [
        ("district", "incoming.task.created", "310118", "", "sent"),
        ("district", "incoming.task.changed", "310118", "sent", "working"),
    ]  # fmt: skip
    reader = docked.city.program(Scope.TASKS_READ)
    shown = reader.get("/inbox").json["incoming"]
    assert {item["subject"] for item in shown} >= {f"task:{task.number}"}
    elsewhere = docked.city.program(Scope.TASKS_READ, region="310115")
    assert elsewhere.get("/inbox").json["incoming"] == []


def test_a_citys_task_is_answered_by_the_district_and_moves_there(docked: Docked) -> None:
    task = docked.city.task("b.example.cn")
    docked.carry(docked.city, docked.district)
    (one,) = arrived(docked.district, "task")
    report = said("answered", conclusion="属实-整改", note="已下架")

    done = answer(docked.district.house, one, report, "shen", NOON, docked.poster)
    late = answer(docked.district.house, one, said("acknowledged"), "shen", NOON, docked.poster)

    assert done == "city 已采用；任务现为“已反馈”"
    assert late == "city 已收到，没有采用：任务已过这一步；任务现为“已反馈”"
    with docked.city.house.database.reading() as db:
        now = task_numbered(db, task.number)
    assert now is not None
    assert (now.state, now.conclusion) == (TaskState.ANSWERED, Conclusion.RECTIFIED)
    docked.carry(docked.city, docked.district)
    assert arrived(docked.district, "task")[0].state == "answered"


def test_an_answer_that_was_not_taken_is_said(docked: Docked) -> None:
    docked.city.task("b.example.cn")
    docked.carry(docked.city, docked.district)
    (one,) = arrived(docked.district, "task")

    with pytest.raises(BadInput, match=r"^city 没有采用：任务 .* 为“已派发”，不能挂起$"):
        answer(
            docked.district.house, one, said("suspended", note="等"), "shen", NOON, docked.poster
        )
    with pytest.raises(BadInput, match="status"):
        answer(docked.district.house, one, said("teleported"), "shen", NOON, docked.poster)
    with Poster(nowhere) as broken, pytest.raises(TryLater, match="没有收到"):
        answer(docked.district.house, one, said("acknowledged"), "shen", NOON, broken)


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, b'{"effect":"repeated"}', "city 此前已收到同一份反馈，没有再次办理"),
        (204, b"", "city 已收到，没有说明如何办理"),
        (200, b"[" * 9_999, "city 已收到，没有说明如何办理"),
        (404, b"<html>Not Found", "city 没有采用：http_error：404"),
    ],
)
def test_every_other_answer_is_said_in_chinese(
    still: Docked, status: int, body: bytes, says: str
) -> None:
    reason = "" if status < 300 else f"http_error：{status}"
    one = Incoming(
        peer="city", subject="task:1", seq=1, event="task.created", message_id="1",
        region="310118", level="red", title="", state="sent", domain="", task_no="310118-JR-1-1",
        received_at=NOON, changed_at=NOON, body=b"",
    )  # fmt: skip
    receipt = Receipt(delivery_id="1", at=NOON, status=status, reason=reason, body=body)

    try:
        said_of_it = answer(still.district.house, one, said("working"), "shen", NOON, Told(receipt))
    except BadInput as refusal:
        said_of_it = str(refusal)

    assert said_of_it == says


class Told(Poster):
    """A receiver that always answers this."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(lambda host, port: host)
        self.receipt = receipt

    def send(self, endpoint: Endpoint, delivery: Delivery, at: datetime) -> Receipt:
        return self.receipt


def nowhere(host: str, port: int) -> str:
    raise ConnectionRefusedError


@pytest.mark.fault("K19")
def test_repeats_and_older_states_change_nothing(docked: Docked) -> None:
    message = json.loads((EXAMPLES / "task.created.json").read_text("utf-8"))
    stranger, signed = docked.city.stranger(), Signed()

    told = []
    for seq, state in ((3, "working"), (3, "working"), (2, "sent"), (4, "answered")):
        body = json.dumps(message | {"seq": seq, "task": message["task"] | {"state": state}})
        raw = body.encode()
        told.append(stranger.post("/inbox", raw, **signed.headers(raw)).json["intake"])

    assert told == ["taken", "repeated", "older", "taken"]
    assert [(one.seq, one.state) for one in arrived(docked.city)] == [(4, "answered")]


@pytest.mark.fault("K02")
@pytest.mark.parametrize(
    ("change", "secret", "status", "says"),
    [
        pytest.param({}, OTHER, 401, "签名不符", id="forged"),
        pytest.param({"dispatch": {"region": "310115"}}, SECRET, 403, "不能代", id="region"),
        pytest.param({"dispatch": {}}, SECRET, 422, "region", id="no region"),
        pytest.param(None, SECRET, 422, "JSON", id="no JSON"),
    ],
)
def test_what_a_peer_may_not_say_is_refused(
    still: Docked, change: dict[str, Any] | None, secret: str, status: int, says: str
) -> None:
    message = json.loads((EXAMPLES / "task.created.json").read_text("utf-8"))
    whole = message | {"task": message["task"] | (change or {})}
    raw = b"[1" if change is None else json.dumps(whole).encode()

    refused = still.city.stranger().post("/inbox", raw, **Signed(secret).headers(raw))

    assert refused.status == status, refused.body
    assert says in refused.json["detail"]
    assert arrived(still.city) == []


def test_half_a_character_of_a_peer_is_kept_as_a_mark(docked: Docked) -> None:
    message = json.loads((EXAMPLES / "task.created.json").read_text("utf-8"))
    told = message | {"task": message["task"] | {"title": "线索\ud800"}}
    raw = json.dumps(told).encode()

    answered = docked.city.stranger().post("/inbox", raw, **Signed().headers(raw))

    assert (answered.status, arrived(docked.city)[0].title) == (200, "线索\ufffd")


def test_a_truth_is_no_number_in_a_message(still: Docked) -> None:
    message = json.loads((EXAMPLES / "task.created.json").read_text("utf-8"))
    raw = json.dumps(message | {"seq": True}).encode()

    refused = still.city.stranger().post("/inbox", raw, **Signed().headers(raw))

    assert (refused.status, refused.json["detail"]) == (422, "seq：须为正整数")
    assert arrived(still.city) == []


def test_the_inbox_on_the_screen_is_chinese_and_in_beijing_time(docked: Docked) -> None:
    message = json.loads((EXAMPLES / "task.created.json").read_text("utf-8"))
    raw = json.dumps(message).encode()
    docked.city.stranger().post("/inbox", raw, **Signed().headers(raw))

    (one,) = arrived(docked.city)
    shown = _row(
        replace(one, state="confirmed", subject="alert:7", changed_at=LATE), catalogue("zh").name
    )

    assert shown[3] == "已核实"
    assert shown[-1] == "05-13 07:30"


def test_an_event_of_a_later_version_is_ignored(still: Docked) -> None:
    raw = b'{"spec_version":"1.7","event":"future.event"}'

    answered = still.city.stranger().post("/inbox", raw, **Signed().headers(raw))

    assert (answered.status, answered.json["intake"]) == (200, "ignored")


@pytest.mark.parametrize(
    "raw",
    [b'{"spec_version":"9"}', b'{"spec_version":"9.0","event":"future.event"}',
     b'{"event":"future.event"}', b'{"spec_version":"1.0","event":""}',
     b'{"spec_version":"2.0","event":"task.created"}', b'{"spec_version":1,"event":"x"}'],
)  # fmt: skip
def test_what_is_no_message_or_of_another_version_is_not_called_delivered(
    still: Docked, raw: bytes
) -> None:
    answered = still.city.stranger().post("/inbox", raw, **Signed().headers(raw))

    assert answered.status == 422
