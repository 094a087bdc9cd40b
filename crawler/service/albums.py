"""Contact sheets out of the evidence: pictures are checked against their digests on the way."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from crawler.domain.capture import EvidenceKind
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput
from crawler.fetching.contact_sheet import MOST_A_SHEET, Tile, sheet_of
from crawler.fetching.fonts import find_chinese_font
from crawler.service.catalogue import Catalogue
from crawler.store.albums import Shot
from crawler.store.evidence import open_record


def sheets_of(
    evidence: Path, shots: Sequence[Shot], head: str, words: Catalogue
) -> Iterator[bytes]:
    """One JPEG for every sixty sites. A picture that fails its digest is not shown, and said so."""
    font = find_chinese_font()
    pages = -(-len(shots) // MOST_A_SHEET)
    for page in range(pages):
        part = shots[page * MOST_A_SHEET : (page + 1) * MOST_A_SHEET]
        tiles = [_tile(evidence, shot, words) for shot in part]
        yield sheet_of(tiles, f"{head}  {page + 1}/{pages}", font)


def _tile(evidence: Path, shot: Shot, words: Catalogue) -> Tile:
    kept = next((e for e in shot.capture.evidence if e.kind is EvidenceKind.PICTURE), None)
    at = f"{shot.at.astimezone(CHINA):%m-%d %H:%M}"
    note = f"{words.name('level', shot.level)} {shot.unit_name} {at}"
    picture = None
    try:
        picture = open_record(evidence, kept) if kept else None
    except BadInput:
        note = words.say("album.broken")
    return Tile(picture=picture, title=shot.domain_shown, note=note, level=shot.level)
