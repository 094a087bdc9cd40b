"""A contact sheet: many first screens small, each with a line or two under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from crawler.fetching.picture import cut_to, letters_of, thumbnail

WIDTH, HEIGHT = 320, 200
COLUMNS = 5
MOST_A_SHEET = 60
_MARGIN, _CAPTION, _HEAD = 16, 62, 56
_PAPER, _INK, _DIM = (255, 255, 255), (28, 32, 40), (110, 116, 128)
_LEVELS = {
    "red": (196, 30, 38),
    "orange": (222, 110, 16),
    "yellow": (214, 170, 0),
    "blue": (44, 100, 190),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    """One site on the sheet; no picture leaves its place empty, with the caption."""

    picture: bytes | None
    title: str
    note: str
    level: str = "none"


def sheet_of(tiles: Sequence[Tile], head: str, font: Path | None) -> bytes:
    """A JPEG of at most `MOST_A_SHEET` tiles under one line of what it shows."""
    shown = tiles[:MOST_A_SHEET]
    columns = min(COLUMNS, max(1, len(shown)))
    rows = -(-len(shown) // columns) if shown else 0
    width = max(columns * (WIDTH + _MARGIN) + _MARGIN, 720)
    height = _HEAD + rows * (HEIGHT + _CAPTION) + _MARGIN
    sheet = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    large, small = letters_of(font, 20), letters_of(font, 14)
    pen.text((_MARGIN, 16), cut_to(_shown(head), large, width - 2 * _MARGIN), _INK, large)
    for number, tile in enumerate(shown):
        x = _MARGIN + (number % columns) * (WIDTH + _MARGIN)
        y = _HEAD + (number // columns) * (HEIGHT + _CAPTION)
        if tile.picture is not None:
            with Image.open(
                BytesIO(thumbnail(tile.picture, width=WIDTH, height=HEIGHT))
            ) as small_one:
                sheet.paste(small_one, (x, y))
        pen.rectangle((x, y, x + WIDTH - 1, y + HEIGHT - 1), outline=(208, 212, 220))
        if colour := _LEVELS.get(tile.level):
            pen.rectangle((x, y + HEIGHT, x + WIDTH - 1, y + HEIGHT + 3), fill=colour)
        pen.text((x, y + HEIGHT + 8), cut_to(_shown(tile.title), small, WIDTH), _INK, small)
        pen.text((x, y + HEIGHT + 28), cut_to(_shown(tile.note), small, WIDTH), _DIM, small)
    out = BytesIO()
    sheet.save(out, "JPEG", quality=82)
    return out.getvalue()


def _shown(text: str) -> str:
    """On one line, without characters that draw nothing or turn the line around."""
    words = " ".join(text[:500].split())
    return "".join(c if c.isprintable() else "\ufffd" for c in words)
