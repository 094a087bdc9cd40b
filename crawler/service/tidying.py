"""What workers leave behind, removed when none of this home runs: watch files, and the browser's
folders, which lie outside and are remembered by name so that a kill does not lose them.
"""

import shutil
import tempfile
from pathlib import Path

from crawler.service.wiring import House

_BEGINS = "xunwang-browser-"


def remember_folder(house: House, folder: Path) -> None:
    """A folder that goes when its worker is gone."""
    with _list(house).open("a", encoding="utf-8") as file:
        file.write(f"{folder}\n")


def tidy(house: House) -> None:
    """Call it before the first sweep and after each."""
    for watch in house.run.glob("*.watch"):
        watch.unlink(missing_ok=True)
    if not _list(house).exists():
        return
    inside = Path(tempfile.gettempdir()).resolve()
    for line in _list(house).read_text("utf-8").splitlines():
        folder = Path(line)
        if folder.name.startswith(_BEGINS) and folder.parent.resolve() == inside:
            shutil.rmtree(folder, ignore_errors=True)
    _list(house).unlink()


def _list(house: House) -> Path:
    return house.run / "browser-folders"
