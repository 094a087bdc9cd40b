"""Words and QR codes inside a picture, by the optional `ocr` extra. What was read here nobody
wrote as text: it is a field of its own and derived evidence.
"""

import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image

from crawler.domain.capture import Box, Field, Run

_MOST_PIXELS = 40_000_000
_SLICE = 1_600  # rows read at once: a longer picture would be shrunk until nothing is legible
_MOST_ROWS = 4_640  # what nobody scrolls to persuades nobody; a slice takes seconds
_OVERLAP = 80  # a line cut by one slice is whole in the next
_SURE_ENOUGH = 0.6
_MOST_LINES = 1_000
_PARAMS = {
    "Global.log_level": "error",
    "Global.use_cls": False,  # page pictures stand upright
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,  # more only spin against the fetchers
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureText:
    """One line of the field a line of the picture, each with its place; QR codes as they read."""

    field: Field
    qr_codes: tuple[str, ...] = ()


def read_picture(picture: bytes) -> PictureText | None:
    """What a PNG or JPEG says; nothing in it if it is no picture; None where the extra is absent
    (said once).
    """
    if _eye() is None:
        return None
    image = _opened(picture)
    if image is None:
        return PictureText(field=Field(name="ocr", text=""))
    lines = tuple(_lines_in(image))[:_MOST_LINES]
    return PictureText(field=_field_of(lines), qr_codes=qr_codes_in(image))


def qr_codes_in(image: Image.Image) -> tuple[str, ...]:
    """The texts of the QR codes of a picture, each once; they are listed, never followed."""
    reader = _code_reader()
    if reader is None:
        return ()
    found = reader.read_barcodes(image.convert("L"), formats=reader.BarcodeFormat.QRCode)
    return tuple(dict.fromkeys(code.text[:2_000] for code in found if code.text))


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    box: Box


def _opened(picture: bytes) -> Image.Image | None:
    """The picture, unless it is none or would unpack to too much."""
    try:
        image = Image.open(io.BytesIO(picture), formats=("PNG", "JPEG", "WEBP"))
        if image.width * image.height > _MOST_PIXELS:
            return None
        return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _lines_in(image: Image.Image) -> Iterator[_Line]:
    """The lines from top to bottom; what two slices share is told once."""
    seen: list[_Line] = []
    height = min(image.height, _MOST_ROWS)
    for top in range(0, height, _SLICE - _OVERLAP):
        bottom = min(top + _SLICE, height)
        for line in _lines_of_slice(image.crop((0, top, image.width, bottom)), top):
            ends_in_cut = bottom < height and line.box.y + line.box.height > bottom - 3
            if not ends_in_cut and not any(_same(line, other) for other in seen[-60:]):
                seen.append(line)
                yield line
        if bottom == height:
            break


def _same(line: _Line, other: _Line) -> bool:
    """Whether two lines lie on each other: half a line is no second one."""
    middle = line.box.y + line.box.height / 2
    overlap = min(line.box.x + line.box.width, other.box.x + other.box.width) - max(
        line.box.x, other.box.x
    )
    return other.box.y < middle < other.box.y + other.box.height and overlap > line.box.width / 2


def _lines_of_slice(piece: Image.Image, top: int) -> Iterator[_Line]:
    eye = _eye()
    found = eye(piece) if eye is not None else None
    if found is None or found.boxes is None or found.txts is None:
        return
    for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        if score >= _SURE_ENOUGH and text.strip():
            yield _Line(" ".join(text.split()), _box_of(corners, top))


def _box_of(corners: Any, top: int) -> Box:
    across = [float(corner[0]) for corner in corners]
    down = [float(corner[1]) for corner in corners]
    return Box(
        x=min(across),
        y=min(down) + top,
        width=max(across) - min(across),
        height=max(down) - min(down),
    )


def _field_of(lines: tuple[_Line, ...]) -> Field:
    runs = []
    start = 0
    for line in lines:
        runs.append(Run(start=start, end=start + len(line.text), box=line.box))
        start += len(line.text) + 1
    return Field(name="ocr", text="\n".join(line.text for line in lines), runs=tuple(runs))


@cache
def _eye() -> Any:
    """The reader of words, made at its first picture: it takes a second and a hundred megabytes."""
    try:
        from rapidocr import RapidOCR  # noqa: PLC0415 – an optional extra, and heavy
    except ImportError:
        _log.warning("ocr absent: words inside pictures are not read (install the ocr extra)")
        return None
    return RapidOCR(params=_PARAMS)


@cache
def _code_reader() -> Any:
    try:
        import zxingcpp  # noqa: PLC0415 – an optional extra
    except ImportError:
        _log.warning("zxing-cpp absent: QR codes are not read (install the ocr extra)")
        return None
    return zxingcpp
