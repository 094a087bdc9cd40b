"""What the bench's pages load in a browser: pictures, a style sheet and a script, each with the
weight of a real one.
"""

import random
import shutil
from io import BytesIO
from pathlib import Path

from PIL import Image

RULES = 1_500
PICTURES = 12
SIZE = (240, 150)  # of noise: 25 to 50 KB
SCRIPT = Path("crawler/service/console/static/vendor")


def write_assets(folder: Path) -> None:
    """All of them, the same at every site."""
    folder.mkdir()
    chance = random.Random(11)
    (folder / "site.css").write_text("".join(_rule(n, chance) for n in range(RULES)), "utf-8")
    shutil.copy(next(SCRIPT.glob("htmx*.js")), folder / "site.js")
    for number in range(PICTURES):
        (folder / f"{number}.jpg").write_bytes(_picture(chance))


def _rule(number: int, chance: random.Random) -> str:
    colour = f"{chance.getrandbits(24):06x}"
    return f".c{number} .row > p:nth-child({number % 9 + 1}),.f{number % 80} p{{color:#{colour}}}\n"


def _picture(chance: random.Random) -> bytes:
    width, height = SIZE
    noise = Image.frombytes("RGB", SIZE, chance.randbytes(width * height * 3))
    out = BytesIO()
    noise.save(out, "JPEG", quality=60 + chance.randrange(20))
    return out.getvalue()
