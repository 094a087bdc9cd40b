"""The API: tokens open what their scopes say, callbacks are believed by their signature and have
one effect, messages can be fetched, lists can be handed in, and both sides can count.
"""

import hashlib
import http.client
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.requests import Request

from alerts.reviewing import confirm
from crawler.domain.client import Scope
from crawler.domain.delivery import DeliveryState
from crawler.domain.task import Move, TaskState
from crawler.service.api.access import Api, caller
from crawler.service.api.app import PATH
from crawler.service.api.problems import Problem
from crawler.store.audit import acts_on, latest_acts
from crawler.store.clients import client_named, end_client
from crawler.store.outbox import list_deliveries, replay
from crawler.store.taskboards import feedbacks_of
from crawler.store.tasks import task_numbered
from tests.builders import NOON, a_site
from tests.integration.answering_house import SECRET, open_alert
from tests.integration.api_house import SETTINGS, ApiHouse, Signed, an_api, said

OTHER_SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
CSV = (
    "主办单位名称,网站域名,网站备案/许可证号\n"
    "某某财富管理有限公司,aa.example.cn,沪ICP备2021012345号-1\n"
    "某某餐饮有限公司,bb.example.cn,沪ICP备2021012346号-1\n"
    "没有域名的公司,,沪ICP备2021012347号-1\n"
).encode()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiHouse]:
    with an_api(tmp_path / "home") as house:
        yield house


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiHouse]:
    """For tests that look only at what they made themselves."""
    with an_api(tmp_path_factory.mktemp("shared") / "home") as house:
        yield house


def state_of(api: ApiHouse, number: str) -> TaskState:
    with api.house.database.reading() as db:
        task = task_numbered(db, number)
    assert task is not None
    return task.state


def test_receipt_state_and_result_come_back_signed_and_move_the_task(shared: ApiHouse) -> None:
    task, signed, stranger = shared.task(), Signed(), shared.stranger()
    path = f"/callbacks/tasks/{task.number}"

    effects = []
    for body in (
        said("已签收"),
        said("working"),
        said("answered", conclusion="属实-整改", note="已下架"),
    ):
        answer = stranger.post(path, body, **signed.headers(body))
        assert answer.status == 200, answer.body
        effects.append((answer.json["effect"], answer.json["task"]["state_name"]))

    assert effects == [("taken", "已签收"), ("taken", "处置中"), ("taken", "已反馈")]
    with shared.house.database.reading() as db:
        moves = [act.act for act in latest_acts(db) if act.act.action == "task.answer"]
    assert moves[0].actor == "platform：李*"


@pytest.mark.fault("K03")
@pytest.mark.fault("K19")
def test_repeats_and_disorder_change_nothing(api: ApiHouse) -> None:
    task, signed, stranger = api.task(), Signed(), api.stranger()
    path = f"/callbacks/tasks/{task.number}"
    closed = said("closed", conclusion="rectified")
    headers = signed.headers(closed, "cb-closed")

    first, again = (stranger.post(path, closed, **headers) for _ in range(2))
    late_body = said("acknowledged")
    late = stranger.post(path, late_body, **signed.headers(late_body))
    other = said("answered", conclusion="unfounded")
    reused = stranger.post(path, other, **signed.headers(other, "cb-closed"))

    assert [one.json["effect"] for one in (first, again, late)] == ["taken", "repeated", "late"]
    assert {one.json["task"]["state"] for one in (first, again, late)} == {"answered"}
    assert (reused.status, reused.json["code"]) == (409, "reused_id")


@pytest.mark.fault("K02")
@pytest.mark.fault("K16")
@pytest.mark.parametrize(
    ("secret", "ahead_s", "spoil", "says"),
    [
        pytest.param(OTHER_SECRET, 0, "", "签名不符", id="wrong key"),
        pytest.param(SECRET, 0, "body", "签名不符", id="changed body"),
        pytest.param(SECRET, -360, "", "五分钟", id="six minutes late"),
        pytest.param(SECRET, 360, "", "五分钟", id="six minutes early"),
        pytest.param(SECRET, 0, "webhook-id", "webhook-id", id="no id"),
        pytest.param(SECRET, 0, "webhook-timestamp", "webhook-timestamp", id="no time"),
        pytest.param(SECRET, 0, "webhook-signature", "webhook-signature", id="no signature"),
        pytest.param(SECRET, 0, "v1", "签名不符", id="v1 without a comma"),
    ],
)
def test_what_is_not_signed_by_the_platform_now_is_not_believed(
    shared: ApiHouse, secret: str, ahead_s: int, spoil: str, says: str
) -> None:
    task, body = shared.task(), said("acknowledged")
    headers = Signed(secret, NOON + timedelta(seconds=ahead_s)).headers(body)
    if spoil == "v1":
        headers["webhook-signature"] = "v1 AAAA=="
    headers.pop(spoil, None)

    sent = body + b" " if spoil == "body" else body
    answer = shared.stranger().post(f"/callbacks/tasks/{task.number}", sent, **headers)

    assert answer.status == 401
    assert says in answer.json["detail"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert state_of(shared, task.number) is TaskState.SENT
    with shared.house.database.reading() as db:
        left = feedbacks_of(db, task.number)
    assert left == []  # a stranger leaves nothing behind


@pytest.mark.fault("K19")
def test_an_unknown_task_is_one_clear_line_and_kept(api: ApiHouse) -> None:
    elsewhere = api.task("b.example.cn", "310115")  # the endpoint speaks for 310118
    signed, body, stranger = Signed(), said("acknowledged"), api.stranger()

    numbers = ("310118-JR-20260512-009999-01", elsewhere.number)
    answers = [
        stranger.post(f"/callbacks/tasks/{number}", body, **signed.headers(body))
        for number in numbers
    ]

    assert [one.status for one in answers] == [404, 404]
    assert answers[0].json["detail"] == "没有编号为 310118-JR-20260512-009999-01 的任务"
    assert "\n" not in answers[0].json["detail"]
    with api.house.database.reading() as db:
        kept = [row.taken for number in numbers for row in feedbacks_of(db, number)]
        refusals = [one.act for one in latest_acts(db) if one.act.action == "feedback.refuse"]
    assert kept == [False, False]
    assert [(act.actor, act.object, act.region, act.after) for act in reversed(refusals)] == [
        ("platform", f"task:{number}", "", f"没有编号为 {number} 的任务") for number in numbers
    ]  # fmt: skip
    assert state_of(api, elsewhere.number) is TaskState.SENT


@pytest.mark.fault("K19")
@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        pytest.param(said("teleported"), 422, "status", id="unknown state"),
        pytest.param(said("suspended", note="等鉴定"), 409, "不能", id="not now"),
        pytest.param(b"{}", 422, "status", id="empty"),
        pytest.param(b"<xml/>", 422, "JSON", id="no JSON"),
        pytest.param(b"x" * 70_000, 413, "64 KB", id="too large"),
    ],
)
def test_a_report_that_cannot_be_taken_is_refused_with_its_reason(
    shared: ApiHouse, body: bytes, status: int, says: str
) -> None:
    task = shared.task()

    answer = shared.stranger().post(
        f"/callbacks/tasks/{task.number}", body, **Signed().headers(body)
    )

    assert (answer.status, answer.json["status"]) == (status, status)
    assert says in answer.json["detail"]
    assert state_of(shared, task.number) is TaskState.SENT


def test_a_token_answers_with_its_own_key_for_repeats(shared: ApiHouse) -> None:
    task, body = shared.task(), said("acknowledged")
    one, two = (shared.program(Scope.TASKS_ANSWER) for _ in range(2))
    path = f"/tasks/{task.number}/feedback"

    answers = [program.post(path, body, **{"Idempotency-Key": "k1"}) for program in (one, one, two)]
    without = one.post(path, body)

    assert [each.json["effect"] for each in answers] == ["taken", "repeated", "late"]
    assert without.status == 422


@pytest.mark.fault("C12")
def test_another_districts_task_is_none_to_a_token(shared: ApiHouse) -> None:
    task, body = shared.task(), said("acknowledged")
    theirs = shared.program(Scope.TASKS_ANSWER, region="310115")

    answer = theirs.post(f"/tasks/{task.number}/feedback", body, **{"Idempotency-Key": "k1"})

    assert (answer.status, answer.json["code"]) == (404, "no_such_task")
    assert state_of(shared, task.number) is TaskState.SENT


def test_who_is_sent_no_tasks_answers_none(tmp_path: Path) -> None:
    settings = f'''{SETTINGS}
[[delivery.endpoints]]
name = "warned"
url = "http://127.0.0.1:9/"
secret = "{OTHER_SECRET}"
events = ["alert.opened"]
'''
    with an_api(tmp_path / "home", settings) as api:
        task, body = api.task(), said("acknowledged")
        answer = api.stranger().post(
            f"/callbacks/tasks/{task.number}", body, **Signed(OTHER_SECRET).headers(body)
        )

        assert (answer.status, answer.json["code"]) == (403, "no_scope")
        assert state_of(api, task.number) is TaskState.SENT


WAYS = [
    ("GET", "/tasks", Scope.TASKS_READ),
    ("GET", "/tasks/x", Scope.TASKS_READ),
    ("POST", "/tasks/x/feedback", Scope.TASKS_ANSWER),
    ("POST", "/tasks/x/attachments?name=a.pdf", Scope.TASKS_ANSWER),
    ("GET", "/alerts", Scope.ALERTS_READ),
    ("GET", "/alerts/1", Scope.ALERTS_READ),
    ("GET", "/events", Scope.EVENTS_READ),
    ("GET", "/ledger?day=2026-05-12", Scope.EVENTS_READ),
    ("GET", "/inbox", Scope.TASKS_READ),
    ("GET", "/statistics", Scope.TASKS_READ),
    ("GET", "/lists", Scope.LISTS_READ),
    ("GET", "/lists/1", Scope.LISTS_READ),
    ("POST", "/lists?source=s&name=a.csv", Scope.LISTS_WRITE),
    ("GET", "/leads/1", Scope.LEADS_READ),
    ("POST", "/leads", Scope.LEADS_WRITE),
]


@pytest.mark.fault("C13")
def test_every_way_needs_its_scope_and_nothing_else_opens_it(shared: ApiHouse) -> None:
    for method, path, scope in WAYS:
        without = shared.program(*(set(Scope) - {scope})).ask(method, path)
        having = shared.program(scope).ask(method, path, headers={"Idempotency-Key": "k"})

        assert (without.status, without.json["code"]) == (403, "no_scope"), path
        assert having.status not in (401, 403), path
        assert shared.stranger().ask(method, path).status == 401, path


def test_every_way_that_is_described_is_walked_above(shared: ApiHouse) -> None:
    described = json.loads(shared.stranger().get("/openapi.json").body)

    assert described["openapi"].startswith("3.1")
    signed = {"/callbacks/tasks/{number}", "/inbox"}
    free = {("GET", "/status"), ("GET", "/schemas/{name}"), *(("POST", one) for one in signed)}
    ways = {(m.upper(), p) for p, each in described["paths"].items() for m in each} - free
    assert len(ways) == len(WAYS)


def test_ended_and_expired_tokens_open_nothing(api: ApiHouse) -> None:
    ended, short = (
        api.program(Scope.TASKS_READ, name="ended"),
        api.program(Scope.TASKS_READ, name="short", life=timedelta(days=1)),
    )
    assert [one.get("/status").status for one in (ended, short)] == [200, 200]

    with api.house.database.transaction() as db:
        end_client(db, "ended", NOON)
    api.clock.go(86_400)

    answers = [one.get("/status") for one in (ended, short)]
    assert [one.status for one in answers] == [401, 401]
    assert len({one.json["detail"] for one in answers}) == 1
    assert answers[0].headers["www-authenticate"] == "Bearer"
    with api.house.database.reading() as db:
        assert client_named(db, "ended").last_used_at == NOON  # type: ignore[union-attr]


@pytest.mark.fault("C12")
def test_a_district_sees_its_own_tasks_and_alerts(api: ApiHouse) -> None:
    here, there = api.task(), api.task("b.example.cn", "310115")
    district = api.program(Scope.TASKS_READ, Scope.ALERTS_READ, region="310118")
    city = api.program(Scope.TASKS_READ, Scope.ALERTS_READ, region="310000")

    assert [one["task_no"] for one in district.get("/tasks").json["tasks"]] == [here.number]
    assert len(city.get("/tasks").json["tasks"]) == 2
    assert district.get(f"/tasks/{here.number}").status == 200
    missing = district.get(f"/tasks/{there.number}")
    assert (missing.status, missing.json["code"]) == (404, "no_such_task")
    assert len(district.get("/alerts").json["alerts"]) == 1
    assert district.get("/alerts/2").status == 404
    assert city.get("/alerts/2").json["alert"]["alert_id"] == 2


def test_tasks_are_read_page_by_page_without_gap_or_repeat(api: ApiHouse) -> None:
    tasks = [api.task(f"d{n}.example.cn") for n in range(5)]
    program, after, read = api.program(Scope.TASKS_READ), 0, []

    for _ in range(4):
        page = program.get(f"/tasks?limit=2&after={after}").json
        read += [one["task_no"] for one in page["tasks"]]
        after = page["next"]

    assert read == [one.number for one in tasks]
    assert program.get("/tasks?state=closed").json["tasks"] == []
    assert program.get("/tasks?state=nonsense").status == 422


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("/tasks?limit=0", "参数 limit 无法使用：须不小于 1"),
        ("/tasks?limit=x", "参数 limit 无法使用：须为整数"),
        ("/ledger", "参数 day 无法使用：缺少这一项"),
        ("/ledger?day=yesterday", "参数 day 无法使用：须为日期，如 2026-05-12"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_told_in_chinese(
    shared: ApiHouse, asked: str, says: str
) -> None:
    refused = shared.program(*Scope).get(asked)

    assert (refused.status, refused.json["detail"]) == (422, says)


def test_a_task_shows_its_sites_its_history_and_what_came_back(api: ApiHouse) -> None:
    task, signed = api.task("a.example.cn"), Signed()
    for body in (said("acknowledged"), said("teleported")):
        api.stranger().post(f"/callbacks/tasks/{task.number}", body, **signed.headers(body))

    shown = api.program(Scope.TASKS_READ).get(f"/tasks/{task.number}").json

    assert shown["task"]["state_name"] == "已签收"
    assert shown["sites"][0]["site"]["domain"] == "a.example.cn"
    assert [one["state"] for one in shown["history"]][-2:] == ["sent", "acknowledged"]
    assert [one["taken"] for one in shown["feedback"]] == [True, False]
    assert "wang" not in json.dumps(shown)  # who drafted it is nobody's business outside


def test_messages_are_fetched_in_order_and_confirmed_by_asking_on(api: ApiHouse) -> None:
    tasks = [api.task(f"d{n}.example.cn") for n in range(3)]
    program = api.program(Scope.EVENTS_READ, endpoint="fetching")

    first = program.get("/events?limit=2").json
    same = program.get("/events?limit=2").json
    waiting = states_of(api)
    second = program.get(f"/events?after={first['next']}").json
    done = program.get(f"/events?after={second['next']}").json

    assert first == same
    assert [one["position"] for one in first["events"]] == [1, 2]
    assert first["events"][0]["payload"]["event_id"] == first["events"][0]["id"]
    assert set(waiting) == {DeliveryState.WAITING}
    told = [one["subject"] for one in first["events"] + second["events"]]
    assert {f"task:{task.number}" for task in tasks} <= set(told)
    assert done["events"] == []
    assert set(states_of(api)) == {DeliveryState.DELIVERED}


def test_a_message_that_is_replayed_is_fetched_anew_at_the_end(api: ApiHouse) -> None:
    for n in range(2):
        api.task(f"d{n}.example.cn")
    program = api.program(Scope.EVENTS_READ, endpoint="fetching")
    page = program.get("/events").json
    program.get(f"/events?after={page['next']}")

    with api.house.database.transaction() as db:
        replay(db, NOON, ids=[page["events"][0]["id"]])
    again = program.get(f"/events?after={page['next']}").json
    old = program.get("/events?after=0").json

    assert [one["id"] for one in again["events"]] == [page["events"][0]["id"]]
    assert again["next"] == page["next"] + 1
    assert [one["position"] for one in old["events"]] == list(range(1, again["next"] + 1))


@pytest.mark.parametrize(
    ("endpoint", "path", "status"),
    [("", "/events", 409), ("platform", "/events", 409), ("fetching", "/events?after=7", 409)],
)
def test_who_may_not_fetch_is_told_why(
    shared: ApiHouse, endpoint: str, path: str, status: int
) -> None:
    answer = shared.program(Scope.EVENTS_READ, endpoint=endpoint).get(path)

    assert answer.status == status
    assert answer.json["detail"]


def test_a_district_counts_its_own_messages_only(tmp_path: Path) -> None:
    with an_api(tmp_path / "home", SETTINGS.replace('regions = ["310118"]', "")) as api:
        api.task()
        api.task("b.example.cn", "310115")
        of = {
            region: api.program(Scope.EVENTS_READ, region=region, endpoint="platform")
            for region in ("310000", "310118")
        }
        counts = {
            region: program.get("/ledger?day=2026-05-12").json["count"]
            for region, program in of.items()
        }

    assert counts["310000"] == 2 * counts["310118"] > 0


def test_both_sides_count_the_same(api: ApiHouse) -> None:
    for n in range(3):
        api.task(f"d{n}.example.cn")
    program = api.program(Scope.EVENTS_READ, endpoint="fetching")
    events = program.get("/events").json["events"]

    ledger = program.get("/ledger?day=2026-05-12&keys=true").json
    before = program.get("/ledger?day=2026-05-11").json

    for kind, counted in ledger["events"].items():
        keys = sorted(e["payload"]["event_key"] for e in events if e["event"] == kind)
        assert counted["keys"] == keys
        assert counted["digest"] == hashlib.sha256("\n".join(keys).encode()).hexdigest()
    assert ledger["count"] == len(events) > 0
    assert (before["count"], before["events"]) == (0, {})
    assert program.get("/ledger?day=yesterday").status == 422


def test_each_endpoint_counts_what_it_was_told_and_no_other(tmp_path: Path) -> None:
    narrow = """
[[delivery.endpoints]]
name = "narrow"
events = ["task.created"]
"""
    with an_api(tmp_path / "home", SETTINGS + narrow) as api:
        api.task()
        api.task("b.example.cn", "310115")  # of which `platform` hears nothing
        of = {
            name: api.program(Scope.EVENTS_READ, endpoint=name)
            for name in ("", "platform", "fetching", "narrow")
        }
        counts = {name: program.get("/ledger?day=2026-05-12").json for name, program in of.items()}

    assert set(counts["narrow"]["events"]) == {"task.created"}
    assert {name: told["events"]["task.created"]["count"] for name, told in counts.items()} == {
        "": 2, "platform": 1, "fetching": 2, "narrow": 2,
    }  # fmt: skip
    assert counts[""]["count"] == counts["fetching"]["count"] > counts["narrow"]["count"]
    assert [told["endpoint"] for told in counts.values()] == list(of)


def test_lists_of_another_region_are_none(api: ApiHouse) -> None:
    city = api.program(Scope.LISTS_WRITE, Scope.LISTS_READ)
    taken = city.post("/lists?source=s&name=a.csv", CSV).json
    district = api.program(Scope.LISTS_READ, region="310118")

    shown = district.get(f"/lists/{taken['id']}")

    assert (shown.status, shown.json["code"]) == (404, "no_such_list")
    assert district.get("/lists").json["lists"] == []
    assert len(city.get("/lists").json["lists"]) == 1


@pytest.mark.parametrize("twice", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_comes_twice_is_none(shared: ApiHouse, twice: str) -> None:
    task, body = shared.task(), said("acknowledged")
    headers = Signed().headers(body)
    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=20)
    connection.putrequest("POST", f"{PATH}/callbacks/tasks/{task.number}")
    for name, value in (*headers.items(), (twice, headers[twice])):
        connection.putheader(name, value)
    connection.putheader("content-length", str(len(body)))
    connection.endheaders(body)

    answer = connection.getresponse()
    detail = json.loads(answer.read())["detail"]
    connection.close()

    assert answer.status == 401
    assert twice in detail
    assert state_of(shared, task.number) is TaskState.SENT


@pytest.mark.parametrize(
    ("host", "scheme", "plain", "private"),
    [
        ("10.1.2.3", "http", False, False),
        ("127.0.0.2", "http", False, False),
        ("10.1.2.3", "https", False, True),
        ("10.1.2.3", "http", True, True),
        ("127.0.0.1", "http", False, True),
        ("::1", "http", False, True),
        (None, "http", False, False),
    ],
)
def test_a_token_is_taken_where_nobody_reads_along(
    shared: ApiHouse, host: str | None, scheme: str, plain: bool, private: bool
) -> None:
    client = (host, 50_000) if host else None
    request = Request({"type": "http", "scheme": scheme, "client": client, "path": "/",
                       "headers": [(b"host", b"x.example")], "server": ("x", 80)})  # fmt: skip
    config = shared.house.config
    console = config.console.model_copy(update={"plain_http": plain})
    house = replace(shared.house, config=config.model_copy(update={"console": console}))

    with pytest.raises(Problem) as refused:
        caller(request, Api(house=house, clock=shared.clock, desk=lambda: shared.desk), None)

    assert refused.value.code == ("no_token" if private else "no_tls")


def test_a_list_is_handed_in_once_and_every_row_is_accounted_for(api: ApiHouse) -> None:
    program = api.program(Scope.LISTS_WRITE, Scope.LISTS_READ)
    way = "/lists?source=市通管局&name=备案.csv"

    rehearsed = program.post(f"{way}&dry_run=true", CSV).json
    taken = program.post(way, CSV).json
    again = program.post(way, CSV).json
    shown = program.get(f"/lists/{taken['id']}").json

    assert rehearsed["id"] == 0
    assert (taken["rows"], taken["accepted"], taken["refused"]) == (3, 2, 1)
    assert taken["refusals"][0]["row"] == 4
    assert (again["repeated"], again["id"]) == (True, taken["id"])
    assert shown["changes"] == {"new": 2}
    assert shown["refusals"] == taken["refusals"]
    assert [one["id"] for one in program.get("/lists").json["lists"]] == [taken["id"]]


def test_a_list_that_lost_most_sites_is_taken_only_if_it_may_shrink(api: ApiHouse) -> None:
    program = api.program(Scope.LISTS_WRITE, Scope.LISTS_READ)
    way = "/lists?source=市通管局&name=备案.csv"
    head, *rows = [
        "主办单位名称,网站备案/许可证号,域名",
        *(f"单位{n},沪ICP备{n:08d}号-1,s{n}.example.cn" for n in range(20)),
    ]
    program.post(way, "\n".join([head, *rows]).encode())
    half = "\n".join([head, *rows[:5]]).encode()

    refused = program.post(way, half)
    taken = program.post(f"{way}&may_shrink=true", half)

    assert (refused.status, refused.json["code"]) == (409, "list_shrunk")
    assert "20 个网站将有 15 个（75%）消失" in refused.json["detail"]
    assert taken.json["changes"]["gone"] == 15


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("/lists?source=s&name=../a.csv", CSV, 422, id="a path"),
        pytest.param("/lists?source=s&name=a.exe", CSV, 422, id="no list"),
        pytest.param("/lists?source=&name=a.csv", CSV, 422, id="no source"),
        pytest.param("/lists?source=s&name=a.xlsx", b"PK\x03\x04 broken", 400, id="broken"),
        pytest.param("/lists?source=s&name=a.csv", b"", 400, id="empty"),
    ],
)
def test_what_is_no_list_is_refused_and_leaves_nothing(
    shared: ApiHouse, path: str, body: bytes, status: int
) -> None:
    program = shared.program(Scope.LISTS_WRITE, Scope.LISTS_READ)

    answer = program.post(path, body)

    assert answer.status == status, answer.body
    assert program.get("/lists").json["lists"] == []
    assert list(shared.house.run.glob("list-*")) == []


def test_a_district_hands_in_no_list_for_the_city(shared: ApiHouse) -> None:
    program = shared.program(Scope.LISTS_WRITE, region="310118")

    assert program.post("/lists?source=s&name=a.csv", CSV).status == 403


def test_nothing_of_the_inside_leaves_with_an_error(
    shared: ApiHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("crawler.service.api.tasks.tasks_after", broken)

    answer = shared.program(Scope.TASKS_READ).get("/tasks")

    assert (answer.status, answer.json["code"]) == (500, "internal")
    assert b"secret" not in answer.body


def test_a_closed_task_answered_again_stays_closed(api: ApiHouse) -> None:
    from alerts.tasking import move_task

    task, signed, stranger = api.task(), Signed(), api.stranger()
    path, done = f"/callbacks/tasks/{task.number}", said("answered", conclusion="rectified")
    stranger.post(path, done, **signed.headers(done))
    for move in (Move.CHECK, Move.CLOSE):
        move_task(api.house.database, task.id, move, "li", NOON, api.desk)

    body = said("answered", conclusion="unfounded")
    answer = stranger.post(path, body, **signed.headers(body))

    assert (answer.status, answer.json["code"]) == (409, "not_now")
    assert answer.json["task"]["state"] == "closed"


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        pytest.param("处置情况.pdf", b"%PDF-1.7 report", 200, id="a report"),
        pytest.param("page.html", b"<script>", 422, id="a page"),
        pytest.param("x.pdf", b"MZ program", 422, id="not what it is called"),
        pytest.param("x.pdf", b"%PDF-" + b"x" * (10 << 20), 413, id="too large"),
    ],
)
def test_a_file_beside_a_task_is_kept_by_its_digest_once(
    shared: ApiHouse, name: str, content: bytes, status: int
) -> None:
    task, program = shared.task(), shared.program(Scope.TASKS_ANSWER)
    path = f"/tasks/{task.number}/attachments?name={name}"

    first, second = program.post(path, content), program.post(path, content)

    assert first.status == second.status == status
    if status == 200:
        assert first.json["sha256"] == hashlib.sha256(content).hexdigest()
        assert (first.json["repeated"], second.json["repeated"]) == (False, True)
        with shared.house.database.reading() as db:
            acts = [one.act for one in acts_on(db, f"task:{task.number}")]
        told = [(act.region, act.after) for act in acts if act.action == "task.attach"]
        assert told == [("310118", first.json["sha256"])]  # once, though it came twice
        elsewhere = shared.program(Scope.TASKS_ANSWER, region="310115")
        assert elsewhere.post(path, content).status == 404


def test_a_task_that_was_never_sent_shows_itself_to_no_program(shared: ApiHouse) -> None:
    domain = "draft.example.cn"
    site = a_site(domain=domain, region="310118", unit_name="草稿财富管理有限公司")
    alert = open_alert(shared.house.database, site, region="310118")
    draft = confirm(shared.house.database, alert.id, "wang", NOON, shared.desk)
    program = shared.program(Scope.TASKS_READ, Scope.TASKS_ANSWER)

    listed = program.get(f"/tasks?after={draft.id - 1}").json["tasks"]
    shown = program.get(f"/tasks/{draft.number}")
    attached = program.post(f"/tasks/{draft.number}/attachments?name=x.pdf", b"%PDF-1.7 x")

    assert draft.sent_at is None
    assert draft.number not in json.dumps(listed)
    assert (shown.status, attached.status) == (404, 404)


def states_of(api: ApiHouse) -> list[DeliveryState]:
    with api.house.database.reading() as db:
        return [one.state for one in list_deliveries(db) if one.endpoint == "fetching"]


def test_the_figures_are_those_of_the_page_within_the_clients_region(api: ApiHouse) -> None:
    sent = api.task()

    mine = api.program(Scope.TASKS_READ, region="310118", name="mine").get(
        "/statistics?period=2026-05&by=region"
    )
    other = api.program(Scope.TASKS_READ, region="310104", name="other").get(
        "/statistics?period=2026-05"
    )
    wrong = api.program(Scope.TASKS_READ, name="wrong").get("/statistics?period=morgen")

    whole = dict(mine.json["sheets"][0]["rows"])
    assert (whole["督办任务"], mine.json["region"]) == (1, "310118")
    assert [one["title"] for one in mine.json["sheets"]] == ["总表", "预警按区域", "任务按区域"]
    assert dict(other.json["sheets"][0]["rows"])["督办任务"] == 0
    assert (wrong.status, sent.region) == (422, "310118")
