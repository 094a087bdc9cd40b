"""What a person reads is in one zone, Beijing's, whatever zone the machine stands in."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.service.desks import _says
from crawler.service.showing import moment
from crawler.store.circuits import Circuit
from tests.builders import NOON

HOUSES = ("crawler", "alerts", "lexicons", "indexer", "spiders")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.fault("C34")
@pytest.mark.usefixtures("elsewhere")
def test_a_moment_on_a_terminal_is_beijings() -> None:
    assert moment(NOON + timedelta(hours=13)) == "2026-05-13 01:00"


def test_when_a_receiver_is_tried_again_has_its_day() -> None:
    until = NOON + timedelta(hours=13)
    circuit = Circuit(endpoint="x", failures=7, blocked_until=until)

    assert _says(circuit, NOON, configured=True) == "连续失败 7 次，05-13 01:00:00 再试"


def test_no_moment_is_written_in_the_machines_zone() -> None:
    said = {
        f"{file}:{number}"
        for house in HOUSES
        for file in Path(house).rglob("*.py")
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1)
        if re.search(r"astimezone\(\)(?!\.tzinfo)", line)
    }

    assert said == set()
