"""Logs help, and hold nothing of any page or person."""

import json
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from crawler.service.logbook import LONGEST, logs_aside, only_known

SECRET = "王小明 13800000000"


def kept(**fields: object) -> dict[str, object]:
    return dict(only_known(None, "info", dict(fields)))


def test_only_listed_keys_are_kept_and_nothing_long() -> None:
    found = kept(event="x" * 1_000, site=7, title=SECRET, url="http://a.cn/", text=SECRET)
    assert found["site"] == 7
    assert set(found) == {"event", "site"}
    assert len(str(found["event"])) <= LONGEST + 1


def test_an_exception_is_told_by_kind_and_place_not_by_its_message() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        told = kept(event="failed", exc_info=error)
        written = kept(event="failed", trace=traceback.format_exc(), request="ab12")
    for found in (told, written):
        assert found["error"] == "ValueError"
        assert "test_logbook.py:" in str(found["where"])
        assert SECRET not in json.dumps(found, ensure_ascii=False)
    assert written["request"] == "ab12"  # the number an officer reads out


@pytest.mark.fault("D36")
def test_a_file_of_json_lines_that_rotates(tmp_path: Path) -> None:
    code = (
        "import logging, structlog; from pathlib import Path; from crawler.service import logbook;"
        "logbook.FILE_BYTES = 2_000; logbook.FILES = 2;"
        f"logbook.keep_logs(Path({str(tmp_path)!r}), terminal=False);"
        "log = structlog.get_logger();"
        "[log.info('swept', action='sweep', sweep=n, title='secret') for n in range(60)];"
        "logging.getLogger('a.library').warning('plain %s', 'words')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    files = sorted((tmp_path / "logs").iterdir())
    assert [one.name for one in files] == ["xunwang.log", "xunwang.log.1", "xunwang.log.2"]
    assert all(one.stat().st_size <= 2_000 for one in files)
    lines = [json.loads(line) for line in files[0].read_text("utf-8").splitlines()]
    assert lines[-1]["logger"] == "a.library"
    assert all("title" not in one and one["timestamp"] for one in lines)
    assert (tmp_path / "logs").stat().st_mode & 0o077 == 0


def test_what_the_system_says_of_a_file_is_told_and_its_name_is_not(tmp_path: Path) -> None:
    try:
        (tmp_path / SECRET[:20] / "x").read_text("utf-8")
    except OSError as error:
        told = kept(event="failed", exc_info=error)
    assert told["error"] == "FileNotFoundError: No such file or directory"
    assert "test_logbook.py:" in str(told["where"])  # and not only where the library opens files
    assert SECRET[:20] not in json.dumps(told, ensure_ascii=False)


def test_a_commands_logs_lie_aside_and_its_troubles_are_counted(tmp_path: Path) -> None:
    code = (
        "import logging, structlog; from pathlib import Path; from crawler.service import logbook\n"
        "log = structlog.get_logger()\n"
        f"with logbook.logs_aside(Path({str(tmp_path)!r})) as aside:\n"
        "    log.info('pace changed', kind='slots'); log.warning('child ended', lost=2)\n"
        "    logging.getLogger('a.library').error('words of its own')\n"
        "    print(aside.troubles)\n"
        "log.info('afterwards')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True
    )

    lines = (tmp_path / "logs" / "sweep.log").read_text("utf-8").splitlines()
    assert [json.loads(line)["event"] for line in lines][:2] == ["pace changed", "child ended"]
    assert len(lines) == 3
    assert done.stderr == ""
    told = done.stdout.splitlines()
    assert told[0] == "2"
    assert "afterwards" in told[1]
    assert len(told) == 2


def test_what_workers_printed_long_ago_makes_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.service.logbook.FILE_BYTES", 10)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "children.log").write_text("x" * 11)

    with logs_aside(tmp_path) as aside:
        assert not aside.children.exists()

    assert (tmp_path / "logs" / "children.log.1").stat().st_size == 11
