"""Workers' leavings go, and nothing else."""

import tempfile
from pathlib import Path

from crawler.service.tidying import remember_folder, tidy
from crawler.service.wiring import open_house


def test_watch_files_and_remembered_folders_go_and_nothing_else(tmp_path: Path) -> None:
    house = open_house(tmp_path / "h")
    ours = Path(tempfile.mkdtemp(prefix="xunwang-browser-"))
    (ours / "tmp").mkdir()
    other = tmp_path / "xunwang-browser-elsewhere"
    other.mkdir()
    for folder in (ours, other, house.evidence):
        remember_folder(house, folder)
    (house.run / "a.watch").write_bytes(b"x")
    (house.run / "address").write_text("kept", "utf-8")

    tidy(house)
    tidy(house)

    assert not ours.exists()
    assert other.exists()
    assert house.evidence.exists()
    assert [one.name for one in house.run.iterdir()] == ["address"]
    house.database.close()
