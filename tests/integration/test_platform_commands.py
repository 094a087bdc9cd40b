"""Programs, deliveries and dead letters from a terminal."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from crawler.domain.delivery import DeliveryState
from crawler.domain.errors import BadInput, NotAllowed
from crawler.service import showing
from crawler.service.commands import client, deliveries, platform
from crawler.service.doors import Door
from crawler.store.audit import latest_acts
from crawler.store.circuits import Circuit, save_circuit
from crawler.store.clients import list_clients
from crawler.store.database import Database
from crawler.store.outbox import delivery_of, put
from tests.builders import NOON
from tests.integration.answering_house import a_delivery
from tests.integration.api_house import SETTINGS
from tests.stores import a_database

COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("client", client.client),
    ("deliveries", deliveries.deliveries),
    ("replay", deliveries.replay),
    ("platform", platform.platform),
)
DEAD = {"state": DeliveryState.GIVEN_UP, "attempts": 10, "last_reason": "http_error：500"}


class Terminal:
    """Says commands in one installation."""

    columns = "200"

    def __init__(self, home: Path) -> None:
        home.mkdir()
        (home / "xunwang.toml").write_text(SETTINGS, "utf-8")
        self.home, self.database = home, a_database(home)
        self.app = typer.Typer()
        for name, command in COMMANDS:
            self.app.command(name)(command)

    def say(self, *words: str) -> str:
        done = self.done(*words)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    def done(self, *words: str) -> Result:
        """The command with its output, however it ended."""
        door = Door(home=self.home, config=None, actor="ops")
        wide = Console(highlight=False, width=int(self.columns))  # whoever made the other, and when
        with patch.object(showing, "out", wide):
            return CliRunner().invoke(self.app, words, obj=door)

    def asked(self, *words: str) -> Any:
        return json.loads(self.say(*words, "--json"))


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "home")


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """For tests that change nothing."""
    return Terminal(tmp_path_factory.mktemp("refusing") / "home")


def a_full_outbox(database: Database) -> None:
    with database.transaction() as db:
        put(db, [
            a_delivery(1, **DEAD),
            a_delivery(2, **DEAD | {"endpoint": "fetching"}),
            a_delivery(3),
            a_delivery(4, state=DeliveryState.DELIVERED, delivered_at=NOON),
        ])  # fmt: skip
        save_circuit(db, Circuit(endpoint="platform", failures=7), NOON)


def state_of(database: Database, number: int) -> DeliveryState:
    with database.reading() as db:
        found = delivery_of(db, a_delivery(number).id)
    assert found is not None
    return found.state


def test_a_token_is_shown_once_and_never_kept(terminal: Terminal) -> None:
    shown = terminal.say("client", "add", "zpt", "--scope", "tasks:read,tasks:answer")
    token = shown.rsplit("：", 1)[1].strip()

    assert token.startswith("xw_")
    assert len(token) > 40
    assert token not in terminal.say("client", "list")
    assert token.encode() not in (terminal.home / "xunwang.db").read_bytes()
    assert "看任务、反馈任务" in terminal.say("client")
    renewed = terminal.asked("client", "renew", "zpt")
    assert renewed["token"] != token
    terminal.say("client", "end", "zpt")
    assert "已停用" in terminal.say("client", "list")
    with terminal.database.reading() as db:
        acts = [one.act.action for one in latest_acts(db)]
    assert acts == ["client.end", "client.renew", "client.add"]


def test_a_token_stays_whole_in_a_narrow_file(terminal: Terminal) -> None:
    terminal.columns = "40"

    shown = terminal.say("client", "add", "zpt", "--scope", "tasks:read,tasks:answer")

    said, token = shown.splitlines()
    assert said.startswith("zpt：tasks:answer、tasks:read，310000，有效至 ")
    assert len(token.rsplit("：", 1)[1]) > 40


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["add", "zpt"], "权限"),
        (["add", "zpt", "--scope", "everything"], "没有这项权限"),
        (["add", "主平台", "--scope", "tasks:read"], "小写字母"),
        (["add", "zpt", "--scope", "tasks:read", "--days", "500"], "有效期"),
        (["add", "zpt", "--scope", "tasks:read", "--region", "31"], "六位"),
        (["add", "zpt", "--scope", "events:read", "--endpoint", "nobody"], "没有接收端"),
        (["add", "zpt", "--scope", "events:read", "--endpoint", "fetching"], "超出"),
        (["renew", "nobody"], "没有名为 nobody"),
        (["end"], "（空）"),
    ],
)
def test_a_client_that_may_not_be_is_refused_in_one_line(
    refusing: Terminal, words: list[str], says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        refusing.say("client", *words)

    with refusing.database.reading() as db:
        assert list_clients(db) == []


@pytest.mark.fault("K08")
def test_dead_letters_are_listed_with_their_reason_and_sent_again(terminal: Terminal) -> None:
    a_full_outbox(terminal.database)

    dead = terminal.asked("deliveries", "list", "--state", "given_up")
    shown = terminal.say("deliveries", "show", a_delivery(1).id)
    one = terminal.asked("deliveries", "retry", a_delivery(1).id)
    rest = terminal.asked("deliveries", "retry", "--all")

    assert [row["id"] for row in dead] == [a_delivery(2).id, a_delivery(1).id]
    assert "http_error：500" in shown
    assert (one, rest) == ([a_delivery(1).id], [a_delivery(2).id])
    assert state_of(terminal.database, 1) is DeliveryState.WAITING
    with terminal.database.reading() as db:
        assert [a.act.actor for a in latest_acts(db) if a.act.action == "delivery.replay"] == [
            "ops", "ops"
        ]  # fmt: skip


def test_how_the_endpoints_are_doing_is_one_table(terminal: Terminal) -> None:
    a_full_outbox(terminal.database)
    with terminal.database.transaction() as db:
        put(db, [replace(a_delivery(9), endpoint="gone")])

    found = {one["name"]: one for one in terminal.asked("deliveries", "endpoints")}

    assert found["platform"]["says"] == "连续失败 7 次"
    assert (found["platform"]["waiting"], found["platform"]["given_up"]) == (1, 1)
    assert found["gone"]["says"] == "已不在配置中，消息留着"
    assert "（对方来取）" in terminal.say("deliveries", "endpoints")


@pytest.mark.fault("K07")
def test_an_endpoint_is_paused_and_resumed_by_name(terminal: Terminal) -> None:
    terminal.say("deliveries", "pause", "platform", "--reason", "对方割接")
    paused = terminal.asked("deliveries", "endpoints")
    terminal.say("deliveries", "resume", "platform")

    assert paused[0]["says"] == "已暂停：对方割接"
    assert terminal.asked("deliveries", "endpoints")[0]["says"] == "正常"
    with pytest.raises(BadInput, match="没有接收端"):
        terminal.say("deliveries", "pause", "nobody")


def test_what_the_other_side_lacks_goes_out_again(terminal: Terminal, tmp_path: Path) -> None:
    a_full_outbox(terminal.database)
    missing = tmp_path / "missing.txt"
    known = f"{a_delivery(4).event_key}\n{a_delivery(1).id}\n{a_delivery(3).id}\n"
    missing.write_text(known, "utf-8")

    said = terminal.say("replay", "--missing", str(missing))

    assert "文件列出 3 条，将重新投递 2 条" in said  # the third still waits, and will go out
    assert {state_of(terminal.database, n) for n in (1, 4)} == {DeliveryState.WAITING}


def test_whole_days_go_out_again_by_the_clock_of_china(terminal: Terminal) -> None:
    midnight = datetime(2026, 5, 2, 16, tzinfo=UTC)  # as the 3rd begins in China
    moments = [midnight - timedelta(days=1, seconds=1), midnight - timedelta(days=1),
               midnight - timedelta(seconds=1), midnight]  # fmt: skip
    arrived = {"state": DeliveryState.DELIVERED, "attempts": 1}
    with terminal.database.transaction() as db:
        put(db, [a_delivery(n, created_at=at, **arrived) for n, at in enumerate(moments)])
        put(db, [a_delivery(9, created_at=moments[1], endpoint="other", **arrived)])

    said = terminal.say("replay", "--since", "2026-05-02", "--endpoint", "platform")

    assert "将重新投递 2 条" in said
    states = [state_of(terminal.database, n) for n in (0, 1, 2, 3, 9)]
    assert [one is DeliveryState.WAITING for one in states] == [False, True, True, False, False]
    assert "将重新投递 3 条" in terminal.say(
        "replay", "--since", "2026-05-01", "--until", "2026-05-03"
    )


def test_what_the_other_side_lacks_and_we_have_not_is_named_and_the_rest_goes_out(
    terminal: Terminal, tmp_path: Path
) -> None:
    a_full_outbox(terminal.database)
    with terminal.database.transaction() as db:
        put(db, [a_delivery(5, **DEAD | {"body": b""})])  # its body went by age
    missing = tmp_path / "missing.txt"
    strangers = [f"{n:064x}" for n in range(100, 130)]
    given = [a_delivery(4).event_key, a_delivery(2).id, a_delivery(5).id, *strangers]
    missing.write_text("\n".join(given), "utf-8")

    done = terminal.done("replay", "--missing", str(missing), "--endpoint", "platform")

    lines = done.output.splitlines()
    assert isinstance(done.exception, BadInput)  # ends with 2
    assert str(done.exception).startswith("有 32 条无法重投，我方没有给 platform 的这些消息")
    assert lines[0] == "文件列出 33 条，将重新投递 1 条"
    assert lines[1] == f"{a_delivery(2).id}：没有这条消息"  # it is another endpoint's
    assert lines[2] == f"{a_delivery(5).id}：内容已按期清除"
    assert lines[3:] == [f"{one}：没有这条消息" for one in strangers[:18]]
    assert state_of(terminal.database, 4) is DeliveryState.WAITING


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["replay"], "给出一个消息编号"),
        (["replay", "--since", "2026-05-01", "--missing", "x"], "给出一个消息编号"),
        (["replay", "--since", "5/1"], "请写明日期"),
        (["replay", "--since", "2026-05-02", "--until", "2026-05-01"], "早于"),
        (["replay", "--since", "2026-05-02", "--endpoint", "nobody"], "没有接收端"),
        (["deliveries", "retry", "--endpoint", "nobody"], "没有接收端"),
        (["replay", "01JV0000000000000000000000"], "没有可以重投"),
        (["replay", "--missing", "nowhere.txt"], "无法读取"),
        (["deliveries", "retry"], "请给出消息编号"),
        (["deliveries", "retry", "x"], "没有可以重投"),
        (["deliveries", "show"], "没有编号"),
        (["platform", "check"], "没有接收端"),
        (["platform", "check", "http://127.0.0.1:1/"], "--secret"),
        (["platform", "stub", "--secret", "short"], "密钥"),
        (["platform", "stub", "--fail", "502"], "不会这样出错"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    refusing: Terminal, words: list[str], says: str
) -> None:
    with pytest.raises(BadInput, match=says) as refusal:
        refusing.say(*words)

    assert "\n" not in str(refusal.value)


def test_a_receiver_that_fetches_has_nothing_to_check(refusing: Terminal) -> None:
    with pytest.raises(NotAllowed, match="自己来取"):
        refusing.say("platform", "check", "fetching")


def test_a_file_that_names_no_messages_is_refused_by_its_line(
    refusing: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "missing.txt"
    file.write_text(f"{'a' * 64}\nhello\n", "utf-8")

    with pytest.raises(BadInput, match="第 2 行"):
        refusing.say("replay", "--missing", str(file))
