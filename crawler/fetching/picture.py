"""Pictures as they are shown: with a banner outside the page's pixels, or small. The kept evidence
is the page's own picture; these are made from it whenever somebody looks.
"""

import unicodedata
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput

_MOST_PIXELS = 16_384 * 16_384
_LINE = 24
_MARGIN = 10
_FONT_SIZE = 15
_PAPER = (255, 255, 255)
_INK = (32, 32, 32)
_RULE = (160, 160, 160)
_LEAST_WIDTH = 640  # a digest must fit in one line
_THUMBNAIL_QUALITY = 75
_COPY_QUALITY = 92
_FEWEST_SHADES = 24

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def with_banner(picture: bytes, *, url: str, at: datetime, font: Path | None = None) -> bytes:
    """A PNG: address, time in China and the digest of the kept picture above the page's pixels,
    which stay as they are.
    """
    return _encoded(_bannered(picture, url, at, font), "PNG")


def copy_with_banner(picture: bytes, *, url: str, at: datetime, font: Path | None = None) -> bytes:
    """The same as a JPEG, for where the kept picture lies beside it: an eighth of the time, a third
    of the size.
    """
    out = BytesIO()
    _bannered(picture, url, at, font).save(out, "JPEG", quality=_COPY_QUALITY, subsampling=0)
    return out.getvalue()


def _bannered(picture: bytes, url: str, at: datetime, font: Path | None) -> Image.Image:
    page = _opened(picture)
    letters = letters_of(font)
    lines = (
        f"网址 {plain_text(url)}" if font else f"URL {_ascii(url)}",
        f"{'采集时间' if font else 'Captured'} {china_time(at)}",
        f"SHA-256 {sha256(picture).hexdigest()}",
    )
    height = len(lines) * _LINE + _MARGIN
    width = max(page.width, _LEAST_WIDTH)
    sheet = Image.new("RGB", (width, height + page.height), _PAPER)
    _write(sheet, lines, letters, height)
    sheet.paste(page.convert("RGB"), (0, height))
    return sheet


def thumbnail(picture: bytes, *, width: int = 320, height: int = 200) -> bytes:
    """The top of the picture as a small JPEG of just this size."""
    page = _opened(picture)
    shown = page.crop((0, 0, page.width, min(page.height, page.width * height // width or 1)))
    small = shown.convert("RGB")
    small.thumbnail((width, height))
    sheet = Image.new("RGB", (width, height), _PAPER)
    sheet.paste(small, ((width - small.width) // 2, 0))
    return _encoded(sheet, "JPEG")


def difference_hash(picture: bytes) -> int | None:
    """64 bits of how brightness changes from left to right: near copies differ in few. None for
    what is no picture, or shows next to nothing.
    """
    try:
        small = _opened(picture).convert("L").resize((9, 8), Image.Resampling.BILINEAR)
    except BadInput:
        return None
    low, high = small.getextrema()
    if float(high) - float(low) < _FEWEST_SHADES:  # type: ignore[arg-type]
        return None
    rows = small.tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            at = row * 9 + column
            bits = bits << 1 | (rows[at] < rows[at + 1])
    return bits


def china_time(at: datetime) -> str:
    """2026-05-12 12:00:00 UTC+08:00."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S} UTC+08:00"


def _opened(picture: bytes) -> Image.Image:
    try:
        page = Image.open(BytesIO(picture), formats=("JPEG", "PNG"))
        if page.width * page.height > _MOST_PIXELS:
            raise BadInput("图片过大，无法显示")
        page.load()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput("图片无法读取") from error
    return page


def letters_of(font: Path | None, size: int = _FONT_SIZE) -> Font:
    """The letters to write with; Pillow's own where no font is given."""
    if font is None:
        return ImageFont.load_default(size)
    try:
        return ImageFont.truetype(str(font), size)
    except OSError as error:
        raise BadInput(f"字体无法读取：{font}") from error


def _write(sheet: Image.Image, lines: tuple[str, ...], letters: Font, height: int) -> None:
    pen = ImageDraw.Draw(sheet)
    for row, line in enumerate(lines):
        shown = cut_to(line, letters, sheet.width - 2 * _MARGIN)
        pen.text((_MARGIN, _MARGIN // 2 + row * _LINE), shown, fill=_INK, font=letters)
    pen.line((0, height - 1, sheet.width, height - 1), fill=_RULE)


def cut_to(line: str, letters: Font, width: float) -> str:
    """As much of the line as fits, with an ellipsis if that is not all."""
    if letters.getlength(line) <= width:
        return line
    kept = line
    while kept and letters.getlength(kept + "…") > width:
        kept = kept[: -max(1, len(kept) // 20)]
    return kept + "…"


def plain_text(url: str) -> str:
    """Without characters that draw nothing or turn the line around."""
    shown = url[:2_000]
    return "".join(c if unicodedata.category(c)[0] not in "CZ" else "�" for c in shown)


def _ascii(url: str) -> str:
    return plain_text(url).encode("ascii", "backslashreplace").decode()


def _encoded(sheet: Image.Image, form: str) -> bytes:
    out = BytesIO()
    if form == "PNG":
        sheet.save(out, form, compress_level=1)
    else:
        sheet.save(out, form, quality=_THUMBNAIL_QUALITY)
    return out.getvalue()
