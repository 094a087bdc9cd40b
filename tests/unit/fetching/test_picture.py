from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageStat

from crawler.domain.errors import BadInput
from crawler.fetching.fonts import find_chinese_font
from crawler.fetching.picture import china_time, copy_with_banner, thumbnail, with_banner
from tests.builders import NOON


def a_picture(width: int = 800, height: int = 600) -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, "JPEG", quality=60)
    return out.getvalue()


def opened(picture: bytes) -> Image.Image:
    return Image.open(BytesIO(picture)).convert("RGB")


def test_the_banner_lies_outside_the_pages_own_pixels() -> None:
    picture = a_picture()

    shown = opened(with_banner(picture, url="http://a.example.cn/", at=NOON))

    below = shown.crop((0, shown.height - 600, 800, shown.height))
    assert below.tobytes() == opened(picture).tobytes()
    assert 40 < shown.height - 600 < 120


@pytest.mark.parametrize("font", [None, find_chinese_font()], ids=["no font", "what is there"])
def test_the_banner_says_something(font: object) -> None:
    picture = a_picture()

    banner = opened(with_banner(picture, url="http://a.cn/", at=NOON, font=font)).crop(  # type: ignore[arg-type]
        (0, 0, 640, 60)
    )

    assert min(banner.convert("L").tobytes()) < 100


def test_different_addresses_give_different_banners() -> None:
    picture = a_picture()

    one, other = (with_banner(picture, url=f"http://{n}.cn/", at=NOON) for n in "ab")

    assert one != other


def test_a_narrow_picture_still_has_room_for_its_digest() -> None:
    shown = opened(with_banner(a_picture(200, 100), url="http://a.cn/", at=NOON))

    assert shown.width == 640


@pytest.mark.parametrize(
    "url", ["", "http://" + "a" * 100_000, "http://a.cn/‮\x00\n", "http://某某.cn/\ud800"]
)
def test_no_address_breaks_the_banner(url: str) -> None:
    assert with_banner(a_picture(), url=url, at=NOON).startswith(b"\x89PNG")


def test_a_thumbnail_is_small_and_of_one_size() -> None:
    for size in ((1280, 800), (390, 16_384), (4_000, 100)):
        small = thumbnail(a_picture(*size))
        assert opened(small).size == (320, 200)
        assert len(small) < 20_000


@pytest.mark.parametrize("bad", [b"", b"GIF89a", b"\xff\xd8\xff\xe0 cut", b"<svg/>"])
def test_what_is_no_picture_is_said_to_be_none(bad: bytes) -> None:
    with pytest.raises(BadInput):
        thumbnail(bad)


def test_the_time_is_china_time_and_says_so() -> None:
    assert china_time(NOON) == "2026-05-12 12:00:00 UTC+08:00"


def test_a_copy_with_banner_is_the_same_sheet_as_a_jpeg() -> None:
    picture = a_picture(700, 300)

    sheet = opened(with_banner(picture, url="http://a.cn/", at=NOON))
    copy = copy_with_banner(picture, url="http://a.cn/", at=NOON)

    assert copy.startswith(b"\xff\xd8\xff")
    apart = ImageChops.difference(sheet, opened(copy)).convert("L")
    assert opened(copy).size == sheet.size
    assert ImageStat.Stat(apart).mean[0] < 2
