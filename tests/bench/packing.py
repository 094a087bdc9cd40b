"""How long a pack of twenty captures takes, how much memory, and how long its reader.

    python -m tests.bench.packing [--captures 20]

Pictures are of a made-up page: lines of writing, one photograph; about as large as real ones.
Wall times on a busy machine say little; processor seconds say more. Memory is the
growth of the peak from a pack of two captures to one of all.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
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
    wanted = parser.parse_args().captures
    packing_house.a_picture = a_page
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        house = a_house(home / "home")
        few = seed_case(house, "few.example.cn", pictures=1)
        many = seed_case(house, "many.example.cn", pictures=wanted - 1)
        exported(house, few.alert_id, home / "few.zip")
        before = peak_mb()
        wall, processor = time.perf_counter(), time.process_time()
        exported(house, many.alert_id, home / "many.zip", now=NOON)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        size = (home / "many.zip").stat().st_size
        start = time.perf_counter()
        command = [sys.executable, "-S", "-I", str(READER), str(home / "many.zip")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        reading = time.perf_counter() - start
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = children.ru_utime + children.ru_stime
        print(f"pack of {wanted} captures, {size / 1e6:.1f} MB, without PDF")
        print(f"  written in {wall:.2f} s ({processor:.2f} s of processor), goal 5 s")
        print(f"  peak memory {before:.0f} MB for 2 captures, +{peak_mb() - before:.0f} MB for all")
        print(f"  checked by its reader in {reading:.2f} s ({used:.2f} s of processor), goal 2 s")
        house.database.close()


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
