"""A register is loaded, a site is judged by it, its task is sent, returned, sent anew, answered and
closed; the recheck finds the page as it was, and the same case is open again. A receiver that
checks every signature hears all of it, each thing once and in order.
"""

import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from crawler.domain.errors import NotAllowed
from crawler.service.cli import COMMANDS, app_of
from crawler.service.doors import Door
from tests.journey.conftest import SECRET, Installation, service, wait_for

UNLISTED, LICENSED = "hengxindr-demo.com", "songheyl-demo.cn"
UNIT = "上海松鹤颐年养老服务有限公司"


@pytest.fixture(scope="module")
def home(made_up_web: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("circle")
    ready, kept = folder / "url", folder / "received.jsonl"
    options = ("--secret", SECRET, "--ready-file", str(ready), "--keep", str(kept))
    with service("tests.receiver", *options):
        settings = f"""
region = "310118"
[review]
approval_from = "yellow"
[delivery]
allow = ["127.0.0.0/8"]
[[delivery.endpoints]]
name = "platform"
url = "{wait_for(ready).strip()}"
secret = "{SECRET}"
{made_up_web}
"""
        (folder / "xunwang.toml").write_text(settings, "utf-8")
        yield Installation(home=folder)


def asked(home: Installation, *words: str, actor: str = "officer") -> Any:
    """The same command line without a process of its own: a start costs more than the command."""
    said = StringIO()
    door = Door(home=home.home, config=None, actor=actor)
    with redirect_stdout(said):
        app_of(COMMANDS)(args=[*words, "--json"], standalone_mode=False, obj=door)
    return json.loads(said.getvalue())


def sweep(home: Installation, *words: str) -> None:
    done = home.run("sweep", *words, "--no-render")
    assert done.returncode == 0, done.stderr


@pytest.mark.soak  # two sweeps with all their processes
def test_a_register_judges_and_a_task_comes_full_circle(home: Installation, tmp_path: Path) -> None:
    register = tmp_path / "持牌机构.csv"
    register.write_bytes(f"机构名称,许可证状态\n{UNIT},有效\n某某信托,有效\n".encode("gb18030"))

    # the register is loaded before anything was judged
    asked(home, "import", "tests/site/filings.csv", actor="ops")
    loaded = asked(
        home, "register", "import", str(register), "--kind", "licences", "--source", "总局",
        "--as-of", "2026-05-01", actor="ops",
    )  # fmt: skip
    assert (loaded["accepted"], loaded["sites_changed"]) == (2, 1)
    sweep(home, "--site", UNLISTED, "--site", LICENSED)

    # … and stands in the judgement of both sites
    alerts = {one["domain"]: one for one in asked(home, "alerts", "list")}
    shown = {name: asked(home, "alerts", "show", str(one["id"])) for name, one in alerts.items()}
    unlawful = {name: one["assessment"]["tests"]["unlawful"] for name, one in shown.items()}
    assert unlawful == {UNLISTED: "unlisted", LICENSED: "licensed"}

    # a task: never approved by its drafter, sent back, sent elsewhere, answered and closed
    alert = alerts[UNLISTED]
    assert home.run("confirm", str(alert["id"]), "--reason", "属实").returncode == 0
    (task,) = asked(home, "tasks", "list")
    number = task["number"]
    assert "登记地" in task["rule"]
    with pytest.raises(NotAllowed, match="自己起草"):
        asked(home, "tasks", "approve", number)
    steps: tuple[tuple[str, ...], ...] = (
        ("approve",), ("return", "--remark", "非本部门职责"),
        ("redirect", "--department", "310118-SC"), ("approve",),
        ("answer", "--remark", "已约谈"), ("check",),
    )  # fmt: skip
    for move, *rest in steps:
        asked(home, "tasks", move, number, *rest, actor="supervisor")
    with pytest.raises(NotAllowed, match="结论"):
        asked(home, "tasks", "close", number, actor="supervisor")
    closed = asked(home, "tasks", "close", number, "--conclusion", "rectified", actor="supervisor")
    assert (closed["state"], closed["lead"]["name"]) == ("closed", "市场监管局")

    # the first recheck is due: the page is as it was
    home.tell("UPDATE rechecks SET due_at = '2026-01-01 00:00:00' WHERE day = 1")
    sweep(home, "--site", UNLISTED)
    told = asked(home, "tasks", "show", number)
    assert [one["result"] for one in told["rechecks"]] == ["still", "waiting", "waiting"]
    again = next(one for one in asked(home, "alerts", "list") if one["domain"] == UNLISTED)
    assert (again["id"], again["case_id"]) == (alert["id"], alert["case_id"])

    # and the month's report adds it up
    summary = {row[0]: row[1] for row in asked(home, "statistics")[0]["rows"]}
    assert (summary["预警"], summary["督办任务"], summary["已办结"]) == (2, 1, 1)
    assert summary["复查：仍有或复燃"] == 1

    # the platform was told of all of it: signed, in order, each thing once
    heard = received(home)
    assert {one["complaint"] for one in heard} == {""}
    assert len({one["id"] for one in heard}) == len(heard)
    story = [json.loads(one["body"]) for one in heard]
    of_task = [one for one in story if one["subject_key"] == f"task:{number}"]
    assert [one["task"]["state"] for one in of_task] == [
        "sent", "returned", "approved", "sent", "answered", "checking", "closed",
    ]  # fmt: skip
    assert [one["seq"] for one in of_task] == sorted({one["seq"] for one in of_task})
    of_alert = [one for one in story if one["subject_key"] == f"alert:{alert['id']}"]
    assert [(one["event"], one["alert"]["verified"]) for one in of_alert] == [
        ("alert.opened", "未经人工核实"), ("alert.closed", "已核实"),
        ("alert.opened", "未经人工核实"),
    ]  # fmt: skip
    assert "复燃" in of_alert[-1]["alert"]["why"]
    assert of_alert[0]["subject"]["licensed"]["matched"] is False


def received(home: Installation) -> list[dict[str, Any]]:
    """What the receiver took once nothing is due any more."""
    for _ in range(10):
        if not asked(home, "deliver")["delivered"]:
            break
    kept = (home.home / "received.jsonl").read_text("utf-8")
    return [json.loads(line) for line in kept.splitlines()]
