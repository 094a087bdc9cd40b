"""kill -9 of parent or child at any moment: the same answer as an undisturbed run."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.journey.conftest import Installation

pytestmark = pytest.mark.slow
KILLS = 10
PROGRESS = (
    "select case state when 'waiting' then 0 when 'closed' then 2 else 1 end, count(*) "
    "from visits group by 1"
)
# a page with a try against it would be set aside at the next, as it should: then only the parent
BLAMED = "select id, tries from visits where tries > 0 and state <> 'closed'"
JUDGEMENTS = (
    "select visits.id, count(assessments.id) from visits left join assessments "
    "on visit_id = visits.id and current where state = 'closed' group by 1"
)
SITES = (
    "huitongjinfu-demo.cn", "hengxindr-demo.com", "songheyl-demo.cn", "bitzhiya-demo.com",
    "puhaibank-demo.com", "fanzha-demo.cn", "jinggong-demo.cn", "zhaobudao-demo.cn",
    "jujue-demo.cn", "shiwang-demo.cn", "zhuanquan-demo.cn", "banjia-demo.cn",
    "minjian-demo.cn", "goldfx-demo.com", "shanjie-demo.cn", "ruifengfund-demo.com",
)  # fmt: skip


@pytest.mark.fault("D01")
@pytest.mark.fault("D09")
def test_ten_kills_change_nothing(made_up_web: str, tmp_path: Path) -> None:
    undisturbed, killed = (a_house(tmp_path / name, made_up_web) for name in ("calm", "killed"))
    assert undisturbed.run("sweep", *chosen()).returncode == 0
    chance = random.Random(20260512)

    kills = 0
    for _ in range(KILLS * 4):  # one that ends before its kill is followed by another
        if kills == KILLS:
            break
        sweep = killed.start("sweep", *chosen())
        while sweep.poll() is None and kills < KILLS:
            kills += kill_somebody(sweep, killed, chance)
    sweep.wait(120)

    assert kills == KILLS
    assert killed.run("sweep", *chosen()).returncode == 0
    assert answers(killed) == answers(undisturbed)
    assert set(current_judgements(killed).values()) == {1}
    assert len(current_judgements(killed)) % len(SITES) == 0
    assert killed.run("verify").returncode == 0


def a_house(home: Path, crawl: str) -> Installation:
    home.mkdir()
    settings = f'region = "310118"\n{crawl}patient = false\nfetchers = 1\nslots = 2\n'
    (home / "xunwang.toml").write_text(settings, "utf-8")
    house = Installation(home=home)
    assert house.run("import", "tests/site/filings.csv").returncode == 0
    return house


def chosen() -> list[str]:
    return ["--no-render", *(word for site in SITES for word in ("--site", site))]


def kill_somebody(
    sweep: "subprocess.Popen[bytes]", house: Installation, chance: random.Random
) -> int:
    """The parent, or one of its children, a random moment after it has moved some pages on: by its
    progress, not by the clock, so that it is in the midst of work on any machine.
    """
    goal = moves(house) + chance.randint(0, 3)
    for _ in range(3000):
        if sweep.poll() is not None or moves(house) >= goal:
            break
        time.sleep(0.01)
    time.sleep(chance.random() / 4)
    children = [] if house.ask(BLAMED) else children_of(sweep.pid)
    victim = chance.choice([sweep.pid, *children])
    if sweep.poll() is not None:
        return 0
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:  # it had ended by itself
        return 0
    if victim == sweep.pid:
        sweep.wait(10)
    return 1


def moves(house: Installation) -> int:
    """How far the sweeps are: one for every page fetched, one more for every page judged."""
    return sum(rank * pages for rank, pages in house.ask(PROGRESS))


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


def current_judgements(house: Installation) -> dict[int, int]:
    """How many current assessments each closed visit has."""
    return dict(house.ask(JUDGEMENTS))
