"""Word lists as the pages show them: read once a folder, by category, and what two differ in."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from crawler.domain.lexicon import Lexicon, Term
from lexicons.loading import load_lexicon
from lexicons.publishing import Difference

MOST_CHANGES = 200


def lexicon_in(folder: Path) -> Lexicon:
    """A folder's lists; those of a version or an amendment never change."""
    return _lexicon(folder.resolve())


@lru_cache(maxsize=4)
def _lexicon(folder: Path) -> Lexicon:
    return load_lexicon(folder)


def category_names(folder: Path) -> Mapping[str, str]:
    """Of each category, the gravest first."""
    known = lexicon_in(folder).categories.values()
    return {one.id: one.name for one in sorted(known, key=lambda one: (-one.severity, one.name))}


def rows_of(change: Difference) -> list[tuple[str, Term, Term | None]]:
    """Kind of change, the word as it becomes (or was, where it goes), and as it was before."""
    rows: list[tuple[str, Term, Term | None]] = [("新增", term, None) for term in change.added]
    rows += [("删除", term, None) for term in change.removed]
    rows += [("改动", new, old) for old, new in change.changed]
    return rows
