"""Levels follow the version in force without the file being read for every score."""

from pathlib import Path

import pytest

from crawler.domain.assessment import Level
from lexicons import weighing
from lexicons.weighing import LevelsInForce, Weights, load_weights
from tests.unit.conftest import FOLDER


def _version(folder: Path, blue: str) -> Path:
    folder.mkdir()
    text = (FOLDER / "weights.yaml").read_text("utf-8").replace("blue: 3", f"blue: {blue}")
    (folder / "weights.yaml").write_text(text, "utf-8")
    return folder


def test_a_version_that_comes_into_force_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, read = tmp_path / "current", list[Path]()

    def counted(folder: Path) -> Weights:
        read.append(folder)
        return load_weights(folder)

    monkeypatch.setattr(weighing, "load_weights", counted)
    link.symlink_to(_version(tmp_path / "one", "3"))
    levels = LevelsInForce(link)
    assert [levels.level(3.5) for _ in range(5)] == [Level.BLUE] * 5
    link.unlink()
    link.symlink_to(_version(tmp_path / "two", "4"))
    assert [levels.level(3.5) for _ in range(5)] == [Level.NONE] * 5
    assert len(read) == 2
