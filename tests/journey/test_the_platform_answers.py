"""A running house, a stand-in of the main platform beside it, both as their users start them: the
task arrives although the first try fails, is answered twice and out of patience, and moves once.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.reviewing import confirm
from alerts.tasking import approve
from crawler.domain.task import TaskState
from crawler.service.desks import desk_of
from crawler.service.wiring import open_house
from tests.integration.console_seeds import seed_alert
from tests.journey.conftest import SECRET, XUNWANG, Installation, wait_for

PATIENCE_S = 120
SETTINGS = f"""
region = "310118"
[delivery]
allow = ["127.0.0.0/8"]
[[delivery.endpoints]]
name = "主平台"
url = "URL"
secret = "{SECRET}"
"""


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextmanager
def running(home: Path, log: Path, *words: str) -> Iterator[None]:
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [XUNWANG, "--home", str(home), *words], stdout=out, stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.soak
@pytest.mark.slow
def test_a_task_is_sent_failed_resent_received_and_answered(tmp_path: Path) -> None:
    home, stub_log = tmp_path / "home", tmp_path / "stub.log"
    home.mkdir()
    port, ready = a_free_port(), tmp_path / "url"
    options = ("--secret", SECRET, "--port", "0", "--ready-file", str(ready), "--fail", "500:1",
               "--callback", f"http://127.0.0.1:{port}", "--pace", "0.2", "--twice")  # fmt: skip
    with running(home, stub_log, "platform", "stub", *options):
        (home / "xunwang.toml").write_text(SETTINGS.replace("URL", wait_for(ready)), "utf-8")
        number = a_sent_task(home)
        with running(home, tmp_path / "serve.log", "serve", "--port", str(port)):
            answers = until_answered(stub_log, 6)

    shown = Installation(home=home).run("tasks", "show", number).stdout
    assert [line.split("：200 ")[1].split()[0] for line in answers] == ["taken", "repeated"] * 3
    assert "已反馈" in shown
    assert "［演练：答 500］" in stub_log.read_text("utf-8")


def a_sent_task(home: Path) -> str:
    house = open_house(home)
    try:
        desk, now = desk_of(house), datetime.now(UTC)
        alert = seed_alert(house, "x.example.cn", region="310118", picture=False)
        task = confirm(house.database, alert.alert_id, "专员", now, desk)
        if task.state is TaskState.DRAFTED:
            task = approve(house.database, task.id, "主管", now, desk)
        return task.number
    finally:
        house.database.close()


def until_answered(log: Path, count: int) -> list[str]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        lines = [one for one in log.read_text("utf-8").splitlines() if one.startswith("→")]
        if len(lines) >= count:
            return lines
        time.sleep(0.5)
    raise AssertionError(log.read_text("utf-8"))
