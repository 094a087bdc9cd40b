"""`doctor` says what is wrong with a machine, and what to do."""

import errno
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from crawler.domain.audit import Act
from crawler.service import reaching
from crawler.service.wiring import open_house
from crawler.store.audit import note
from tests.integration.render_worker import the_browser
from tests.serving_house import told


def findings(home: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    done = told(home, "doctor", "--json")
    return done.code, {one["name"]: one for one in json.loads(done.out)}


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two seconds each time; who looks at it takes this back."""
    monkeypatch.setenv("XUNWANG_BROWSER__ENABLED", "false")


@contextmanager
def a_door(answer: bytes = b"") -> Iterator[int]:
    """Somebody who takes a connection, and answers what is asked."""

    class Door(BaseRequestHandler):
        def handle(self) -> None:
            if answer and self.request.recv(4096):
                self.request.sendall(answer)

    with ThreadingTCPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()


def way_out(home: Path, **crawl: object) -> dict[str, Any]:
    lines = [f"{key} = {json.dumps(value)}" for key, value in crawl.items()]
    (home / "xunwang.toml").write_text("\n".join(["[crawl]", *lines]), "utf-8")
    return findings(home)[1]["出网"]


def test_the_way_out_is_tried_as_the_settings_describe_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_door() as port:
        monkeypatch.setattr(reaching, "PORT", port)
        refused = way_out(tmp_path, ports=[port])
        reached = way_out(tmp_path, ports=[port], allow=["127.0.0.0/8"])
    closed = way_out(tmp_path, ports=[port], allow=["127.0.0.0/8"])
    monkeypatch.setattr(reaching, "KNOWN", "no.example.cn")
    unknown = way_out(tmp_path, hosts=["- no.example.cn"])

    assert (refused["fine"], reached["fine"], closed["fine"], unknown["fine"]) == (
        False, True, False, False,
    )  # fmt: skip
    assert "crawl.deny" in refused["text"]
    assert "直连，127.0.0.1" in reached["text"]
    assert "防火墙" in closed["text"]
    assert "域名服务器" in unknown["text"]


def test_an_upstream_proxy_is_asked_for_a_tunnel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "KNOWN", "203.0.113.9")
    monkeypatch.setattr(reaching, "PORT", 443)
    said = {}
    for status in (b"200 OK", b"407 Proxy Authentication Required"):
        with a_door(b"HTTP/1.1 " + status + b"\r\n\r\n") as port:
            found = way_out(
                tmp_path, proxy=f"http://wang:geheim@127.0.0.1:{port}", allow=["203.0.113.0/24"]
            )
        said[status[:3]] = found
    assert said[b"200"]["fine"]
    assert f"经上级代理 127.0.0.1:{port}" in said[b"407"]["text"]
    assert "407" in said[b"407"]["text"]
    assert "crawl.proxy" in said[b"407"]["text"]
    assert "geheim" not in said[b"407"]["text"]


@pytest.mark.skipif(the_browser() is None, reason="no Chromium on this machine")
def test_the_browser_is_started_as_a_sweep_starts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = findings(tmp_path)[1]["浏览器"]
    monkeypatch.delenv("XUNWANG_BROWSER__ENABLED")
    found = findings(tmp_path)[1]["浏览器"]
    monkeypatch.setenv("XUNWANG_BROWSER__EXECUTABLE", "/bin/false")
    broken = findings(tmp_path)[1]["浏览器"]

    assert "browser.enabled" in off["text"]
    assert (found["fine"], "沙箱已核对" in found["text"]) == (True, True)
    assert not broken["fine"]
    assert broken["text"]


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


def test_a_home_of_a_newer_version_and_a_half_restored_one_get_their_table_all_the_same(
    tmp_path: Path,
) -> None:
    newer, half = tmp_path / "newer", tmp_path / "half"
    house = open_house(newer)
    with house.database.transaction() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    house.database.close()
    (half / "restore.part").mkdir(parents=True)

    for home, said in ((newer, "换用当时的或更新的程序"), (half, "重新执行 xunwang restore")):
        code, found = findings(home)
        assert (code, found["数据目录"]["fine"], found["Python"]["fine"]) == (1, False, True)
        assert said in found["数据目录"]["text"]
        assert {"磁盘", "文件句柄", "中文字体"} <= found.keys()


def test_a_full_disk_is_a_row_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    code, found = findings(tmp_path / "home")

    assert code == 1
    assert "空间不足" in found["数据目录"]["text"]
    assert (found["磁盘"]["fine"], "至少留出 2 GiB" in found["磁盘"]["text"]) == (False, True)
