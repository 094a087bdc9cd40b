"""`serve --demo` goes on as the demo's own program, or says where its data come from."""

import os
import sys
from pathlib import Path

import pytest

from crawler.service.commands import serving
from tests.serving_house import told


def test_the_demos_program_takes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[str, list[str]]] = []

    def execv(program: str, words: list[str]) -> None:
        taken.append((program, words))
        raise SystemExit(0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "execv", execv)

    assert told(tmp_path / "h", "serve", "--demo", "--port", "8123").code == 0
    assert taken == [
        (sys.executable, [sys.executable, "-m", "tests.demo", "--serve", "--port", "8123"])
    ]
    assert (Path.cwd() / "tests" / "demo.py").is_file()
    assert not (tmp_path / "h").exists()


def test_without_the_source_it_says_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_SOURCE", tmp_path)

    refused = told(tmp_path / "h", "serve", "--demo")

    assert (refused.code, "源码目录" in refused.err) == (2, True)
