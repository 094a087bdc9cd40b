"""What every search engine can do; the embedded one and Elasticsearch pass the same tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crawler.domain.capture import PageText


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchRequest:
    """Words as an officer types them, and what narrows them. Region is a prefix."""

    words: str
    region: str = ""
    levels: tuple[str, ...] = ()
    since: datetime | None = None
    limit: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Snippet:
    """A piece of a text and where the words lie in it."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One text that answers."""

    digest: str
    domain: str
    unit_name: str
    title: str
    url: str
    level: str
    captured_at: datetime
    snippet: Snippet


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchResult:
    """`total` stops at 10,000."""

    total: int
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """A text the engine will never take, and why."""

    digest: str
    reason: str


class Engine(Protocol):
    """Prepare, take in, search, forget."""

    def prepare(self) -> None:
        """Make what is missing."""

    def index(self, texts: Sequence[tuple[str, PageText]]) -> tuple[Refused, ...]:
        """Take texts in under their digests; repeats are harmless. TryLater if it is away."""

    def search(self, request: SearchRequest) -> SearchResult:
        """The newest texts that answer. Any string is a valid question."""

    def drop(self) -> None:
        """Forget everything."""
