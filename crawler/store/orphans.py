"""Bytes in the evidence folder that no row speaks of: kept aside, never thrown away. They may be
evidence all the same, where the store is the one that is older, empty, or another's.
"""

import os
import zlib
from pathlib import Path

from crawler.store.evidence import on_disk

ORPHANS = "orphans"  # inside the evidence folder, apart from segments
_MOST_HEAD = 64 * 1024
_BEGINS = b"WARC/1.1\r\nWARC-Type: warcinfo\r\n"


def is_sealed(path: Path) -> bool:
    """Whether nobody may write it any more."""
    return not path.stat().st_mode & 0o222


def holds_nothing(path: Path) -> bool:
    """Whether there is at most the record that every WARC begins with, whole or torn."""
    with path.open("rb") as file:
        start = file.read(_MOST_HEAD)
    reader = zlib.decompressobj(31)
    try:
        head = reader.decompress(start, _MOST_HEAD)
    except zlib.error:
        return False
    alone = len(start) < _MOST_HEAD and not (reader.unused_data or reader.unconsumed_tail)
    return alone and (head.startswith(_BEGINS) or _BEGINS.startswith(head))


def set_aside(folder: Path, path: Path, beyond: int = 0) -> str:
    """Move a file into the orphans of `folder`, or only what lies beyond an offset; its new name.
    It is safe there before it is gone from here.
    """
    shelf = folder / ORPHANS
    shelf.mkdir(mode=0o700, exist_ok=True)
    target = _free(shelf, f"{path.name}.from-{beyond}" if beyond else path.name)
    if not beyond:
        path.rename(target)
    else:
        with path.open("r+b") as file, target.open("xb") as aside:
            file.seek(beyond)
            while block := file.read(1 << 20):
                aside.write(block)
            aside.flush()
            os.fsync(aside.fileno())
            on_disk(shelf)
            file.truncate(beyond)
    on_disk(shelf)
    return target.name


def _free(shelf: Path, name: str) -> Path:
    found, number = shelf / name, 1
    while found.exists():
        found, number = shelf / f"{name}.{number}", number + 1
    return found
