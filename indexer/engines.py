"""What every search engine can do; the embedded one and Elasticsearch pass the same tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from crawler.domain.filing import SubjectKind, masked
from crawler.domain.search import Narrowing
from indexer.documents import Document

MOST_COUNTED = 10_000
NO_BESIDE = "重建中的索引不见了"  # its texts would be told as taken and be nowhere
FACETS = ("level", "category", "region", "kind")


class Order(StrEnum):
    """Which answers come first."""

    NEWEST = "newest"
    RELEVANCE = "relevance"  # among the newest 10,000


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchRequest:
    """Words as an officer types them, and what narrows them. Region is a prefix.

    No words at all ask for every text that the narrowing leaves.
    """

    words: str
    region: str = ""
    levels: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    family: str = ""
    rate_from: float | None = None  # annual percent
    rate_to: float | None = None
    since: datetime | None = None  # when the text was first seen
    until: datetime | None = None  # before this
    order: Order = Order.NEWEST
    after: str = ""  # `SearchResult.next` of the page before
    facets: bool = False
    limit: int = 50

    @property
    def narrowing(self) -> Narrowing:
        """All but the words and the page."""
        return Narrowing(
            region=self.region,
            levels=self.levels,
            categories=self.categories,
            kinds=self.kinds,
            family=self.family,
            rate_from=self.rate_from,
            rate_to=self.rate_to,
            since=self.since,
            until=self.until,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Snippet:
    """A piece of a text and where the words lie in it."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One text that answers, as it stands at the site that showed it last."""

    digest: str
    domain: str
    unit_name: str
    title: str
    url: str
    level: str
    captured_at: datetime
    snippet: Snippet
    capture_id: str = ""
    site_id: int = 0
    region: str = ""
    kind: str = ""  # of the subject
    categories: tuple[str, ...] = ()
    rates: tuple[float, ...] = ()
    first_seen_at: datetime | None = None
    other_sites: int = 0  # that show the same text

    def veiled(self) -> "Answer":
        """A person's name is hidden, in what their page says too; as long as before, so that marks
        stay.
        """
        if self.kind != SubjectKind.PERSON or not self.unit_name:
            return self
        name, hidden = self.unit_name, masked(self.unit_name)
        snippet = replace(self.snippet, text=self.snippet.text.replace(name, hidden))
        title = self.title.replace(name, hidden)
        return replace(self, unit_name=hidden, title=title, snippet=snippet)


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchResult:
    """`total` stops at 10,000, and `more` says so. `next` is the key of the next page."""

    total: int
    answers: tuple[Answer, ...] = ()
    more: bool = False
    next: str = ""
    facets: dict[str, dict[str, int]] = field(default_factory=dict)  # of at most 10,000 texts


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """A text the engine will never take, and why."""

    digest: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What became of documents: in the index, never going to be, or later (with the reason)."""

    done: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
    waiting_because: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What an engine finds: digests in order, how many there are, and the key of the next page."""

    digests: tuple[str, ...] = ()
    total: int = 0
    next: str = ""
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineState:
    """How an engine is, for operators; `trouble` is empty if all is well."""

    name: str
    texts: int = 0
    trouble: str = ""
    parts: tuple[str, ...] = ()  # names of its indices


class Engine(Protocol):
    """Prepare, take in, find, build anew beside, forget. TryLater says why it is away."""

    def prepare(self) -> None:
        """Make what is missing."""

    def index(self, documents: Sequence[Document], *, beside: bool = False) -> Taken:
        """Take documents in under their digests; repeats and older versions are harmless.

        While a new index is built beside, they go into both; `beside` means only that one.
        """

    def find(self, request: SearchRequest) -> Page:
        """Texts that answer. Any string is a valid question."""

    def count(self) -> int:
        """How many texts are in the index."""

    def refresh(self) -> None:
        """What was taken in is found from now on."""

    def begin_rebuild(self) -> None:
        """A new, empty index beside the one in use."""

    def finish_rebuild(self) -> None:
        """The new index takes the place of the old one, at once."""

    def forget_before(self, moment: datetime) -> None:
        """Texts that were first seen before need not be found any more."""

    def forget(self, digests: Sequence[str]) -> None:
        """These texts are found no more."""

    def drop(self) -> None:
        """Forget everything."""

    def state(self) -> EngineState:
        """How it is. Never an error."""
