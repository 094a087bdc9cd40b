"""Words and codes inside a picture become a field of their own, with their places."""

import io
import sys

import pytest
from PIL import Image, ImageDraw, ImageFont

from crawler.reading import picture_text
from crawler.reading.picture_text import qr_codes_in, read_picture


def a_picture(height: int = 300, **lines: int) -> Image.Image:
    image = Image.new("RGB", (640, height), "white")
    pen = ImageDraw.Draw(image)
    for text, top in lines.items():
        pen.text((40, top), text, fill="black", font=ImageFont.load_default(40))
    return image


def as_png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.slow
def test_a_line_is_read_once_with_its_place_even_where_a_long_picture_is_cut() -> None:
    pytest.importorskip("rapidocr")
    picture = as_png(a_picture(2_000, Yield=40, Profit=1_570))

    found = read_picture(picture)

    assert found is not None
    assert found.field.name == "ocr"
    assert found.field.text.split("\n") == ["Yield", "Profit"]
    first, second = found.field.runs
    assert first.box is not None
    assert second.box is not None
    assert (first.start, first.end) == (0, 5)
    assert 30 < first.box.y < 70
    assert 1_560 < second.box.y < 1_600


def test_a_code_is_listed() -> None:
    codes = pytest.importorskip("zxingcpp")
    drawn = codes.create_barcode("https://x.example/a.apk", codes.BarcodeFormat.QRCode)
    image = a_picture()
    image.paste(Image.fromarray(drawn.to_image(scale=5)), (200, 60))

    assert qr_codes_in(image) == ("https://x.example/a.apk",)


@pytest.mark.parametrize("picture", [b"", b"GIF89a", as_png(a_picture())[:60]])
def test_what_is_no_picture_says_nothing(picture: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_text, "_eye", object)

    found = read_picture(picture)

    assert found is not None
    assert (found.field.text, found.qr_codes) == ("", ())


def test_a_picture_that_unpacks_to_too_much_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(picture_text, "_eye", object)
    huge = as_png(Image.new("1", (20_000, 3_000)))

    found = read_picture(huge)

    assert found is not None
    assert found.field.text == ""


def test_without_the_extra_nothing_is_read_and_it_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    picture_text._eye.cache_clear()

    answers = [read_picture(as_png(a_picture())) for _ in range(3)]

    picture_text._eye.cache_clear()
    assert answers == [None, None, None]
    assert len(caplog.records) == 1
