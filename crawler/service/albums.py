"""Contact sheets out of the evidence: pictures are checked against their digests on the way."""

from collections.abc import Iterator, Sequence

from crawler.domain.capture import EvidenceKind
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.fetching.contact_sheet import MOST_A_SHEET, Tile, sheet_of
from crawler.fetching.fonts import find_chinese_font
from crawler.service.catalogue import Catalogue
from crawler.service.opening import open_kept
from crawler.service.wiring import House
from crawler.store.albums import Shot


def sheets_of(house: House, shots: Sequence[Shot], head: str, words: Catalogue) -> Iterator[bytes]:
    """One JPEG for every sixty sites. A picture that fails its digest is not shown, and said so."""
    font = find_chinese_font()
    pages = -(-len(shots) // MOST_A_SHEET)
    for page in range(pages):
        part = shots[page * MOST_A_SHEET : (page + 1) * MOST_A_SHEET]
        tiles = [_tile(house, shot, words) for shot in part]
        yield sheet_of(tiles, f"{head}  {page + 1}/{pages}", font)


def _tile(house: House, shot: Shot, words: Catalogue) -> Tile:
    kept = next((e for e in shot.capture.evidence if e.kind is EvidenceKind.PICTURE), None)
    at = f"{shot.at.astimezone(CHINA):%m-%d %H:%M}"
    note = f"{words.name('level', shot.level)} {shot.unit_name} {at}"
    picture = None
    try:
        picture = open_kept(house, kept) if kept else None
    except BadInput:
        note = words.say("album.broken")
    return Tile(picture=picture, title=shot.domain_shown, note=note, level=shot.level)
