"""Browsers that were started for papers do not outlive the printing, and fetch nothing in it."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crawler.config import BrowserSettings
from crawler.service.packing import printing
from tests.site.sentinel import Sentinel


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


@pytest.mark.browser
@pytest.mark.fault("E10")
def test_what_a_page_brought_onto_paper_is_not_fetched() -> None:
    async def seen() -> tuple[list[str], dict[str, bytes], str]:
        async with Sentinel() as sentinel:
            port = sentinel.port
            hostile = "".join(
                f'<img src="http://{host}:{port}/"><iframe src="http://{host}:{port}/"></iframe>'
                f'<link rel="stylesheet" href="http://{host}:{port}/">'
                f'<script>fetch("http://{host}:{port}/")</script>'
                for host in ("127.0.0.1", "localhost", "[::1]")
            )
            settings = BrowserSettings(sandbox="off")
            done, trouble = await asyncio.to_thread(
                printing.printed, {"a": f"<p>1</p>{hostile}".encode()}, settings
            )
            return sentinel.seen, done, trouble

    asked, done, trouble = asyncio.run(seen())

    assert trouble == ""
    assert done["a"].startswith(b"%PDF-")
    assert asked == []
