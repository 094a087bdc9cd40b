"""Whatever hangs at the end is named before the process goes all the same."""

import os
import threading

import pytest
from structlog.testing import capture_logs

from crawler.service.serving import _ended_by_force


def test_what_hung_is_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    may_end = threading.Event()
    hanging = threading.Thread(target=may_end.wait, name="index")
    hanging.start()

    with capture_logs() as logs:
        _ended_by_force(9.5)
    may_end.set()
    hanging.join()

    assert codes == [1]
    assert [(one["event"], one["seconds"]) for one in logs] == [("ended by force", 9.5)]
    assert "index" in logs[0]["alive"]
