"""The piece of a text that answers, with the words marked."""

from indexer.engines import Snippet
from indexer.querying import Phrase
from indexer.wording import comparable, pattern_of

AROUND = 30
LONGEST = 120


def snippet_of(text: str, phrases: tuple[Phrase, ...]) -> Snippet:
    """Around the first word that is found; the beginning if none is."""
    patterns = [pattern_of(part) for phrase in phrases for part in phrase.parts]
    folded = comparable(text)
    found = [match.start() for one in patterns if (match := one.search(folded))]
    start = max(min(found, default=0) - AROUND, 0)
    piece = folded[start : start + LONGEST]
    marks = sorted({match.span() for one in patterns for match in one.finditer(piece)})
    return Snippet(text=_flat(text[start : start + LONGEST]), marks=tuple(_apart(marks)))


def _apart(marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Marks that overlap are one."""
    joined: list[tuple[int, int]] = []
    for start, end in marks:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif end > start:
            joined.append((start, end))
    return joined


def _flat(piece: str) -> str:
    """One line, character for character."""
    return "".join(" " if character.isspace() else character for character in piece)
