"""One document a distinct text: its words as both engines take them, and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.domain.capture import PageText
from crawler.domain.search import Place, order_of
from crawler.store.texts import Waiting
from indexer.wording import characters_of, stretches_of

OWN_FIELDS = ("title", "body", "ocr")  # all others are searched together
LONGEST_TOKEN = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """What the index is told of one text. `version` grows whenever something of it changes."""

    digest: str
    version: int
    order: int
    first_seen_at: datetime
    words: dict[str, tuple[str, ...]]  # stretches of title, body, ocr
    others: tuple[tuple[str, ...], ...]  # of alt, placeholder, description, keywords
    characters: tuple[str, ...]
    tokens: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


def document_of(waiting: Waiting, places: Sequence[Place]) -> Document:
    """Pure: the same text at the same places makes the same document."""
    words, others = _words_of(waiting.text)
    every = [one for part in (*words.values(), *others) for one in part]
    return Document(
        digest=waiting.digest,
        version=waiting.version,
        order=order_of(waiting.first_seen_at, waiting.digest),
        first_seen_at=waiting.first_seen_at,
        words=words,
        others=others,
        characters=tuple(characters_of(every)),
        tokens=tuple(sorted({token[:LONGEST_TOKEN] for token in waiting.tokens})),
        places=tuple(places),
    )


def has_hits(document: Document) -> bool:
    """Whether anything was found or judged of the text anywhere."""
    return any(place.terms or place.level != "none" for place in document.places)


def _words_of(text: PageText) -> tuple[dict[str, tuple[str, ...]], tuple[tuple[str, ...], ...]]:
    words: dict[str, tuple[str, ...]] = dict.fromkeys(OWN_FIELDS, ()) | {
        field.name: tuple(stretches_of(field.text))
        for field in text.fields
        if field.name in OWN_FIELDS
    }
    rest = (field for field in text.fields if field.name not in OWN_FIELDS)
    return words, tuple(tuple(stretches_of(field.text)) for field in rest)
