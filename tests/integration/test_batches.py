"""Files for a network that no HTTP crosses: signed as a whole, harmless twice, out and in."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.answering import LARGEST_BODY
from alerts.batches import OLDEST, Report, opened, read_reports, write_messages, write_reports
from alerts.signing import signer_of
from crawler.domain.delivery import DeliveryState
from crawler.domain.errors import BadInput, NotAllowed, WatchError
from crawler.domain.task import TaskState
from crawler.service.commands import batch
from crawler.store.database import Database
from crawler.store.outbox import list_deliveries
from crawler.store.tasks import task_numbered
from tests.builders import NOON
from tests.integration.answering_house import a_delivery, an_endpoint
from tests.integration.api_house import SETTINGS, an_api, said
from tests.integration.test_platform_commands import COMMANDS, Terminal

INNER = an_endpoint(
    name="fetching", url="", secret="whsec_aW5uZXItc2VjcmV0LW9mLXh1bndhbmctdGVzdHM="
)
OTHER = replace(INNER, secret="whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=")
REPORT = Report(id="r1", task_no="310118-JR-1-1", body=said("acknowledged"))


def a_file() -> bytes:
    return write_reports(INNER, [REPORT], "b1", NOON, confirmed=3)


def test_what_was_written_is_read_back() -> None:
    read = read_reports(INNER, a_file(), NOON + timedelta(days=20))

    assert (read.id, read.confirmed, read.reports) == ("b1", 3, (REPORT,))


def test_messages_stand_in_a_file_with_their_places_and_their_very_words() -> None:
    body = '{"type":"task.created","x":"保本\\n保息"}'.encode()
    raw = write_messages(INNER, [(7, a_delivery(1, body=body))], "b2", NOON)

    head, (line,) = opened(INNER, raw, NOON)

    assert (head["kind"], head["last"], head["count"]) == ("messages", 7, 1)
    assert line["body"].encode() == body


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        pytest.param(lambda raw: raw.replace(b"r1", b"r2"), NotAllowed, "签名不符", id="changed"),
        pytest.param(lambda raw: raw.split(b"\n", 1)[1], NotAllowed, "签名不符", id="beheaded"),
        pytest.param(lambda raw: raw.rsplit(b"\n", 2)[0], NotAllowed, "没有签名", id="no foot"),
        pytest.param(lambda raw: raw + raw, NotAllowed, "签名不符", id="twice in one"),
        pytest.param(lambda raw: b"", BadInput, "末行", id="empty"),
        pytest.param(lambda raw: b"\xff\xfe" * 9, BadInput, "末行", id="noise"),
    ],
)
def test_a_file_that_was_touched_is_not_read(
    change: Callable[[bytes], bytes], error: type[WatchError], says: str
) -> None:
    with pytest.raises(error, match=says):
        read_reports(INNER, change(a_file()), NOON)


def test_a_file_of_another_key_another_endpoint_or_another_year_is_refused() -> None:
    with pytest.raises(NotAllowed, match="签名不符"):
        read_reports(OTHER, a_file(), NOON)
    with pytest.raises(BadInput, match="属于接收端"):
        read_reports(replace(INNER, name="other"), a_file(), NOON)
    for at, says in (
        (NOON + OLDEST + timedelta(days=1), "早于 90 天"),
        (NOON - timedelta(hours=1), "在未来"),
    ):
        with pytest.raises(NotAllowed, match=says):
            read_reports(INNER, a_file(), at)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": "b2"}, "编号不符"),
        ({"format": "xunwang-batch/2"}, "编号不符"),
        ({"count": 2}, "首行说有 2 条，文件中有 1 条"),
        ({"count": None}, "首行说有 None 条"),
        ({"confirmed": True}, "confirmed"),
        ({"confirmed": -1}, "confirmed"),
    ],
)
def test_a_head_that_does_not_fit_is_refused_though_it_is_signed(
    change: dict[str, object], says: str
) -> None:
    head, line, _ = a_file().splitlines()
    signed = json.dumps(json.loads(head) | change).encode() + b"\n" + line
    foot = json.dumps(signer_of(INNER).sign("b1", NOON, signed)).encode()

    with pytest.raises(BadInput, match=says):
        read_reports(INNER, signed + b"\n" + foot + b"\n", NOON)


def test_our_own_export_is_no_report() -> None:
    with pytest.raises(BadInput, match="不是反馈文件"):
        read_reports(INNER, write_messages(INNER, [], "b", NOON), NOON)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setattr("tests.integration.test_platform_commands.COMMANDS",
                        (*COMMANDS, ("batch", batch.batch)))  # fmt: skip
    monkeypatch.setattr("crawler.service.commands.batch.now", lambda: NOON)
    with an_api(tmp_path / "made", _settings()) as api:
        api.task("a.example.cn")
    made = Terminal(tmp_path / "home")
    (tmp_path / "home" / "xunwang.db").write_bytes((tmp_path / "made" / "xunwang.db").read_bytes())
    (tmp_path / "home" / "xunwang.toml").write_text(_settings(), "utf-8")
    return made


def _settings() -> str:
    return SETTINGS + f'secret = "{INNER.secret}"\n'


def waiting(database: Database) -> set[DeliveryState]:
    with database.reading() as db:
        return {one.state for one in list_deliveries(db) if one.endpoint == "fetching"}


def test_messages_go_out_and_reports_come_in_by_file(terminal: Terminal, tmp_path: Path) -> None:
    out, again, back = (tmp_path / f"{name}.jsonl" for name in ("out", "again", "back"))

    first = terminal.asked("batch", "export", "fetching", str(out))
    second = terminal.asked("batch", "export", "fetching", str(again))
    _, lines = opened(INNER, out.read_bytes(), NOON)
    made = next(one for one in lines if one["event"] == "task.created")
    task_no = json.loads(str(made["body"]))["task"]["task_no"]
    reports = [
        Report(id="r1", task_no=task_no, body=said("acknowledged")),
        Report(id="r2", task_no=task_no, body=said("answered", conclusion="rectified")),
        Report(id="r3", task_no="310118-JR-0-0", body=said("acknowledged")),
        Report(
            id="r4", task_no=task_no, body=said("acknowledged", note="X").replace(b"X", rb"\ud800")
        ),
        Report(id="r5", task_no=task_no, body=b" " * (LARGEST_BODY + 1)),
    ]
    back.write_bytes(write_reports(INNER, reports, "b9", NOON, confirmed=first["last"]))
    done, again_done, shown = (
        terminal.done("batch", "take", "fetching", str(back), *more)
        for more in (["--json"], ["--json"], [])
    )
    taken, twice = json.loads(done.stdout), json.loads(again_done.stdout)

    assert first["messages"] == second["messages"] == len(lines) > 0
    assert taken["effects"] == {"taken": 2, "refused": 2, "late": 1}
    assert taken["refused"][0][2] == "没有编号为 310118-JR-0-0 的任务"
    assert taken["refused"][1][2] == "反馈超过 64 KB"
    assert twice["effects"] == {"repeated": 3, "refused": 2}
    for one in (done, again_done, shown):  # what was refused is no work that was done: ends with 2
        assert isinstance(one.exception, BadInput)
        assert str(one.exception) == "收下 3 条，拒收 2 条（原因见上）"
    assert shown.output.splitlines() == [
        "文件中 5 条：采用 0，重复 3，迟到 0，拒收 2；确认到位置 " + str(first["last"]),
        "310118-JR-0-0（r3）：没有编号为 310118-JR-0-0 的任务",
        f"{task_no}（r5）：反馈超过 64 KB",
    ]
    with terminal.database.reading() as db:
        task = task_numbered(db, task_no)
    assert task is not None
    assert task.state is TaskState.ANSWERED
    # what was confirmed has arrived; what the reports made new still waits
    assert waiting(terminal.database) == {DeliveryState.DELIVERED, DeliveryState.WAITING}
    with pytest.raises(BadInput, match="不覆盖"):
        terminal.say("batch", "export", "fetching", str(out))


def test_who_is_sent_no_tasks_answers_none_by_file_and_still_confirms(
    terminal: Terminal, tmp_path: Path
) -> None:
    home, back = tmp_path / "home", tmp_path / "back.jsonl"
    terminal.asked("batch", "export", "fetching", str(tmp_path / "out.jsonl"))
    (home / "xunwang.toml").write_text(_settings() + 'events = ["alert.opened"]\n', "utf-8")

    back.write_bytes(write_reports(INNER, [REPORT], "b9", NOON))
    with pytest.raises(NotAllowed, match="没有订阅任务消息"):
        terminal.say("batch", "take", "fetching", str(back))
    back.write_bytes(write_reports(INNER, [], "b10", NOON, confirmed=1))

    assert terminal.asked("batch", "take", "fetching", str(back))["confirmed"] == 1


def test_what_cannot_be_carried_is_said_in_one_line(terminal: Terminal, tmp_path: Path) -> None:
    too_far = tmp_path / "back.jsonl"
    too_far.write_bytes(write_reports(INNER, [], "b9", NOON, confirmed=99))

    for words, says in (
        (("export", "platform", "x.jsonl"), "投递过去的"),
        (("export", "nobody", "x.jsonl"), "没有接收端"),
        (("take", "fetching", "nowhere.jsonl"), "无法读取"),
        (("take", "fetching", str(too_far)), "还没有给出"),
    ):
        with pytest.raises(BadInput, match=says):
            terminal.say("batch", *words)
