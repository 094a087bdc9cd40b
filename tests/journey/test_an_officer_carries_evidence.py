"""From a real sweep to a pack on a machine that has nothing of ours."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.journey.conftest import XUNWANG, Installation

pytestmark = pytest.mark.slow
BARE = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


@pytest.fixture(scope="module")
def drawn_alert(swept: Installation) -> int:
    """An alert whose site a browser saw, else any."""
    drawn = {one["domain"] for one in swept.lines("sites", "--jsonl") if one["rendered"]}
    found = json.loads(swept.run("alerts", "--json").stdout)
    return int(next((one for one in found if one["domain"] in drawn), found[0])["id"])


def checked(path: Path, reader: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-S", "-I", str(reader), str(path)],
        cwd="/", env=BARE, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_pack_of_a_real_case_is_sound_to_a_bare_machine_and_one_byte_shows(
    swept: Installation, drawn_alert: int, tmp_path: Path
) -> None:
    path = tmp_path / "线索.zip"

    done = swept.run("evidence", "export", str(drawn_alert), "-o", str(path))

    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(path) as pack:
        pack.extractall(tmp_path / "out")
        names = pack.namelist()
    reader = tmp_path / "out" / "verify.py"
    sound = checked(path, reader)
    picture = next(name for name in names if name.endswith((".jpg", "body.raw")))
    whole = bytearray(path.read_bytes())
    whole[whole.find(picture.encode()) + len(picture.encode()) + 40] ^= 1
    (tmp_path / "bad.zip").write_bytes(whole)
    bad = checked(tmp_path / "bad.zip", reader)
    assert sound.returncode == 0, sound.stdout
    assert "没有覆盖" in sound.stdout  # the sweep's end was anchored, but nobody outside was told
    assert bad.returncode == 1
    assert picture in bad.stdout
    assert "文书/电子数据提取笔录.docx" in names
    for one in (name for name in names if name.count("/") == 2 and name.endswith("manifest.json")):
        capture = json.loads((tmp_path / "out" / one).read_text("utf-8"))
        route = capture["hops"][-1]["route"]  # how it was reached, by either fetcher
        assert route["told_by"] == "hosts", one
        assert route["answers"] == [capture["hops"][-1]["peer"].rpartition(":")[0]]
        assert route["own"].startswith("127.")
    warc = next((tmp_path / "out" / "warc").iterdir())
    tool = Path(XUNWANG).with_name("warcio")
    subprocess.run([tool, "check", str(warc)], check=True, timeout=60)


def test_papers_are_printed_where_a_browser_is(
    swept: Installation, drawn_alert: int, tmp_path: Path
) -> None:
    path = tmp_path / "x.zip"

    done = swept.run("evidence", "export", str(drawn_alert), "-o", str(path))

    pdfs = [name for name in zipfile.ZipFile(path).namelist() if name.endswith(".pdf")]
    if "没有找到浏览器" in done.stderr:
        assert pdfs == []
    else:
        content = zipfile.ZipFile(path).read("文书/线索报告.pdf")
        assert len(pdfs) >= 3
        assert content.startswith(b"%PDF")
        assert content.count(b"/Type /Page\n") == 1  # one page


def test_bad_input_is_one_line(swept: Installation, tmp_path: Path) -> None:
    there = tmp_path / "x.zip"
    there.write_bytes(b"mine")
    for words, code in (
        (("evidence", "export", "999999", "-o", str(tmp_path / "y.zip")), 2),
        (("evidence", "export", "1", "-o", str(there)), 2),
        (("evidence", "export", "1"), 2),
        (("evidence", "export", "1", "--names", "-o", str(tmp_path / "y.zip")), 4),
        (("evidence", "burn"), 2),
        (("leads", "add", "http://127.0.0.1/", "--channel", "x"), 2),
    ):
        done = swept.run(*words)
        assert done.returncode == code, (words, done.stderr)
        assert "Traceback" not in done.stderr
    assert there.read_bytes() == b"mine"
