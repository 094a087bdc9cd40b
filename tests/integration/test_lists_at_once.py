"""Two officers import lists that overlap, in two processes, at the same moment."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

XUNWANG = str(Path(sys.executable).parent / "xunwang")
HEAD = ("主办单位名称", "网站首页地址")


@pytest.mark.fault("S16")
def test_overlapping_lists_give_each_site_once_and_two_right_reports(tmp_path: Path) -> None:
    first = a_list(tmp_path / "甲.csv", range(600))
    second = a_list(tmp_path / "乙.csv", range(300, 900))

    reports = [ended(one) for one in [start(tmp_path, first), start(tmp_path, second)]]

    assert [(one["rows"], one["accepted"], one["refused"]) for one in reports] == [
        (600, 600, 0),
        (600, 600, 0),
    ]
    domains = sorted(one["domain"] for one in said(tmp_path, "sites", "--jsonl"))
    assert domains == sorted(f"site{number}.cn" for number in range(900))


def a_list(file: Path, numbers: range) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(HEAD)
        rows.writerows((f"第{number}号公司", f"www.site{number}.cn") for number in numbers)
    return file


def start(home: Path, file: Path) -> "subprocess.Popen[str]":
    words = [XUNWANG, "--home", str(home), "import", str(file), "--source", file.stem, "--json"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(importing: "subprocess.Popen[str]") -> dict[str, int]:
    out, complaint = importing.communicate(timeout=120)
    assert importing.returncode == 0, complaint
    report: dict[str, int] = json.loads(out)
    return report


def said(home: Path, *words: str) -> list[dict[str, str]]:
    done = subprocess.run(
        [XUNWANG, "--home", str(home), *words],
        capture_output=True, text=True, timeout=120, check=True, env=os.environ,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]
