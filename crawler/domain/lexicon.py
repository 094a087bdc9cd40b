"""Watched words: terms, the frozen versioned set of them, and a hit at one place of one text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Boundary(StrEnum):
    """Where a term may lie in the segmented text."""

    ANY = "any"
    ALIGNED = "aligned"  # only on word boundaries


class Grade(StrEnum):
    """How a hit lies in the segmented text."""

    ALIGNED = "aligned"
    INSIDE = "inside"
    STRADDLING = "straddling"


class Zone(StrEnum):
    """Where a term counts."""

    PAGE = "page"
    NAME = "name"  # subject name, site name, title


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One watched word, in normal form, with all that decides whether it counts."""

    word: str
    category: str
    weight: float  # 1 weak … 5 enough for a case by itself; 0 counts for nothing, is only context
    needs_context: bool = False  # counts only beside a word of its category's group `needs`
    boundary: Boundary = Boundary.ANY
    exact: str = ""  # the only writing that counts (ICO, not ico), empty: any
    false_friends: tuple[str, ...] = ()  # longer words that hold it and mean something else
    era: str = ""  # a: 2016–2019, b: 2021–2026, empty: both
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """One kind of finding, as officers name it."""

    id: str
    name: str
    severity: int  # 1 … 5
    zone: Zone = Zone.PAGE
    modifier: bool = False  # strengthens others, never enough alone
    report_class: str = ""  # one of the ten classes regulators report by
    needs: str = ""  # group of context words for terms that need context, empty: any core finding


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexicon:
    """A frozen, checked set of terms. `version` is the digest of its files."""

    version: str
    categories: Mapping[str, Category]
    terms: tuple[Term, ...]
    variants: Mapping[str, str] = field(
        default_factory=dict
    )  # look-alike or homophone → the real word
    contexts: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # named groups of context words


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One term at one place of one page text. `raw` is how the page writes it."""

    word: str
    category: str
    weight: float
    field: str
    start: int  # in the field's own characters
    end: int
    raw: str
    obfuscated: bool = False  # found only after undoing a disguise
    grade: Grade = Grade.ALIGNED
