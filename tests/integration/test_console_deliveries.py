"""投递 and 审计: what did not get through is seen and sent again; the trail is read and checked."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from crawler.domain.delivery import DeliveryState, Receipt
from crawler.domain.user import Role
from crawler.service.console import trail
from crawler.store.audit import latest_acts
from crawler.store.outbox import delivery_of, put, save_receipts
from tests.builders import NO_TRIGGER, NOON
from tests.integration.answering_house import SECRET, a_delivery
from tests.integration.console_house import Served, Visitor, console

SETTINGS = f"""
region = "310118"

[[delivery.endpoints]]
name = "主平台"
url = "http://127.0.0.1:9/"
secret = "{SECRET}"

[[delivery.endpoints]]
name = "来取的"
"""
HOSTILE = "http_error：500 <script>alert(1)</script>\u202e"
DEAD = a_delivery(1, endpoint="主平台", state=DeliveryState.GIVEN_UP, attempts=10,
                  last_reason=HOSTILE, body='{"机密":"正文"}'.encode())  # fmt: skip
THEIRS = a_delivery(2, endpoint="主平台", region="310115", state=DeliveryState.GIVEN_UP)
WAITING = a_delivery(3, endpoint="来取的")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Served]:
    with console(tmp_path / "home", settings=SETTINGS) as served:
        with served.house.database.transaction() as db:
            put(db, [DEAD, THEIRS, WAITING])
            save_receipts(db, [Receipt(delivery_id=DEAD.id, at=NOON, status=500,
                                       reason=HOSTILE, body=b"<b>down</b>")])  # fmt: skip
        yield served


@pytest.fixture
def supervisor(house: Served) -> Visitor:
    return house.person("sup", Role.SUPERVISOR)


@pytest.fixture
def ops(house: Served) -> Visitor:
    return house.person("ops", Role.OPS)


@pytest.fixture
def auditor(house: Served) -> Visitor:
    return house.person("auditor", Role.AUDITOR)


def state_of(house: Served, id_: str) -> DeliveryState:
    with house.house.database.reading() as db:
        found = delivery_of(db, id_)
    assert found is not None
    return found.state


def test_dead_letters_are_seen_with_their_reason_and_nothing_of_it_is_markup(
    supervisor: Visitor,
) -> None:
    page = supervisor.get("/deliveries?state=given_up").text

    assert DEAD.id in page
    assert THEIRS.id not in page  # another district's
    assert "对方来取" in page
    assert "<script>alert" not in page
    assert "\u202e" not in page


def test_one_message_shows_every_answer_and_its_text_to_those_who_may_read_it(
    supervisor: Visitor, ops: Visitor
) -> None:
    for visitor in (supervisor, ops):
        page = visitor.get(f"/deliveries/{DEAD.id}").text
        assert "尝试 10 次后放弃" in page
        assert "&lt;b&gt;down" in page
    assert "机密" in supervisor.get(f"/deliveries/{DEAD.id}").text
    assert "机密" not in ops.get(f"/deliveries/{DEAD.id}").text
    assert supervisor.get(f"/deliveries/{THEIRS.id}").status == 404


@pytest.mark.fault("K08")
def test_a_dead_letter_is_sent_again_by_hand_within_the_region(house: Served, ops: Visitor) -> None:
    sent = ops.post("/deliveries/again", {"endpoint": "主平台"})
    told = ops.get("/deliveries").text
    twice = ops.post(f"/deliveries/{DEAD.id}/again")

    assert sent.status == 303
    assert "将重新投递 1 条" in told
    assert state_of(house, DEAD.id) is DeliveryState.WAITING
    assert state_of(house, THEIRS.id) is DeliveryState.GIVEN_UP
    assert twice.status == 409
    with house.house.database.reading() as db:
        act = next(one.act for one in latest_acts(db) if one.act.action == "delivery.replay")
    assert (act.actor, act.region) == ("ops", "310118")


def test_a_receiver_is_paused_with_a_reason_and_resumed(ops: Visitor) -> None:
    bare = ops.post("/deliveries/hold", {"endpoint": "主平台", "what": "pause"})
    ops.post("/deliveries/hold", {"endpoint": "主平台", "what": "pause", "reason": "割接"})
    paused = ops.get("/deliveries").text
    ops.post("/deliveries/hold", {"endpoint": "主平台", "what": "resume"})
    nobody = ops.post("/deliveries/hold", {"endpoint": "没有的", "what": "resume"})

    assert bare.status == 400
    assert "已暂停：割接" in paused
    assert "已暂停：割接" not in ops.get("/deliveries").text
    assert nobody.status == 404


@pytest.mark.parametrize(
    "query",
    ["state=x", "event=x", "before=%F0%9F%98%80", "endpoint=%00", "state=given_up&before=9"],
)
def test_any_question_has_an_answer(supervisor: Visitor, query: str) -> None:
    assert supervisor.get(f"/deliveries?{query}").status in (200, 400)


def test_the_trail_is_read_by_who_what_and_when(auditor: Visitor, ops: Visitor) -> None:
    ops.post("/deliveries/hold", {"endpoint": "主平台", "what": "pause", "reason": "为审计"})
    ops.post("/deliveries/hold", {"endpoint": "主平台", "what": "resume"})

    by_person = auditor.get("/audit?actor=ops&action=endpoint.").text
    other_day = auditor.get("/audit?day=2020-01-01").text

    assert "为审计" in by_person
    assert "没有符合条件的记录" in other_day
    assert auditor.get("/audit?day=soon").status == 400
    assert ops.get("/audit").status == 403


def test_the_trail_is_taken_away_as_a_table_and_that_is_an_act(
    auditor: Visitor, ops: Visitor
) -> None:
    ops.post("/deliveries/hold", {"endpoint": "主平台", "what": "pause", "reason": "=1+1"})
    ops.post("/deliveries/hold", {"endpoint": "主平台", "what": "resume"})

    answer = auditor.get("/audit/file?action=endpoint.&actor=ops")
    rows = list(csv.DictReader(answer.text.lstrip("\ufeff").splitlines()[1:]))
    noted = auditor.get("/audit?action=audit.export").text

    assert [one["做了什么"] for one in rows[:2]] == ["endpoint.resume", "endpoint.pause"]
    assert rows[0]["前一条的摘要"] == rows[1]["摘要"]
    assert not any(cell.startswith("=") for one in rows for cell in one.values())
    assert (
        f"{len(rows)} 条 actor=ops action=endpoint. sha256:{sha256(answer.body).hexdigest()}"
        in noted
    )
    assert auditor.get("/audit/file?day=2020-01-02&to=2020-01-01").status == 400
    assert ops.get("/audit/file").status == 403


def test_a_trail_that_is_too_long_for_one_table_is_refused(
    auditor: Visitor, ops: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for what in ("pause", "resume", "pause", "resume"):
        ops.post("/deliveries/hold", {"endpoint": "主平台", "what": what, "reason": "为审计"})
    monkeypatch.setattr(trail, "_AT_ONCE", 2)
    whole = auditor.get("/audit/file").text.count("\r\n") - 2
    monkeypatch.setattr(trail, "MOST_EXPORTED", whole - 1)

    assert whole > 4
    assert auditor.get("/audit/file").status == 400


def test_days_are_from_one_to_another(auditor: Visitor, ops: Visitor) -> None:
    ops.post("/deliveries/hold", {"endpoint": "主平台", "what": "pause", "reason": "为审计"})
    today = NOON.date()
    before, after = today - timedelta(days=9), today + timedelta(days=9)

    assert "为审计" in auditor.get(f"/audit?day={before}&to={after}&actor=ops").text
    assert "为审计" not in auditor.get(f"/audit?day={before}&to={today - timedelta(days=1)}").text
    assert "为审计" in auditor.get(f"/audit?day={today}").text


@pytest.mark.fault("C16")
def test_a_changed_entry_is_found_by_checking_the_chain(tmp_path: Path) -> None:
    with console(tmp_path / "home", settings=SETTINGS) as house:
        auditor = house.person("auditor", Role.AUDITOR)
        auditor.post("/audit/verify")
        whole = auditor.get("/audit").text
        with house.house.database.transaction() as db:
            db.execute(text(NO_TRIGGER[db.dialect.name]))
            db.execute(text("UPDATE audit SET actor = 'nobody' WHERE seq = 1"))
        auditor.post("/audit/verify")
        broken = auditor.get("/audit").text

    assert "链完整" in whole
    assert "第 1 条起与链不符" in broken
