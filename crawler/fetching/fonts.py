"""Whether Chinese is drawn as characters and not as boxes: asked before a sweep, for a picture of
boxes proves nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

CELL = 48
_SAMPLE = ("保", "本", "\ue0f3", "\ue0f4")  # the last two have no glyph in any ordinary font
SAMPLE_SIZE = (CELL * len(_SAMPLE), CELL)
SAMPLE_HTML = (
    "<!doctype html><meta charset=utf-8><style>html,body{margin:0;background:#fff}"
    f"i{{position:absolute;top:0;font:normal 32px/{CELL}px sans-serif;width:{CELL}px;"
    f"height:{CELL}px;overflow:hidden;color:#000}}</style>"
    + "".join(f'<i style="left:{n * CELL}px">{sign}</i>' for n, sign in enumerate(_SAMPLE))
)

FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts")
_FONT_NAMES = (
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf",
    "SourceHanSansCN-Regular.otf", "SourceHanSansSC-Regular.otf", "wqy-microhei.ttc",
    "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf", "uming.ttc",
    "simsun.ttc", "msyh.ttc",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class FontCheck:
    """Whether pictures can be read; the message is for the operator."""

    ok: bool
    message: str


_MISSING = "系统没有中文字体，截图中的汉字会成为方框：请安装 fonts-noto-cjk"


def check_drawn(picture: bytes) -> FontCheck:
    """Judge a picture of SAMPLE_HTML: two characters must differ from each other and from what a
    missing one looks like.
    """
    try:
        page = Image.open(BytesIO(picture)).convert("L")
    except (UnidentifiedImageError, OSError):
        return FontCheck(ok=False, message="字体自检失败：没有得到截图")
    first, second, missing, other_missing = (
        page.crop((n * CELL, 0, (n + 1) * CELL, CELL)).tobytes() for n in range(len(_SAMPLE))
    )
    drawn = all(min(cell) < 128 for cell in (first, second))
    if drawn and len({first, second, missing}) == 3 and first != other_missing:
        return FontCheck(ok=True, message="中文字体正常")
    return FontCheck(ok=False, message=_MISSING)


def find_chinese_font(folders: Iterable[str] = FONT_FOLDERS) -> Path | None:
    """A font file with Chinese characters, for what we write ourselves; None if there is none."""
    known = [Path(folder) for folder in folders if Path(folder).is_dir()]
    found = (path for name in _FONT_NAMES for folder in known for path in folder.rglob(name))
    return next(found, None)
