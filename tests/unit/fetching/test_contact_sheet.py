"""Many first screens on one sheet; what is no picture leaves its place empty."""

from io import BytesIO

from PIL import Image

from crawler.fetching.contact_sheet import HEIGHT, MOST_A_SHEET, WIDTH, Tile, sheet_of
from crawler.fetching.picture import difference_hash


def a_jpeg(colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", (1280, 800), colour).save(out, "JPEG")
    return out.getvalue()


def opened(sheet: bytes) -> Image.Image:
    return Image.open(BytesIO(sheet)).convert("RGB")


def test_each_picture_stands_over_its_own_line() -> None:
    tiles = [
        Tile(picture=a_jpeg("red"), title="a.cn", note="甲"),
        Tile(picture=None, title="b", note=""),
    ]

    sheet = opened(sheet_of(tiles, "一览", None))

    first = sheet.getpixel((16 + WIDTH // 2, 56 + HEIGHT // 2))
    second = sheet.getpixel((16 + WIDTH + 16 + WIDTH // 2, 56 + HEIGHT // 2))
    assert first[0] > 200 > first[1]
    assert second == (255, 255, 255)


def test_more_than_fits_is_for_the_next_sheet() -> None:
    tiles = [Tile(picture=None, title=str(n), note="") for n in range(MOST_A_SHEET + 40)]

    assert opened(sheet_of(tiles, "", None)).height < 13 * (HEIGHT + 70)


def test_hostile_words_are_one_harmless_line() -> None:
    tile = Tile(picture=None, title="a\x1b[31m\u202eb\nc" * 400, note="\x00")

    assert opened(sheet_of([tile], "h\n\u202e", None)).width > 0


def test_near_copies_hash_alike_and_blank_pages_not_at_all() -> None:
    page = Image.new("L", (1280, 800), 255)
    page.paste(30, (0, 0, 640, 800))
    page.paste(120, (900, 100, 1200, 700))
    copy = page.copy()
    copy.paste(40, (100, 100, 120, 110))

    def hashed(image: Image.Image) -> int | None:
        out = BytesIO()
        image.save(out, "JPEG")
        return difference_hash(out.getvalue())

    one, other = hashed(page), hashed(copy)
    assert one is not None
    assert other is not None
    assert (one ^ other).bit_count() <= 4
    assert difference_hash(a_jpeg("white")) is None
    assert difference_hash(b"no picture") is None
