"""How long a pack of twenty captures takes, how much memory, and how long its reader.

    python -m tests.bench.packing [--captures 20] [--no-pdf]

Pictures are of a made-up page: lines of writing, one photograph; about as large as real ones. The
papers are printed by the browser that is here, as for an officer. Wall times on a busy machine say
little; processor seconds say more. Memory is the growth of the peak from a pack of two captures to
one of all; that of the browser, which is a process of its own, is not in it.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from tests.builders import NOON
from tests.integration import packing_house
from tests.integration.packing_house import READER, a_house, exported, seed_case


def a_page(size: tuple[int, int], colour: str) -> bytes:
    chance = random.Random(f"{size}{colour}")
    page = Image.new("RGB", size, "white")
    photo = Image.frombytes("RGB", (64, 24), chance.randbytes(64 * 24 * 3))
    page.paste(photo.resize((size[0], 300)), (0, 60))
    pen = ImageDraw.Draw(page)
    for row in range(400, size[1], 24):
        for left in range(40, size[0] - 40, 14):
            if chance.random() < 0.7:
                pen.text((left, row), chance.choice("ABCDEFGHKMNPRSTVXYZ8&#"), fill="black")
    out = BytesIO()
    page.save(out, "JPEG", quality=80)
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--captures", type=int, default=20)
    parser.add_argument("--no-pdf", action="store_true")
    given = parser.parse_args()
    packing_house.a_picture = a_page
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        house = a_house(home / "home", browser=not given.no_pdf)
        few = seed_case(house, "few.example.cn", pictures=1)
        many = seed_case(house, "many.example.cn", pictures=given.captures - 1)
        exported(house, few.alert_id, home / "few.zip")
        before = peak_mb()
        path = home / "many.zip"
        written = timed(lambda: exported(house, many.alert_id, path, now=NOON))
        command = [sys.executable, "-S", "-I", str(READER), str(path)]
        checked = timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
        pdfs = sum(name.endswith(".pdf") for name in zipfile.ZipFile(path).namelist())
        print(f"pack of {given.captures} captures, {path.stat().st_size / 1e6:.1f} MB, {pdfs} PDF")
        print(f"  written in {written}, goal 5 s")
        print(f"  peak memory {before:.0f} MB for 2 captures, +{peak_mb() - before:.0f} MB for all")
        print(f"  checked by its reader in {checked}, goal 2 s")
        house.database.close()


def timed(act: Callable[[], object]) -> str:
    """Wall time, and processor time of this process and of those it started."""
    wall, own, others = time.perf_counter(), time.process_time(), children_s()
    act()
    wall = time.perf_counter() - wall
    own, others = time.process_time() - own, children_s() - others
    return f"{wall:.2f} s ({own:.2f} s of processor, {others:.2f} s in children)"


def children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
