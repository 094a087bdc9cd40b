from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from crawler.fetching.fonts import CELL, SAMPLE_SIZE, check_drawn, find_chinese_font


def drawn(*cells: int) -> bytes:
    """A picture whose cells hold so many strokes; 0 is an empty box."""
    page = Image.new("L", SAMPLE_SIZE, 255)
    pen = ImageDraw.Draw(page)
    for n, strokes in enumerate(cells):
        pen.rectangle((n * CELL + 8, 8, n * CELL + 40, 40), outline=0)
        for stroke in range(strokes):
            pen.line((n * CELL + 8, 12 + 5 * stroke, n * CELL + 40, 12 + 5 * stroke), fill=0)
    out = BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


def test_characters_that_differ_from_boxes_are_characters() -> None:
    assert check_drawn(drawn(2, 4, 0, 0)).ok


def test_boxes_are_an_error_that_names_the_package() -> None:
    check = check_drawn(drawn(0, 0, 0, 0))

    assert not check.ok
    assert "fonts-noto-cjk" in check.message


def test_one_box_is_enough_for_an_error() -> None:
    assert not check_drawn(drawn(2, 0, 0, 0)).ok


def test_an_empty_page_is_no_proof() -> None:
    out = BytesIO()
    Image.new("L", SAMPLE_SIZE, 255).save(out, "PNG")

    assert not check_drawn(out.getvalue()).ok
    assert not check_drawn(b"").ok


def test_a_font_is_found_by_its_name(tmp_path: Path) -> None:
    font = tmp_path / "opentype" / "NotoSansCJK-Regular.ttc"
    font.parent.mkdir()
    font.touch()

    assert find_chinese_font([str(tmp_path)]) == font
    assert find_chinese_font([str(tmp_path / "none")]) is None
