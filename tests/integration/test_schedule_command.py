"""`xunwang schedule`: the timetable as operations edit it."""

import json
from pathlib import Path

import pytest

from tests.serving_house import told

NIGHTLY = ("schedule", "add", "每夜", "--cron", "0 2 * * 周一-周五")


def test_a_schedule_is_made_listed_shown_paused_and_removed(tmp_path: Path) -> None:
    made = told(tmp_path, *NIGHTLY, "--quiet", "08:00-18:00")
    assert made.code == 0
    assert "下一次：" in made.out
    assert "没有运行" in made.err  # nobody serves this home

    listed = json.loads(told(tmp_path, "schedule", "list", "--json").out)
    assert [(one["name"], one["cron"]) for one in listed] == [("每夜", "0 2 * * mon-fri")]
    assert listed[0]["next"]

    assert told(tmp_path, "schedule", "pause", "每夜").code == 0
    paused = json.loads(told(tmp_path, "schedule", "show", "每夜", "--json").out)
    assert (paused["state"], paused["next"]) == ("paused", None)

    assert told(tmp_path, "schedule", "remove", "每夜").code == 0
    assert json.loads(told(tmp_path, "schedule", "list", "--json").out) == []


def test_run_now_waits_once_and_stop_tells_it(tmp_path: Path) -> None:
    told(tmp_path, *NIGHTLY)
    assert told(tmp_path, "schedule", "run-now", "每夜", actor="wang").code == 0
    again = told(tmp_path, "schedule", "run-now", "每夜")
    assert (again.code, "还没有结束" in again.err) == (2, True)

    assert told(tmp_path, "schedule", "stop", "每夜").code == 0
    shown = json.loads(told(tmp_path, "schedule", "show", "每夜", "--json").out)
    firing = shown["firings"][0]
    assert (firing["state"], firing["asked_by"], firing["stop_asked"]) == ("waiting", "wang", True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--cron", "0 2 * * 1-5"), "不写数字"),
        (("--cron", "0 2 * *"), "五段"),
        ((), "请写明时间（--cron）"),
        (("--cron", "0 9 * * *", "--quiet", "08:00-18:00"), "都在静默时段"),
        (("--cron", "0 2 * * *", "--of", "list:99"), "没有编号为 99 的名单"),
        (("--cron", "0 2 * * *", "--region", "999999"), "区划 999999 里没有网站"),
        (
            ("--cron", "0 2 * * *", "--of", "sample:5", "--officers", "甲、乙,甲"),
            "不止一次",
        ),
        (("--cron", "0 2 * * *", "--of", "sample:5", "--officers", "甲"), "至少两名"),
        (("--cron", "61 2 * * *"), "无效：分 0-59"),
        (("--cron", "0 0 31 2 *"), "永远不会到来"),
        (("--cron", "0 2 * * *", "--zone", "Asia/Nowhere"), "没有名为"),
        (("--cron", "0 2 * * *", "--of", "some"), "范围"),
        (("--cron", "0 2 * * *", "--of", "sample:5"), "检查人员"),
        (("--cron", "0 2 * * *", "--quiet", "25:00-26:00"), "静默时段"),
        (("--cron", "0 2 * * *", "--region", "上海"), "六位"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    refused = told(tmp_path, "schedule", "add", "x", *words)
    assert refused.code == 2
    assert said in refused.err
    assert "Traceback" not in refused.err
    assert json.loads(told(tmp_path, "schedule", "list", "--json").out) == []


def test_a_second_schedule_of_one_name_is_refused(tmp_path: Path) -> None:
    told(tmp_path, *NIGHTLY)
    for name in ("每夜", " 每夜 ", "每夜\u3000"):
        again = told(tmp_path, "schedule", "add", name, *NIGHTLY[3:])
        assert (again.code, "已有名为" in again.err) == (2, True)


def test_a_name_nobody_gave_is_said(tmp_path: Path) -> None:
    for what in ("show", "pause", "run-now", "stop"):
        assert told(tmp_path, "schedule", what, "无").code == 2
    assert told(tmp_path, "schedule", "pause").code == 2
