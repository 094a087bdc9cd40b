"""The scripted officer of `make bench-officer`, on a few seeded cases; what a day comes to."""

import shutil
import statistics
from pathlib import Path

import pytest

from crawler.domain.assessment import Level
from crawler.service.wiring import open_house
from crawler.store.cards import queue
from tests.bench.deciding import CHROMIUM, MOST_KEYS, MOST_MINUTES, Day, day_of, decided
from tests.integration.console_house import console
from tests.integration.console_seeds import seed_alert
from tests.journey.conftest import Installation
from tests.site.truth import Expected, truth

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium here")
HARMLESS = Expected(
    domain="s1.example.cn", unit="", outcome="seen", label="benign", level="blue", category="",
    rates=(), note="",
)  # fmt: skip


def test_the_scripted_officer_decides_each_case_once_by_its_truth(tmp_path: Path) -> None:
    with console(tmp_path / "home", settings='region = "310118"\n') as served:
        levels = (Level.RED, Level.ORANGE, Level.YELLOW)
        for n in range(4):
            seed_alert(served.house, f"s{n}.example.cn", level=levels[n % 3])
        officer = decided(served.house, 30, {"s1.example.cn": HARMLESS})
        with served.house.database.reading() as db:
            left = list(queue(db, "310118"))

    assert left == []
    assert officer.did == {"confirmed": 2, "read, then confirmed": 1, "dismissed": 1}
    assert sorted(officer.keys) == [1, 1, 2, 3]


def test_a_day_is_what_is_new_or_changed_times_the_lists_rate() -> None:
    assert Day(seen=100, cases=50).minutes_a_day == pytest.approx(4.46, abs=0.01)
    assert Day(seen=100, cases=50).first_pass_hours == pytest.approx(55.6, abs=0.1)
    assert Day(seen=0, cases=0).minutes_a_day == 0
    assert "MISSED" in Day(seen=1, cases=3).lines()[1]


@pytest.mark.soak
def test_thirty_cases_of_the_swept_list_take_four_keys_each(
    swept: Installation, tmp_path: Path
) -> None:
    shutil.copytree(swept.home, tmp_path / "home", symlinks=True)
    house = open_house(tmp_path / "home")
    try:
        day, officer = day_of(house), decided(house, 30, truth())
    finally:
        house.database.close()

    print(officer.did, officer.keys, *day.lines(), sep="\n")
    assert len(officer.keys) == 30
    assert statistics.median(officer.keys) <= MOST_KEYS
    assert day.minutes_a_day <= MOST_MINUTES
