"""kill -9 of parent or child at any moment: the same answer as an undisturbed run."""

import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.journey.conftest import Installation

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kills")]
KILLS = 10
SITES = (
    "huitongjinfu-demo.cn", "hengxindr-demo.com", "songheyl-demo.cn", "bitzhiya-demo.com",
    "puhaibank-demo.com", "fanzha-demo.cn", "jinggong-demo.cn", "zhaobudao-demo.cn",
    "jujue-demo.cn", "shiwang-demo.cn", "zhuanquan-demo.cn", "banjia-demo.cn",
    "minjian-demo.cn", "goldfx-demo.com", "shanjie-demo.cn", "ruifengfund-demo.com",
)  # fmt: skip


def test_ten_kills_change_nothing(made_up_web: str, tmp_path: Path) -> None:
    undisturbed, killed = (a_house(tmp_path / name, made_up_web) for name in ("calm", "killed"))
    assert undisturbed.run("sweep", *chosen()).returncode == 0
    chance = random.Random(20260512)

    kills = 0
    for _ in range(KILLS * 4):
        sweep = killed.start("sweep", *chosen())
        if kills < KILLS:
            kills += kill_somebody(sweep, chance)
        if sweep.wait(120) == 0:
            break

    assert kills >= 3  # the sweep was really disturbed
    assert answers(killed) == answers(undisturbed)
    assert current_judgements(killed) == len(SITES)
    assert killed.run("verify").returncode == 0


def a_house(home: Path, crawl: str) -> Installation:
    home.mkdir()
    settings = f'region = "310118"\n{crawl}patient = false\nfetchers = 1\n'
    (home / "xunwang.toml").write_text(settings, "utf-8")
    house = Installation(home=home)
    assert house.run("import", "tests/site/filings.csv").returncode == 0
    return house


def chosen() -> list[str]:
    return ["--no-render", *(word for site in SITES for word in ("--site", site))]


def kill_somebody(sweep: "subprocess.Popen[bytes]", chance: random.Random) -> int:
    """After a random moment: the parent, or one of its children."""
    time.sleep(0.8 + chance.random() * 4)
    if sweep.poll() is not None:
        return 0
    victims = [sweep.pid, *children_of(sweep.pid)]
    victim = chance.choice(victims)
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def children_of(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def answers(house: Installation) -> set[tuple[str, str, str, str]]:
    return {
        (one["domain"], one["outcome"], one["level"], one["text_digest"])
        for one in house.lines("sites", "--jsonl")
        if one["outcome"]
    }


def current_judgements(house: Installation) -> int:
    database = sqlite3.connect(house.home / "xunwang.db")
    return int(
        database.execute(
            "select count(distinct visit_id) from assessments where current "
            "and visit_id in (select id from visits where state = 'closed')"
        ).fetchone()[0]
    )
