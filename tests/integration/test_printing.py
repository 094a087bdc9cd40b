"""Browsers that were started for papers do not outlive the printing."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from crawler.config import BrowserSettings
from crawler.service.packing import printing


def test_browsers_do_not_stay_behind_when_a_later_one_cannot_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def start(_command: list[str], **_: Any) -> "subprocess.Popen[bytes]":
        if started:
            raise OSError(11, "Resource temporarily unavailable")
        started.append(popen(["/bin/sleep", "60"]))
        return started[0]

    popen = subprocess.Popen
    monkeypatch.setattr(printing, "find_browser", lambda *_: Path("/bin/sleep"))
    monkeypatch.setattr("crawler.service.packing.printing.subprocess.Popen", start)

    done, trouble = printing.printed({"a": b"x", "b": b"y"}, BrowserSettings())

    assert done == {}
    assert "无法启动" in trouble
    assert started[0].returncode is not None  # ended, and waited for
