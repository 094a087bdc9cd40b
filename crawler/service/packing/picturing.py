"""A capture's picture as our own documents show it: small enough to travel inside a page, with the
marks drawn beside the pixels and never into them.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from crawler.domain.capture import PageText
from crawler.service.console.marks import Drawn, Mark, drawn_on
from crawler.service.packing.gathering import Shot
from crawler.service.packing.keepsakes import Keeping

_WIDEST, _TALLEST = 1280, 1_600
_MOST_PIXELS = 16_384 * 16_384
_QUALITY = 78
_AT_HAND = 2
_LARGEST_AS_IS = 400_000  # bytes: a first screen, as it was kept


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """What an <svg> needs: the picture as a data address, its size in page pixels, the marks."""

    address: str
    width: int
    height: int
    whole_height: int
    drawn: tuple[Drawn, ...]

    @property
    def cut(self) -> bool:
        """Whether the kept picture goes on below."""
        return self.whole_height > self.height


def picture_of(
    shot: Shot, keeping: Keeping, judged: PageText | None, marks: Sequence[Mark]
) -> Picture | None:
    """The first screen of a capture; None if it has none or it is broken."""
    content = keeping.picture_of(shot)
    if content is None:
        return None
    try:
        small, size, shown = _small(content)
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    return Picture(
        address="data:image/jpeg;base64," + base64.b64encode(small).decode(),
        width=size[0],
        height=shown,
        whole_height=size[1],
        drawn=_inside(shot, judged, marks, size[0], shown),
    )


class Pictures(Mapping[str, Picture]):
    """All that there are, by capture; made when asked for. Few are kept: a page asks for one
    several times in a row, and all of them at once are as large as the pack.
    """

    def __init__(
        self,
        shots: Sequence[Shot],
        keeping: Keeping,
        judged: PageText | None = None,
        marks: Sequence[Mark] = (),
    ) -> None:
        self._shots = {one.capture.id: one for one in shots}
        self._keeping, self._judged, self._marks = keeping, judged, marks
        self._latest: dict[str, Picture | None] = {}

    def __getitem__(self, capture: str) -> Picture:
        if capture not in self._latest:
            made = picture_of(self._shots[capture], self._keeping, self._judged, self._marks)
            self._latest[capture] = made
            if len(self._latest) > _AT_HAND:
                del self._latest[next(iter(self._latest))]
        found = self._latest[capture]
        if found is None:
            raise KeyError(capture)
        return found

    def __iter__(self) -> Iterator[str]:
        return (one for one in self._shots if one in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _inside(
    shot: Shot, judged: PageText | None, marks: Sequence[Mark], width: int, height: int
) -> tuple[Drawn, ...]:
    if judged is None or shot.text is None or not shot.runs:
        return ()
    drawn = drawn_on(shot.runs, marks, judged, shot.text)
    return tuple(one for one in drawn if one.box.y < height and one.box.x < width)


def _small(content: bytes) -> tuple[bytes, tuple[int, int], int]:
    """The top as a JPEG, the size of the whole, and how far down the top goes."""
    with Image.open(BytesIO(content), formats=("JPEG", "PNG")) as image:
        if image.width * image.height > _MOST_PIXELS:
            raise ValueError("too large")
        whole = image.size
        fits = image.width <= _WIDEST and image.height <= _TALLEST
        if fits and image.format == "JPEG" and len(content) <= _LARGEST_AS_IS:
            image.load()  # a broken one raises
            return content, whole, image.height
        top = image.crop((0, 0, image.width, min(image.height, _TALLEST))).convert("RGB")
    shown = top.height
    if top.width > _WIDEST:
        top = top.resize((_WIDEST, max(top.height * _WIDEST // top.width, 1)))
    out = BytesIO()
    top.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue(), whole, shown
