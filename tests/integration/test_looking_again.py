"""`recapture` and `leads` at sites that are gone, from the command line: what is said and kept."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from crawler.service.wiring import House
from crawler.store.anchors import latest_anchor
from crawler.store.case_files import not_copied
from crawler.store.case_tables import case_records
from tests.integration.packing_house import a_house, exported, seed_case

XUNWANG = str(Path(sys.executable).with_name("xunwang"))
GONE = """
[crawl]
hosts = ["127.0.0.9:1:1 gone.example.cn other.example.cn"]
allow = ["127.0.0.0/8"]
ports = [1, 80, 443]
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("again") / "home", GONE)
    yield made
    made.database.close()


def run(house: House, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [XUNWANG, "--home", str(house.home), *words], capture_output=True, text=True, timeout=100,
        env=os.environ | {"XUNWANG_ACTOR": "zhang"}, check=False,
    )  # fmt: skip


def test_a_site_that_is_gone_is_not_compared_and_the_try_is_in_the_case(
    house: House, tmp_path: Path
) -> None:
    seeded = seed_case(house, "gone.example.cn")

    done = run(house, "recapture", str(seeded.alert_id))
    exported(house, seeded.alert_id, tmp_path / "x.zip")

    told = json.loads(zipfile.ZipFile(tmp_path / "x.zip").read("case/alert.json"))["moments"]
    assert done.returncode == 3, done.stderr
    assert "本次未能看到网页，无法比较" in done.stdout
    assert "与预警时" not in done.stdout
    assert "拒绝连接  —" in done.stdout
    assert [one["part"] for one in told] == ["采集", "复核"]
    with house.database.reading() as db:
        kept = {row.capture_id for row in db.execute(case_records.select())}
        assert not_copied(db, 10) == []
        assert latest_anchor(db) is not None
    assert len(kept) > len(seeded.captures)


def test_who_told_of_a_site_that_is_gone_is_told_so(house: House) -> None:
    done = run(house, "leads", "add", "http://other.example.cn/", "--channel", "12345", "--json")

    with house.database.reading() as db:
        anchor = latest_anchor(db)
    (told,) = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert told["told"] == "访问未成功：网站拒绝连接"
    assert anchor is not None
    assert anchor.at > datetime.fromisoformat(told["received_at"])


@pytest.mark.parametrize(
    ("rows", "code", "counted"),
    [
        (("2020-01-02,http://other.example.cn/", "2999-01-02,http://other.example.cn/"), 0,
         "2 个网址 = 收下 1 + 早已收过 0 + 未收 1"),
        (("2999-01-02,http://other.example.cn/", "2020-01-02,http://10.0.0.1/"), 2,
         "2 个网址 = 收下 0 + 早已收过 0 + 未收 2"),
    ],
)  # fmt: skip
def test_a_file_is_counted_and_fails_only_where_nothing_was_taken(
    house: House, tmp_path: Path, rows: tuple[str, ...], code: int, counted: str
) -> None:
    file = tmp_path / "举报.csv"
    file.write_text("举报时间,网址\n" + "\n".join(rows) + "\n", "utf-8")

    done = run(house, "leads", "import", str(file), "--channel", "来信", "--no-visit")

    assert done.returncode == code, done.stderr
    assert counted in done.stdout
    assert "举报时间在将来" in done.stderr
