"""The piece of a text that answers, with the words marked."""

from indexer.engines import Snippet
from indexer.querying import comparable

AROUND = 30
LONGEST = 120


def snippet_of(text: str, phrases: tuple[str, ...]) -> Snippet:
    """Around the first word that is found; the beginning if none is."""
    folded = comparable(text)
    places = [at for phrase in phrases if (at := folded.find(phrase)) >= 0]
    start = max(min(places, default=0) - AROUND, 0)
    piece = text[start : start + LONGEST]
    return Snippet(text=_flat(piece), marks=_marks(comparable(piece), phrases))


def _marks(piece: str, phrases: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for phrase in phrases:
        at = piece.find(phrase)
        while at >= 0:
            found.append((at, at + len(phrase)))
            at = piece.find(phrase, at + len(phrase))
    return tuple(sorted(found))


def _flat(piece: str) -> str:
    """One line, character for character."""
    return "".join(" " if character.isspace() else character for character in piece)
