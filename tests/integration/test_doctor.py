"""`doctor` says what is wrong with a machine, and what to do."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.domain.audit import Act
from crawler.service.wiring import open_house
from crawler.store.audit import note
from tests.serving_house import told


def findings(home: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    done = told(home, "doctor", "--json")
    return done.code, {one["name"]: one for one in json.loads(done.out)}


def test_a_bare_home_can_work_and_every_finding_says_something(tmp_path: Path) -> None:
    code, found = findings(tmp_path)
    assert code == 0
    assert {"数据库", "存证目录", "磁盘", "时钟", "密钥", "词库", "检索", "浏览器"} <= set(found)
    assert all(one["text"] for one in found.values())
    assert "!" in told(tmp_path, "doctor").out  # no receiver: said, not fatal


@pytest.mark.fault("D25")
def test_a_clock_before_what_is_written_down_is_not_worked_with(tmp_path: Path) -> None:
    house = open_house(tmp_path)
    ahead = datetime.now(UTC) + timedelta(days=365)
    with house.database.transaction() as db:
        note(db, Act(at=ahead, actor="x", action="y", object="z", region="310118"))
    house.database.close()
    code, found = findings(tmp_path)
    assert (code, found["时钟"]["fine"], "校时" in found["时钟"]["text"]) == (1, False, True)


@pytest.mark.fault("D21")
@pytest.mark.sqlite_only("its own fault")
def test_a_library_with_the_known_fault_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    assert "WAL" in findings(tmp_path)[1]["数据库"]["text"]
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 52, 0))
    assert findings(tmp_path)[1]["数据库"]["fine"]


def test_settings_with_secrets_that_others_can_read_and_a_silent_search_are_said(
    tmp_path: Path,
) -> None:
    settings = tmp_path / "xunwang.toml"
    settings.write_text(
        '[search]\nelasticsearch = "http://127.0.0.1:1"\npassword = "x"\ntimeout_s = 1.0\n', "utf-8"
    )
    settings.chmod(0o644)
    code, found = findings(tmp_path)
    assert code == 0
    assert "chmod 600" in found["密钥"]["text"]
    assert not found["检索"]["fine"]
    settings.chmod(0o600)
    assert findings(tmp_path)[1]["密钥"]["fine"]


def test_a_receiver_whose_mapping_file_is_refused_is_named_with_what_is_wrong(
    tmp_path: Path,
) -> None:
    (tmp_path / "xunwang.toml").write_text(
        '[[delivery.endpoints]]\nname = "市平台"\nmapping = "city.toml"\n'
        '[[delivery.endpoints]]\nname = "区平台"\n',
        "utf-8",
    )
    (tmp_path / "city.toml").write_text('[fields]\nevent = "e"\n', "utf-8")
    code, found = findings(tmp_path)
    assert (code, found["接收端"]["fine"]) == (1, False)
    assert "市平台 不能用：映射文件 city.toml：丢掉了必需字段" in found["接收端"]["text"]
    assert "区平台" not in found["接收端"]["text"]

    (tmp_path / "city.toml").write_text('keep = "all"\n', "utf-8")
    assert findings(tmp_path)[1]["接收端"]["text"] == "市平台、区平台"
